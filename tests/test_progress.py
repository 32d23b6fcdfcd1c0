"""What a log file hears of a long command."""

from __future__ import annotations

import json
import sys
import time

import pytest

from trifold.runtime import progress
from trifold.runtime.progress import stage


@pytest.fixture
def soon(monkeypatch) -> None:
    """Seconds pass faster."""
    monkeypatch.setattr(progress, "SOON_S", 0.1)
    monkeypatch.setattr(progress, "SHARE_S", 0.0)


def lines(capsys) -> list[str]:
    captured = capsys.readouterr()
    assert captured.out == ""
    return [line.partition(", ")[0] for line in captured.err.splitlines()]


def test_it_says_where_it_is_at_the_start_every_five_percent_and_at_the_end(soon, capsys) -> None:
    with stage("features", 200, unit="files", show=True) as told:
        for _ in range(200):
            told.advance()
    said = lines(capsys)
    assert said[0] == "features 0/200 files"
    assert said[-1] == "features 200/200 files"
    assert "features 10/200 files" in said
    assert len(said) <= 22


def test_something_slow_says_that_it_goes_on(soon, capsys) -> None:
    with stage("training", show=True):
        time.sleep(1.3)
    assert len(lines(capsys)) >= 2


def test_inner_stages_stand_behind_the_outer_one(soon, capsys) -> None:
    with stage("training", show=True), stage("fold", total=5) as fold, stage("epoch", 300) as epoch:
        fold.at(2)
        epoch.at(12)
        assert " ".join(map(str, progress._board.stages)) == "training fold 2/5 epoch 12/300"
    assert lines(capsys)[0] == "training"
    assert not progress._board.stages


def test_nobody_hears_what_is_not_shown(capsys) -> None:
    with stage("features", 2, show=False) as told, stage("epoch", 2) as inner:
        told.advance()
        inner.advance()
    assert lines(capsys) == []


def test_an_error_inside_leaves_nothing_behind(capsys) -> None:
    with pytest.raises(ValueError, match="wrong"), stage("scored", 2, show=True):
        raise ValueError("wrong")
    assert progress._board.teller is None
    assert lines(capsys) == ["scored 0/2"]


def test_a_terminal_gets_bars(monkeypatch, capsys) -> None:
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    with stage("training", show=True), stage("epoch", total=3) as epoch:
        assert isinstance(progress._board.teller, progress.Bars)
        epoch.at(2)
    assert "\x1b[" in capsys.readouterr().err


def test_a_file_that_is_named_says_how_far_it_is_and_stays_whole(tmp_path, monkeypatch) -> None:
    path = tmp_path / "progress.json"
    monkeypatch.setenv(progress.FILE_VARIABLE, str(path))
    monkeypatch.setattr(progress, "FILE_S", 0.0)
    shares = []
    with stage("scoring", show=True), stage("people", 4, unit="people") as told:
        for _ in range(4):
            told.advance()
            shares.append(json.loads(path.read_text())["share"])
    last = json.loads(path.read_text())
    assert shares == [0.25, 0.5, 0.75, 1.0]
    assert last["line"].startswith("scoring")
    assert [p.name for p in tmp_path.iterdir()] == ["progress.json"]


def test_a_file_that_cannot_be_written_stops_nothing(tmp_path, monkeypatch) -> None:
    monkeypatch.setenv(progress.FILE_VARIABLE, str(tmp_path / "none/progress.json"))
    with stage("features", 2, show=True) as told:
        told.advance()
    assert told.done == 1
