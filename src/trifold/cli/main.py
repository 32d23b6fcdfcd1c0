"""``trifold COMMAND key=value …``: the front door."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from importlib.metadata import version
from typing import NoReturn

from trifold.cli.help import command_help, overview
from trifold.cli.table import COMMANDS, TOOLS
from trifold.errors import InputError, nearest
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
    if name in TOOLS and (refused := _misplaced(name, sys.argv[1:])) is None:
        sys.exit(import_module(TOOLS[name].module).main())
    elif name not in TOOLS:
        refused = _unknown(name, [*COMMANDS, *TOOLS], elsewhere=_places())
    print(refused, file=sys.stderr)
    sys.exit(BAD_INPUT)


def _places() -> dict[str, str]:
    """Every word that names something, to all that has to be written for it."""
    parts = {part: f"{name} {part}" for name, tool in TOOLS.items() for part in tool.parts}
    return {**parts, **{name: name for name in (*COMMANDS, *TOOLS)}}


def _misplaced(tool: str, words: Sequence[str]) -> InputError | None:
    """The refusal of a first word that another command has and this one has not."""
    parts = TOOLS[tool].parts
    word = words[0] if words else ""
    if not parts or not word or word[0] == "-" or "=" in word or nearest(word, parts):
        return None
    places = {name: place for name, place in _places().items() if name not in parts}
    return _unknown(word, parts, elsewhere=places) if nearest(word, places) else None


def _unknown(got: str, known: Sequence[str], *, elsewhere: Mapping[str, str]) -> InputError:
    """The refusal of a name, which also tells of what is called so elsewhere."""
    near = nearest(got, known) or [f"trifold {elsewhere[n]}" for n in nearest(got, elsewhere)]
    hint = f"; did you mean {' or '.join(near)}?" if near else ""
    return InputError(expected=f"one of {', '.join(known)}", got=f"{got!r}{hint}")


if __name__ == "__main__":
    main()
