"""A release is of a commit: what none holds is refused before anything is built."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

MAKEFILE = Path(__file__).parents[2] / "Makefile"
pytestmark = pytest.mark.skipif(
    not (shutil.which("git") and shutil.which("make")), reason="no git or make is here"
)


def made(folder: Path) -> tuple[int, str]:
    command = ["make", "--no-print-directory", "committed"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True)
    return done.returncode, done.stdout


def test_a_working_tree_with_more_than_its_commit_is_no_release(tmp_path: Path) -> None:
    shutil.copyfile(MAKEFILE, tmp_path / "Makefile")
    assert made(tmp_path) == (0, "")  # a copy without a history

    def git(*words: str) -> None:
        own = ("-c", "user.name=a", "-c", "user.email=a@b", "-c", "core.hooksPath=/dev/null")
        subprocess.run(["git", *own, *words], cwd=tmp_path, check=True, capture_output=True)

    git("init")
    git("add", "Makefile")
    git("commit", "-m", "first")
    assert made(tmp_path) == (0, "")
    (tmp_path / "more.py").write_text("")
    code, said = made(tmp_path)
    assert code != 0
    assert "a release is of a commit" in said
    assert "?? more.py" in said
