"""The audit log: every change to it is found, and many writers keep one chain."""

from __future__ import annotations

import hashlib
import json
import os
import resource
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path

import pytest

import trifold.serve.audit.chain
from trifold.errors import InputError
from trifold.runtime.limits import OutOfTime
from trifold.serve.audit.command import main
from trifold.serve.audit.log import GENESIS, AuditError, AuditLog, verify
from trifold.serve.audit.opened import read_key
from trifold.serve.audit.verifier import DamagedError, canonical, line_hash, verify_files

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
        (lambda x: [*x[:4], x[4].replace(b"{", b'{"caller":"EVIL",', 1)], 5),
        (lambda x: [*x[:4], x[4].replace(b'":', b'": ')], 5),
        (lambda x: [*x[:4], b"[" * 100_000 + b"\n"], 5),
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
        with pytest.raises(AuditError, match="changed, or of another key"):
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


@pytest.mark.parametrize("cut", [1, 10, 700])
@pytest.mark.parametrize("rest", [b"", b"\0" * 200_000, b"}\n{}\nnot a line\n"])
def test_a_torn_end_is_set_aside_and_the_chain_says_so(log: Path, cut, rest) -> None:
    whole = log.read_bytes()
    log.write_bytes(whole[:-cut] + rest)
    keeps = max(0, whole[:-cut].rfind(b"\n") + 1)
    torn = (whole[:-cut] + rest)[keeps:]
    AuditLog(log).append("score", output_sha256="after")
    lines = [json.loads(line) for line in log.read_bytes()[keeps:].splitlines()]
    assert [line["event"] for line in lines] == (["recovered"] if torn else []) + ["score"]
    if torn:
        assert log.with_name("audit.jsonl.torn").read_bytes() == torn
        digest = hashlib.sha256(torn).hexdigest()
        assert (lines[0]["torn_bytes"], lines[0]["torn_sha256"]) == (len(torn), digest)
    assert log.read_bytes()[:keeps] == whole[:keeps]
    assert verify(log).recovered == bool(torn)


def test_a_first_line_that_was_torn_is_set_aside_and_another_file_is_left_alone(tmp_path) -> None:
    log = tmp_path / "log"
    for torn in (b'{"caller":"a', b"\0" * 10):
        log.write_bytes(torn)
        AuditLog(log).append("score")
        assert verify(log).lines == 2
    for other in (b"root:x:0\n", b"# notes", b'{"a": 1}\n'):
        log.write_bytes(other)
        for use in (AuditLog(log).check, lambda: AuditLog(log).append("score")):
            with pytest.raises(AuditError, match="expected an audit log, got another file"):
                use()
        assert log.read_bytes() == other


