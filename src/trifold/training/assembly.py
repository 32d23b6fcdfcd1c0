"""From extraction records to a dataset: labels, splits and lengths joined to the features."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from trifold.codes import Code
from trifold.contracts import MODALITIES, QUESTION, Corpus, FeatureBatch, Modality
from trifold.drift.profile import SCORED, Observation, inputs_of
from trifold.errors import CorpusError
from trifold.features.collate import CandidateSample, collate
from trifold.features.quality import (
    CLOSED,
    DEFAULT_LIMITS,
    LEFT_OUT,
    MEDIA_CODES,
    Codecs,
    Limits,
    codecs_of,
    withheld,
)
from trifold.features.records import ClipRecord
from trifold.features.samples import by_candidate, load_sample
from trifold.features.store import FeatureStore
from trifold.network.targets.spec import STANDARD_TARGETS
from trifold.specs import Spec
from trifold.training.dataset import Dataset, Losses
from trifold.training.requirements import rows_of


def assemble(
    corpus: Corpus,
    records: Sequence[ClipRecord],
    *,
    store: FeatureStore,
    fingerprints: Mapping[str, str],
    stream_dims: Mapping[str, int],
    stream_modality: Mapping[str, Modality],
    stream_resolution: Mapping[str, Sequence[float]] = MappingProxyType({}),
    targets: Spec = STANDARD_TARGETS,
    withhold: Collection[str] = (),
    limits: Limits = DEFAULT_LIMITS,
    codecs: Codecs = MappingProxyType({}),
) -> Dataset:
    """Join extraction records with labels and splits.

    Args:
        corpus: with the labels.
        records: of its answers.
        store: where the tokens lie.
        fingerprints: stream name to encoder fingerprint.
        stream_dims: stream name to token width.
        stream_modality: stream name to modality.
        stream_resolution: stream name to the smallest scale of its columns, see ``Encoder``.
        targets: specification of the transform of the labels.
        withhold: codes; answers with one of them are left out, as they are in scoring.
        limits: of the quality card, see ``trifold.features.quality.quality_limits``.
        codecs: of the training of the model that shall score them; none before one is trained.

    Raises:
        CorpusError: when no candidate is left, or none with a token of any stream.
    """
    records = [withheld(record, withhold, limits, codecs=codecs) for record in records]
    groups = {c: g for c, g in by_candidate(records).items() if c in corpus.labels}
    loaded = {
        candidate: load_sample(group, fingerprints, store, corpus.labels[candidate])
        for candidate, group in groups.items()
    }
    samples = tuple(sample for sample in loaded.values() if sample is not None)
    kept = [sample.candidate_id for sample in samples]
    batch = collate(samples, stream_dims) if samples else None
    if batch is None or _shows_nothing(batch):
        told = Counter(r.error_message or r.error_code for g in groups.values() for r in g)
        reasons = "; ".join(f"{n} x {why}" for why, n in told.most_common(2) if why)
        raise CorpusError(
            expected=f"rated candidates with something in {', '.join(stream_dims) or 'any stream'}",
            got=f"none of {len(groups)}" + (f" ({reasons})" if reasons else ""),
            where=corpus.name,
        )
    codes = Counter(r.error_code for g in groups.values() for r in g if r.error_code is not None)
    return Dataset(
        samples=samples,
        batch=batch,
        labels=np.stack([corpus.labels[candidate] for candidate in kept]),
        schema=corpus.schema,
        stream_dims=stream_dims,
        stream_modality=stream_modality,
        stream_resolution=stream_resolution,
        targets=targets,
        splits=rows_of(corpus, kept),
        person_ids=tuple(map(corpus.people.__getitem__, kept)),
        lengths={
            "words": np.array([_total_words(groups[candidate]) for candidate in kept]),
            "seconds": np.array([_total_seconds(groups[candidate]) for candidate in kept]),
        },
        losses=Losses(
            candidates=tuple(c for c, sample in loaded.items() if sample is None),
            answers=codes,
            tokens=damaged_tokens(samples),
        ),
        words_from=_words_from([record for candidate in kept for record in groups[candidate]]),
        codecs=tuple(codecs_of(groups[c], set(stream_modality.values())) for c in kept),
        asked=tuple(
            tuple(r.question_id or "" for r in groups[candidate] if r.error_code is None)
            for candidate in kept
        ),
        own_questions=corpus.own_questions,
        observed=tuple(map(_observed, groups.values())),
    )


def _observed(records: Sequence[ClipRecord]) -> Observation:
    """What counts of one person for telling drift, as ``observation_of`` has it of rows."""
    read = [r for r in records if r.error_code in (None, *MEDIA_CODES, *LEFT_OUT, *CLOSED)]
    good = [record for record in records if record.error_code is None]
    facts = [
        {**vars(r.card), "duration_s": r.duration_s, "words_source": r.words_source} for r in read
    ]
    seen = [m for m in MODALITIES if any(m not in record.missing for record in good)]
    return {
        **inputs_of(facts),
        "modalities": "+".join(seen) or None,
        "outcome": SCORED if good else str(Code.NOTHING_USABLE),
    }


def _shows_nothing(batch: FeatureBatch) -> bool:
    """Nobody has a token, though there are streams."""
    masks = [mask for stream, mask in batch.token_mask.items() if stream != QUESTION]
    return bool(masks) and not any(mask.any() for mask in masks)


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
