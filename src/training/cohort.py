"""A corpus after extraction: samples, splits and labels in one row order."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from src.contracts import Array, Corpus, FeatureBatch, Split
from src.errors import CorpusError
from src.features.collate import CandidateSample, collate
from src.features.dataset import by_candidate, load_sample
from src.features.quality import withheld
from src.features.records import ClipRecord
from src.features.store import FeatureStore

LEAST: dict[Split, int] = {"train": 3, "val": 2, "test": 1}


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


def assemble(
    corpus: Corpus,
    records: Sequence[ClipRecord],
    *,
    fingerprints: Mapping[str, str],
    stream_dims: Mapping[str, int],
    store: FeatureStore,
    withhold: Collection[str] = (),
) -> Cohort:
    """Join extraction records with labels and splits.

    Answers for which one of the codes ``withhold`` holds are left out, as they are in scoring.

    Raises:
        CorpusError: when no candidate is left.
    """
    records = [withheld(record, withhold) for record in records]
    groups = {c: g for c, g in by_candidate(records).items() if c in corpus.labels}
    loaded = {
        candidate: load_sample(group, fingerprints, store, corpus.labels[candidate])
        for candidate, group in groups.items()
    }
    samples = tuple(sample for sample in loaded.values() if sample is not None)
    kept = [sample.candidate_id for sample in samples]
    if not kept:
        raise CorpusError(
            expected="at least one encoded and labelled candidate", got="none", where=corpus.name
        )
    return Cohort(
        samples=samples,
        batch=collate(samples, stream_dims),
        labels=np.stack([corpus.labels[candidate] for candidate in kept]),
        rows=_rows(corpus, kept),
        words=np.array([_total_words(groups[candidate]) for candidate in kept]),
        seconds=np.array([_total_seconds(groups[candidate]) for candidate in kept]),
        lost=tuple(candidate for candidate, sample in loaded.items() if sample is None),
    )


def join(first: Cohort, second: Cohort) -> Cohort:
    """Both, the second behind the first, for methods that fit on one and predict the other."""
    samples = (*first.samples, *second.samples)
    dims = {stream: tokens.shape[-1] for stream, tokens in first.batch.tokens.items()}
    return Cohort(
        samples=samples,
        batch=collate(samples, dims),
        labels=np.concatenate([first.labels, second.labels]),
        rows={},
        words=np.concatenate([first.words, second.words]),
        seconds=np.concatenate([first.seconds, second.seconds]),
        lost=(*first.lost, *second.lost),
    )


def require_splits(cohort: Cohort, *, where: str) -> None:
    """Check that every split holds enough candidates to train, stop and test on.

    Raises:
        CorpusError: naming the split that does not.
    """
    for name, least in LEAST.items():
        came = len(cohort.rows[name])
        if came < least:
            raise CorpusError(
                expected=f"at least {least} encoded and labelled candidates in split '{name}'",
                got=str(came),
                where=where,
            )


def _rows(corpus: Corpus, kept: Sequence[str]) -> dict[Split, Array]:
    splits = np.array([corpus.splits[candidate] for candidate in kept])
    return {name: np.flatnonzero(splits == name) for name in LEAST}


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
