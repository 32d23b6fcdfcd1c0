"""Runs and the jobs that make them, looked up within their project."""

from __future__ import annotations

from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.studio.database.work import Job
from trifold.studio.training.words import RUNS
from trifold.studio.web.visit import Visit


def job_here(visit: Visit, session: Session) -> Job:
    """The training job of the address, within the project.

    Raises:
        InputError: when there is none.
    """
    wanted = select(Job).where(
        Job.id == visit.request.path_params["job"],
        Job.project_id == visit.here.id,
        Job.kind == "train",
    )
    found = session.scalar(wanted)
    if found is None:
        raise InputError(expected="a run of this project", got="none of that id")
    return found


def run_of(visit: Visit, job: Job) -> Path:
    """A run's folder."""
    return visit.folder / RUNS / str(job.spec["run"])
