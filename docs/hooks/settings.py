"""The reference of settings, from what ``trifold COMMAND --help`` reads."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import takewhile

from trifold.cli.help import CONFIGS, Described, described, possible, sections
from trifold.cli.settings import setting_of
from trifold.cli.table import COMMANDS, TOOLS

COMMENTS = ("# trifold ", "# @package")  # of commands and of Hydra, no description
HEAD = "| setting | default | meaning, *and what it may be* |\n|---|---|---|"


def pages() -> dict[str, str]:
    """Command to the Markdown of its page."""
    return {command: _page(command) for command in COMMANDS}


def overview() -> str:
    """A table of all commands, those with a page linked to it."""
    rows = [
        f"| [`trifold {n}`](settings/{n}.md) | {_cell(one.what)} |" for n, one in COMMANDS.items()
    ]
    rows += [f"| `trifold {name}` | {_cell(one.what)} |" for name, one in TOOLS.items()]
    return "\n".join(["| command | does |", "|---|---|", *rows])


def _page(command: str) -> str:
    told = COMMANDS[command]
    own, groups = sections(command)
    parts = [
        f"# trifold {command}",
        f"{told.what[0].upper()}{told.what[1:]}.",
        f"```sh\n{told.example}\n```",
        _goes_on(told.goes_on),
        "`???` must be given; `null` is none.",
        _table(own, command),
    ]
    for group, (default, choices, _) in groups.items():
        parts.append(
            f"## {group}\n\n`{group}=NAME` takes one of these; `{default}` is the default."
        )
        parts += [_choice(command, group, choice) for choice in choices]
    return "\n\n".join(part for part in parts if part) + "\n"


def _goes_on(it_does: bool) -> str:
    return "The same command goes on where it was stopped." if it_does else ""


def _choice(command: str, group: str, choice: str) -> str:
    """One file of a group: what it is for, and its settings where it describes any."""
    path = CONFIGS / group / f"{choice}.yaml"
    lines = list(takewhile(lambda line: line.startswith("#"), path.read_text("utf-8").splitlines()))
    about = " ".join(line.removeprefix("# ") for line in lines if not line.startswith(COMMENTS))
    head = f"### {group}={choice} {{: #{group}-{choice} }}"
    rows = [] if group == "experiment" else list(described(path, f"{group}."))
    return "\n\n".join(part for part in (head, _escaped(about), _table(rows, command)) if part)


def _table(rows: Iterable[Described], command: str) -> str:
    lines = [
        f"| {_code(one.name)} | {_code(one.default)} | {_told(one, command)} |" for one in rows
    ]
    return "\n".join([HEAD, *lines]) if lines else ""


def _told(one: Described, command: str) -> str:
    what = _cell(possible(setting_of(one.name, command)))
    return "<br>".join(part for part in (_cell(one.meaning), f"*{what}*" if what else "") if part)


def _code(text: str) -> str:
    return f"`{text.replace('|', chr(92) + '|')}`" if text else ""


def _cell(text: str) -> str:
    return _escaped(" ".join(text.split())).replace("|", "\\|")


def _escaped(text: str) -> str:
    """Text in which nothing is Markdown or HTML."""
    for sign in "\\`*_<[":
        text = text.replace(sign, "\\" + sign)
    return text
