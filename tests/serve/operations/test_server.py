"""Processes are known by their start, so that what ends an endpoint ends nothing else."""

from __future__ import annotations

import json
import os
import resource
import socket
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
import requests

from tests.serve.serve_factory import free_ports, wanted, write_tiny_bundle
from trifold.errors import InputError
from trifold.serve.access.identity import Caller
from trifold.serve.operations.launch import launch_gateway
from trifold.serve.operations.server import TORCHSERVE, Server, ServerError, born, lives
from trifold.serve.operations.start import start
from trifold.serve.operations.stop import main as stop_main
from trifold.serve.operations.stop import noted, running
from trifold.serve.operations.watch import MOST_ENDS, Watch, watch_detached
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.settings_text import read_settings, settings_of
from trifold.serve.worker.parsing.asked import AnswerRequest
from trifold.serve.worker.records import Records
from trifold.serve.worker.service import Service


@pytest.fixture
def sleeper():
    process = subprocess.Popen(["sleep", "60"], start_new_session=True)
    yield process
    process.kill()
    process.wait()


def test_a_process_is_known_until_it_ends(sleeper) -> None:
    since = born(sleeper.pid)
    assert since == born(sleeper.pid)
    assert since != born(os.getpid())
    assert lives(sleeper.pid, since)
    assert not lives(sleeper.pid, since + "1")
    sleeper.kill()
    while lives(sleeper.pid, since):  # a dead child that nobody has asked about counts as ended
        time.sleep(0.01)
    sleeper.wait()
    assert born(sleeper.pid) is None


FIRST_PROCESS = """
import ctypes, subprocess, time
from trifold.serve.operations.server import born, end_group
PR_SET_CHILD_SUBREAPER = 36
assert ctypes.CDLL(None).prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0) == 0
leader = subprocess.Popen(["sh", "-c", "sleep 60 & echo; exec sleep 60"], start_new_session=True,
                          stdout=subprocess.PIPE)
leader.stdout.readline()
begun_s = time.monotonic()
end_group(leader.pid, born(leader.pid), 20.0)
print(time.monotonic() - begun_s)
"""


