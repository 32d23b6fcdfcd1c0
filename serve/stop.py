"""``python -m serve.stop out=demo/serving``: stop what ``serve.start`` started there."""

from __future__ import annotations

import json
from pathlib import Path

from serve.server import OUT, STATE, Server
from src.endings import code_of, run_main, values_of
from src.errors import InputError


def running(folder: Path) -> Server:
    """The server that was started with this folder.

    Raises:
        InputError: when there is none.
    """
    try:
        facts = json.loads((folder / STATE).read_text(encoding="utf-8"))
        return Server(folder, int(facts["port"]), tuple(map(int, facts["pids"])))
    except (OSError, ValueError, LookupError) as error:
        raise InputError(expected="a running server", got="none", where=folder) from error


def main(arguments: list[str]) -> int:
    """Entry point."""
    return code_of(_stop, arguments, __doc__ or "")


def _stop(arguments: list[str]) -> list[str]:
    running(Path(values_of(arguments, ["out"]).get("out", OUT))).stop()
    return []


if __name__ == "__main__":
    run_main(main)
