"""What holds of the audit log wherever it is kept: in a file, in SQLite, in PostgreSQL."""

from __future__ import annotations

import hashlib
import json
import resource
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest

import trifold.serve.audit.chain
import trifold.serve.audit.verifier
from trifold.bundle.integrity.signing import make_key
from trifold.serve.audit.chain import AuditError, ChainedLog
from trifold.serve.audit.opened import open_log
from trifold.serve.audit.verifier import GENESIS, canonical, line_hash, verify_files
from trifold.serve.database.opened import open_database
from trifold.serve.settings import Settings

KEPT = ("file", "sqlite", "postgresql")
Opener = Callable[..., ChainedLog]


@pytest.fixture(params=KEPT)
def kept(request, tmp_path: Path) -> Settings:
    """Settings of an endpoint with an empty log."""
    common = {"audit_segments": str(tmp_path / "closed"), "audit_heads": str(tmp_path / "heads")}
    if request.param == "file":
        return Settings(audit_log=str(tmp_path / "audit.jsonl"), **common)
    database = f"sqlite:///{tmp_path / 'endpoint.sqlite3'}"
    if request.param == "postgresql":
        database = request.getfixturevalue("postgres").new_database()
        database = database.replace("postgresql:", "postgresql+psycopg:")
    settings = Settings(audit_log="database", database=database, **common)
    open_database(tmp_path, settings).close()
    return settings


def opened(settings: Settings, **more: object) -> ChainedLog:
    return open_log(Settings(**(vars(settings) | more)))


def whole(log: ChainedLog, folder: Path) -> list[str]:
    """Files of all parts of a log, the open one among them."""
    (folder / "open.jsonl").write_bytes(b"".join(log.lines()))
    return [*map(str, log.segments.parts()), str(folder / "open.jsonl")]


def standalone(*words: object) -> subprocess.CompletedProcess:
    """What the verifier says, alone: without this project and without anything installed."""
    command = [sys.executable, "-I", "-S", trifold.serve.audit.verifier.__file__, *words]
    return subprocess.run([str(word) for word in command], capture_output=True, text=True)


def test_closed_parts_and_the_open_one_are_one_chain(kept, tmp_path) -> None:
    log = opened(kept, audit_segment_lines=5)
    for number in range(12):
        log.append("score", output_sha256=f"{number}")
        log.rotate()
    files = whole(log, tmp_path)
    names = ["000000000001-000000000005.jsonl", "000000000006-000000000010.jsonl", "open.jsonl"]
    assert [Path(f).name for f in files] == names
    assert (found := verify_files(files)).lines == 14  # two of them say that a part was closed
    assert (log.verified().first, log.verified().head) == (11, found.head)
    assert standalone(*files).stdout == f"14 lines hold, head {found.head}\n"
    assert "those before line 6 are not here" in standalone(*files[1:]).stdout
    for wrong in ([files[0], files[2]], [files[1], files[0], files[2]]):
        said = standalone(*wrong)
        assert said.returncode == 2
        assert "lines were removed or moved" in said.stderr
    closing = json.loads(Path(files[1]).read_text().splitlines()[0])
    assert (closing["event"], closing["closed"]) == ("segment", Path(files[0]).name)
    content = Path(files[0]).read_bytes()
    assert closing["closed_sha256"] == hashlib.sha256(content).hexdigest()
    forged = {"n": 1, "time": closing["time"], "event": "score", "previous": GENESIS}
    Path(files[0]).write_bytes(canonical(forged | {"hash": line_hash(forged)}) + b"\n")
    assert standalone(*files).returncode == 2


def _append_some(settings: Settings) -> None:
    for _ in range(8):
        open_log(settings).append("score")


def test_writers_lose_nothing_while_parts_are_closed(kept, tmp_path) -> None:
    context, log = get_context("fork"), opened(kept, audit_segment_lines=3)
    writers = [context.Process(target=_append_some, args=(kept,)) for _ in range(3)]
    for writer in writers:
        writer.start()
    while any(writer.is_alive() for writer in writers):
        log.rotate()
    files = whole(log, tmp_path)
    verify_files(files)
    events = [json.loads(raw)["event"] for f in files for raw in Path(f).read_text().splitlines()]
    assert events.count("score") == 24
    assert events.count("segment") == len(files) - 1