def test_what_a_group_leaves_to_the_first_process_of_a_container_does_not_hold_its_end_up() -> None:
    """Orphans come to it, and are of the group until it has taken note of their ends."""
    done = subprocess.run([sys.executable, "-c", FIRST_PROCESS], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    assert float(done.stdout) < 10  # not the 20 s that it would wait


def test_a_stale_note_ends_no_process_that_has_its_number_by_now(tmp_path, sleeper, capsys) -> None:
    Server(tmp_path, 1, (sleeper.pid,)).write()
    assert running(tmp_path).pids == (sleeper.pid,)
    facts = json.loads((tmp_path / "server.json").read_text())
    for stale in (facts | {"born": ["another boot/123"]}, facts | {"born": []},
                  {"port": 1, "pids": [sleeper.pid]}):  # fmt: skip
        (tmp_path / "server.json").write_text(json.dumps(stale))
        assert stop_main([f"out={tmp_path}"]) == 2
        assert "expected a running server, got none" in capsys.readouterr().err
        found = noted(tmp_path)
        if found is not None:
            found.stop()
        assert sleeper.poll() is None


def test_what_was_started_is_stopped(tmp_path, sleeper) -> None:
    Server(tmp_path, 1, (sleeper.pid,)).write()
    assert stop_main([f"out={tmp_path}"]) == 0
    assert born(sleeper.pid) is None
    assert not (tmp_path / "server.json").exists()


def test_the_watcher_gives_up_on_what_ends_again_and_again(tmp_path, sleeper, monkeypatch) -> None:
    """Real processes that end at once in the place of a TorchServe that cannot run."""
    started = []

    def launch(_: Path) -> subprocess.Popen:
        started.append(subprocess.Popen(["true"], start_new_session=True))
        return started[-1]

    monkeypatch.setattr("trifold.serve.operations.watch.launch", launch)
    monkeypatch.setattr("trifold.serve.operations.watch.LONGEST_WAIT_S", 0.01)
    monkeypatch.setattr("trifold.serve.operations.watch.EVERY_S", 0.05)
    server = Server(tmp_path, free_ports(), (sleeper.pid, launch(tmp_path).pid), engine=TORCHSERVE)
    server.write()
    with pytest.raises(ServerError, match=rf"to stay up, got {MOST_ENDS} ends in "):
        Watch(server, "127.0.0.1").keep_up()
    assert len(started) == MOST_ENDS


def test_the_watcher_ends_when_the_folder_names_another_endpoint(tmp_path, sleeper) -> None:
    server = Server(tmp_path, 1, (sleeper.pid, sleeper.pid))
    server.write()
    watch = Watch(server, "127.0.0.1")
    Server(tmp_path, 2, (sleeper.pid, sleeper.pid)).write()
    watch.keep_up()
    assert noted(tmp_path).port == 2


def test_a_torchserve_that_hangs_is_ended(tmp_path, sleeper, monkeypatch) -> None:
    """Somebody listens where its address is, and says nothing."""
    monkeypatch.setattr("trifold.serve.operations.watch.PING_EVERY_S", 0.0)
    monkeypatch.setattr("trifold.serve.operations.watch.PING_S", 0.1)
    server = Server(tmp_path, free_ports(), (os.getpid(), sleeper.pid), engine=TORCHSERVE)
    (tmp_path / "key_file.json").write_text('{"inference": {"key": "k"}}')
    with socket.create_server(("127.0.0.1", server.port + 1)):
        watch = Watch(server, "127.0.0.1")
        watch._end_what_hangs()
        assert sleeper.poll() is None
        monkeypatch.setattr("trifold.serve.operations.watch.SILENT_S", 0.1)
        watch._end_what_hangs()
        assert sleeper.wait(5) == -9


def test_a_detached_watcher_starts_a_gateway_anew_and_ends_with_the_endpoint(
    tmp_path, sleeper
) -> None:
    port = free_ports()
    (tmp_path / "logs").mkdir()
    Settings(stop_seconds=1).write(tmp_path / "settings.json")
    blank = Server(tmp_path, port, (), engine=TORCHSERVE)
    gateway = launch_gateway(blank, "127.0.0.1")
    replace(blank, pids=(gateway.pid, sleeper.pid), born=()).write()
    watcher = watch_detached(tmp_path, "127.0.0.1")
    until(lambda: listens(port))
    gateway.kill()
    gateway.wait()
    until(lambda: noted(tmp_path).pids[0] != gateway.pid and listens(port))
    assert noted(tmp_path).pids[1] == sleeper.pid
    assert stop_main([f"out={tmp_path}"]) == 0
    assert watcher.wait(20) == 0
    assert not listens(port)
    assert born(sleeper.pid) is None


def until(good, seconds: float = 60.0) -> None:
    end_s = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def listens(port: int) -> bool:
    try:
        return requests.get(f"http://127.0.0.1:{port}/ping", timeout=10).status_code == 503
    except requests.ConnectionError:
        return False


def test_webhooks_without_a_secret_are_refused_by_name(tmp_path: Path) -> None:
    message = r"webhook_secret: expected webhook_secret=FILE beside webhook_url, got none"
    with pytest.raises(InputError, match=message):
        settings_of({"webhook_url": "http://127.0.0.1/hook"})
    with pytest.raises(InputError, match=message):
        Settings(webhook_url="http://127.0.0.1/hook")
    path = tmp_path / "settings.json"
    path.write_text('{"webhook_url": "http://127.0.0.1/hook"}')
    with pytest.raises(InputError, match=message):
        read_settings(path)


def test_secrets_are_looked_at_before_anything_starts(tmp_path: Path) -> None:
    (tmp_path / "trifold.mar").touch()
    (tmp_path / "short").write_text("short")
    for name in ("webhook_secret", "audit_key"):
        settings = settings_of({name: str(tmp_path / "short")})
        with pytest.raises(InputError, match="expected a key of 16 bytes or more, got 5"):
            start(tmp_path, tmp_path / "out", port=free_ports(), settings=settings)
    assert not (tmp_path / "out").exists()


def test_words_on_a_full_disk_are_a_refusal_by_name_and_nothing_of_them_stays(tmp_path) -> None:
    """A real limit of the system on the size of files."""
    service = Service(write_tiny_bundle(tmp_path / "bundle"), Settings(work_dir=str(tmp_path)))
    before, (soft, hard) = set(tmp_path.iterdir()), resource.getrlimit(resource.RLIMIT_FSIZE)
    request = {"body": b'{"answers": [{"transcript": "I plan."}]}'}
    headers = {"content-type": "application/json", "x-caller-scopes": "score"}
    resource.setrlimit(resource.RLIMIT_FSIZE, (3, hard))
    try:
        (reply,) = service.answer([(request, headers)])
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert (reply.status, json.loads(reply.body)["code"]) == (503, "DISK_FULL")
    assert set(tmp_path.iterdir()) == before


def test_a_response_is_kept_with_its_line_or_not_at_all(tmp_path: Path) -> None:
    """The log lies in a folder that is not there (any more)."""
    log = tmp_path / "gone" / "audit.jsonl"
    records = Records(Settings(keep_dir=str(tmp_path / "keep"), audit_log=str(log)))
    asked = replace(wanted(AnswerRequest("a", transcript=b"x")), retain=True, answers=())
    answer = {"bundle_id": "b", "candidate": {"status": "scored"}}
    with pytest.raises(Problem, match="audit log cannot be written"):
        records.scored(asked, [], answer, Caller("ann"))
    assert not list((tmp_path / "keep").rglob("*.json"))
    log.parent.mkdir()
    records.scored(asked, [], answer, Caller("ann"))
    assert len(list((tmp_path / "keep").rglob("*.json"))) == 1
    assert json.loads(log.read_text())["retained"] is True
