"""Every message of templates and code, for message files and for the test that none is missing.

``python -m trifold.studio.web.messages.extraction de`` prints those that a language lacks.
"""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.extract import extract_from_dir

from trifold.studio.web.messages.looked_up import texts
from trifold.studio.web.messages.telling import MESSAGES, catalog
from trifold.studio.web.wording import HERE
from trifold.templates import FOLDER as TEMPLATES  # of reports, some of which the studio shows

PART = HERE.parent
WORDS = {"_": None, "mark": None, "say": None, "gettext": None, "ngettext": (1, 2)}
METHODS = [("**.j2", "jinja2"), ("**.py", "python")]
OF_THE_TERMINAL = (  # whose errors no page shows
    "command.py",
    "encoding.py",
    "settings.py",
    "setup.py",
    "sign_on.py",
    "sign_on_settings.py",
    "upgrade.py",
)
OF_RUNS = (
    "training/results/cautions.py",
    "training/results/data_cautions.py",
    "training/protocol/answer_scores.py",
)
SAY_IT = ("commands/studies", "corpora", "psychometrics", "studies", "training/results")
WITH_ERRORS = (  # of studies, in place of what cannot be told
    "commands/studies/impact.py",
    "psychometrics/impact/prediction/accuracy.py",
    "psychometrics/impact/prediction/cleary.py",
    "psychometrics/impact/prediction/leak.py",
)
OF_ERRORS = ("expected", "got")
WORD = re.compile(r"[A-Za-z]{2}")
SAYING = re.compile(r"(?<!\()[A-Za-z]{4}")  # a word that is no placeholder
AREA = ("title", "text")  # of ``Area``, where they are not marked

Message = str | tuple[str, ...]


def extracted() -> list[Message]:
    """Messages, each once; those with a plural as two texts."""
    options = {"**.j2": {"newstyle_gettext": "true", "trim_blocks": "true"}}
    messages = [
        message
        for folder in (PART, TEMPLATES)
        for _, _, message, _, _ in extract_from_dir(folder, METHODS, options, keywords=WORDS)
    ]
    said = [
        message
        for name in SAY_IT
        for _, _, message, _, _ in extract_from_dir(PART.parent / name, keywords={"say": None})
    ]
    code = [path for path in sorted(PART.rglob("*.py")) if path.name not in OF_THE_TERMINAL]
    own = [text for path in code for text in (*_of_areas(path), *_of_errors(path))]
    own += [text for name in OF_RUNS for text in _of_sentences(PART.parent / name)]
    own += [text for name in WITH_ERRORS for text in _of_errors(PART.parent / name)]
    return list(dict.fromkeys([*messages, *said, *own, *texts()]))


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


def _of_errors(path: Path) -> Iterator[str]:
    """What errors expected and got: plain text, and texts with values as templates."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call):
            is_unknown = getattr(node.func, "id", "") == "unknown"
            said = (*OF_ERRORS, "what") if is_unknown else OF_ERRORS
            texts = (template_of(word.value) for word in node.keywords if word.arg in said)
            yield from (text for text in texts if text)


def _of_sentences(path: Path) -> Iterator[str]:
    """What code says in sentences, which it keeps in files: all its texts but for docstrings."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    own = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    own |= {
        id(part)
        for node in ast.walk(tree)
        if isinstance(node, ast.JoinedStr)
        for part in ast.walk(node)
        if part is not node
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.expr) and id(node) not in own:
            text = template_of(node)
            if " " in text and SAYING.search(text):
                yield text


def template_of(node: ast.expr) -> str:
    """The message of a text in code, with ``%(name)s`` for each value; empty for other code.

    Values are called after the variable or attribute, and others after their place.
    """
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if not isinstance(node, ast.JoinedStr):
        return ""
    parts, names = list[str](), list[str]()
    for part in node.values:
        if isinstance(part, ast.FormattedValue):
            name = getattr(part.value, "id", "") or getattr(part.value, "attr", "")
            plain = name.lower() if name.isidentifier() and name.lower() not in names else ""
            names.append(plain or f"value{len(names) + 1}")
            parts.append(f"%({names[-1]})s")
        elif isinstance(part, ast.Constant):
            parts.append(str(part.value).replace("%", "%%"))
    texts = [str(one.value) for one in node.values if isinstance(one, ast.Constant)]
    return "".join(parts) if WORD.search(" ".join(texts)) else ""


if __name__ == "__main__":
    for one in missing(sys.argv[1]):
        print(repr(one))
    print(f"{MESSAGES / sys.argv[1]}.po: {len(missing(sys.argv[1]))} missing")
