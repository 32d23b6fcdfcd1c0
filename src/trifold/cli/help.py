"""What ``trifold --help`` and ``trifold COMMAND --help`` print, read from the settings' own files.

A setting is described once: in the comment beside it in ``configs/``, else among the arguments of
the class that takes it. What it may be stands in ``trifold.cli.settings``. The reference pages of
the docs are made from the same.
"""

from __future__ import annotations

import ast
import re
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from trifold.cli.settings import Setting, setting_of
from trifold.cli.table import COMMANDS, TOOLS
from trifold.shipped import CONFIGS

WIDTH = 100
INNER = ("hydra", "variant")  # Hydra's own, and what only ablations choose
_LINE = re.compile(r"( *)([\w]+):(?:\s+(?!#)(.*?))?(?:\s*(?<!\S)#\s*(.*))?$")


@dataclass(frozen=True)
class Described:
    """One setting as its file has it.

    Attributes:
        name: dotted, as on the command line.
        default: as written; empty where the setting is a group of others.
        meaning: the comment beside it.
    """

    name: str
    default: str
    meaning: str


def overview() -> str:
    """All commands, a line each."""
    width = max(map(len, [*COMMANDS, *TOOLS])) + 2
    told = {name: one.what for name, one in COMMANDS.items()}
    told |= {name: one.what for name, one in TOOLS.items()}
    lines = [f"  {name:<{width}}{what}" for name, what in told.items()]
    return "\n".join(
        [
            "trifold COMMAND setting=value …: apparent personality and interview performance, with",
            "intervals and evidence.",
            "",
            *lines,
            "",
            "trifold COMMAND --help tells its settings.",
        ]
    )


def command_help(command: str, words: Sequence[str] = ()) -> str:
    """A command's settings with meaning, default and what they may be, and an example.

    Args:
        command: of the table.
        words: of the command line: of a group that one of them chooses, those settings are told.
    """
    told = COMMANDS[command]
    own, groups = sections(command, words)
    rows = [line for one in own for line in _lines(one, command)]
    parts = [f"trifold {command}: {told.what}", "", f"  {told.example}", "", *rows]
    for group, (choice, choices, settings) in groups.items():
        parts += ["", f"{group}={choice}" + _others(choices, choice)]
        parts += [line for one in settings for line in _lines(one, command)]
    return "\n".join(
        [
            *parts,
            "",
            "??? must be given; null is none. -m runs every one of several values: seed=1,2,3",
        ]
    )


def sections(
    command: str, words: Sequence[str] = ()
) -> tuple[list[Described], dict[str, tuple[str, list[str], list[Described]]]]:
    """A command's own settings, and group to its choice, all choices and the choice's settings.

    Groups inside a choice follow it, such as ``network/head``.
    """
    path = CONFIGS / f"{command}.yaml"
    chosen = {key: value for key, _, value in (word.partition("=") for word in words)}
    groups: dict[str, tuple[str, list[str], list[Described]]] = {}
    listed = list(_groups(path))
    while listed:
        group, default = listed.pop(0)
        choices = sorted(file.stem for file in (CONFIGS / group).glob("*.yaml"))
        choice = chosen.get(group, default)
        file = CONFIGS / group / f"{choice}.yaml"
        settings: list[Described] = []
        if file.is_file() and group != "experiment":  # a recipe sets what others describe
            settings = _settings(file, f"{group.replace('/', '.')}.")
            listed = [(f"{group}/{part}", one) for part, one in _parts(file)] + listed
        groups[group] = (choice, choices, settings)
    return list(described(path)), groups


def _parts(path: Path) -> list[tuple[str, str]]:
    """Groups inside a choice, such as the parts of a network, also of the choices it adds to."""
    parts: dict[str, str] = {}
    for base in _bases(path):
        parts |= dict(_parts(base))
    return list((parts | dict(_groups(path))).items())


def _settings(path: Path, prefix: str) -> list[Described]:
    """Those of a choice, and of the choices it adds to."""
    found: dict[str, Described] = {}
    for base in _bases(path):
        found |= {one.name: one for one in _settings(base, prefix)}
    return list((found | {one.name: one for one in described(path, prefix)}).values())


