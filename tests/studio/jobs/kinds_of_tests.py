"""A kind of job that is quickly done, and workers that a test may kill."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from trifold.studio.database.work import Job
from trifold.studio.jobs.kinds import Kind
from trifold.studio.jobs.running import Order
from trifold.studio.settings import StudioSettings
from trifold.studio.web.app import open_studio
from trifold.studio.web.visit import Studio

STEPS, STEP_S = 5, 0.05


def steps(facts: Mapping[str, Any]) -> None:
    """Do what is not done yet, one step after the other; fail or wait where that is asked for."""
    folder = Path(facts["folder"])
    folder.mkdir(parents=True, exist_ok=True)
    if facts.get("fails"):
        raise SystemExit("error: expected something, got nothing")
    for number in range(STEPS):
        with (folder / "log").open("a") as log:
            log.write(f"begin {number}\n")
        time.sleep(facts.get("step_s", STEP_S))
        (folder / f"step-{number}").touch()
        with (folder / "log").open("a") as log:
            log.write(f"end {number}\n")


def order(studio: Studio, job: Job) -> Order:
    """Of the steps, in the job's own folder."""
    facts = {**job.spec, "folder": str(studio.settings.home / "steps" / job.id)}
    return Order(work="tests.studio.jobs.kinds_of_tests:steps", facts=facts)


KINDS = {"steps": Kind(order, lambda studio, job, code: "all steps are done")}


def work(settings: dict[str, Any], name: str) -> None:
    """A worker in a process of its own, until it is killed."""
    from trifold.studio.jobs.worker import Worker

    studio = open_studio(StudioSettings.from_plain(settings))
    Worker(studio, name, kinds=KINDS, poll_s=0.05).work()
