"""A kind of job that is quickly done, and workers that a test may kill."""

from __future__ import annotations

from typing import Any

from trifold.studio.database.work import Job
from trifold.studio.jobs.kinds import Kind
from trifold.studio.jobs.running import Order
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.visit import Studio


def order(studio: Studio, job: Job) -> Order:
    """Of the steps, in the job's own folder."""
    facts = {**job.spec, "folder": str(studio.settings.home / "steps" / job.id)}
    return Order(work="tests.studio.jobs.steps:steps", facts=facts)


KINDS = {"steps": Kind(order, lambda studio, job, code: "all steps are done")}


def work(settings: dict[str, Any], name: str) -> None:
    """A worker in a process of its own, until it is killed."""
    from trifold.studio.jobs.worker import Worker

    studio = open_studio(StudioSettings.from_plain(settings))
    Worker(studio, name, kinds=KINDS, poll_s=0.05).work()