def _bases(path: Path) -> list[Path]:
    """Choices of its own group that a choice adds to: it lists them by name alone."""
    names = re.findall(r"^  - (\w+)$", path.read_text(encoding="utf-8"), re.M)
    return [path.with_name(f"{name}.yaml") for name in names if name != "_self_"]


def described(path: Path, prefix: str = "") -> Iterator[Described]:
    """The settings of a file of ``configs/``, as they stand in it."""
    parents: list[tuple[int, str]] = []
    targets: dict[str, str] = {}
    skipping = False
    for line in path.read_text(encoding="utf-8").splitlines():
        match = _LINE.match(line)
        if not line.startswith(" "):
            skipping = line.startswith("defaults:")
        if match is None or skipping:
            continue
        indent, key, value, meaning = len(match[1]), match[2], match[3] or "", match[4] or ""
        parents = [one for one in parents if one[0] < indent]
        above = ".".join(parent for _, parent in parents)
        if key == "_target_":
            targets[above] = value
        if key.startswith("_"):
            continue
        meaning = meaning or arguments_of(targets.get(above, "")).get(key, "")
        name = prefix + (f"{above}.{key}" if above else key)
        if not value:
            parents.append((indent, key))
        if value or meaning:
            yield Described(name, value, meaning)


@cache
def arguments_of(target: str) -> dict[str, str]:
    """Argument to its first line in the docstring of a class of ours, read without loading it."""
    module, _, name = target.removeprefix("trifold.").rpartition(".")
    path = Path(__file__).parents[1].joinpath(*module.split(".")).with_suffix(".py")
    if not path.is_file():
        return {}
    body = ast.parse(path.read_text(encoding="utf-8")).body
    made = next((n for n in body if isinstance(n, ast.ClassDef) and n.name == name), None)
    if made is None:
        return {}
    imported = {
        alias.name: f"{n.module}.{alias.name}"
        for n in body
        if isinstance(n, ast.ImportFrom)
        for alias in n.names
    }
    bases = [base.id for base in made.bases if isinstance(base, ast.Name)]
    inherited: dict[str, str] = {}
    for base in bases:
        inherited |= arguments_of(imported.get(base, f"{target.rpartition('.')[0]}.{base}"))
    listed = re.search(r"^Args:\n((?: +.*\n?|\n)+)", ast.get_docstring(made) or "", re.M)
    found = re.findall(r"^    (\w+): ((?:.*)(?:\n {8,}.*)*)", listed[1] if listed else "", re.M)
    return inherited | {key: _first_sentence(text) for key, text in found}


def _first_sentence(text: str) -> str:
    plain = " ".join(text.replace("``", "").split())
    return re.split(r"(?<=[.;]) ", plain)[0].rstrip(".;")


def possible(setting: Setting | None) -> str:
    """What a setting may be, in words."""
    if setting is None:
        return ""
    if setting.choices:
        return ("items of " if setting.kind == "list" else "") + " | ".join(setting.choices)
    return setting.what


def _groups(path: Path) -> Iterator[tuple[str, str]]:
    """Groups of the defaults list with the choice that is the default."""
    listed = re.search(r"^defaults:\n((?:  - .*\n)+)", path.read_text(encoding="utf-8"), re.M)
    for group, choice in re.findall(
        r"- (?:optional )?([\w/]+): (\S+)", listed[1] if listed else ""
    ):
        if group not in INNER:
            yield group, choice


def _lines(one: Described, command: str) -> Iterator[str]:
    default = f"={one.default}" if one.default else ""
    head = f"  {one.name}{default}"
    what = possible(setting_of(one.name, command))
    text = "; ".join(part for part in (one.meaning, f"[{what}]" if what else "") if part)
    if len(head) > 38:
        yield head
        head = ""
    yield from textwrap.wrap(
        text or "(see the file)", WIDTH, initial_indent=f"{head:<40}", subsequent_indent=" " * 40
    )


def _others(choices: Sequence[str], choice: str) -> str:
    others = [one for one in choices if one != choice]
    return f"   or {', '.join(others)}" if others else ""
