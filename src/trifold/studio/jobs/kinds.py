"""What jobs do: how each kind is ordered, and what follows when it has ended well."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from trifold.runtime.endings import NOTHING_SCORED
from trifold.studio.database.projects import Project
from trifold.studio.database.work import Job, Run
from trifold.studio.duties.consents import write_consents
from trifold.studio.jobs.running import Order
from trifold.studio.ratings.export import MANIFEST
from trifold.studio.ratings.export import write_manifest as write_ratings
from trifold.studio.recordings.manifest import write_manifest
from trifold.studio.recordings.models import bundle_path
from trifold.studio.results.index import index_run
from trifold.studio.training.words import ON_RATINGS, words_of, work_of
from trifold.studio.web.visit import Studio

NOTHING = "nothing could be scored; each recording says why"


@dataclass(frozen=True)
class Kind:
    """A kind of job.

    Attributes:
        order: what its process does; raises ``TrifoldError`` where that cannot be.
        after: done in the worker when that has ended well, with its exit code; gives the line that
            the job ends with. It may be done again, after a death.
    """

    order: Callable[[Studio, Job], Order]
    after: Callable[[Studio, Job, int], str] = lambda studio, job, code: ""


def look(studio: Studio, job: Job) -> Order:
    """People from names of files, and the quality card of every recording."""
    facts = {"settings": studio.settings.plain(), "project": job.project_id, "job": job.id}
    return Order(work="trifold.studio.recordings.looking:look", facts=facts)


def preview(studio: Studio, job: Job) -> Order:
    """Copies of recordings that browsers can play."""
    wanted = {"recordings": list(job.spec["recordings"])}
    facts = {"settings": studio.settings.plain(), "project": job.project_id, **wanted}
    return Order(work="trifold.studio.previews.making:make_previews", facts=facts)


def score(studio: Studio, job: Job) -> Order:
    """``trifold score`` with the project's model into a run folder of its own."""
    folder, run = _run_folder(studio, job)
    manifest = folder / "jobs" / job.id / "manifest.jsonl"
    if not manifest.exists():  # what is going on again scores whom it began with
        write_manifest(studio, job.project_id, manifest)
    with studio.database.reading() as session:
        policy = session.get_one(Project, job.project_id).policy
    deployment = studio.settings.deployment
    consents = write_consents(studio, job.project_id, folder / "jobs" / job.id / "consents.csv")
    words = [
        "score",
        f"input={manifest}",
        "candidates=manifest",
        f"bundle={bundle_path(studio, job.spec.get('bundle'))}",
        f"out={run}",
        f"paths.features={folder / 'features'}",
        f"paths.transcripts={folder / 'transcripts'}",
        f"evidence={'true' if job.spec.get('evidence', True) else 'false'}",
        f"purpose={job.spec.get('purpose', 'research')}",
        *([f"rights={job.spec['rights']}"] if "rights" in job.spec else []),
        f"consent={consents}",
        *([f"policy=[{','.join(policy)}]"] if policy else []),
        *([f"deployment={deployment}"] if deployment else []),
    ]
    return Order(tuple(words), fine=(0, NOTHING_SCORED))


def of_training(studio: Studio, job: Job) -> Order:
    """A command that trains on the project's ratings, or judges what was trained."""
    folder = studio.folder_of(job.project_id)
    inputs = folder / "jobs" / job.id
    if job.kind in ON_RATINGS and not (inputs / MANIFEST).exists():
        write_ratings(studio, job.project_id, inputs)  # what goes on again learns from the same
    with studio.database.reading() as session:
        name = session.get_one(Project, job.project_id).name
    spec = {**job.spec, "inputs": inputs.relative_to(folder).as_posix(), "name": name}
    return Order(tuple(words_of(job.kind, spec, folder)), work=work_of(job.kind))


def keep_run(studio: Studio, job: Job, code: int) -> str:
    """Note the run of a job, where lists find it."""
    folder, run = _run_folder(studio, job)
    with studio.database.writing() as session:
        session.merge(
            Run(
                id=job.spec["run"],
                project_id=job.project_id,
                job_id=job.id,
                kind=job.kind,
                folder=run.relative_to(folder).as_posix(),
                facts={"bundle": job.spec.get("bundle", "")},
            )
        )
    return NOTHING if code == NOTHING_SCORED else ""


def index(studio: Studio, job: Job, code: int) -> str:
    """Likewise, with its rows in the database, so that they can be searched and sorted."""
    said = keep_run(studio, job, code)
    index_run(studio, job.project_id, job.spec["run"])
    return said


def _run_folder(studio: Studio, job: Job) -> tuple[Path, Path]:
    """The project's folder, and that of the run which a job makes."""
    folder = studio.folder_of(job.project_id)
    return folder, folder / "runs" / str(job.spec["run"])


KINDS = {
    "look": Kind(look),
    "preview": Kind(preview),
    "score": Kind(score, index),
    "train": Kind(of_training, keep_run),
    "learning_curve": Kind(of_training),
    "reliability": Kind(of_training),
    "impact": Kind(of_training),
}
