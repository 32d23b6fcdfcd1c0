"""The audit log: every change to it is found, and many writers keep one chain."""

from __future__ import annotations

import json
from multiprocessing import get_context
from pathlib import Path

import pytest

from serve.audit import GENESIS, AuditError, AuditLog, main, read_key, verify
from src.errors import InputError

KEY = b"0123456789abcdef"


@pytest.fixture
def log(tmp_path: Path) -> Path:
    path = tmp_path / "audit.jsonl"
    for i in range(5):
        AuditLog(path).append("score", output_sha256=f"{i}", caller="ü")
    return path


def test_a_log_as_written_holds(log: Path, capsys) -> None:
    lines = [json.loads(line) for line in log.read_text().splitlines()]
    assert [line["n"] for line in lines] == [1, 2, 3, 4, 5]
    assert lines[0]["previous"] == GENESIS
    assert verify(log).head == lines[-1]["hash"]
    assert main([str(log)]) == 0
    assert capsys.readouterr().out == f"5 lines hold, head {lines[-1]['hash']}\n"
    assert log.stat().st_mode & 0o777 == 0o600


def edit(path: Path, change) -> None:
    lines = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join(change(lines)))


@pytest.mark.parametrize(
    ("change", "line"),
    [
        (lambda x: [*x[:2], x[2].replace(b'"2"', b'"9"'), *x[3:]], 3),
        (lambda x: [*x[:1], *x[2:]], 2),
        (lambda x: x[1:], 1),
        (lambda x: [x[0], x[2], x[1], *x[3:]], 2),
        (lambda x: [*x[:3], x[2], *x[3:]], 4),
        (lambda x: [*x, b"{}\n"], 6),
        (lambda x: [*x, b"not json\n"], 6),
        (lambda x: [*x[:4], x[4][:-1]], 5),
        (lambda x: [*x[:4], x[4].replace(b'"time":"2', b'"time":"1')], 5),
    ],
)
def test_every_change_is_found_with_its_line(log: Path, change, line) -> None:
    edit(log, change)
    with pytest.raises(AuditError, match=rf"audit\.jsonl:{line}: "):
        verify(log)


def test_lines_cut_off_at_the_end_are_found_with_a_noted_head(log: Path, capsys) -> None:
    head = verify(log).head
    AuditLog(log).append("score")
    assert verify(log, head=head).lines == 6
    edit(log, lambda lines: lines[:4])
    assert verify(log).lines == 4  # a shorter chain is whole: that is what a head is for
    assert main([str(log), f"head={head}"]) == 2
    assert "lines are missing" in capsys.readouterr().err


def test_a_keyed_log_cannot_be_written_anew_without_the_key(tmp_path: Path) -> None:
    path = tmp_path / "log"
    AuditLog(path, KEY).append("score")
    assert verify(path, KEY).lines == 1
    for other in (b"", b"another key......"):
        with pytest.raises(AuditError, match="written with another key"):
            verify(path, other)


def _append_some(path: Path) -> None:
    for _ in range(25):
        AuditLog(path).append("score")


def test_processes_that_write_at_once_keep_one_chain(tmp_path: Path) -> None:
    path = tmp_path / "log"
    context = get_context("fork")
    writers = [context.Process(target=_append_some, args=(path,)) for _ in range(4)]
    for writer in writers:
        writer.start()
    for writer in writers:
        writer.join()
    assert verify(path).lines == 100


def test_a_damaged_end_is_not_written_past(log: Path) -> None:
    log.write_bytes(log.read_bytes()[:-10])
    with pytest.raises(AuditError, match="expected a whole last line"):
        AuditLog(log).append("score")


def test_keys_are_long_enough_and_there(tmp_path: Path) -> None:
    (tmp_path / "key").write_bytes(b"short")
    with pytest.raises(InputError, match="a key of 16 bytes or more, got 5"):
        read_key(str(tmp_path / "key"))
    with pytest.raises(InputError, match="expected a key file, got No such file"):
        read_key(str(tmp_path / "none"))
    assert read_key("") == b""


def test_without_a_log_there_is_one_clear_line(tmp_path: Path, capsys) -> None:
    assert main([]) == 2
    assert main([str(tmp_path / "none")]) == 2
    assert "error: expected a log" in capsys.readouterr().err
