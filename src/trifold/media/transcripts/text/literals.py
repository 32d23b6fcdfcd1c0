"""What Python prints of a recogniser's result, as ``print`` or ``str`` leave it in a file.

``{'text': …}`` and ``Segment(start=0.0, text='…')`` are read as the JSON that they would be.
Nothing is run: the text is parsed, and only literals and calls with named values are taken.
"""

from __future__ import annotations

import ast
import re

MOST_CHARACTERS = 2_000_000
_PRINTED = re.compile(r"\s*+\[?\s*+[A-Z]\w{2,40}\((?:id|start|end|text|word|segments?|words)=")
_QUOTED = re.compile(r"""\s*+[\[({]{1,3}\s*+'[^'\n]{1,60}'\s*+:""")


def is_printed(text: str) -> bool:
    """Whether a text begins as objects do that Python prints."""
    return _PRINTED.match(text) is not None


def is_literal(text: str) -> bool:
    """Whether a text begins as a dictionary in Python's single quotes."""
    return _QUOTED.match(text) is not None or is_printed(text)


def parsed(text: str) -> object:
    """The value of a literal, or a list of several.

    Raises:
        ValueError: when it is none, too long or too deep.
    """
    if len(text) > MOST_CHARACTERS:
        raise ValueError("expected JSON, got a very long text of Python")
    try:
        tree = ast.parse(text.strip())
        values = [_value(line.value) for line in tree.body if isinstance(line, ast.Expr)]
    except (SyntaxError, RecursionError, MemoryError) as error:
        raise ValueError(
            f"expected JSON, got Python that ends in {type(error).__name__}"
        ) from error
    if len(values) != len(tree.body):
        raise ValueError("expected JSON, got a program")
    return values[0] if len(values) == 1 else values


def _value(node: ast.expr) -> object:
    if isinstance(node, ast.Constant) and isinstance(node.value, str | int | float | None):
        return node.value
    if isinstance(node, ast.List | ast.Tuple | ast.Set):
        return [_value(item) for item in node.elts]
    if isinstance(node, ast.Dict):
        pairs = zip(node.keys, node.values, strict=True)
        return {str(_value(key)): _value(value) for key, value in pairs if key is not None}
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        number = _value(node.operand)
        return -number if isinstance(number, int | float) else None
    if isinstance(node, ast.Call):
        if node.keywords or not node.args:
            return {word.arg: _value(word.value) for word in node.keywords if word.arg}
        return _value(node.args[0])  # np.float64(1.5)
    if isinstance(node, ast.Name | ast.Attribute):  # nan, inf, tensors' types
        return None
    raise ValueError(f"expected JSON, got Python with {type(node).__name__}")
