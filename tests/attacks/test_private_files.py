"""Whatever is written about people is for its owner alone."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from tests.attacks.forgetting_factory import PEOPLE, score
from tests.factories.media import voice, write_media
from tests.scoring.scoring_factory import tiny_bundle
from trifold.runtime.private import (
    appearing,
    folder_aside,
    remove_unfinished,
    secret_of,
    write_atomically,
)

pytestmark = pytest.mark.slow


def open_to_others(*folders: Path) -> list[Path]:
    return [
        path
        for folder in folders
        for path in (folder, *folder.rglob("*"))
        if stat.S_IMODE(path.stat().st_mode) & 0o077
    ]


def test_no_output_and_no_cache_entry_of_the_command_is_open_to_others(shell, tmp_path) -> None:
    write_media(tmp_path / "in/ann.wav", audio=voice(1.0), audio_codec="pcm_s16le")
    (tmp_path / "in/ann.txt").write_text("I plan every step of it, then I rest a while.")
    tiny_bundle(tmp_path / "bundle")
    command = ["-m", "src.score", f"input={tmp_path}/in", "evidence=true",
               f"bundle={tmp_path}/bundle", f"out={tmp_path}/a/out", "workers=1",
               f"paths.features={tmp_path}/b/features", "spreadsheets=[xlsx,ods]"]  # fmt: skip
    done = shell.python(*command)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "a/out/candidates/ann.html").is_file()
    assert open_to_others(tmp_path / "a", tmp_path / "b") == []


def test_folders_of_an_earlier_version_are_closed(tmp_path: Path) -> None:
    score(tmp_path, tmp_path / "out", PEOPLE)
    for path in (tmp_path / "out", *(tmp_path / "out").rglob("*")):
        path.chmod(0o755 if path.is_dir() else 0o644)
    score(tmp_path, tmp_path / "out", PEOPLE)
    others = {path.name for path in open_to_others(tmp_path / "out")}
    assert others == {"candidates"}  # behind a folder that nobody else may enter


def test_a_file_keeps_being_private_when_it_is_replaced(tmp_path: Path) -> None:
    path = tmp_path / "t.csv"
    path.write_text("old")
    path.chmod(0o644)
    (tmp_path / ".t.csv.tmp").touch(mode=0o644)  # of a run that was killed
    with appearing(path) as file:
        file.write(b"new")
    assert (path.read_bytes(), open_to_others(path)) == (b"new", [])
    path.chmod(0o644)
    write_atomically(path, b"newer")
    assert (path.read_bytes(), open_to_others(path)) == (b"newer", [])
    assert list(tmp_path.iterdir()) == [path]


def test_what_killed_processes_left_is_removed_and_what_is_being_written_stays(tmp_path) -> None:
    (tmp_path / "deep").mkdir()
    (tmp_path / "deep/.t.csv.12.ab.tmp").write_text("half")
    (tmp_path / ".aside-left").mkdir()
    (tmp_path / ".aside-left/person.zip").write_text("all of it")
    with appearing(tmp_path / "t.csv") as file, folder_aside(tmp_path) as aside:
        (aside / "kept").touch()
        assert remove_unfinished(tmp_path, deep=False) == 1
        assert remove_unfinished(tmp_path) == 1
        file.write(b"whole")
        assert (aside / "kept").exists()
    assert sorted(path.name for path in tmp_path.rglob("*")) == ["deep", "t.csv"]
    assert (tmp_path / "t.csv").read_bytes() == b"whole"


def test_a_secret_that_is_there_is_read_and_nothing_is_written_beside_it(tmp_path: Path) -> None:
    """It may lie where nobody can write."""
    path = tmp_path / "key"
    secret, before = secret_of(path), tmp_path.stat().st_mtime_ns
    assert len(secret) == 32
    assert (secret_of(path), tmp_path.stat().st_mtime_ns) == (secret, before)
