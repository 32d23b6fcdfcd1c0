"""Who may import whom: the table of the architecture, read off the code itself."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1] / "src/trifold"
LEAVES = {
    "codes", "contracts", "decimals", "errors", "figures", "former_names", "forms", "messages",
    "people", "plugins", "policy", "runtime", "shipped", "specs", "terms",
}  # fmt: skip
ALLOWED = {
    "codes": set(),
    "contracts": set(),
    "database": {"errors"},
    "decimals": set(),
    "errors": {"codes"},
    "figures": set(),
    "former_names": set(),
    "forms": {"contracts"},
    "messages": {"decimals"},
    "people": {"errors"},
    "plugins": {"errors"},
    "policy": {"codes", "errors", "shipped", "terms"},
    "runtime": {"errors"},
    "shipped": set(),
    "specs": {"errors", "former_names", "plugins"},
    "terms": {"errors"},
    "templates": {"decimals", "runtime"},
    "tables": {"errors"},
    "records": {"codes", "errors", "policy", "runtime", "tables"},
    "groups": {"errors", "policy", "tables"},  # nobody below the commands may import it
    "media": LEAVES | {"tables"},
    "pretrained": {"errors", "runtime"},
    "workers": {"codes", "errors", "pretrained", "runtime"},
    "encoders": LEAVES | {"pretrained"},
    "drift": LEAVES | {"tables", "templates"},
    "network": LEAVES | {"pretrained"},  # for encoders that are trained with it
    "psychometrics": LEAVES,
    "paired_comparisons": {"contracts", "decimals", "errors", "figures", "runtime", "tables"},
    "corpora": LEAVES
    | {"media", "psychometrics", "tables"},  # a corpus is a folder of media with labels
    "features": LEAVES | {"media", "encoders", "pretrained", "workers"},
    "bundle": LEAVES | {"encoders", "features", "network", "pretrained", "psychometrics"},
    "training": LEAVES
    | {
        "bundle",
        "corpora",
        "drift",
        "features",
        "network",
        "psychometrics",
        "tables",
        "templates",
        "workers",
    },
    "scoring": LEAVES
    | {
        "bundle",
        "encoders",
        "features",
        "media",
        "network",
        "psychometrics",
        "tables",
        "workers",
    },  # of psychometrics errors of measurement, ranks and norms: nothing of groups of people
    "reports": LEAVES
    | {
        "bundle",
        "encoders",
        "features",
        "media",
        "psychometrics",
        "records",
        "scoring",
        "tables",
        "templates",
    },
    "robustness": LEAVES
    | {
        "bundle",
        "encoders",
        "features",
        "media",
        "psychometrics",
        "scoring",
        "studies",
        "workers",
    },
    "studies": LEAVES | {"corpora", "media", "psychometrics", "tables", "templates"},
    "serve": LEAVES
    | {
        "bundle",
        "database",
        "drift",
        "media",
        "psychometrics",
        "records",
        "scoring",
        "templates",
        "workers",
    },  # of psychometrics the equating of two versions' scores: nothing of groups of people
    "api": LEAVES | {"bundle", "features", "media", "scoring"},
    "testing": LEAVES | {"encoders", "network"},
}
# they import anything; nobody imports them
TOP = {"cli", "commands", "studio", "__main__", "__init__"}
SOURCES = sorted(path for path in ROOT.rglob("*.py"))
SOURCES += sorted(path for path in (ROOT / "serve").rglob("*.py") if path not in SOURCES)


def imported_parts(path: Path) -> set[str]:
    """Second components of every ``trifold.…`` module that the file imports, lazily or not."""
    names: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative imports hide who imports whom"
            names.add(node.module or "")
            if node.module == "trifold":
                names |= {f"trifold.{alias.name}" for alias in node.names}
    assert not any(name.split(".")[0] in ("src", "serve") for name in names), path
    return {name.split(".")[1] for name in names if name.startswith("trifold.")}


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_imports_follow_the_table(path: Path) -> None:
    part = path.relative_to(ROOT).with_suffix("").parts[0]
    if part not in TOP:
        assert imported_parts(path) <= ALLOWED[part] | {part}


def test_every_part_is_in_the_table_and_the_table_has_no_circle() -> None:
    parts = {path.name for path in ROOT.iterdir() if any(path.glob("*.py"))}
    parts |= {path.stem for path in ROOT.glob("*.py")}
    assert parts == set(ALLOWED) | TOP
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {part for part, below in ALLOWED.items() if below <= done} - done
        assert ready, f"circle among {set(ALLOWED) - done}"
        done |= ready


def test_no_folder_holds_more_modules_than_one_sees_at_once() -> None:
    folders = {path.parent for path in SOURCES}
    counts = {folder: len([p for p in folder.glob("*.py") if p.stem != "__init__"])
              for folder in folders}  # fmt: skip
    assert {str(f): n for f, n in counts.items() if n > 12} == {}


def test_scoring_loads_without_lightning_and_training() -> None:
    code = (
        "import sys, trifold.scoring.folder.run, trifold.reports.pages;"
        "bad = [m for m in sys.modules if m.split('.')[0] in ('lightning', 'hydra')"
        " or m.startswith(('trifold.training', 'trifold.corpora'))];"
        "sys.exit(str(bad) if bad else 0)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_processes_of_the_studio_that_stay_load_no_pytorch() -> None:
    code = (
        "import sys, trifold.studio.server, trifold.studio.jobs.worker;"
        "sys.exit(str([m for m in ('torch', 'cv2') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
