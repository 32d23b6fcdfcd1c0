"""Train and judge: what there is, one button, live curves, then what the run says of itself."""

from __future__ import annotations

import math
from hashlib import sha256
from mimetypes import guess_type
from pathlib import Path
from typing import Any

from sqlalchemy import select
from starlette.responses import FileResponse, Response

from trifold.errors import InputError
from trifold.runtime.private import folder_aside, private_folder, write_atomically
from trifold.studio.accounts.roles import Action
from trifold.studio.database.projects import Project
from trifold.studio.database.work import Job
from trifold.studio.jobs.asking import ask
from trifold.studio.ratings.export import MANIFEST, SCHEMA, write_manifest
from trifold.studio.ratings.schema import RatingSettings, targets_of
from trifold.studio.training import live
from trifold.studio.training.before import CURVE, holding, read_curve, refusal
from trifold.studio.training.languages import page_in
from trifold.studio.training.runs import job_here, run_of
from trifold.studio.training.words import RUNS
from trifold.studio.web.guard import Page
from trifold.studio.web.messages.telling import SOURCE
from trifold.studio.web.visit import Area, Visit

FOLDS = 15  # of experiment=own_ratings: five, thrice
PICTURES = {".png", ".svg"}
SERVED = {".html", ".csv", ".json", ".md"} | PICTURES
# reports hold their own styles and pictures; nothing of theirs may reach the studio
REPORT_POLICY = (
    "sandbox allow-popups allow-downloads; default-src 'none'; style-src 'unsafe-inline'; "
    "img-src 'self' data:; frame-ancestors 'none'"
)


def training_page(visit: Visit) -> Response:
    """What the project holds, what it allows, and earlier runs."""
    return _before(visit)


def training_begin(visit: Visit) -> Response:
    """Ask for a run, unless it would stop before it trains."""
    with visit.studio.database.reading() as session:
        held = holding(session, visit.here.id, targets_of(visit.here.targets))
    pairs = RatingSettings(**visit.here.rating).mode == "pairs"
    left_out = [] if pairs else held.left_out
    with folder_aside(visit.folder) as trial:
        write_manifest(visit.studio, visit.here.id, trial)
        why = visit.said(refusal(trial / MANIFEST, trial / SCHEMA, left_out))
    if why:
        return _before(visit, error=why)
    spec = {"words": [f"leave_out=[{','.join(left_out)}]"]} if left_out else {}
    job = ask(visit, "train", spec, makes_run=True)
    return visit.to("run_page", project=visit.here.id, job=job)


def curve_begin(visit: Visit) -> Response:
    """Ask for a learning curve."""
    ask(visit, "learning_curve", {"out": CURVE})
    return visit.to("training_page", project=visit.here.id)


def run_page(visit: Visit) -> Response:
    """A run, while it goes on and afterwards."""
    return visit.page("training_run.html.j2", **_state(visit))


def run_state(visit: Visit) -> Response:
    """The part of the page that changes while a run goes on."""
    return visit.page("training_state.html.j2", **_state(visit))


def run_file(visit: Visit) -> Response:
    """A page or picture of a run's folder.

    Raises:
        InputError: when there is none, or it is of another kind.
    """
    with visit.studio.database.reading() as session:
        job = job_here(visit, session)
    root = run_of(visit, job).resolve()
    path = (root / visit.request.path_params["path"]).resolve()
    if not path.is_relative_to(root) or path.suffix not in SERVED or not path.is_file():
        raise InputError(expected="a page or picture of this run", got="no such file")
    told = None
    if path.name == "report.html":
        visit.note("run_report_seen", job=job.id)
        if visit.language != SOURCE:
            told = page_in(root, path.parent, visit.language, visit.studio.wording)
    headers = {"content-security-policy": REPORT_POLICY}
    if path.suffix in PICTURES:
        return FileResponse(path, headers=headers)
    # commands write where they read from, for whoever has a shell
    content = visit.studio.without_home(told or path.read_text(encoding="utf-8"))
    return Response(content, media_type=guess_type(path.name)[0], headers=headers)


def run_use(visit: Visit) -> Response:
    """Score with this run's model from now on.

    Raises:
        InputError: when the run has written no model.
    """
    with visit.studio.database.writing() as session:
        job = job_here(visit, session)
        run = run_of(visit, job)
        if job.state != "done" or not (run / "report.html").is_file():
            raise InputError(expected="a run that is done", got=f"one that is {job.state}")
        project = session.get_one(Project, visit.here.id)
        project.bundle = run.relative_to(visit.studio.settings.home).as_posix()
    visit.note("model_chosen", job=job.id)
    return visit.to("run_page", project=visit.here.id, job=job.id)


