"""Every command line that the documentation shows, read from it as a user would copy it."""

from __future__ import annotations

import ast
import re
import shlex
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[2]
DOCS = tuple(str(path.relative_to(ROOT)) for path in sorted((ROOT / "docs").rglob("*.md")))
PAGES = ("README.md", "CONTRIBUTING.md", "SECURITY.md", "CHANGELOG.md", "data/README.md",
         "checkpoints/README.md", "benchmarks/README.md", "benchmarks/RESULTS.md",
         "serve/README.md", *DOCS)  # fmt: skip
PLACEHOLDERS = {"COMMAND"}  # in place of a command's name
STARTS = ("python -m ", "trifold ")
_BLOCK = re.compile(r"^```\w*\n(.*?)^```", re.M | re.S)
_INLINE = re.compile(r"(?<!`)`((?:python -m|trifold)\s[^`]+)`(?!`)")
_DOCSTRING = re.compile(r"``((?:python -m|trifold)\s[^`]+)``")


@dataclass(frozen=True)
class Command:
    """A command line and where it stands.

    Attributes:
        where: the page or file.
        name: of ``trifold NAME``, such as ``score`` or ``serve start``, or a module's.
        words: after it.
    """

    where: str
    name: str
    words: tuple[str, ...]

    @property
    def line(self) -> str:
        """As it is compared with what is run."""
        return " ".join([self.name, *self.words])

    def __str__(self) -> str:
        return f"{self.where}: {self.line}"


def commands() -> list[Command]:
    """All of them, each once for every place."""
    found = [c for page in PAGES for c in _of_page(page)]
    found += [c for path in sorted((ROOT / "configs").rglob("*.yaml")) for c in _of_config(path)]
    for folder in ("src/trifold", "serve"):
        found += [c for path in sorted((ROOT / folder).rglob("*.py")) for c in _of_module(path)]
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    lines = re.findall(r"\$\(TRIFOLD\) (.*)", makefile)
    names = {"DEMO": "demo", "BUNDLE": "demo/run"}
    filled = [re.sub(r"\$\((\w+)\)", lambda m: names[m[1]], line) for line in lines]
    found += [_parsed("Makefile", f"trifold {line}") for line in filled]
    return [c for c in dict.fromkeys(found) if not PLACEHOLDERS & set(c.name.split())]


def python_examples() -> list[tuple[str, str]]:
    """Page and code of every example in Python."""
    return [
        (page, code)
        for page in PAGES
        for code in re.findall(
            r"^```python\n(.*?)^```", (ROOT / page).read_text(encoding="utf-8"), re.M | re.S
        )
    ]


def _of_page(page: str) -> list[Command]:
    text = (ROOT / page).read_text(encoding="utf-8")
    lines = "\n".join(_BLOCK.findall(text)).replace("\\\n", " ").splitlines()
    shown = [line.partition("  #")[0] for line in lines if line.startswith(STARTS)]
    inline = [" ".join(code.split()) for code in _INLINE.findall(_BLOCK.sub("", text))]
    return [_parsed(page, line) for line in [*shown, *inline]]


def _of_config(path: Path) -> list[Command]:
    lines = path.read_text(encoding="utf-8").splitlines()
    head = "\n".join(line.removeprefix("#").strip() for line in lines if line.startswith("#"))
    joined = head.replace("\\\n", " ").splitlines()
    name = str(path.relative_to(ROOT))
    return [_parsed(name, line) for line in joined if line.startswith(STARTS)]


def _of_module(path: Path) -> list[Command]:
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    name = str(path.relative_to(ROOT))
    return [_parsed(name, " ".join(code.split())) for code in _DOCSTRING.findall(text)]


def _parsed(where: str, line: str) -> Command:
    """Without what stands in square brackets, which may be left out."""
    words = shlex.split(re.sub(r"(?<=\s)\[[^\]]*\]", "", line))
    words = words[1:] if words[0] == "trifold" else words[2:]
    parts = 2 if words[0] == "serve" and len(words) > 1 and "=" not in words[1] else 1
    return Command(where, " ".join(words[:parts]), tuple(words[parts:]))
