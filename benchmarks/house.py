"""The code measured: ``python -m benchmarks.house``.

How long files, functions and classes are, what is documented and typed, how many raises show what
came, how tests look. Read off the syntax tree; nothing is imported and nothing is run. Empty
``__init__.py`` files count nowhere.
"""

from __future__ import annotations

import ast
import io
import re
import tokenize
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path

import numpy as np

ROOT = Path(__file__).parents[1]
CODE = (ROOT / "src/trifold", ROOT / "serve")
USERS = (*CODE, ROOT / "tests", ROOT / "benchmarks", ROOT / "examples", ROOT / "docs")
SHAPE = re.compile(r"\([A-Z0-9][\w·+ ]*(?:, ?[\w·+* …]+)*,?\)|\(\.\.\., ")
Function = ast.FunctionDef | ast.AsyncFunctionDef


def sources(folders: Iterable[Path] = CODE) -> dict[Path, str]:
    """Path to text of every Python file with anything in it, each once."""
    paths = {path.resolve() for folder in folders for path in sorted(folder.rglob("*.py"))}
    texts = {path: path.read_text(encoding="utf-8") for path in sorted(paths)}
    return {path: text for path, text in texts.items() if text.strip()}


def functions(tree: ast.AST) -> Iterator[Function]:
    """All functions and methods, inner ones too."""
    return (node for node in ast.walk(tree) if isinstance(node, Function))


def body_of(function: Function) -> list[ast.stmt]:
    """The statements behind the docstring."""
    return function.body[1:] if ast.get_docstring(function) is not None else function.body


def single_use_one_liners(
    texts: Mapping[Path, str], users: Mapping[Path, str] | None = None
) -> list[str]:
    """Private functions whose body is one line and that one place calls.

    Left out are those with a decorator (properties, caches), methods that another class defines
    too, and functions that are handed on as values, which need a name.

    Args:
        texts: path to text of the code.
        users: the same of whatever may call it; the code itself by default.

    Returns:
        ``file:line name`` of each.
    """
    code, everything = ("\n".join(part.values()) for part in (texts, users or texts))
    found = []
    for path, text in texts.items():
        private = set(re.findall(r"def (_[a-zA-Z]\w*)\(", text))
        if all(len(re.findall(rf"\b{name}\b", text)) > 3 for name in private):
            continue  # parsing takes longest
        every = list(ast.walk(ast.parse(text)))
        named = Counter(map(_name, every))
        called = Counter(_name(n.func) for n in every if isinstance(n, ast.Call))
        own = [n for n in every if isinstance(n, Function)]
        methods = {f for n in every if isinstance(n, ast.ClassDef) for f in n.body}
        for function in own:
            name = function.name
            once = named[name] == called[name] == 1 == [f.name for f in own].count(name)
            if not (_is_private(name) and once and _is_one_line(function)):
                continue
            overrides = function in methods and len(re.findall(rf"def {name}\(", code)) > 1
            imported = re.search(rf"^from .* import .*\b{name}\b", everything, re.MULTILINE)
            if not overrides and not imported:
                found.append(f"{path.name}:{function.lineno} {name}")
    return found


def _name(node: ast.AST) -> str | None:
    if isinstance(node, ast.Attribute):
        return node.attr
    return node.id if isinstance(node, ast.Name) else None


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")


def _is_one_line(function: Function) -> bool:
    body = body_of(function)
    if len(body) != 1 or function.decorator_list:
        return False
    return body[0].lineno == body[0].end_lineno and isinstance(body[0], ast.Return | ast.Expr)


