"""The rows that scoring writes: one per answer, one per candidate.

Columns, in this order, are the same in CSV (empty = none) and JSONL (null = none).

``answers``: candidate_id, clip_id, question_id, status (``scored``, ``withheld`` or ``error``),
error_code, error_message, duration_s, modalities (``text+audio+video``), missing
(``video:NO_FACE``, joined by ``;``), the quality columns, then ``<target>``, ``<target>_low`` and
``<target>_high`` per target, coverage, decision_support_only, bundle_id.

``candidates``: candidate_id, n_files, n_answers (scored ones), status, error_code, error_message,
modalities, missing, target columns, coverage, decision_support_only, bundle_id.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Mapping, Sequence
from pathlib import Path

from src.contracts import MODALITIES, TraitScores
from src.features.records import ClipRecord

Row = dict[str, object]
QUALITY_COLUMNS = ("n_words", "speech_s", "speech_fraction", "face_fraction")
NOTHING_USABLE = "NOTHING_USABLE"
DIGITS = 4


def answer_row(record: ClipRecord, scores: TraitScores | None, names: Sequence[str]) -> Row:
    """One row per media file; without scores the code says why."""
    failed = record.error_code is not None
    return {
        "candidate_id": record.candidate_id,
        "clip_id": record.clip_id,
        "question_id": record.question_id,
        "status": "error" if failed else "scored",
        "error_code": record.error_code,
        "error_message": record.error_message,
        "duration_s": _rounded(record.duration_s),
        "modalities": _joined([] if failed else present(record)),
        "missing": _joined(_missing(record), by=";"),
        **{column: _quality(record, column) for column in QUALITY_COLUMNS},
        **score_columns(scores, names),
    }


def candidate_row(
    records: Sequence[ClipRecord], scores: TraitScores | None, names: Sequence[str]
) -> Row:
    """One row per candidate over all their files."""
    good = [record for record in records if record.error_code is None]
    modalities = [m for m in MODALITIES if any(m in present(record) for record in good)]
    return {
        "candidate_id": records[0].candidate_id,
        "n_files": len(records),
        "n_answers": len(good),
        "status": "scored" if scores else "withheld",
        "error_code": None if scores else NOTHING_USABLE,
        "error_message": None if scores else "no file of this candidate could be scored",
        "modalities": _joined(modalities),
        "missing": _joined(sorted({reason for r in records for reason in _missing(r)}), by=";"),
        **score_columns(scores, names),
    }


def score_columns(scores: TraitScores | None, names: Sequence[str]) -> Row:
    """``<target>``, ``<target>_low`` and ``<target>_high`` per target, None when withheld."""
    columns: Row = {}
    for k, name in enumerate(names):
        columns[name] = None if scores is None else _rounded(scores.score[k])
        columns[f"{name}_low"] = None if scores is None else _rounded(scores.low[k])
        columns[f"{name}_high"] = None if scores is None else _rounded(scores.high[k])
    columns["coverage"] = None if scores is None else scores.coverage
    columns["decision_support_only"] = True
    return columns


def present(record: ClipRecord) -> list[str]:
    """Modalities with tokens, in the order text, audio, video."""
    return [m for m in MODALITIES if m not in record.missing]


def write_rows(rows: Sequence[Row], stem: Path) -> tuple[Path, Path]:
    """Write ``stem.csv`` and ``stem.jsonl``, UTF-8; returns both paths."""
    table, lines = stem.with_suffix(".csv"), stem.with_suffix(".jsonl")
    with table.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    text = "".join(json.dumps(row, ensure_ascii=False, allow_nan=False) + "\n" for row in rows)
    lines.write_text(text, encoding="utf-8")
    return table, lines


def _missing(record: ClipRecord) -> list[str]:
    return [f"{modality}:{code}" for modality, code in record.missing.items()]


def _quality(record: ClipRecord, column: str) -> float | None:
    """The first stream's value of a quality number; streams of one modality agree on them."""
    return _first(record.quality, column)


def _first(quality: Mapping[str, float], column: str) -> float | None:
    values = [value for key, value in quality.items() if key.partition(".")[2] == column]
    return _rounded(values[0]) if values else None


def _joined(parts: Sequence[str], *, by: str = "+") -> str | None:
    return by.join(parts) or None


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(float(value), DIGITS)
