"""Candidates from extraction records: which answers are usable, and their tokens."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby

from trifold.contracts import Array
from trifold.features.collate import CandidateSample
from trifold.features.records import ClipRecord
from trifold.features.store import FeatureStore
from trifold.features.stored import load_tokens


def by_candidate(records: Sequence[ClipRecord]) -> dict[str, list[ClipRecord]]:
    """Group records by candidate, candidates in order of first appearance."""
    order = {r.candidate_id: i for i, r in reversed(list(enumerate(records)))}
    arranged = sorted(records, key=lambda record: order[record.candidate_id])
    return {c: list(group) for c, group in groupby(arranged, key=lambda r: r.candidate_id)}


def load_sample(
    records: Sequence[ClipRecord],
    fingerprints: Mapping[str, str],
    store: FeatureStore,
    target: Array | None = None,
) -> CandidateSample | None:
    """Load the usable answers of one candidate; None when no answer could be encoded.

    Args:
        records: the candidate's answers.
        fingerprints: stream name to encoder fingerprint.
        store: where the tokens lie.
        target: (K,) labels, if any.
    """
    usable = [record for record in records if record.error_code is None]
    if not usable:
        return None
    answers = tuple(load_tokens(record, fingerprints, store) for record in usable)
    return CandidateSample(usable[0].candidate_id, answers, target)
