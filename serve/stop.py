"""``python -m serve.stop out=demo/serving``: stop what ``serve.start`` started there."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from serve.server import OUT, STATE, Server
from serve.settings import split_arguments
from src.errors import InputError, TrifoldError


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
    try:
        given = split_arguments(arguments)
        running(Path(given.get("out", OUT))).stop()
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
