"""Pages of projects: the list, a new one, and its members."""

from __future__ import annotations

from sqlalchemy import select
from starlette.responses import Response

from trifold.errors import InputError
from trifold.studio.accounts.roles import Action, sees_all_projects
from trifold.studio.database.people import Account, Membership
from trifold.studio.database.projects import Project
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit


def home(visit: Visit) -> Response:
    """The projects that an account works in."""
    with visit.studio.database.reading() as session:
        wanted = select(Project).order_by(Project.created_at.desc())
        if not sees_all_projects(visit.me.role):
            wanted = wanted.join(Membership).where(Membership.account_id == visit.me.id)
        projects = list(session.scalars(wanted))
    return visit.page("projects.html.j2", projects=projects)


def project_add(visit: Visit) -> Response:
    """A new project, with whoever makes it as a member."""
    name = visit.field("name", largest=200)
    if not name:
        raise InputError(expected="a name of the project", got="none")
    with visit.studio.database.writing() as session:
        project = Project(name=name)
        session.add(project)
        session.flush()
        session.add(Membership(project_id=project.id, account_id=visit.me.id))
    visit.note("project_added", project=project.id)
    return visit.to("project_page", project=project.id)


def project_page(visit: Visit) -> Response:
    """One project: where it stands and what comes next."""
    areas = [area for area in visit.studio.areas if visit.may(area.action)]
    return visit.page("project.html.j2", areas=areas)


def members_page(visit: Visit) -> Response:
    """Who works in a project."""
    with visit.studio.database.reading() as session:
        wanted = select(Membership.account_id).where(Membership.project_id == visit.here.id)
        members = set(session.scalars(wanted))
        accounts = list(session.scalars(select(Account).order_by(Account.login)))
    return visit.page("members.html.j2", accounts=accounts, members=members)


def members_change(visit: Visit) -> Response:
    """The accounts that were ticked are the members."""
    chosen = {value for value in visit.form.getlist("member") if isinstance(value, str)}
    with visit.studio.database.writing() as session:
        known = set(session.scalars(select(Account.id)))
        kept = session.scalars(select(Membership).where(Membership.project_id == visit.here.id))
        for member in list(kept):
            session.delete(member)
        session.flush()
        session.add_all(
            Membership(project_id=visit.here.id, account_id=one) for one in chosen & known
        )
    visit.note("members_changed", members=sorted(chosen & known))
    return visit.to("members_page", project=visit.here.id)


AREAS = (Area("members_page", "Members", "Who works in this project.", Action.MAKE_PROJECTS),)
PAGES = (
    Page("/", home, Action.SEE_PROJECTS),
    Page("/projects", project_add, Action.MAKE_PROJECTS, ("POST",)),
    Page("/projects/{project}", project_page, Action.SEE_PROJECTS),
    Page("/projects/{project}/members", members_page, Action.MAKE_PROJECTS),
    Page("/projects/{project}/members", members_change, Action.MAKE_PROJECTS, ("POST",)),
)
