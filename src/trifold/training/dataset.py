"""The data of a run, all in one row order: features, labels, splits and whose each row is."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import QUESTION, Array, FeatureBatch, Modality, Split, Target, TargetSchema
from trifold.drift.profile import Observation
from trifold.features.collate import CandidateSample, collate, select
from trifold.features.quality import Codecs
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.specs import Spec
from trifold.training.requirements import Plan

FURTHEST = 1e3  # standard deviations; what is no rating has no scale that it could leave


@dataclass(frozen=True)
class Losses:
    """What of a corpus could not be read or was not wanted.

    Attributes:
        candidates: ids of those left out because none of their files could be encoded.
        answers: code to number of answers that are left out for it, of anybody.
        tokens: stream name to how many tokens hold no numbers and are left out; only where any do.
    """

    candidates: tuple[str, ...] = ()
    answers: Mapping[str, int] = field(default_factory=dict)
    tokens: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Dataset:
    """Labelled candidates after extraction.

    Attributes:
        samples: B candidates.
        batch: the same, padded.
        labels: (B, K) on the schema's scale, NaN where unlabelled.
        schema: the K targets.
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        stream_resolution: stream name to the smallest scale of its columns, see ``Encoder``; absent
            where none is said.
        targets: specification of the transform of the labels, fitted on training rows alone.
        splits: split name to (n,) row numbers; empty where every row is trained on.
        person_ids: B ids of the people whose the candidates are; none where they are people.
        lengths: ``words`` and ``seconds``, each (B,): spoken words and media over all answers, NaN
            where unknown.
        losses: what is not among the rows.
        words_from: ``given`` or a recogniser's fingerprint to how many answers were read so; empty
            where nobody knows.
        codecs: B, of each candidate's answers, see ``trifold.features.quality.codecs_of``; none
            where nobody looked.
        asked: ``question_id`` of every answer of every candidate, empty where unknown; none where
            nobody's are known.
        own_questions: as ``Corpus`` has them.
        observed: what counts of each person of the corpus for telling drift, those without anything
            usable too; see ``trifold.drift.profile``.
        others: corpora of other people, read by the same encoders, which every fold may learn from
            whole; see ``trifold.training.transfer.others``.
    """

    samples: tuple[CandidateSample, ...]
    batch: FeatureBatch
    labels: Array
    schema: TargetSchema
    stream_dims: Mapping[str, int]
    stream_modality: Mapping[str, Modality]
    stream_resolution: Mapping[str, Sequence[float]] = field(default_factory=dict)
    targets: Spec = field(default_factory=lambda: dict(STANDARD_TARGETS))
    splits: Mapping[Split, Array] = field(default_factory=dict)
    person_ids: tuple[str, ...] = ()
    lengths: Mapping[str, Array] = field(default_factory=dict)
    losses: Losses = field(default_factory=Losses)
    words_from: Mapping[str, int] = field(default_factory=dict)
    codecs: tuple[Codecs, ...] = ()
    asked: tuple[tuple[str, ...], ...] = ()
    own_questions: Mapping[str, str] = field(default_factory=dict)
    observed: tuple[Observation, ...] = ()
    others: tuple[Dataset, ...] = ()

    @property
    def people(self) -> tuple[str, ...]:
        """Whose each row is; where nothing else is said, the candidate is the person."""
        return self.person_ids or tuple(self.batch.candidate_ids)

    @property
    def train_rows(self) -> Array:
        """Rows to learn from."""
        return self.splits.get("train", np.arange(len(self.labels)))

    @property
    def val_rows(self) -> Array:
        """Rows set aside to watch the training; none where a learner makes its own folds."""
        return self.splits.get("val", np.zeros(0, dtype=int))


def without_splits(data: Dataset) -> Dataset:
    """The same candidates, all of them to learn from."""
    return replace(data, splits={})


def with_validation(data: Dataset, rows: Array) -> Dataset:
    """The same candidates, some of them to watch the training with and all others to learn from.

    Args:
        data: B candidates.
        rows: (n,) of those to watch.
    """
    others = np.setdiff1d(np.arange(len(data.labels)), rows)
    return replace(data, splits={"train": others, "val": rows})


def subset(data: Dataset, rows: Array) -> Dataset:
    """The candidates at ``rows``, in no split."""
    return replace(
        data,
        samples=tuple(data.samples[row] for row in rows),
        batch=select(data.batch, torch.as_tensor(rows)),
        labels=data.labels[rows],
        splits={},
        person_ids=tuple(data.people[row] for row in rows),
        lengths={name: values[rows] for name, values in data.lengths.items()},
        words_from={},
        codecs=tuple(data.codecs[row] for row in rows) if data.codecs else (),
        asked=tuple(data.asked[row] for row in rows) if data.asked else (),
    )


def join(first: Dataset, second: Dataset) -> Dataset:
    """Both, the second behind the first, for methods that fit on one and predict the other."""
    samples = (*first.samples, *second.samples)
    return replace(
        first,
        samples=samples,
        batch=collate(samples, first.stream_dims),
        labels=np.concatenate([first.labels, second.labels]),
        splits={},
        person_ids=(*first.people, *second.people),
        lengths={k: np.concatenate([v, second.lengths[k]]) for k, v in first.lengths.items()},
        losses=Losses((*first.losses.candidates, *second.losses.candidates)),
        words_from=dict(Counter(first.words_from) + Counter(second.words_from)),
        codecs=(*first.codecs, *second.codecs) if first.codecs and second.codecs else (),
        asked=(*first.asked, *second.asked) if first.asked and second.asked else (),
    )


def relabelled(data: Dataset, labels: Array, names: Sequence[str]) -> Dataset:
    """The same candidates with other labels, in standard deviations that nothing bounds.

    Args:
        data: B candidates.
        labels: (B, K), NaN where there is none.
        names: of the K labels.
    """
    targets = tuple(Target(name, -FURTHEST, FURTHEST) for name in names)
    samples = (replace(one, target=row) for one, row in zip(data.samples, labels, strict=True))
    return replace(
        data,
        samples=tuple(samples),
        batch=replace(data.batch, targets=torch.as_tensor(labels, dtype=torch.float32)),
        labels=labels,
        schema=TargetSchema(data.schema.name, targets),
        targets=dict(STANDARD_TARGETS),
    )


def own_questions(data: Dataset) -> Tensor:
    """(K, D_question) embeddings of the targets' own questions as training people were asked them.

    Zeros where a target has none, or no embedding of it is at hand.
    """
    own = torch.zeros(len(data.schema.targets), data.stream_dims.get(QUESTION, 0))
    if QUESTION not in data.batch.tokens:
        return own
    question = data.batch.tokens[QUESTION].sum(dim=2)
    for row in data.train_rows if data.asked else ():
        for t, asked in enumerate(data.asked[row]):
            for k, name in enumerate(data.schema.names):
                if asked and asked == data.own_questions.get(name):
                    own[k] += question[row, t]
    return own


def plan_for(data: Dataset, plan: Plan) -> Plan:
    """The plan with those who could be encoded."""
    ids = tuple(sample.candidate_id for sample in data.samples)
    return replace(plan, ids=ids, person_ids=data.people, labels=data.labels, rows=data.splits)
