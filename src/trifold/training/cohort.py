"""A corpus after extraction: samples, splits and labels in one row order."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from trifold.contracts import QUESTION, Array, Corpus, FeatureBatch, Split
from trifold.errors import CorpusError
from trifold.features.collate import CandidateSample, collate
from trifold.features.dataset import by_candidate, load_sample
from trifold.features.quality import withheld
from trifold.features.records import ClipRecord
from trifold.features.store import FeatureStore
from trifold.training.requirements import Plan, rows_of


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
        left_out: code to number of answers that are left out for it, of anybody.
        damaged: stream name to how many tokens hold no numbers and are left out; only where any do.
        person_ids: B ids of the people whose the candidates are; none where they are people.
        words_from: ``given`` or a recogniser's fingerprint to how many answers were read so.
    """

    samples: tuple[CandidateSample, ...]
    batch: FeatureBatch
    labels: Array
    rows: Mapping[Split, Array]
    words: Array
    seconds: Array
    lost: tuple[str, ...]
    left_out: Mapping[str, int] = field(default_factory=dict)
    damaged: Mapping[str, int] = field(default_factory=dict)
    person_ids: tuple[str, ...] = ()
    words_from: Mapping[str, int] = field(default_factory=dict)

    @property
    def people(self) -> tuple[str, ...]:
        """Whose each row is; where nothing else is said, the candidate is the person."""
        return self.person_ids or tuple(self.batch.candidate_ids)


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
        CorpusError: when no candidate is left, or none with a token of any stream.
    """
    records = [withheld(record, withhold) for record in records]
    groups = {c: g for c, g in by_candidate(records).items() if c in corpus.labels}
    loaded = {
        candidate: load_sample(group, fingerprints, store, corpus.labels[candidate])
        for candidate, group in groups.items()
    }
    samples = tuple(sample for sample in loaded.values() if sample is not None)
    kept = [sample.candidate_id for sample in samples]
    lost = tuple(candidate for candidate, sample in loaded.items() if sample is None)
    codes = Counter(r.error_code for g in groups.values() for r in g if r.error_code is not None)
    batch = collate(samples, stream_dims) if samples else None
    if batch is None or _shows_nothing(batch):
        told = Counter(r.error_message or r.error_code for g in groups.values() for r in g)
        reasons = "; ".join(f"{n} x {why}" for why, n in told.most_common(2) if why)
        raise CorpusError(
            expected=f"rated candidates with something in {', '.join(stream_dims) or 'any stream'}",
            got=f"none of {len(groups)}" + (f" ({reasons})" if reasons else ""),
            where=corpus.name,
        )
    return Cohort(
        samples=samples,
        batch=batch,
        labels=np.stack([corpus.labels[candidate] for candidate in kept]),
        rows=rows_of(corpus, kept),
        words=np.array([_total_words(groups[candidate]) for candidate in kept]),
        seconds=np.array([_total_seconds(groups[candidate]) for candidate in kept]),
        lost=lost,
        left_out=codes,
        damaged=damaged_tokens(samples),
        person_ids=tuple(map(corpus.people.__getitem__, kept)),
        words_from=_words_from([record for candidate in kept for record in groups[candidate]]),
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
        person_ids=(*first.people, *second.people),
    )


def _shows_nothing(batch: FeatureBatch) -> bool:
    """Nobody has a token, though there are streams."""
    masks = [mask for stream, mask in batch.token_mask.items() if stream != QUESTION]
    return bool(masks) and not any(mask.any() for mask in masks)


def plan_for(cohort: Cohort, plan: Plan) -> Plan:
    """The plan with those who could be encoded."""
    ids = tuple(sample.candidate_id for sample in cohort.samples)
    return replace(plan, ids=ids, person_ids=cohort.people, labels=cohort.labels, rows=cohort.rows)


def damaged_tokens(samples: Sequence[CandidateSample]) -> dict[str, int]:
    """Stream name to how many tokens hold a number that is not finite; see ``collate``."""
    found: Counter[str] = Counter()
    for sample in samples:
        for answer in sample.answers:
            for stream, sequence in answer.items():
                found[stream] += int((~np.isfinite(sequence.values).all(axis=1)).sum())
    return {stream: n for stream, n in found.items() if n}


def _words_from(records: Sequence[ClipRecord]) -> dict[str, int]:
    """How often words that are read came from where; see ``ClipRecord.words_from``."""
    read = [r for r in records if r.error_code is None and "text" not in r.missing]
    return dict(Counter(r.words_from for r in read if r.words_from is not None))


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
