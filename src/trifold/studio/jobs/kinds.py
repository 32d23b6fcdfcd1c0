"""What jobs do: how each kind is ordered, and what follows when it has ended well."""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trifold.errors import InputError
from trifold.runtime.endings import NOTHING_SCORED
from trifold.studio.database.projects import Project
from trifold.studio.database.work import Job, Run
from trifold.studio.jobs.running import Order
from trifold.studio.recordings.manifest import write_manifest
from trifold.studio.recordings.models import bundle_path
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


def score(studio: Studio, job: Job) -> Order:
    """``trifold score`` with the project's model into a run folder of its own."""
    folder, run = _run_folder(studio, job)
    manifest = folder / "jobs" / job.id / "manifest.jsonl"
    if not manifest.exists():  # what is going on again scores whom it began with
        write_manifest(studio, job.project_id, manifest)
    with studio.database.reading() as session:
        policy = session.get_one(Project, job.project_id).policy
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
        *([f"policy=[{','.join(policy)}]"] if policy else []),
    ]
    return Order(tuple(words), fine=(0, NOTHING_SCORED))


def train(studio: Studio, job: Job) -> Order:
    """``trifold train`` on the project's ratings into a run folder of its own."""
    folder, run = _run_folder(studio, job)
    given = folder / "jobs" / job.id
    export = _written_elsewhere("trifold.studio.ratings.export", "write_manifest")
    if export is None:
        raise InputError(expected="ratings to train on", got="a studio without ratings")
    manifest, schema = export(studio, job.project_id, given)
    words = [
        "train",
        "experiment=own_ratings",
        f"corpora.path={manifest}",
        f"corpora.schema={schema}",
        f"out={run}",
        f"paths.features={folder / 'features'}",
        f"paths.transcripts={folder / 'transcripts'}",
    ]
    return Order(tuple(words))


def index(studio: Studio, job: Job, code: int) -> str:
    """Put the run of a job into the database, so that lists can be searched and sorted."""
    folder, run = _run_folder(studio, job)
    with studio.database.writing() as session:
        facts = {"bundle": job.spec.get("bundle", "")}
        session.merge(
            Run(
                id=job.spec["run"],
                project_id=job.project_id,
                job_id=job.id,
                kind=job.kind,
                folder=run.relative_to(folder).as_posix(),
                facts=facts,
            )
        )
    index_run = _written_elsewhere("trifold.studio.results.index", "index_run")
    if index_run is not None:
        index_run(studio, job.project_id, job.spec["run"])
    return NOTHING if code == NOTHING_SCORED else ""


def _run_folder(studio: Studio, job: Job) -> tuple[Path, Path]:
    """The project's folder, and that of the run which a job makes."""
    folder = studio.folder_of(job.project_id)
    return folder, folder / "runs" / str(job.spec["run"])


def _written_elsewhere(module: str, name: str) -> Callable[..., Any] | None:
    """A function of another area; None where this release has none."""
    if importlib.util.find_spec(module) is None:
        return None
    found: Callable[..., Any] = getattr(importlib.import_module(module), name)
    return found


KINDS = {"look": Kind(look), "score": Kind(score, index), "train": Kind(train, index)}
