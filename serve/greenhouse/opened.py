"""Greenhouse at a gateway, where its owner wants that."""

from __future__ import annotations

from trifold.serve.gateway.routes import Gateway
from trifold.serve.greenhouse.completion import Completion
from trifold.serve.greenhouse.interviews import Interviews
from trifold.serve.greenhouse.routes import Greenhouse
from trifold.serve.greenhouse.settings import read_greenhouse
from trifold.serve.outbound.sessions import private_hosts
from trifold.serve.settings import Settings
from trifold.serve.state import State


def greenhouse_of(
    settings: Settings, state: State, gateway: Gateway
) -> tuple[Greenhouse, Completion] | None:
    """Routes, and what follows when a job is done; None without the setting.

    Raises:
        InputError: when the file that the settings name is not what it should be.
    """
    own = read_greenhouse(settings.greenhouse)
    if own is None:
        return None
    interviews, private = Interviews(state), private_hosts(settings)
    routes = Greenhouse(own, interviews, gateway, private)
    gateway.forgetting.append(routes.forgotten)
    return routes, Completion(own, interviews, private)
