"""The page of one candidate, as values for its template."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from src.contracts import Transcript
from src.scoring.report_model import ReportedModel
from src.scoring.report_overview import person_values
from src.scoring.report_timeline import panels, spoken
from src.scoring.report_words import clock, flags, meaning, reasons
from src.scoring.rows import Row

OVERVIEW = "../report.html"
NO_EVIDENCE = "Evidence was not asked for: evidence=true shows what moved each score, and when."


def candidate_values(
    candidate: Row,
    answers: Sequence[Row],
    model: ReportedModel,
    *,
    evidence: Mapping[str, Any] | None = None,
    transcripts: Mapping[str, Transcript] | None = None,
) -> dict[str, Any]:
    """Values of ``candidate.html.j2``.

    Args:
        candidate: the person's row.
        answers: rows of all their files, in the order of the input.
        model: what made the scores.
        evidence: ``Evidence.to_dict()``; None where it was not asked for or scores are withheld.
        transcripts: clip id to words, where known.
    """
    usable = [row for row in answers if row["status"] == "scored"]
    said = transcripts or {}
    distance = candidate.get("distance")
    return {
        **model.values(),
        "overview": OVERVIEW,
        "person": person_values(candidate, model) | {"distance": distance},
        "files": [_file(row) for row in answers],
        "panels": panels(evidence, usable, said),
        "reference": evidence["reference"] if evidence else "",
        "method": evidence["method"] if evidence else "",
        "answers": spoken(usable, said),
        "no_evidence": NO_EVIDENCE,
    }


def _file(row: Row) -> dict[str, Any]:
    """A row of the table of files."""
    duration, words = row["duration_s"], row["n_words"]
    cells = [
        clock(duration) if isinstance(duration, int | float) else "",
        f"{words:.0f}" if isinstance(words, int | float) else "",
        _digits(row["speech_s"]),
        _percent(row["speech_fraction"]),
        _percent(row["face_fraction"]),
    ]
    return {
        "clip_id": row["clip_id"],
        "status": row["status"],
        "cells": cells,
        "flags": [*flags(row), *_reasons(row)],
        "message": row["error_message"],
    }


def _reasons(row: Row) -> list[dict[str, str]]:
    return [{"where": "", "code": code, "meaning": meaning(code)} for code in reasons(row)]


def _digits(value: object) -> str:
    return f"{value:.1f}" if isinstance(value, int | float) else ""


def _percent(value: object) -> str:
    return f"{100 * value:.0f} %" if isinstance(value, int | float) else ""
