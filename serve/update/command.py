"""``trifold serve update out=demo/serving``: a new gateway in the place of the one that runs.

For a new release of this package, or settings that were changed in ``OUT/settings.json``. The new
one loads the same models beside the old one, then takes its sockets; no request is lost. The old
one answers what it has, for ``stop_seconds`` at most.
"""

from __future__ import annotations

import time
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.operations.launch import WAIT_S
from trifold.serve.operations.server import OUT, RAY, UPDATE, ServerError
from trifold.serve.operations.stop import running

EVERY_S, SPARE_S = 0.2, 30.0


def update(folder: Path) -> str:
    """Have the gateway replaced by whoever watches it; returns a line about it.

    Args:
        folder: of the endpoint.

    Raises:
        InputError: when none runs, an update is under way, or Ray is behind it.
        ServerError: when the new one does not come up; the old one goes on then.
    """
    server = running(folder)
    if server.engine == RAY:  # which one gateway has for itself
        expected = "another engine, or trifold serve stop and start again=true"
        raise InputError(expected=expected, got=server.engine, where=folder)
    before, asked = server.pids[0], folder / UPDATE
    try:
        asked.touch(mode=0o600, exist_ok=False)
    except FileExistsError as error:
        raise InputError(expected="one update at a time", got="another", where=asked) from error
    end_s = time.monotonic() + WAIT_S + SPARE_S
    while asked.exists() and time.monotonic() < end_s:
        time.sleep(EVERY_S)
    if asked.exists():
        asked.unlink(missing_ok=True)
        raise ServerError(
            expected="trifold serve start or watch beside the endpoint", got="none", where=folder
        )
    now = running(folder).pids[0]
    if now == before:
        raise ServerError(
            expected="another gateway", got="none (the old one goes on); see the logs", where=folder
        )
    return f"another gateway answers now: process {now}"


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_update, arguments, __doc__ or "")


def _update(arguments: list[str]) -> list[str]:
    return [update(Path(values_of(arguments, ["out"]).get("out", OUT)))]


if __name__ == "__main__":
    run_main(main)
