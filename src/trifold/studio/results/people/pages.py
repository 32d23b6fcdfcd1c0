"""Pages of one person: results with their recordings, overrides, and what is taken out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from trifold.contracts import Transcript
from trifold.errors import TrifoldError, unknown
from trifold.records.overrides import MOST_CHARS, Override, append_override, checked, read_overrides
from trifold.reports.forgetting import page_of
from trifold.reports.overriding import show_overrides
from trifold.scoring.folder.journal import only_run
from trifold.scoring.rows import Row
from trifold.studio.accounts.roles import Action
from trifold.studio.previews.pages import played
from trifold.studio.results.model import taught_by
from trifold.studio.results.opening import OpenRun, nothing_here, of_person, within_run
from trifold.studio.results.people.media import Media, media_of, transcript_of
from trifold.studio.results.people.out import OWN_STYLE, as_json, feedback, files_of, technical
from trifold.studio.results.people.person import Results, person_values
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Visit
from trifold.studio.web.wording import mark
from trifold.templates import css_string

NO_CONTACT = mark("whoever invited you to the interview")


@dataclass(frozen=True)
class Watched:
    """An answer as the page offers it.

    Attributes:
        n: number of the file among the person's, from 1.
        row: of the file.
        media: to play; None where the recording is gone.
        problem: why its words cannot be shown; empty where they can.
    """

    n: int
    row: Row
    media: Media | None
    problem: str = ""


@of_person
def person_page(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """One person: scores, what moved them, and the recordings to watch."""
    watched, said = _watched(visit, person)
    visit.note("scores_seen", run=opened.run.id, candidate=person.key)
    values = person_values(person, opened.model, opened.scales, said)
    number_of = {one.row["clip_id"]: one for one in watched}
    bundle = str(opened.run.facts.get("bundle") or "")
    return visit.page(
        "results_person.html.j2",
        values,
        opened=opened,
        watched=watched,
        number_of=number_of,
        taught=person.name in taught_by(visit.studio, visit.here.id, bundle),
    )


@of_person
def override_add(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """A reviewer's word beside a score; the score stays as it is."""
    target = visit.field("target")
    names = [scale.name for scale in opened.scales]
    if target and target not in names:
        raise unknown(target, names, what="scores")
    given = Override(
        candidate_id=person.name,
        target=target,
        reason=visit.field("reason", largest=MOST_CHARS),
        reviewer=visit.me.login,
        judgement=visit.field("judgement", largest=MOST_CHARS),
        bundle_id=opened.model.bundle_id,
    )
    with only_run(opened.folder):
        append_override(opened.folder, checked(given))
        page = page_of(person.name, opened.folder)
        show_overrides(page, read_overrides(opened.folder, person.name))
    visit.note("score_overridden", run=opened.run.id, candidate=person.key, target=target or "all")
    return visit.to("person_page", project=visit.here.id, run=opened.run.id, person=person.key)


@of_person
def recording_file(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """A recording, whole or a range of its bytes, as players ask for it."""
    n = visit.request.path_params["n"]
    media = None
    if 1 <= n <= len(person.answers):
        with visit.studio.database.reading() as session:
            media = media_of(session, visit.studio, visit.here.id, person.answers[n - 1])
    if media is None:
        return nothing_here(visit)
    if visit.request.headers.get("range", "bytes=0-").startswith("bytes=0-"):
        visit.note("recording_seen", run=opened.run.id, candidate=person.key, answer=n)
    if "save" in visit.request.query_params:
        return FileResponse(media.path, media_type=media.kind, filename=media.path.name)
    return played(media.path, media.kind, media.preview)


@of_person
def feedback_page(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """The page for the person, to be printed or saved."""
    contact = visit.request.query_params.get("contact", "").strip()[:200] or visit.say(NO_CONTACT)
    visit.note("scores_seen", run=opened.run.id, candidate=person.key, page="feedback")
    values = feedback(person, opened.model, opened.scales, contact=contact)
    return _alone(visit, "feedback.html.j2", values)


@of_person
def technical_page(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """The page of a candidate that scoring writes."""
    _, said = _watched(visit, person)
    names = {"project": visit.here.id, "run": opened.run.id}
    overview = visit.request.url_for("candidates_page", **names).path
    visit.note("scores_seen", run=opened.run.id, candidate=person.key, page="technical")
    values = technical(person, opened.model, opened.scales, said=said, overview=overview)
    return _alone(visit, "candidate.html.j2", values)


@of_person
def person_json(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """All that is known of a person, for programs."""
    visit.note("scores_exported", run=opened.run.id, candidate=person.key)
    named = f'attachment; filename="{person.key}.json"'
    return JSONResponse(as_json(person, opened.model), headers={"content-disposition": named})


@of_person
def person_print(visit: Visit, opened: OpenRun, person: Results) -> Response:
    """Running head and page numbers of a person's page on paper."""
    text = f"@page {{ @top-left {{ content: {css_string(person.name)}; }} }}\n"
    return Response(text, media_type="text/css")


@within_run
def result_file(visit: Visit, opened: OpenRun) -> Response:
    """A table of the run."""
    name = visit.request.path_params["file"]
    if name not in files_of(opened.folder):
        return nothing_here(visit)
    visit.note("scores_exported", run=opened.run.id, file=name)
    return FileResponse(opened.folder / name, filename=name)


def _watched(visit: Visit, person: Results) -> tuple[list[Watched], dict[str, Transcript]]:
    """Every file of a person to watch, and the words of those that have any."""
    watched, said = list[Watched](), dict[str, Transcript]()
    with visit.studio.database.reading() as session:
        found = [media_of(session, visit.studio, visit.here.id, row) for row in person.answers]
    for n, (row, media) in enumerate(zip(person.answers, found, strict=True), start=1):
        problem = ""
        try:
            words = transcript_of(media, row) if media else None
        except TrifoldError as error:
            words, problem = None, visit.wrong(error)
        if words is not None:
            said[str(row["clip_id"])] = words
        watched.append(Watched(n, row, media, problem))
    return watched, said


def _alone(visit: Visit, template: str, values: Mapping[str, Any]) -> Response:
    """A page of reports, which stands alone, under its own rules."""
    text = visit.studio.wording.report(template, visit.language, values)
    content: Any = text.encode("utf-8", "backslashreplace")
    return HTMLResponse(content, headers={"content-security-policy": OWN_STYLE})


_RUN = "/projects/{project}/results/{run}"
_PERSON = f"{_RUN}/people/{{person}}"
PAGES = (
    Page(f"{_RUN}/files/{{file}}", result_file, Action.SEE_SCORES),
    Page(_PERSON, person_page, Action.SEE_SCORES),
    Page(f"{_PERSON}/override", override_add, Action.OVERRIDE, ("POST",)),
    Page(f"{_PERSON}/recordings/{{n:int}}", recording_file, Action.SEE_RECORDINGS),
    Page(f"{_PERSON}/feedback", feedback_page, Action.SEE_SCORES),
    Page(f"{_PERSON}/technical", technical_page, Action.SEE_SCORES),
    Page(f"{_PERSON}/json", person_json, Action.SEE_SCORES),
    Page(f"{_PERSON}/print.css", person_print, Action.SEE_SCORES),
)
