"""``python -m trifold.serve.cluster.node start …``: a node of Ray that is this endpoint's alone.

It is ``ray start …`` that ends with the process which began it, starts only those of Ray's helpers
that are used, and waits for them as long as they take. Each is a Python that loads half of Ray: on
a free core seconds, on a busy one a minute.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys
from importlib import import_module
from typing import Any

AGENT_PORT = "--dashboard-agent-listen-port"
RAYLET = "raylet"  # Ray's daemon
UNUSED = ("start_ray_client_server", "start_api_server")  # of other programs, and of the dashboard


def tell_raylet(services: Any, port: str) -> None:
    """Give Ray's daemon the port of its agent, which it otherwise reads from a file of the agent.

    The agent has 15 s to write that file, which no setting changes; then the daemon aborts, and
    Ray gives up (ray-project/ray#65983). The daemon takes the port as an argument, as it takes
    those of its other helpers; Ray 2.60 leaves this one out.

    Args:
        services: Ray's module that starts processes.
        port: of the agent.
    """
    start, name = services.start_ray_process, "--dashboard_agent_listen_port="

    def started(command: list[str], process_type: str, *others: Any, **named: Any) -> Any:
        if process_type == RAYLET and not any(word.startswith(name) for word in command):
            command = [*command, name + port]
        return start(command, process_type, *others, **named)

    services.start_ray_process = started


def _nothing(*_: Any, **__: Any) -> None:
    pass


def _end_with_parent() -> None:
    """However the gateway ends; told so, Ray ends its helpers, which outlive its own death."""
    set_parent_death_signal = 1  # PR_SET_PDEATHSIG of linux/prctl.h
    ctypes.CDLL(None).prctl(set_parent_death_signal, signal.SIGTERM)
    if os.getppid() == 1:
        sys.exit(1)


def main() -> int:
    """Start the node, and stay until it ends."""
    _end_with_parent()
    for word in sys.argv:
        name, _, port = word.partition("=")
        if name == AGENT_PORT:
            tell_raylet(import_module("ray._private.services"), port)
    node = import_module("ray._private.node").Node
    for name in UNUSED:
        setattr(node, name, _nothing)
    return int(import_module("ray.scripts.scripts").main() or 0)


if __name__ == "__main__":
    sys.exit(main())