def _clock(days: float):
    class Clock(datetime):
        """A clock that is late."""

        @classmethod
        def now(cls, tz=None):
            return datetime.now(UTC) - timedelta(days=days)

    return Clock


def test_old_parts_go_and_the_log_says_so(kept, tmp_path, monkeypatch) -> None:
    log = opened(kept, audit_segment_lines=2, audit_keep_days=30)
    for days in (90, 60, 1):
        monkeypatch.setattr(trifold.serve.audit.chain, "datetime", _clock(days))
        for _ in range(2):
            log.append("score")
        log.rotate()
    monkeypatch.undo()
    log.rotate()
    left = whole(log, tmp_path)
    assert [Path(f).name for f in left] == ["000000000007-000000000010.jsonl", "open.jsonl"]
    lines = [json.loads(raw) for f in left for raw in Path(f).read_text().splitlines()]
    removed = [line["removed"] for line in lines if line["event"] == "segment_removed"]
    assert removed == ["000000000003-000000000006.jsonl"]
    assert (verify_files(left).first, verify_files(left).lines) == (7, lines[-1]["n"])


def test_a_clock_that_is_set_back_is_said_to_have_been(kept, monkeypatch) -> None:
    log = opened(kept)
    log.append("score")
    monkeypatch.setattr(trifold.serve.audit.chain, "datetime", _clock(0.05))
    log.append("score")
    log.append("score")
    assert (log.verified().lines, log.verified().set_back) == (3, 1)


def test_what_is_noted_elsewhere_is_signed_and_finds_a_log_written_anew(kept, tmp_path) -> None:
    public = make_key(tmp_path / "signing")
    log = opened(kept, audit_sign=str(tmp_path / "signing"))
    for _ in range(3):
        log.append("score")
        log.note_head()
        log.note_head()
    assert len(log.heads.read_text().splitlines()) == 3
    log.append("score")
    words = (*whole(log, tmp_path), f"heads={log.heads}")
    assert standalone(*words, f"key={public}").returncode == 0
    other = make_key(tmp_path / "other")
    assert "signed by this key" in standalone(*words, f"key={other}").stderr
    cut = tmp_path / "open.jsonl"
    lines = cut.read_bytes().splitlines(keepends=True)
    cut.write_bytes(b"".join(lines[:2]))
    assert "expected at least 3 lines, as heads notes, got 2" in standalone(*words).stderr
    anew = json.loads(lines[2]) | {"output_sha256": "better"}
    cut.write_bytes(b"".join(lines[:2]) + canonical(anew | {"hash": line_hash(anew)}) + b"\n")
    assert verify_files([str(cut)]).lines == 3
    assert "the log was written anew" in standalone(*words).stderr
    with log.heads.open("a") as file:  # whoever cannot sign notes nothing that counts
        file.write(f"4 {json.loads(lines[3])['hash']}\n")
    cut.write_bytes(b"".join(lines))
    assert standalone(*words).returncode == 0
    assert "line 4 signed by this key" in standalone(*words, f"key={public}").stderr


def _append_without_room(settings: Settings, room: int, told) -> None:
    resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))
    try:
        for _ in range(200):
            open_log(settings).append("score", output_sha256="x" * 1000)
        told.put("written")
    except AuditError as error:
        told.put(str(error))


def test_a_log_that_cannot_be_written_says_so_and_goes_on_afterwards(kept) -> None:
    log = opened(kept)
    log.append("score")
    if "postgresql" in kept.database:
        name = urlsplit(kept.database).path[1:]
        _allow(kept, name, allowed=False)
        for use in (log.check, lambda: log.append("score")):
            with pytest.raises(AuditError, match="expected an audit log that can be written"):
                use()
        _allow(kept, name, allowed=True)
    else:
        told = (context := get_context("fork")).Queue()
        child = context.Process(target=_append_without_room, args=(kept, 150_000, told))
        child.start()
        assert "expected an audit log that can be written" in told.get(timeout=60)
        child.join()
    before = log.verified().lines
    log.check()
    log.append("score")
    assert log.verified().lines == before + 1


def _allow(kept: Settings, name: str, *, allowed: bool) -> None:
    """Let a database be used, or keep everybody out of it."""
    url = kept.database.replace("+psycopg", "").replace(f"/{name}", "/postgres")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS {allowed}')
