"""The wheel holds one package, and works from any folder with nothing of the checkout near."""

from __future__ import annotations

import os
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
CODE = """
import sys
import trifold
assert trifold.__file__.startswith(sys.argv[1]), trifold.__file__
from trifold.cli.checking import checked
from trifold.corpora.targets import read_schema
checked(["input=.", "bundle=.", "out=x"], "score")
checked(["experiment=youtube_personality", "corpora.root=.", "out=x"], "train")
assert read_schema("big_five").names
import trifold.serve.settings
"""


@pytest.fixture(scope="module")
def wheel(tmp_path_factory) -> Path:
    out = tmp_path_factory.mktemp("wheel")
    command = [sys.executable, "-m", "build", "--wheel", "--no-isolation", "--outdir", str(out)]
    done = subprocess.run([*command, str(ROOT)], cwd=out, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr
    return next(out.glob("*.whl"))


@pytest.fixture(scope="module")
def site(wheel: Path, tmp_path_factory) -> Path:
    """The wheel's own files alone; what it depends on is the environment's."""
    target = tmp_path_factory.mktemp("site")
    with zipfile.ZipFile(wheel) as file:
        file.extractall(target)
    return target


def test_the_wheel_holds_the_package_and_nothing_else_at_top_level(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as file:
        names = file.namelist()
    assert {name.split("/")[0] for name in names if ".dist-info/" not in name} == {"trifold"}
    for part in ("py.typed", "configs/train.yaml", "configs/corpora/schemas/big_five.yaml",
                 "templates/base.html.j2", "serve/openapi.yaml", "serve/worker/mar_entry.py",
                 "scoring/schemas/answers.schema.json"):  # fmt: skip
        assert f"trifold/{part}" in names
    assert not [name for name in names if "test" in name.split("/")[-1] and "trifold/" not in name]
    entry = next(name for name in names if name.endswith("entry_points.txt"))
    with zipfile.ZipFile(wheel) as file:
        assert "trifold = trifold.cli.main:main" in file.read(entry).decode()


def test_it_works_from_any_folder(site: Path, tmp_path: Path) -> None:
    alone = os.environ | {"PYTHONPATH": str(site)}
    command = [sys.executable, "-c", CODE, str(site)]
    done = subprocess.run(command, cwd=tmp_path, env=alone, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("command", ["score", "train", "serve"])
def test_commands_tell_their_settings(site: Path, tmp_path: Path, command: str) -> None:
    alone = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-m", "trifold", command, "--help"], cwd=tmp_path,
                          env=alone, capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert f"trifold {command}" in done.stdout


def test_a_folder_called_src_is_in_nobodys_way(site: Path, tmp_path: Path) -> None:
    (tmp_path / "src").mkdir()
    (tmp_path / "src/__init__.py").write_text("raise RuntimeError('of another project')")
    alone = os.environ | {"PYTHONPATH": str(site)}
    done = subprocess.run([sys.executable, "-m", "trifold", "--version"], cwd=tmp_path, env=alone,
                          capture_output=True, text=True)  # fmt: skip
    assert done.returncode == 0, done.stderr
