"""Pages for candidates: one file each, to be sent to the person it is about."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from trifold.reports.feedback.values import feedback_values
from trifold.reports.model import ReportedModel
from trifold.reports.wording import page_name
from trifold.scoring.rows import Row
from trifold.templates import render

if TYPE_CHECKING:
    from trifold.scoring.folder.run import ScoredFolder

FOLDER = "feedback"


def write_feedback(
    scored: ScoredFolder, model: ReportedModel, out: Path, *, contact: str
) -> list[Path]:
    """Write ``feedback/<id>.html`` for everybody, and remove pages of who is there no more.

    Args:
        scored: rows of files and people, with evidence where it was asked for.
        model: what made the scores.
        out: folder of the outputs.
        contact: whom a person may write to.
    """
    own: dict[str, list[Row]] = {}
    for row in scored.answers:
        own.setdefault(str(row["candidate_id"]), []).append(row)
    names = [str(row["candidate_id"]) for row in scored.candidates]
    pages = []
    for name, row in zip(names, scored.candidates, strict=True):
        values = feedback_values(
            row, own.get(name, []), model, contact=contact, evidence=scored.evidence.get(name)
        )
        pages.append(render("feedback.html.j2", feedback_page(name, out), **values))
    remove_stale_feedback(out, names)
    return pages


def feedback_page(candidate_id: str, out: Path) -> Path:
    """Where a person's own page lies, if there is one."""
    return out / FOLDER / f"{page_name(candidate_id)}.html"


def remove_stale_feedback(out: Path, people: Iterable[str]) -> int:
    """Remove pages of everybody but these people; returns how many."""
    current = {feedback_page(person, out) for person in people}
    stale = [page for page in (out / FOLDER).glob("*.html") if page not in current]
    for page in stale:
        page.unlink()
    return len(stale)
