"""The rows that scoring writes: one per answer, one per candidate.

Their columns, the same whatever happened, are defined in ``trifold.scoring.columns``; CSV leaves a
cell empty and JSON says null where there is nothing. No row holds NaN, infinity or undecodable
text.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from trifold.codes import Code
from trifold.contracts import MODALITIES, TraitScores
from trifold.features.quality import CLOSED, LEFT_OUT, MEDIA_CODES
from trifold.features.records import ClipRecord
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.scoring.columns import (
    NORM,
    Column,
    answer_columns,
    candidate_columns,
    standing_columns,
)
from trifold.scoring.outcome import CandidateScores
from trifold.tables.cells import printable

Row = dict[str, object]
DIGITS = 4


def answer_row(
    record: ClipRecord,
    scores: TraitScores | None,
    names: Sequence[str],
    *,
    bundle_id: str,
    reasons: Sequence[str] = (),
) -> Row:
    """One row per media file; without scores the code says why.

    Args:
        record: of the file.
        scores: of this answer alone, None where it could not be scored.
        names: of the K targets.
        bundle_id: of the model.
        reasons: codes for which the candidate's scores are withheld, and so those of each answer.
    """
    row: Row = {
        "candidate_id": record.candidate_id,
        "clip_id": record.clip_id,
        "question_id": record.question_id,
        "question": record.question,
        **_outcome(record, reasons),
        "flags": _joined(record.flags, by=";"),
        "duration_s": record.duration_s,
        "modalities": _joined([] if record.error_code else present(record)),
        "missing": _joined(_missing(record), by=";"),
        "words_source": record.words_source,
        "picture_codec": record.codecs.get("video"),
        "sound_codec": record.codecs.get("audio"),
        "remarks": _joined([f"{c}: {line}" for c, line in record.remarks.items()], by=" | "),
        **vars(record.card),
        **score_columns(None if reasons else scores, names),
        "bundle_id": bundle_id,
    }
    return clean(row, answer_columns(names))


def candidate_row(
    records: Sequence[ClipRecord],
    scores: CandidateScores | None,
    names: Sequence[str],
    *,
    bundle_id: str,
    variances: Mapping[str, AnswerVariance] | None = None,
) -> Row:
    """One row per candidate over all their files; see ``answer_row``.

    Args:
        records: of all files.
        scores: None where nothing could be scored.
        names: of the K targets.
        bundle_id: of the model.
        variances: of the bundle, see ``Description.answer_variance``.
    """
    good = [record for record in records if record.error_code is None]
    reasons = scores.reasons if scores else ()
    row: Row = {
        "candidate_id": records[0].candidate_id,
        "n_files": len(records),
        "n_answers": len(good),
        **(_withheld(reasons) if scores else _unusable(records)),
        "flags": _joined(sorted({code for r in good for code in r.flags}), by=";"),
        "modalities": _joined([m for m in MODALITIES if any(m in present(r) for r in good)]),
        "missing": _joined(sorted({reason for r in records for reason in _missing(r)}), by=";"),
        "distance": scores.distance if scores else None,
        **score_columns(scores.candidate if scores and not reasons else None, names),
        **alone(names, variances or {}, n_answers=len(good) if scores and not reasons else 0),
        "bundle_id": bundle_id,
    }
    return clean(row, candidate_columns(names))


def score_columns(scores: TraitScores | None, names: Sequence[str]) -> Row:
    """Score, interval and spread per target, None when withheld."""
    columns: Row = {}
    for k, name in enumerate(names):
        columns[name] = None if scores is None else scores.score[k]
        columns[f"{name}_low"] = None if scores is None else scores.low[k]
        columns[f"{name}_high"] = None if scores is None else scores.high[k]
        known = scores is not None and scores.spread is not None
        columns[f"{name}_spread"] = scores.spread[k] if known else None  # type: ignore[union-attr,index]
    columns["coverage"] = None if scores is None else scores.coverage
    columns["decision_support_only"] = True
    return columns


def alone(names: Sequence[str], variances: Mapping[str, AnswerVariance], *, n_answers: int) -> Row:
    """What stands beside the scores of one person of whom nobody else is known.

    Ranks and percentiles are None: see ``trifold.scoring.folder.standing``.

    Args:
        names: of the K targets.
        variances: of the bundle.
        n_answers: that the scores rest on; 0 where there are no scores.
    """
    cells: Row = dict.fromkeys(column.name for column in NORM)
    for name in names:
        cells |= dict.fromkeys(column.name for column in standing_columns(name))
        if name in variances:
            cells[f"{name}_sem"] = variances[name].error(n_answers)
    return cells


def present(record: ClipRecord) -> list[str]:
    """Modalities with tokens, in the order text, audio, video."""
    return [m for m in MODALITIES if m not in record.missing]


def _outcome(record: ClipRecord, reasons: Sequence[str]) -> Row:
    """Status, code, message and reasons of one file."""
    code = record.error_code
    if code is None:
        return _withheld(reasons)
    return {
        "status": "withheld" if code in (*MEDIA_CODES, *LEFT_OUT, *CLOSED) else "error",
        "error_code": code,
        "error_message": record.error_message,
        "reasons": code,
    }


def _withheld(reasons: Sequence[str]) -> Row:
    """The outcome of what was scored: withheld where there are reasons, else given."""
    return {
        "status": "withheld" if reasons else "scored",
        "error_code": reasons[0] if reasons else None,
        "error_message": f"withheld for {', '.join(reasons)}" if reasons else None,
        "reasons": _joined(reasons, by=";"),
    }


def _unusable(records: Sequence[ClipRecord]) -> Row:
    """The outcome of a candidate of whom no file could be scored; the files' codes are reasons."""
    codes = [record.error_code for record in records if record.error_code is not None]
    if codes and codes[0] in CLOSED:  # then all of them are
        return {
            "status": "withheld",
            "error_code": codes[0],
            "error_message": records[0].error_message,
            "reasons": codes[0],
        }
    return {
        "status": "withheld",
        "error_code": Code.NOTHING_USABLE,
        "error_message": "no file of this candidate could be scored",
        "reasons": _joined(sorted({Code.NOTHING_USABLE, *codes}), by=";"),
    }


def _missing(record: ClipRecord) -> list[str]:
    return [f"{modality}:{code}" for modality, code in record.missing.items()]


def _joined(parts: Sequence[str], *, by: str = "+") -> str | None:
    return by.join(parts) or None


def clean(row: Row, columns: Sequence[Column]) -> Row:
    """The row in the order of its columns, every cell of a kind that JSON has."""
    return {column.name: _cell(row[column.name], column) for column in columns}


def _cell(value: object, column: Column) -> object:
    if isinstance(value, str):
        return printable(value)
    if value is None or column.kind != "number":
        return value
    number = round(float(value), DIGITS)  # type: ignore[arg-type]
    return number if math.isfinite(number) else None
