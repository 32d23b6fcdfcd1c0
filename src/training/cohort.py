"""A corpus after extraction: samples, splits and labels in one row order."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import torch

from src.contracts import Array, Corpus, FeatureBatch, Split
from src.errors import CorpusError
from src.features.collate import CandidateSample, collate
from src.features.dataset import by_candidate, load_sample
from src.features.records import ClipRecord
from src.features.store import FeatureStore


@dataclass(frozen=True)
class Cohort:
    """The labelled candidates that could be encoded.

    Attributes:
        samples: B candidates.
        batch: the same, padded.
        labels: (B, K) on the schema's scale, NaN where unlabelled.
        rows: split name to (n,) row numbers.
        words: (B,) words spoken over all answers, NaN where there is no transcript.
        seconds: (B,) seconds of media over all answers, NaN where unknown.
        lost: candidates left out because none of their files could be encoded.
    """

    samples: tuple[CandidateSample, ...]
    batch: FeatureBatch
    labels: Array
    rows: Mapping[Split, Array]
    words: Array
    seconds: Array
    lost: tuple[str, ...]

    def rows_tensor(self) -> dict[Split, torch.Tensor]:
        """``rows`` as int64 tensors."""
        return {split: torch.as_tensor(rows) for split, rows in self.rows.items()}


def assemble(
    corpus: Corpus,
    records: Sequence[ClipRecord],
    *,
    fingerprints: Mapping[str, str],
    stream_dims: Mapping[str, int],
    store: FeatureStore,
) -> Cohort:
    """Join extraction records with labels and splits.

    Raises:
        CorpusError: when no candidate is left in one of the splits.
    """
    groups = {c: g for c, g in by_candidate(records).items() if c in corpus.labels}
    loaded = {
        candidate: load_sample(group, fingerprints, store, corpus.labels[candidate])
        for candidate, group in groups.items()
    }
    samples = tuple(sample for sample in loaded.values() if sample is not None)
    kept = [sample.candidate_id for sample in samples]
    rows = _rows(corpus, kept)
    return Cohort(
        samples=samples,
        batch=collate(samples, stream_dims),
        labels=np.stack([corpus.labels[candidate] for candidate in kept]),
        rows=rows,
        words=np.array([_total_words(groups[candidate]) for candidate in kept]),
        seconds=np.array([_total_seconds(groups[candidate]) for candidate in kept]),
        lost=tuple(candidate for candidate, sample in loaded.items() if sample is None),
    )


def _rows(corpus: Corpus, kept: Sequence[str]) -> dict[Split, Array]:
    names: tuple[Split, ...] = ("train", "val", "test")
    splits = np.array([corpus.splits[candidate] for candidate in kept])
    rows: dict[Split, Array] = {name: np.flatnonzero(splits == name) for name in names}
    for name, least in (("train", 3), ("val", 2), ("test", 1)):
        came = int((splits == name).sum())
        if came < least:
            raise CorpusError(
                expected=f"at least {least} encoded and labelled candidates in split '{name}'",
                got=str(came),
                where=corpus.name,
            )
    return rows


def _total_words(records: Sequence[ClipRecord]) -> float:
    """Words over all answers, from whichever text stream counted them."""
    counts = [
        next(v for k, v in record.quality.items() if k.endswith(".n_words"))
        for record in records
        if any(k.endswith(".n_words") for k in record.quality)
    ]
    return float(sum(counts)) if counts else float("nan")


def _total_seconds(records: Sequence[ClipRecord]) -> float:
    known = [record.duration_s for record in records if record.duration_s is not None]
    return float(sum(known)) if known else float("nan")
