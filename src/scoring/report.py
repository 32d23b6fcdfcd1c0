"""Pages of a scored folder: an overview and one per candidate, files that open offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from src.contracts import Clip, Transcript
from src.errors import TrifoldError
from src.features.source import Source
from src.scoring.batch import ScoredFolder
from src.scoring.bundle import Bundle
from src.scoring.report_candidate import candidate_values
from src.scoring.report_model import ReportedModel
from src.scoring.report_overview import PAGES, overview_values
from src.scoring.report_words import page_name
from src.scoring.rows import Row
from src.templates import render

OVERVIEW = "report.html"


def write_report(
    scored: ScoredFolder,
    bundle: Bundle,
    out: Path,
    *,
    clips: Sequence[Clip] = (),
    evidence: Mapping[str, Mapping[str, Any]] | None = None,
) -> Path:
    """Write ``out/report.html`` and ``out/candidates/<id>.html``; returns the path of the first.

    Args:
        scored: rows of files and people.
        bundle: what scored them.
        out: folder of the outputs.
        clips: of the files, for the words of their transcripts.
        evidence: candidate id to ``Evidence.to_dict()``.
    """
    model = ReportedModel.of(bundle)
    by_person = _by_person(scored.answers)
    of_person = _by_candidate(clips)
    for row in scored.candidates:
        name = str(row["candidate_id"])
        asked = {clip.clip_id: clip.question for clip in of_person.get(name, [])}
        own = [a | {"question": asked.get(str(a["clip_id"]))} for a in by_person.get(name, [])]
        said = transcripts(of_person.get(name, []))
        found = (evidence or {}).get(name)
        write_candidate(row, own, model, out, evidence=found, transcripts=said)
    return write_overview(scored.answers, scored.candidates, model, out, pages=True)


def write_overview(
    answers: Sequence[Row],
    candidates: Sequence[Row],
    model: ReportedModel,
    out: Path,
    *,
    pages: bool,
) -> Path:
    """Write ``out/report.html``; with ``pages`` it links every candidate's own."""
    values = overview_values(answers, candidates, model, pages=pages)
    return render("scores.html.j2", out / OVERVIEW, **values)


def write_candidate(
    candidate: Row,
    answers: Sequence[Row],
    model: ReportedModel,
    out: Path,
    *,
    evidence: Mapping[str, Any] | None = None,
    transcripts: Mapping[str, Transcript] | None = None,
) -> Path:
    """Write a candidate's page below ``out``; see ``candidate_values``."""
    values = candidate_values(candidate, answers, model, evidence=evidence, transcripts=transcripts)
    path = out / PAGES / f"{page_name(str(candidate['candidate_id']))}.html"
    return render("candidate.html.j2", path, **values)


def transcripts(clips: Iterable[Clip]) -> dict[str, Transcript]:
    """Clip id to words; what has none, or none that can be read, is left out: its row says why."""
    found: dict[str, Transcript] = {}
    for clip in clips:
        try:
            said = Source(clip).transcript
        except TrifoldError:
            continue
        if said is not None:
            found[clip.clip_id] = said
    return found


def _by_person(answers: Iterable[Row]) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = {}
    for row in answers:
        found.setdefault(str(row["candidate_id"]), []).append(row)
    return found


def _by_candidate(clips: Iterable[Clip]) -> dict[str, list[Clip]]:
    found: dict[str, list[Clip]] = {}
    for clip in clips:
        found.setdefault(clip.candidate_id, []).append(clip)
    return found
