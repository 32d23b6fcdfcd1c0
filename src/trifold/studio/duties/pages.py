"""Pages of a project's duties: people with consents and terms, the table of them, the policies."""

from __future__ import annotations

from pathlib import Path

from starlette.responses import Response

from trifold.errors import InputError
from trifold.runtime.private import folder_aside
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Project
from trifold.studio.duties.consents import consents_of, table_of, take_table
from trifold.studio.duties.listing import SHOWN, listed
from trifold.studio.duties.policies import chosen, gate_of, needed, profiles
from trifold.studio.duties.serving import RECEIPTS
from trifold.studio.web.guard import Page
from trifold.studio.web.visit import Area, Visit
from trifold.studio.web.wording import mark as _

TABLE_BYTES = 16 << 20
TABLES = (".csv", ".tsv", ".xlsx", ".ods", ".jsonl")
MOST_NAMED = 20
MOST_DAYS = 36_500


def duties_page(visit: Visit) -> Response:
    """Everybody, with what is missing and what is due."""
    return _shown(visit)


def consents_take(visit: Visit) -> Response:
    """The table that the setting ``consent`` of ``trifold score`` reads."""
    name, content = visit.file("table")
    suffix = Path(name).suffix.lower()
    if suffix not in TABLES:
        raise InputError(expected=f"a table ({' '.join(TABLES)})", got=suffix or "no suffix")
    add = "add" in visit.form
    with folder_aside(visit.studio.settings.home) as folder:
        path = folder / f"table{suffix}"
        path.write_bytes(content)
        with visit.studio.database.writing() as session:
            done = take_table(session, visit.here.id, path, add=add)
    visit.note("consents_imported", changed=done.changed, unknown=len(done.unknown))
    return _shown(visit, changed=done.changed, unknown=done.unknown)


def consents_give(visit: Visit) -> Response:
    """The same table, of everybody."""
    with visit.studio.database.reading() as session:
        content = table_of(consents_of(session, visit.here.id))
    visit.note("consents_exported")
    kind = {"content-disposition": 'attachment; filename="consents.csv"'}
    return Response(content, media_type="text/csv; charset=utf-8", headers=kind)


def policy_page(visit: Visit) -> Response:
    """Which policies there are, what they demand, and which hold here."""
    gate = gate_of(visit.studio, visit.here)
    return visit.page(
        "duties_policy.html.j2",
        profiles=profiles(gate.today),
        chosen=["common", *visit.here.policy],
        stale=sorted({rule.profile for rule in gate.policy.stale(gate.today)}),
    )


def policy_change(visit: Visit) -> Response:
    """Other policies, or another time that recordings are kept."""
    named = chosen([one for one in visit.form.getlist("policy") if isinstance(one, str)])
    days = _days(visit.field("keep_days"))
    with visit.studio.database.writing() as session:
        project = session.get_one(Project, visit.here.id)
        project.policy, project.keep_days = named, days
    visit.note("policy_changed", policy=named, keep_days=days)
    return visit.to("policy_page", project=visit.here.id)


def _shown(visit: Visit, *, changed: int | None = None, unknown: tuple[str, ...] = ()) -> Response:
    asked = visit.request.query_params
    text, shown = asked.get("text", "")[:200], asked.get("shown", "")
    gate = gate_of(visit.studio, visit.here)
    receipts = visit.folder / RECEIPTS
    found = listed(visit, text=text, shown=shown, page=visit.part)
    return visit.page(
        "duties.html.j2",
        found=found,
        text=text,
        shown=shown if shown in SHOWN else "",
        needed=needed(gate.policy, gate.today),
        changed=changed,
        unknown=unknown[:MOST_NAMED],
        more=len(unknown[MOST_NAMED:]),
        receipts=sorted((path.stem for path in receipts.glob("*.json")), reverse=True),
        receipt=asked.get("receipt", ""),
    )


def _days(text: str) -> int | None:
    if not text:
        return None
    if not text.isdecimal() or not 0 < int(text) <= MOST_DAYS:
        raise InputError(expected=f"days from 1 to {MOST_DAYS}, or nothing", got=repr(text[:20]))
    return int(text)


AREAS = (
    Area(
        "duties_page",
        _("Duties"),
        _("Notices and consents of each person, what is due when, export and deletion."),
        Action.NOTE_CONSENT,
    ),
)
PAGES = (
    Page("/projects/{project}/duties", duties_page, Action.NOTE_CONSENT),
    Page(
        "/projects/{project}/duties",
        consents_take,
        Action.NOTE_CONSENT,
        ("POST",),
        form_bytes=TABLE_BYTES,
        form_files=1,
    ),
    Page("/projects/{project}/duties/consents.csv", consents_give, Action.NOTE_CONSENT),
    Page("/projects/{project}/policy", policy_page, Action.SEE_PROJECTS),
    Page("/projects/{project}/policy", policy_change, Action.MAKE_PROJECTS, ("POST",)),
)
