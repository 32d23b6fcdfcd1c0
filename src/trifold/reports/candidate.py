"""The page of one candidate, as values for its template."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from trifold.contracts import Transcript
from trifold.records.overrides import Override
from trifold.reports.model import ReportedModel
from trifold.reports.overriding import override_values
from trifold.reports.overview import person_values
from trifold.reports.scales import number
from trifold.reports.timeline import UNCLEAR, panels, spoken
from trifold.reports.wording import clock, flags, meaning, percent, reasons
from trifold.scoring.rows import Row

COLUMNS: tuple[tuple[str, str, Callable[[float], str]], ...] = (
    ("duration_s", "length", clock),
    ("n_words", "words", "{:.0f}".format),
    ("speech_fraction", "speaks", percent),
    ("level_db", "level, dB", "{:.0f}".format),
    ("face_fraction", "face seen", percent),
    ("brightness", "brightness", percent),
)
NO_EVIDENCE = "evidence=true also shows what moved each score, and when."


def candidate_values(
    candidate: Row,
    answers: Sequence[Row],
    model: ReportedModel,
    *,
    overview: str,
    evidence: Mapping[str, Any] | None = None,
    transcripts: Mapping[str, Transcript] | None = None,
    overrides: Sequence[Override] = (),
) -> dict[str, Any]:
    """Values of ``candidate.html.j2``.

    Args:
        candidate: the person's row.
        answers: rows of all their files, in the order of the input.
        model: what made the scores.
        overview: where the page of all candidates lies, seen from this one.
        evidence: ``Evidence.to_dict()``; None where it was not asked for or scores are withheld.
        transcripts: clip id to words, where known.
        overrides: what reviewers said beside the scores.
    """
    usable = [row for row in answers if row["status"] == "scored"]
    said = transcripts or {}
    distance = candidate.get("distance")
    return {
        **model.values(),
        "overview": overview,
        "overrides": override_values(overrides),
        "person": person_values(candidate, model) | {"distance": distance},
        "files": _files(answers),
        "panels": panels(evidence, usable, said),
        "reference": evidence["reference"].rstrip(".") if evidence else "",
        "method": evidence["method"] if evidence else "",
        "unclear": UNCLEAR,
        "sampled": _is_sampled(evidence),
        "answers": spoken(usable, said),
        "no_evidence": NO_EVIDENCE,
    }


def _is_sampled(evidence: Mapping[str, Any] | None) -> bool:
    """Whether any piece has an error."""
    targets = evidence["targets"] if evidence else []
    return any(piece["error"] for target in targets for piece in target["pieces"])


def _files(answers: Sequence[Row]) -> dict[str, Any]:
    """The table of files, with the quality columns that any of them has."""
    shown = [c for c in COLUMNS if any(_is_number(row.get(c[0])) for row in answers)]
    return {"titles": [title for _, title, _ in shown], "rows": [_file(r, shown) for r in answers]}


def _file(row: Row, shown: Sequence[tuple[str, str, Callable[[float], str]]]) -> dict[str, Any]:
    values = [(row.get(name), text) for name, _, text in shown]
    return {
        "clip_id": row["clip_id"],
        "status": row["status"],
        "cells": [text(number(value)) if _is_number(value) else "" for value, text in values],
        "flags": [
            *flags(row),
            *({"where": "", "code": code, "meaning": meaning(code)} for code in reasons(row)),
        ],
        "message": row["error_message"],
        "notes": _notes(row),
    }


def _notes(row: Row) -> str:
    """What was noticed in reading, as sentences without their codes."""
    lines = str(row.get("remarks") or "").split(" | ")
    said = [line.partition(": ")[2] for line in lines]
    if row.get("words_source") == "recognised":
        said.insert(0, "words were recognised, not given")
    return ". ".join(line[:1].upper() + line[1:] for line in said if line)


def _is_number(value: object) -> bool:
    return isinstance(value, int | float)
