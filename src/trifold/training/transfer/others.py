"""Other corpora beside the one that is trained on: who is in them, and one set of rows of all."""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import replace
from typing import Any

import numpy as np

from trifold.contracts import Array, TargetSchema
from trifold.errors import CorpusError, InputError
from trifold.features.collate import collate
from trifold.network.base import FusionNetwork
from trifold.network.wrappers.own_targets import OwnTargetsNetwork
from trifold.training.dataset import Dataset
from trifold.training.learners.wrapping import wrap


def beside(data: Dataset, others: Mapping[str, Dataset]) -> Dataset:
    """The data with other corpora at hand, which every fold may learn from whole.

    Args:
        data: the corpus that is trained and tested on.
        others: name to corpus, read by the same encoders.

    Raises:
        CorpusError: see ``require_other_people``.
    """
    require_other_people(_ids(data), {name: _ids(other) for name, other in others.items()})
    return replace(data, others=tuple(others.values()))


def require_other_people(tested: AbstractSet[str], others: Mapping[str, AbstractSet[str]]) -> None:
    """Check that nobody who is tested on is in a corpus that every fold learns from.

    Args:
        tested: ids of candidates and people.
        others: name of a corpus to ids of its candidates and people.

    Raises:
        CorpusError: when one of them has an id that is among the tested.
    """
    for name, ids in others.items():
        shared = tested & ids
        if shared:
            raise CorpusError(
                expected="other corpora of other people, with ids of their own",
                got=f"{len(shared)} ids that the corpus to be tested on has too",
                where=name,
            )


def _ids(data: Dataset) -> set[str]:
    """Of candidates and of people."""
    return {*data.batch.candidate_ids, *data.people}


def joined(data: Dataset) -> Dataset:
    """Rows and targets of all corpora; the rows of others are all to be trained on.

    The data's own rows and targets come first. A target of one corpus is unlabelled in another,
    also where both call it alike: their raters and scales differ.

    Raises:
        InputError: when there are no others.
    """
    require_others(data)
    corpora = [data, *data.others]
    labels = _block_diagonal([one.labels for one in corpora])
    samples = [
        replace(sample, target=label)
        for sample, label in zip((s for one in corpora for s in one.samples), labels, strict=True)
    ]
    n_own, n_all = len(data.labels), len(samples)
    targets = [
        target if i == 0 else replace(target, name=f"other{i}_{target.name}")
        for i, one in enumerate(corpora)
        for target in one.schema.targets
    ]
    return replace(
        data,
        samples=tuple(samples),
        batch=collate(samples, data.stream_dims),
        labels=labels,
        schema=TargetSchema(data.schema.name, tuple(targets)),
        splits={
            "train": np.concatenate([data.train_rows, np.arange(n_own, n_all)]),
            "val": data.val_rows,
        },
        person_ids=tuple(person for one in corpora for person in one.people),
        lengths={},
        codecs=(),
        asked=(),
        own_questions={},
        others=(),
    )


def require_others(data: Dataset) -> None:
    """Check that other corpora are at hand.

    Raises:
        InputError: when there are none.
    """
    if not data.others:
        raise InputError(
            expected="other corpora to learn from (+corpora@others.NAME=… others.NAME.root=DIR)",
            got="none",
        )


def _block_diagonal(blocks: list[Array]) -> Array:
    """(Σ n, Σ K), NaN off the blocks."""
    whole = np.full(tuple(np.sum([block.shape for block in blocks], axis=0)), np.nan)
    row = column = 0
    for block in blocks:
        n, k = block.shape
        whole[row : row + n, column : column + k] = block
        row, column = row + n, column + k
    return whole


def own_targets(
    spec: Mapping[str, Any], network: FusionNetwork, own: Dataset
) -> tuple[dict[str, Any], FusionNetwork]:
    """The network that was trained on all corpora, scoring the targets of ``own`` alone."""
    beyond = sum(len(other.schema.targets) for other in own.others)
    return wrap(OwnTargetsNetwork, spec, network, own, beyond=beyond)
