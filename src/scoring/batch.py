"""A folder of interviews to tables of scores."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from src.contracts import Clip
from src.features.dataset import by_candidate, load_sample
from src.features.extract import extract
from src.features.records import ClipRecord
from src.features.store import FeatureStore
from src.scoring.bundle import Bundle
from src.scoring.predictor import CandidateScores, Predictor
from src.scoring.rows import Row, answer_row, candidate_row, write_rows


@dataclass(frozen=True)
class ScoredFolder:
    """Rows in the order of the input; every file has its row, whatever happened to it."""

    answers: list[Row]
    candidates: list[Row]


def score_clips(
    clips: Sequence[Clip],
    bundle: Bundle,
    store: FeatureStore,
    *,
    workers: int | None = None,
    progress: bool = True,
) -> ScoredFolder:
    """Extract what is missing, then score candidate by candidate.

    Args:
        clips: answers, possibly several per candidate.
        bundle: the trained model.
        store: feature cache.
        workers: processes for extraction; None sizes them to the machine.
        progress: show a progress bar.
    """
    records = extract(
        clips, bundle.description.encoder_specs, store, workers=workers, progress=progress
    )
    predictor = Predictor(bundle)
    answers: list[Row] = []
    candidates: list[Row] = []
    for group in by_candidate(records).values():
        some_answers, candidate = _score_candidate(group, predictor, store)
        answers += some_answers
        candidates.append(candidate)
    return ScoredFolder(answers, candidates)


def write_scores(scored: ScoredFolder, out: Path) -> list[Path]:
    """Write ``answers`` and ``candidates`` as CSV and JSONL below ``out``; returns the paths."""
    out.mkdir(parents=True, exist_ok=True)
    tables = {"answers": scored.answers, "candidates": scored.candidates}
    return [path for name, rows in tables.items() for path in write_rows(rows, out / name)]


def _score_candidate(
    records: Sequence[ClipRecord], predictor: Predictor, store: FeatureStore
) -> tuple[list[Row], Row]:
    """The answer rows and the candidate row of one person."""
    bundle = predictor.bundle
    names = bundle.description.schema.names
    sample = load_sample(records, bundle.description.fingerprints, store)
    scores: CandidateScores | None = predictor.score(sample) if sample else None
    remaining = iter(scores.answers if scores else ())
    of_answers = [
        answer_row(record, next(remaining) if record.error_code is None else None, names)
        for record in records
    ]
    of_candidate = candidate_row(records, scores.candidate if scores else None, names)
    stamp: Row = {"bundle_id": bundle.bundle_id}
    return [row | stamp for row in of_answers], of_candidate | stamp
