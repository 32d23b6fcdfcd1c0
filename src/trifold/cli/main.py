"""``trifold COMMAND key=value …``: the front door."""

from __future__ import annotations

import sys
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

from trifold.cli.help import command_help, overview
from trifold.cli.table import COMMANDS, TOOLS
from trifold.errors import unknown
from trifold.runtime.endings import BAD_INPUT, tell

HELP = ("-h", "--help")


def main() -> NoReturn:
    """Run the command that ``sys.argv`` names; for the console script and ``python -m trifold``."""
    words = sys.argv[1:]
    if not words or words[0] in HELP:
        tell(overview(), 0 if words else BAD_INPUT)
    if words[0] == "--version":
        tell(f"trifold {version('trifold')}")
    del sys.argv[1]
    run(words[0])


def run(name: str) -> NoReturn:
    """Run one command with the words of ``sys.argv``."""
    if name in COMMANDS:
        if any(word in HELP for word in sys.argv[1:]):
            tell(command_help(name, sys.argv[1:]))
        from trifold.cli.running import run_command

        run_command(name)
    if name in TOOLS:
        sys.exit(import_module(TOOLS[name].module).main())
    print(unknown(name, [*COMMANDS, *TOOLS], what="commands"), file=sys.stderr)
    sys.exit(BAD_INPUT)


if __name__ == "__main__":
    main()
