"""Who may import whom: the table of the architecture, read off the code itself."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
LEAVES = {
    "contracts", "endings", "errors", "figures", "forms", "imports", "limits", "people", "private",
    "progress", "specs", "strict_json", "terms",
}  # fmt: skip
ALLOWED = {
    "contracts": set(),
    "endings": {"errors", "private"},
    "errors": set(),
    "figures": set(),
    "forms": {"contracts"},
    "imports": set(),
    "limits": set(),
    "people": {"errors"},
    "private": set(),
    "progress": set(),
    "specs": {"errors"},
    "strict_json": {"errors"},
    "terms": {"errors"},
    "templates": {"private"},
    "tables": {"errors"},
    "media": LEAVES | {"tables"},
    "pretrained": {"endings", "errors"},
    "encoders": LEAVES | {"pretrained"},
    "network": LEAVES | {"pretrained"},  # for encoders that are trained with it
    "psychometrics": LEAVES,
    "labels": {"contracts", "endings", "errors", "figures", "tables"},
    "corpora": LEAVES | {"media", "tables"},  # a corpus is a folder of media with labels
    "features": LEAVES | {"media", "encoders", "pretrained"},
    "training": LEAVES | {"templates", "tables", "features", "corpora", "network", "psychometrics"},
    "scoring": LEAVES
    | {"templates", "tables", "media", "encoders", "features", "network", "psychometrics"}
    | {"pretrained"},  # to keep a bundle from fetching models
}
SERVE = LEAVES | {"scoring", "media"}
SOURCES = sorted((ROOT / "src").rglob("*.py")) + sorted((ROOT / "serve").rglob("*.py"))


def imported_parts(path: Path) -> set[str]:
    """Second components of every ``src.…`` module that the file imports, lazily or not."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide who imports whom"
            names.add(node.module or "")
            if node.module == "src":
                names |= {f"src.{alias.name}" for alias in node.names}
    return {name.split(".")[1] for name in names if name.startswith("src.")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_table(path: Path) -> None:
    first, second = path.relative_to(ROOT).with_suffix("").parts[:2]
    if first == "serve":
        assert imported_parts(path) <= SERVE
    elif second in ALLOWED:
        assert imported_parts(path) <= ALLOWED[second] | {second}


def test_every_folder_is_in_the_table() -> None:
    folders = {path.name for path in (ROOT / "src").iterdir() if any(path.glob("*.py"))}
    assert folders <= set(ALLOWED)


def test_nobody_imports_an_entry_point() -> None:
    entries = {path.stem for path in (ROOT / "src").glob("*.py")} - LEAVES - {"__init__"}
    for path in SOURCES:
        if path.parent != ROOT / "src":
            assert not imported_parts(path) & entries, path


def test_scoring_loads_without_lightning_and_training() -> None:
    import subprocess
    import sys

    code = (
        "import sys, src.scoring.batch, src.scoring.report;"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('lightning', 'hydra')"
        " or m.startswith(('src.training', 'src.corpora'))]; sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
