"""What comes next in a project: the first thing to do that the role of who looks allows."""

from __future__ import annotations

from collections.abc import Iterator

from sqlalchemy import ColumnElement, exists, select
from sqlalchemy.orm import Session

from trifold.studio.accounts.roles import Action, Role
from trifold.studio.database.people import Account, Membership
from trifold.studio.database.projects import Project
from trifold.studio.database.ratings import Comparison, Rating
from trifold.studio.database.work import Run
from trifold.studio.recordings import listing
from trifold.studio.web.visit import Step, Visit
from trifold.studio.web.wording import mark as _

Open = tuple[str, Action, str]  # page, what it takes, what to do there


def next_step(visit: Visit) -> Step | None:
    """The first of the open steps that is this account's to take; None where none is.

    Raters have one page, which says what they have rated.
    """
    with visit.studio.database.reading() as session:
        for page, action, text in _open(session, visit):
            if visit.may(action):
                return Step(page, visit.say(text))
    return None


def _open(session: Session, visit: Visit) -> Iterator[Open]:
    """What there is to do, in the order in which one works."""
    project = visit.here
    held = listing.counts(session, project.id)
    if not held.recordings:
        yield "recordings_page", Action.CHANGE_RECORDINGS, _("Add recordings of the candidates.")
    if held.nobodys:
        text = _("Say whose the recordings are that are nobody's yet.")
        yield "people_page", Action.CHANGE_RECORDINGS, text
    if not project.bundle:
        yield from _to_a_model(session, project)
    elif not _any(session, Run.project_id == project.id, Run.kind == "score"):
        yield "recordings_page", Action.SCORE, _("Make scores of the candidates.")
    yield "results_page", Action.SEE_SCORES, _("Read the scores.")


def _to_a_model(session: Session, project: Project) -> Iterator[Open]:
    """From competencies to a model of one's own."""
    if not project.targets:
        yield "targets_page", Action.MAKE_PROJECTS, _("Say which competencies are rated.")
    of_raters = Membership.account_id == Account.id, Account.role == Role.RATER
    if not _any(session, Membership.project_id == project.id, *of_raters):
        yield "members_page", Action.MAKE_PROJECTS, _("Choose who rates in this project.")
    if not any(_any(session, one.project_id == project.id) for one in (Rating, Comparison)):
        text = _("Raters sign in and rate now; see how far they are.")
        yield "agreement_page", Action.SEE_RATINGS, text
    yield "training_page", Action.TRAIN, _("Train a model on the ratings.")
    yield "model_page", Action.SCORE, _("Choose a model to score with.")


def _any(session: Session, *where: ColumnElement[bool]) -> bool:
    return bool(session.scalar(select(exists().where(*where))))
