"""``trifold serve stop out=demo/serving``: stop what ``trifold serve start`` started there."""

from __future__ import annotations

import json
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.operations.server import OUT, STATE, TORCHSERVE, Server, lives


def running(folder: Path) -> Server:
    """The server that was started with this folder.

    Raises:
        InputError: when there is none, or what the folder names has ended.
    """
    found = noted(folder)
    if found is None or not any(map(lives, found.pids, found.born)):
        raise InputError(expected="a running server", got="none", where=folder)
    return found


def noted(folder: Path) -> Server | None:
    """What the folder names, whether it runs or not; None where it names nothing."""
    try:
        facts = json.loads((folder / STATE).read_text(encoding="utf-8"))
        pids, born = tuple(map(int, facts["pids"])), tuple(map(str, facts["born"]))
        engine = str(facts.get("engine", TORCHSERVE))  # as earlier releases do not say
        found = Server(folder, int(facts["port"]), pids, born, engine)
        return found if len(pids) == len(born) else None
    except (OSError, ValueError, LookupError, TypeError):
        return None


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_stop, arguments, __doc__ or "")


def _stop(arguments: list[str]) -> list[str]:
    running(Path(values_of(arguments, ["out"]).get("out", OUT))).stop()
    return []


if __name__ == "__main__":
    run_main(main)