def run_reliability(visit: Visit) -> Response:
    """Ask how reliable the run's scores are."""
    with visit.studio.database.reading() as session:
        job = job_here(visit, session)
    run = str(job.spec["run"])
    ask(visit, "reliability", {"run": run, "out": f"{RUNS}/{run}/reliability"})
    return visit.to("run_page", project=visit.here.id, job=job.id)


def run_impact(visit: Visit) -> Response:
    """Ask whom the run's scores disadvantage, with groups as people reported them.

    The command alone reads them; a table that is none ends the job with what is wrong with it.

    Raises:
        InputError: when there is no table of groups.
    """
    with visit.studio.database.reading() as session:
        job = job_here(visit, session)
    table = visit.form.get("groups")
    if table is None or isinstance(table, str):
        raise InputError(expected="a table of groups", got="none")
    content = table.file.read()
    # of its own, where no training looks, and where who is deleted is looked for
    path = visit.folder / "jobs" / f"groups-{sha256(content).hexdigest()[:16]}.csv"
    write_atomically(private_folder(path.parent) / path.name, content)
    run = str(job.spec["run"])
    groups = path.relative_to(visit.folder).as_posix()
    spec = {"run": run, "groups": groups, "out": f"{RUNS}/{run}/impact", "words": _cut(visit)}
    ask(visit, "impact", spec)
    return visit.to("run_page", project=visit.here.id, job=job.id)


def _cut(visit: Visit) -> list[str]:
    """The score from which somebody would go on, as the command takes it; none where none came."""
    text = visit.field("cut").replace(",", ".") if "cut" in visit.form else ""
    try:
        return [f"cut={float(text)}"] if text and math.isfinite(float(text)) else []
    except ValueError as error:
        raise InputError(expected="a score from which somebody would go on", got=text) from error


def _before(visit: Visit, *, error: str = "") -> Response:
    with visit.studio.database.reading() as session:
        held = holding(session, visit.here.id, targets_of(visit.here.targets))
        wanted = select(Job).where(
            Job.project_id == visit.here.id, Job.kind.in_(("train", "learning_curve"))
        )
        jobs = list(session.scalars(wanted.order_by(Job.created_at.desc())))
    curves = [job for job in jobs if job.kind == "learning_curve"]
    return visit.page(
        "training.html.j2",
        held=held,
        error=error,
        runs=[job for job in jobs if job.kind == "train"],
        curve=read_curve(visit.folder),
        curve_job=curves[0] if curves else None,
        mode=RatingSettings(**visit.here.rating).mode,
        bundle=visit.here.bundle or "",
        status=422 if error else 200,
    )


def _state(visit: Visit) -> dict[str, Any]:
    with visit.studio.database.reading() as session:
        job = job_here(visit, session)
        wanted = select(Job).where(
            Job.project_id == visit.here.id, Job.kind.in_(("reliability", "impact"))
        )
        later = list(session.scalars(wanted.order_by(Job.created_at)))
    run = run_of(visit, job)
    found = live.steps(run)
    studies = {one.kind: one for one in later if one.spec.get("run") == job.spec["run"]}
    return {
        "job": job,
        "steps": found,
        "total": FOLDS,
        "lines": live.lines(found, FOLDS),
        "drawing": live,
        "outcome": _outcome(visit, run) if job.state == "done" else None,
        "studies": studies,
        "pages": {kind: (run / kind / "report.html").is_file() for kind in studies},
        "is_used": visit.here.bundle == run.relative_to(visit.studio.settings.home).as_posix(),
    }


def _outcome(visit: Visit, run: Path) -> dict[str, Any] | None:
    found = live.outcome(run)
    if found is None:
        return None
    said = visit.studio.wording.said_anew(found["warnings"], visit.language)
    return found | {"warnings": said}


AREAS = (
    Area(
        "training_page",
        "Train and judge",
        "A model from the project's ratings, and how far it can be trusted.",
        Action.TRAIN,
    ),
)
ONE = "/projects/{project}/training/{job}"
PAGES = (
    Page("/projects/{project}/training", training_page, Action.TRAIN),
    Page("/projects/{project}/training", training_begin, Action.TRAIN, ("POST",)),
    Page("/projects/{project}/training/learning-curve", curve_begin, Action.TRAIN, ("POST",)),
    Page(ONE, run_page, Action.TRAIN),
    Page(f"{ONE}/state", run_state, Action.TRAIN),
    Page(f"{ONE}/use", run_use, Action.TRAIN, ("POST",)),
    Page(f"{ONE}/reliability", run_reliability, Action.TRAIN, ("POST",)),
    Page(f"{ONE}/impact", run_impact, Action.TRAIN, ("POST",), form_files=1),
    Page(f"{ONE}/files/{{path:path}}", run_file, Action.TRAIN),
)
