"""Every message of templates and code, for message files and for the test that none is missing.

``python -m trifold.studio.web.extraction de`` prints those that a language lacks.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from trifold.studio.web.wording import HERE, MESSAGES, catalog

PART = HERE.parent
WORDS = {"_": None, "mark": None, "say": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.j2", "jinja2"), ("**.py", "python")]
AREA = ("title", "text")  # of ``Area``, where they are not marked

Message = str | tuple[str, ...]


def extracted() -> list[Message]:
    """Messages, each once; those with a plural as two texts."""
    options = {"**.j2": {"newstyle_gettext": "true", "trim_blocks": "true"}}
    found = extract_from_dir(PART, METHODS, options, keywords=WORDS)
    messages = [message for _, _, message, _, _ in found]
    areas = (text for path in sorted(PART.rglob("*.py")) for text in _of_areas(path))
    return list(dict.fromkeys([*messages, *areas]))


def missing(language: str) -> list[Message]:
    """Messages without a translation."""
    known = catalog(language)
    singular = {one: one if isinstance(one, str) else one[0] for one in extracted()}
    return [one for one, first in singular.items() if not _is_translated(known.get(first))]


def _is_translated(message: object) -> bool:
    text = getattr(message, "string", "")
    return all(text) if isinstance(text, tuple) else bool(text)


def _of_areas(path: Path) -> Iterator[str]:
    """Titles and texts of areas that are written as plain text."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "Area":
            named = {word.arg: word.value for word in node.keywords}
            given = [*node.args[1:3], *(named[name] for name in AREA if name in named)]
            yield from (
                one.value
                for one in given
                if isinstance(one, ast.Constant) and isinstance(one.value, str)
            )


if __name__ == "__main__":
    for one in missing(sys.argv[1]):
        print(repr(one))
    print(f"{MESSAGES / sys.argv[1]}.po: {len(missing(sys.argv[1]))} missing")