def measures() -> dict[str, str]:
    """What is measured, in words, to the figure."""
    texts = sources()
    trees = [ast.parse(text) for text in texts.values()]
    every = [f for tree in trees for f in functions(tree)]
    classes = [c for tree in trees for c in ast.walk(tree) if isinstance(c, ast.ClassDef)]
    public = [f for tree in trees for f in _public(tree)]
    forwards = [f for f in every if f.name == "forward"]
    typed = [f for f in every if _is_typed(f)]
    raises = [n for tree in trees for n in ast.walk(tree) if _raises_anew(n)]
    lines = [len(text.splitlines()) for text in texts.values()]
    bodies = [_span(body_of(f)[0], f) if body_of(f) else 0 for f in every]
    own_line, trailing = _comments(texts.values())
    tests = sources([ROOT / "tests"]).values()
    laws = [f for t in tests for f in functions(ast.parse(t)) if f.name.startswith("test_")]
    drawn = [f for f in laws if any(_names(d, "parametrize", "given") for d in f.decorator_list)]
    return {
        "files": str(len(texts)),
        "lines a file, median / 90th percentile": _middle_and_high(lines),
        "files of more than 250 lines": str(sum(n > 250 for n in lines)),
        "functions": str(len(every)),
        "lines of a function, median": f"{np.median([_span(f, f) for f in every]):.0f}",
        "lines of its body, median / 90th percentile": _middle_and_high(bodies),
        "lines of a class, median": f"{np.median([_span(c, c) for c in classes]):.0f}",
        "public functions documented": _share(ast.get_docstring(f) is not None for f in public),
        "forward() with shapes": _share(_tells_shapes(f) for f in forwards),
        "functions fully typed": f"{len(typed) / len(every):.0%}",
        "raises that show a value": f"{_share(_shows_value(n) for n in raises)} of {len(raises)}",
        "comments on their own line / behind code": f"{own_line} / {trailing}",
        "private one-line functions used once": str(
            len(single_use_one_liners(texts, sources(USERS)))
        ),
        "lines of a test, median": f"{np.median([_span(f, f) for f in laws]):.0f}",
        "tests over a grid or drawn inputs": f"{len(drawn) / len(laws):.0%} of {len(laws)}",
    }


def _public(tree: ast.Module) -> Iterator[Function]:
    """Functions and methods of public classes that a user of the module sees."""
    scopes: list[ast.Module | ast.ClassDef] = [tree]
    scopes += [n for n in tree.body if isinstance(n, ast.ClassDef) and not _is_private(n.name)]
    for scope in scopes:
        yield from (n for n in scope.body if isinstance(n, Function) and not n.name.startswith("_"))


def _is_typed(function: Function) -> bool:
    a = function.args
    given = [*a.posonlyargs, *a.args, *a.kwonlyargs, *filter(None, (a.vararg, a.kwarg))]
    bare = [one.arg for one in given if one.annotation is None]
    return function.returns is not None and set(bare) <= {"self", "cls"}


def _raises_anew(node: ast.AST) -> bool:
    return isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call)


def _shows_value(node: ast.AST) -> bool:
    """Whether anything in the message is no constant."""
    call = node.exc  # type: ignore[attr-defined]
    values = [*call.args, *(keyword.value for keyword in call.keywords)]
    return any(not isinstance(value, ast.Constant) for value in values)


def _tells_shapes(function: Function) -> bool:
    """In its own words, or by naming where they stand."""
    said = ast.get_docstring(function) or ""
    return bool(SHAPE.search(said)) or re.search(r"\b(?:See|see|As|as) ``", said) is not None


def _names(node: ast.AST, *names: str) -> bool:
    return any(_name(inner) in names for inner in ast.walk(node))


def _span(first: ast.AST, last: ast.AST) -> int:
    """Lines from the start of one to the end of the other."""
    return int(last.end_lineno) - int(first.lineno) + 1  # type: ignore[attr-defined]


def _comments(texts: Iterable[str]) -> tuple[int, int]:
    """How many stand on their own line, and how many behind code."""
    own_line = trailing = 0
    for text in texts:
        for token in tokenize.generate_tokens(io.StringIO(text).readline):
            if token.type == tokenize.COMMENT:
                alone = not token.line[: token.start[1]].strip()
                own_line, trailing = own_line + alone, trailing + (not alone)
    return own_line, trailing


def _middle_and_high(numbers: list[int]) -> str:
    return f"{np.median(numbers):.0f} / {np.percentile(numbers, 90):.0f}"


def _share(held: Iterable[bool]) -> str:
    return f"{np.mean(list(held)):.0%}"


if __name__ == "__main__":
    for what, figure in measures().items():
        print(f"{what:<45} {figure}")
