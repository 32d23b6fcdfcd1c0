"""The work of one process: media to features, and features of one person to rows."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch

from trifold.bundle.bundle import Bundle
from trifold.codes import Code
from trifold.contracts import Clip, TraitScores
from trifold.encoders.build import build_encoders
from trifold.features.clip import extract_each, failed
from trifold.features.collate import CandidateSample
from trifold.features.quality import DEFAULT_LIMITS, Limits, with_other_words, withheld
from trifold.features.records import ClipRecord
from trifold.features.samples import load_sample
from trifold.features.store import FeatureStore
from trifold.media.decoder.handle import start_ahead
from trifold.scoring.outcome import CandidateScores, ScoredCandidate
from trifold.scoring.predictor import Predictor
from trifold.scoring.rows import answer_row, candidate_row

Explain = Callable[[Predictor, CandidateSample, Sequence[Clip]], dict[str, Any]]


@dataclass(frozen=True)
class Score:
    """All files of one person, encoded; answered by ``ScoredCandidate``.

    ``clips`` are those that could be encoded: what killed a process before is not sent again.
    """

    clips: tuple[Clip, ...]
    records: tuple[ClipRecord, ...]


Item = Clip | Score  # a file to encode, or a person to score


@dataclass(frozen=True)
class Job:
    """What a process needs to become a scorer.

    Attributes:
        bundle: the trained model.
        features: root of the feature cache, the same for all processes.
        withhold: codes of media for which an answer is not scored.
        limits: of the quality card, see ``trifold.features.quality.quality_limits``.
        explain: makes the evidence; None leaves it out.
        threads: of each process.
    """

    bundle: Bundle
    features: Path
    withhold: tuple[str, ...] = ()
    limits: Limits = field(default_factory=lambda: DEFAULT_LIMITS)
    explain: Explain | None = None
    threads: int = 1


class Scorer:
    """Encodes and scores; one per process, with one copy of every model."""

    def __init__(self, job: Job) -> None:
        start_ahead()
        torch.set_num_threads(job.threads)
        cv2.setNumThreads(1)
        self.job = job
        self.encoders = build_encoders(job.bundle.description.encoder_specs)
        self.store = FeatureStore(job.features)
        self.predictor = Predictor(job.bundle)

    def __call__(self, items: Sequence[Item]) -> Iterable[ClipRecord | ScoredCandidate]:
        """What comes of each item, all of one kind; nothing about a file makes it raise."""
        clips = [item for item in items if isinstance(item, Clip)]
        people = [item for item in items if isinstance(item, Score)]
        yield from extract_each(clips, self.encoders, self.store)
        yield from map(self.score, people)

    def score(self, person: Score) -> ScoredCandidate:
        """Rows, and evidence if wanted, of one person."""
        job = self.job
        codecs = job.bundle.description.codecs
        records = [
            withheld(record, job.withhold, job.limits, codecs=codecs) for record in person.records
        ]
        scored, sample = score_records(records, self.predictor, self.store)
        if self.job.explain is None or sample is None or scored.candidate["status"] != "scored":
            return scored
        encoded = [number for number, r in enumerate(person.records) if r.error_code is None]
        clips = dict(zip(encoded, person.clips, strict=True))
        usable = [clips[number] for number, r in enumerate(records) if r.error_code is None]
        return replace(scored, evidence=self.job.explain(self.predictor, sample, usable))


def score_records(
    records: Sequence[ClipRecord], predictor: Predictor, store: FeatureStore
) -> tuple[ScoredCandidate, CandidateSample | None]:
    """Rows of one person whose files are encoded, and what the network read.

    Args:
        records: of all files, in their order.
        predictor: of the bundle.
        store: where the tokens lie.

    Returns:
        The rows, and the sample of the usable answers; None where there is none.
    """
    bundle = predictor.bundle
    records = [with_other_words(r, bundle.description.words_from) for r in records]
    sample = load_sample(records, bundle.description.fingerprints, store)
    if sample is None:
        return rows_of(records, None, bundle), None
    scores = predictor.score(sample)
    if not _finite(scores):
        gave_up = [_give_up(r, Code.INTERNAL_ERROR, "the network gave no number") for r in records]
        return rows_of(gave_up, None, bundle), None
    return rows_of(records, scores, bundle), sample


def rows_of(
    records: Sequence[ClipRecord],
    scores: CandidateScores | None,
    bundle: Bundle,
) -> ScoredCandidate:
    """Answer rows and candidate row of one person."""
    names, bundle_id = bundle.description.schema.names, bundle.bundle_id
    none: tuple[TraitScores | None, tuple[str, ...]] = (None, scores.reasons if scores else ())
    scored = zip(scores.answers, scores.answer_reasons, strict=True) if scores else ()
    remaining = iter(scored)
    answers = []
    for record in records:
        own, reasons = none if record.error_code else next(remaining, none)
        row = answer_row(record, own, names, bundle_id=bundle_id, reasons=reasons)
        answers.append(row)
    variances = bundle.description.answer_variance
    candidate = candidate_row(records, scores, names, bundle_id=bundle_id, variances=variances)
    return ScoredCandidate(answers, candidate)


def lost(person: Score, code: str, message: str, bundle: Bundle) -> ScoredCandidate:
    """The rows of a person whose scoring itself failed."""
    return rows_of([_give_up(record, code, message) for record in person.records], None, bundle)


def _give_up(record: ClipRecord, code: str, message: str) -> ClipRecord:
    """The record without a score; one that has a code already keeps it."""
    if record.error_code is not None:
        return record
    clip = Clip(
        record.clip_id,
        record.candidate_id,
        None,
        question=record.question,
        question_id=record.question_id,
    )
    return failed(clip, code, message)


def _finite(scores: CandidateScores) -> bool:
    return all(np.isfinite(one.score).all() for one in (scores.candidate, *scores.answers))
