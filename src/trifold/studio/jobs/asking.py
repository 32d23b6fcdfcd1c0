"""A job asked for on a page."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trifold.studio.jobs import queue
from trifold.studio.web.visit import Visit


def ask(visit: Visit, kind: str, spec: Mapping[str, Any], *, makes_run: bool = False) -> str:
    """Put a job into the queue and note it; returns its id.

    One that waits already stands for the same asked again, as after an answer that never came.

    Args:
        visit: of who asks, in a project.
        kind: see ``jobs.kinds``.
        spec: what to do.
        makes_run: whether it makes a run, which then bears the job's id.
    """
    with visit.studio.database.writing() as session:
        job = queue.enqueue(
            session,
            project_id=visit.here.id,
            account_id=visit.me.id,
            kind=kind,
            spec=spec,
            makes_run=makes_run,
        )
    visit.note("job_begun", job=job.id, kind=kind)
    return job.id
