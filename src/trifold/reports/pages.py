"""Pages of a scored folder: an overview and one per candidate, files that open offline."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifold.contracts import Clip, Transcript
from trifold.features.store import FeatureStore
from trifold.records.overrides import read_overrides
from trifold.reports.candidate import candidate_values
from trifold.reports.model import ReportedModel
from trifold.reports.overview import PAGES, overview_values
from trifold.reports.wording import page_name
from trifold.runtime.limits import OutOfTime, time_limit
from trifold.scoring.rows import Row
from trifold.templates import render

if TYPE_CHECKING:
    from trifold.bundle.bundle import Bundle
    from trifold.scoring.folder.run import ScoredFolder


def write_report(
    scored: ScoredFolder,
    bundle: Bundle,
    path: Path,
    *,
    clips: Sequence[Clip] = (),
    evidence: Mapping[str, Mapping[str, Any]] | None = None,
    store: FeatureStore | None = None,
    timeout_s: float | None = None,
) -> Path:
    """Write the overview, and ``candidates/<id>.html`` beside it; returns the path of the first.

    Args:
        scored: rows of files and people.
        bundle: what scored them.
        path: of the overview.
        clips: of the files, for the words of their transcripts.
        evidence: candidate id to ``Evidence.to_dict()``; None takes what comes with the rows.
        store: knows how long the files are; None looks at them once more.
        timeout_s: longest time for the words of one file; None waits for ever.
    """
    model = ReportedModel.of(bundle)
    moved = getattr(scored, "evidence", {}) if evidence is None else evidence
    of_person, own = _by_candidate(clips), _by_person(scored.answers)
    for row in scored.candidates:
        name = str(row["candidate_id"])
        said = transcripts(of_person.get(name, []), store, timeout_s)
        rows = own.get(name, [])
        write_candidate(row, rows, model, path, evidence=moved.get(name), transcripts=said)
    return write_overview(scored.answers, scored.candidates, model, path)


def write_overview(
    answers: Sequence[Row],
    candidates: Sequence[Row],
    model: ReportedModel,
    path: Path,
    *,
    pages: bool = True,
) -> Path:
    """Write the page of all candidates; with ``pages`` it links every candidate's own."""
    values = overview_values(answers, candidates, model, pages=pages)
    return render("scores.html.j2", path, **values)


def write_candidate(
    candidate: Row,
    answers: Sequence[Row],
    model: ReportedModel,
    overview: Path,
    *,
    evidence: Mapping[str, Any] | None = None,
    transcripts: Mapping[str, Transcript] | None = None,
) -> Path:
    """Write a candidate's page beside the overview; see ``candidate_values``."""
    path = overview.parent / PAGES / f"{page_name(str(candidate['candidate_id']))}.html"
    values = candidate_values(
        candidate,
        answers,
        model,
        overview=f"../{overview.name}",
        evidence=evidence,
        transcripts=transcripts,
        overrides=read_overrides(overview.parent, str(candidate["candidate_id"])),
    )
    return render("candidate.html.j2", path, **values)


def transcripts(
    clips: Iterable[Clip], store: FeatureStore | None = None, timeout_s: float | None = None
) -> dict[str, Transcript]:
    """Clip id to words; what has none, or none that can be read, is left out: its row says why."""
    found: dict[str, Transcript] = {}
    for clip in clips:
        said = _words(clip, store, timeout_s)
        if said is not None:
            found.setdefault(clip.clip_id, said)  # a second file of that name is not scored
    return found


def _words(clip: Clip, store: FeatureStore | None, timeout_s: float | None) -> Transcript | None:
    """A page goes without words that cannot be read; never a run without pages."""
    from trifold.features.source import Source  # decodes; who only draws pages needs none of it

    if clip.left_out is not None:
        return None
    with suppress(Exception, OutOfTime), time_limit(timeout_s):
        return Source(clip, store).transcript
    return None


def remove_stale_pages(path: Path, people: Iterable[str]) -> int:
    """Remove pages of people who are in the input no more, and the overview that links them.

    Args:
        path: of the overview, which is written anew where it is wanted.
        people: ids of those who are.

    Returns:
        How many pages were removed.
    """
    current = {f"{page_name(person)}.html" for person in people}
    pages = (path.parent / PAGES).glob("*.html")
    stale = [page for page in pages if page.name not in current]
    for page in stale:
        path.unlink(missing_ok=True)
        page.unlink()
    return len(stale)


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
