"""A job asked for on a page."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode
from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError

from trifold.studio.database.work import Job
from trifold.studio.jobs import queue
from trifold.studio.web.forms import ONCE_FIELD
from trifold.studio.web.visit import Visit


def ask(visit: Visit, kind: str, spec: Mapping[str, Any], *, makes_run: bool = False) -> str:
    """Put a job into the queue and note it; returns its id.

    A form that is sent again, as after an answer that never came, asks for the same job, whatever
    has become of it; and one that waits already stands for the same asked on another page.

    Args:
        visit: of who asks, in a project.
        kind: see ``jobs.kinds``.
        spec: what to do.
        makes_run: whether it makes a run, which then bears the job's id.
    """
    asked = _id_of(visit, kind, spec)
    try:
        with visit.studio.database.writing() as session:
            if asked and session.get(Job, asked) is not None:
                return asked
            job = queue.enqueue(
                session,
                project_id=visit.here.id,
                account_id=visit.me.id,
                kind=kind,
                spec=spec,
                makes_run=makes_run,
                job_id=asked,
            )
    except IntegrityError:  # the same form, at the same moment
        if asked:
            return asked
        raise
    visit.note("job_begun", job=job.id, kind=kind)
    return job.id


def _id_of(visit: Visit, kind: str, spec: Mapping[str, Any]) -> str | None:
    """The id that this form's job has or gets; None for a request from no form of ours."""
    once = visit.form.get(ONCE_FIELD)
    if not isinstance(once, str) or not once:
        return None
    facts = [once, visit.here.id, visit.me.id, kind, spec]
    digest = sha256(json.dumps(facts, sort_keys=True).encode()).digest()
    return urlsafe_b64encode(digest[:9]).decode()
