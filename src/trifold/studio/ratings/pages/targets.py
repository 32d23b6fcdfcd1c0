"""The editor of targets: what raters judge, on which scale, by which behaviours."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from starlette.responses import Response

from trifold.errors import InputError, TrifoldError
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Project
from trifold.studio.ratings import keeping
from trifold.studio.ratings.pages.rating import settings_of
from trifold.studio.ratings.permitted import refuse_forbidden
from trifold.studio.ratings.schema import (
    RatedTarget,
    RatingSettings,
    check_targets,
    identifier,
    refuse_new_meanings,
    targets_of,
)
from trifold.studio.ratings.starting_sets import starting_set, starting_sets
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit

EMPTY = RatedTarget("", "", 1, 5, "", "")
DIGITS = 2  # of an end of a scale: nobody's memory holds the levels of a longer one


def targets_page(visit: Visit) -> Response:
    """All targets of a project, and an empty one."""
    return _editor(visit, targets_of(visit.here.targets))


def targets_change(visit: Visit) -> Response:
    """What the editor sent, or why it is not taken, with all that was typed."""
    try:
        sent = _sent(visit)
    except InputError as error:
        return _editor(visit, targets_of(visit.here.targets), error=visit.wrong(error))
    return _kept(visit, sent)


def targets_add(visit: Visit) -> Response:
    """Targets to start from, in the language of who adds them, beside those that are there."""
    before = targets_of(visit.here.targets)
    known = {one.name for one in before}
    found = starting_set(visit.field("set"), visit.language)
    return _kept(visit, [*before, *(one for one in found if one.name not in known)])


def rating_settings_change(visit: Visit) -> Response:
    """How the project is rated, and whether raters see names."""
    settings = RatingSettings(visit.field("mode"), "show_names" in visit.form)
    with visit.studio.database.writing() as session:
        project = session.get_one(Project, visit.here.id)
        project.rating = settings.as_json()
    visit.note("rating_settings_changed", **settings.as_json())
    return visit.to("targets_page", project=visit.here.id)


def _kept(visit: Visit, sent: list[RatedTarget]) -> Response:
    try:
        check_targets(sent)
        refuse_forbidden(sent, visit.here.policy, today=datetime.now(UTC).date())
        with visit.studio.database.writing() as session:
            project = session.get_one(Project, visit.here.id)
            rated = keeping.counts_by_target(session, project.id)
            refuse_new_meanings(targets_of(project.targets), sent, rated)
            project.targets = [one.as_json() for one in sent]
    except TrifoldError as error:
        return _editor(visit, sent, error=visit.wrong(error))
    visit.note("targets_changed", targets=[one.name for one in sent])
    return visit.to("targets_page", project=visit.here.id)


def _editor(visit: Visit, targets: Any, *, error: str = "") -> Response:
    with visit.studio.database.reading() as session:
        rated = keeping.counts_by_target(session, visit.here.id)
    return visit.page(
        "ratings_targets.html.j2",
        targets=[*targets, EMPTY],
        rated=rated,
        error=error,
        sets=starting_sets(),
        settings=settings_of(visit),
        status=422 if error else 200,
    )


def _sent(visit: Visit) -> list[RatedTarget]:
    """Targets of the form; an empty one and those that were ticked are left out."""
    numbers = sorted(
        int(name.removeprefix("label-"))
        for name in visit.form
        if name.removeprefix("label-").isdecimal() and name.startswith("label-")
    )
    found: list[RatedTarget] = []
    for number in numbers:
        if f"remove-{number}" in visit.form:
            continue
        one = _target(visit, number)
        if one is not None:
            names = [other.name for other in found]
            name = one.name or identifier(one.label, names)
            found.append(replace(one, name=name))
    return found


def _target(visit: Visit, number: int) -> RatedTarget | None:
    """One fieldset; None where nothing was typed into it."""
    label = visit.field(f"label-{number}")
    before = {one.name: one for one in targets_of(visit.here.targets)}
    name = visit.field(f"name-{number}")
    if name not in before:
        name = ""
    low, high = (_whole(visit, f"{end}-{number}") for end in ("low", "high"))
    prefix = f"anchor-{number}-"
    anchors = {
        int(key.removeprefix(prefix)): " ".join(visit.field(key).split())  # a line of any length
        for key in visit.form
        if key.startswith(prefix) and key.removeprefix(prefix).isdecimal() and visit.field(key)
    }
    poles = [visit.field(f"{end}_pole-{number}") for end in ("low", "high")]
    if not (label or name or anchors or any(poles)):
        return None
    # levels that another scale does not have any more had no text of their own
    kept = {level: text for level, text in anchors.items() if low <= level <= high}
    return RatedTarget(name, label, low, high, poles[0], poles[1], kept)


def _whole(visit: Visit, field: str) -> int:
    text = visit.field(field)
    if not text.isascii() or not text.isdigit() or len(text) > DIGITS:
        raise InputError(expected="a whole number as an end of the scale", got=repr(text[:20]))
    return int(text)


AREAS = (
    Area(
        "targets_page",
        "Targets",
        "The competencies or traits that are rated, their scales and behaviours.",
        Action.MAKE_PROJECTS,
    ),
)
PAGES = (
    Page("/projects/{project}/targets", targets_page, Action.MAKE_PROJECTS),
    Page("/projects/{project}/targets", targets_change, Action.MAKE_PROJECTS, ("POST",)),
    Page("/projects/{project}/targets/add", targets_add, Action.MAKE_PROJECTS, ("POST",)),
    Page(
        "/projects/{project}/rating-settings",
        rating_settings_change,
        Action.MAKE_PROJECTS,
        ("POST",),
    ),
)
