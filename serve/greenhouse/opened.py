"""Greenhouse at a gateway, where its owner wants that."""

from __future__ import annotations

import logging
from pathlib import Path

from trifold.database.engine import Database
from trifold.serve.access.api_keys import Callers
from trifold.serve.database.job_place import sealer_in
from trifold.serve.gateway.routes import Gateway
from trifold.serve.greenhouse.completion import Completion
from trifold.serve.greenhouse.interviews import Interviews
from trifold.serve.greenhouse.routes import Greenhouse
from trifold.serve.greenhouse.settings import GreenhouseSettings, read_greenhouse
from trifold.serve.outbound.sessions import private_hosts
from trifold.serve.settings import Settings

logger = logging.getLogger(__name__)


def greenhouse_of(
    folder: Path, settings: Settings, database: Database, gateway: Gateway, callers: Callers
) -> tuple[Greenhouse, Completion] | None:
    """Routes, and what follows when a job is done; None without the setting.

    Raises:
        InputError: when the file that the settings name is not what it should be, or the database
            was used with another key.
    """
    own = read_greenhouse(settings.greenhouse)
    if own is None:
        return None
    for line in missing_callers(own, callers):
        logger.error("greenhouse: %s", line)
    interviews = Interviews(database, sealer_in(folder, settings, database))
    private = private_hosts(settings)
    routes = Greenhouse(own, interviews, gateway, private)
    gateway.forgetting.append(routes.forgotten)
    gateway.interviews = routes.held
    return routes, Completion(own, interviews, private)


def missing_callers(own: GreenhouseSettings, callers: Callers) -> list[str]:
    """What is wrong with callers at the moment, which may be mended while the gateway runs."""
    known, found = callers.current(), callers.of(f"Bearer {own.key()}")
    lines = [
        f"there is no caller {name}: trifold serve callers add={name}"
        for name in dict.fromkeys((own.caller, own.provider))
        if name not in known
    ]
    if own.caller in known and (found is None or found.name != own.caller):
        lines.append(f"the key in {own.key_file.name} is none of {own.caller}'s")
    return lines
