"""The picture of the architecture: who imports whom, read off the code, drawn as SVG.

Parts that everybody may use are one box at the foot, and arrows that follow from others are left
out; what remains is what one needs to see that imports go one way.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

GROUND = {
    "contracts",
    "people",
    "runtime",
    "templates",
    "tables",
}  # and every module that is no folder
LEFT_OUT = {"__init__", "__main__", "configs", "testing"}
WIDE, HIGH, ROW, GAP, LINE = 150, 34, 84, 18, 20
Graph = Mapping[str, set[str]]


def imports(root: Path) -> dict[str, set[str]]:
    """Part of the package to the parts that it imports.

    Args:
        root: the package's folder.
    """
    parts = {
        path.stem if path.is_file() else path.name
        for path in root.iterdir()
        if path.suffix == ".py" or any(path.glob("*.py"))
    } - LEFT_OUT
    found: dict[str, set[str]] = {part: set() for part in parts}
    for part in parts:
        for path in _files(root, part):
            found[part] |= (_named(path) & parts) - {part}
    return found


def layers(graph: Graph) -> list[list[str]]:
    """Parts in rows from the top: each stands below all that import it, near to those.

    Raises:
        ValueError: when imports go in a circle.
    """
    users = {part: {p for p, below in graph.items() if part in below} for part in graph}
    rows: list[list[str]] = []
    across: dict[str, float] = {}
    while len(across) < len(graph):
        row = [p for p in sorted(graph) if p not in across and users[p] <= set(across)]
        if not row:
            raise ValueError(f"imports go in a circle among {sorted(set(graph) - set(across))}")
        row.sort(key=lambda p: _mean([across[user] for user in users[p]]))
        across |= {part: (place + 0.5) / len(row) for place, part in enumerate(row)}
        rows.append(row)
    return rows


def direct(graph: Graph) -> dict[str, set[str]]:
    """Only the imports that do not follow from others."""
    return {
        part: {b for b in below if not any(b in _reached(graph, c) for c in below - {b})}
        for part, below in graph.items()
    }


def picture(root: Path) -> str:
    """An SVG of the imports, in the colours of the page.

    Args:
        root: the package's folder.
    """
    full = imports(root)
    ground = {part for part in full if part in GROUND or (root / f"{part}.py").is_file()}
    graph = {part: below - ground for part, below in full.items() if part not in ground}
    rows = layers(direct(graph))
    width = max(len(row) for row in rows) * (WIDE + GAP) + GAP
    height = (len(rows) + 1) * ROW
    at = {
        part: ((place + 0.5) * width / len(row), level * ROW + HIGH)
        for level, row in enumerate(rows)
        for place, part in enumerate(row)
    }
    lines = [
        _line(*at[part], *at[other])
        for part, below in direct(graph).items()
        for other in sorted(below)
    ]
    boxes = [_box(part, x, y) for part, (x, y) in at.items()]
    names, half = sorted(ground), (len(ground) + 1) // 2
    foot = _foot([", ".join(names[:half]), ", ".join(names[half:])], width, len(rows) * ROW)
    return (
        f'<figure class="imports" markdown="0"><svg viewBox="0 0 {width} {height}" role="img" '
        f'aria-label="Parts of the package; each imports what its lines lead down to">'
        f"{''.join(lines)}{''.join(boxes)}{foot}</svg></figure>"
    )


def _files(root: Path, part: str) -> Iterator[Path]:
    """Files of a part; ``Path.rglob`` does not enter a part that is a link, so it is resolved."""
    if (root / f"{part}.py").is_file():
        yield root / f"{part}.py"
    else:
        yield from sorted((root / part).resolve().rglob("*.py"))


def _named(path: Path) -> set[str]:
    """Second components of all ``trifold.…`` that a file imports."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("trifold.")}


def _mean(numbers: list[float]) -> float:
    return sum(numbers) / len(numbers) if numbers else 0.5


def _reached(graph: Graph, part: str) -> set[str]:
    """All that a part imports, directly or not."""
    return graph[part].union(*(_reached(graph, below) for below in graph[part]))


def _line(x: float, y: float, to_x: float, to_y: float) -> str:
    start, end = y + HIGH / 2, to_y - HIGH / 2
    half = (start + end) / 2
    return (
        f'<path d="M{x:.0f} {start:.0f}C{x:.0f} {half:.0f} {to_x:.0f} {half:.0f} '
        f'{to_x:.0f} {end:.0f}"/>'
    )


def _box(part: str, x: float, y: float) -> str:
    return (
        f'<rect x="{x - WIDE / 2:.0f}" y="{y - HIGH / 2:.0f}" width="{WIDE}" height="{HIGH}" '
        f'rx="5"/><text x="{x:.0f}" y="{y + 5:.0f}">{part}</text>'
    )


def _foot(lines: Sequence[str], width: float, y: float) -> str:
    height = LINE * (len(lines) + 1)
    text = [
        f'<text x="{width / 2:.0f}" y="{y + LINE * (n + 1) + 2:.0f}">{line}</text>'
        for n, line in enumerate(lines)
    ]
    box = f'x="{GAP}" y="{y:.0f}" width="{width - 2 * GAP}" height="{height}"'
    return f'<rect {box} rx="5"/>{"".join(text)}'