def _append_with_room(path: Path, room: int, told) -> None:
    """A real limit of the system on the size of files: writes beyond it fail half-way."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        AuditLog(path).append("score", output_sha256="x" * 100)
        told.put("written")
    except AuditError as error:
        told.put(str(error))


def test_a_line_that_finds_no_room_is_taken_back(log: Path) -> None:
    """Whatever part of it was written: the next line follows as if nothing had been."""
    context = get_context("fork")
    before = log.read_bytes()
    for room in (len(before), len(before) + 1, len(before) + 250):
        told = context.Queue()
        child = context.Process(target=_append_with_room, args=(log, room, told))
        child.start()
        assert told.get(timeout=20) == (
            f"{log}: expected an audit log that can be written, got File too large")  # fmt: skip
        child.join()
        assert log.read_bytes() == before
    AuditLog(log).append("score")
    assert (verify(log).lines, verify(log).recovered) == (6, 0)


def test_a_torn_end_stays_while_there_is_no_room_to_set_it_aside(log: Path) -> None:
    context = get_context("fork")
    log.write_bytes(log.read_bytes()[:-10])
    torn = log.read_bytes()
    told = context.Queue()
    child = context.Process(target=_append_with_room, args=(log, 20, told))
    child.start()
    assert "File too large" in told.get(timeout=20)
    child.join()
    assert log.read_bytes() == torn
    assert log.with_name("audit.jsonl.torn").read_bytes() == b""
    AuditLog(log).append("score")
    assert (verify(log).lines, verify(log).recovered) == (6, 1)


def test_a_line_is_taken_back_when_its_time_is_over(log: Path, monkeypatch) -> None:
    """The time limit of a request raises wherever it finds the code."""
    before = log.read_bytes()

    def late(_: int) -> None:
        raise OutOfTime

    with monkeypatch.context() as patched:
        patched.setattr(os, "fsync", late)
        with pytest.raises(OutOfTime):
            AuditLog(log).append("score")
    assert log.read_bytes() == before


def test_times_that_go_back_are_refused_unless_the_line_says_so(log: Path, monkeypatch) -> None:
    now = datetime.now(UTC)

    class Clock(datetime):
        """A clock that was set back by an hour."""

        @classmethod
        def now(cls, tz=None):
            return now - timedelta(hours=1)

    monkeypatch.setattr(trifold.serve.audit.chain, "datetime", Clock)
    AuditLog(log).append("score")
    AuditLog(log).append("score")
    verified = verify(log)
    assert (verified.lines, verified.set_back) == (7, 1)
    assert str(verified).endswith("; clock set back: 1")
    last = json.loads(log.read_bytes().splitlines()[-1])
    forged = last | {"n": 8, "previous": last["hash"], "time": "2001-01-01T00:00:00.000+00:00"}
    forged["hash"] = line_hash(forged)
    with log.open("ab") as file:
        file.write(canonical(forged) + b"\n")
    with pytest.raises(AuditError, match=r":8: expected a time after .*, got 2001-01-01"):
        verify(log)


@pytest.mark.parametrize("number", [True, 1.0, "1", None, [1]])
def test_a_number_that_is_none_is_one_line_too(tmp_path: Path, number) -> None:
    log = tmp_path / "audit.jsonl"
    line = {"n": number, "time": "2026-01-01T00:00:00+00:00", "event": "score", "previous": GENESIS}
    log.write_bytes(canonical(line | {"hash": line_hash(line)}) + b"\n")
    with pytest.raises(AuditError, match="jsonl:1: expected line 1 to follow the one before it"):
        verify(log)


def test_a_log_that_was_cut_and_grew_again_contradicts_what_was_noted(log: Path, capsys) -> None:
    """Also where its new head was noted as well."""
    AuditLog(log).note_head()
    edit(log, lambda lines: lines[:4])
    AuditLog(log).append("score")
    AuditLog(log).note_head()
    with pytest.raises(AuditError, match="heads: expected one head of each line, got two"):
        verify(log)
    assert main([str(log)]) == 2
    assert "the log was written anew" in capsys.readouterr().err


def test_what_holds_no_line_or_no_head_verifies_nothing(log: Path, capsys) -> None:
    (log.parent / "empty").touch()
    for words, message in (
        ([log, f"heads={log}"], f"{log}: expected heads that a server noted, got none"),
        ([log.parent / "empty"], f"{log.parent}/empty: expected a log of one line at least"),
    ):
        assert main([str(word) for word in words]) == 2
        assert message in capsys.readouterr().err
    with pytest.raises(DamagedError, match="FILES: expected a log of one line at least, got none"):
        verify_files([f"secret={log}"])


def test_a_head_that_was_noted_finds_a_cut_and_a_log_written_anew(log: Path) -> None:
    whole = log.read_bytes()
    AuditLog(log).note_head()
    AuditLog(log).append("score")
    assert verify(log).lines == 6
    edit(log, lambda lines: lines[:4])
    with pytest.raises(AuditError, match=r"at least 5 lines, as audit.jsonl.heads notes, got 4"):
        verify(log)
    log.unlink()
    for _ in range(5):
        AuditLog(log).append("score")
    with pytest.raises(AuditError, match="got another: the log was written anew"):
        verify(log)
    log.write_bytes(whole)
    with log.with_name("audit.jsonl.heads").open("ab") as file:
        file.write(b"7 12")  # torn itself: tells nothing
    assert verify(log).lines == 5


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
