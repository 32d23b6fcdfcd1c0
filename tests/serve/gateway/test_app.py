"""The gateway alone: what it refuses itself, what it writes down of that, and that it goes on.

It runs as a process of its own before a TorchServe that is not there, one for the file. A body gets
a second of grace.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from contextlib import closing, suppress
from pathlib import Path

import pytest
import requests
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.serve.serve_factory import ROOT, free_ports
from trifold.serve.access.callers import add_caller, remove_caller
from trifold.serve.audit.log import AuditError, verify
from trifold.serve.settings import Settings

GRACE_S = 1.0
CODE = """
import sys
import trifold.serve.gateway.bodies
from trifold.serve.gateway.app import main
trifold.serve.gateway.bodies.GRACE_S = float(sys.argv[1])
sys.exit(main(sys.argv[2:]))
"""


class Gateway:
    """A running gateway, its callers' keys, and its folder."""

    def __init__(self, folder: Path, grace_s: float = GRACE_S, **limits) -> None:
        folder.mkdir()
        self.folder, self.port, self.audit = folder, free_ports(), folder / "audit.jsonl"
        self.keys = {name: add_caller(folder, name) for name in ("ann", "bob")}
        (folder / "key_file.json").write_text('{"inference": {"key": "k"}}')
        Settings(audit_log=str(self.audit), audit_every_s=1, **limits).write(
            folder / "settings.json"
        )
        command = [sys.executable, "-c", CODE, str(grace_s), f"out={folder}", "host=127.0.0.1",
                   f"port={self.port}", f"upstream=http://127.0.0.1:{self.port + 1}"]  # fmt: skip
        self.log = (folder / "log").open("wb")
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=self.log, stderr=self.log)
        self.until(lambda: self.ask("GET", "/ping").status_code == 503)

    def until(self, good, seconds: float = 30.0) -> None:
        end_s = time.monotonic() + seconds
        while time.monotonic() < end_s:
            with suppress(requests.ConnectionError):
                if good():
                    return
            time.sleep(0.05)
        raise AssertionError((self.folder / "log").read_text())

    def ask(self, method: str, path: str, caller: str = "", **request) -> requests.Response:
        headers = request.pop("headers", {})
        if caller:
            headers |= {"Authorization": f"Bearer {self.keys[caller]}"}
        url = f"http://127.0.0.1:{self.port}{path}"
        return requests.request(method, url, headers=headers, timeout=20, **request)

    def send(self, content: bytes) -> tuple[bytes, bytes]:
        """Head and body of what comes back for some bytes."""
        with closing(self.connect()) as connection:
            with suppress(OSError):
                connection.sendall(content)
            came = b""
            while b"}" not in came:
                more = connection.recv(1 << 16)
                assert more, came
                came += more
        head, _, body = came.removeprefix(b"HTTP/1.1 100 Continue\r\n\r\n").partition(b"\r\n\r\n")
        return head, body

    def trickle(self, caller: str) -> socket.socket:
        """A request whose body does not come."""
        connection = self.connect()
        head = "POST /predictions/trifold HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n"
        connection.sendall(f"{head}Authorization: Bearer {self.keys[caller]}\r\n\r\nx".encode())
        return connection

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), timeout=20)

    def events(self) -> list[dict]:
        return [json.loads(line) for line in self.audit.read_text().splitlines()]

    def close(self) -> None:
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(20)
        self.log.close()


@pytest.fixture(scope="module")
def gateway(tmp_path_factory):
    running = Gateway(tmp_path_factory.mktemp("gateway") / "out", max_request_mib=1, max_waiting=4)
    yield running
    running.close()


def problem(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == answer.status_code
    return answer.status_code, answer.json()["code"]


@pytest.mark.parametrize("path", ["/predictions/trifold", "/jobs/trifold", "/ping", "/jobs/x"])
@pytest.mark.parametrize("packing", ["gzip", "BR", "identity, gzip", "\xff", ""])
def test_packed_bodies_are_refused_everywhere_unread(gateway, path, packing) -> None:
    method = "POST" if "trifold" in path else "GET"
    headers = {"Content-Encoding": packing.encode("latin-1")}
    answer = gateway.ask(method, path, "ann", data=b"\x1f\x8b" * 10, headers=headers)
    assert problem(answer) == (415, "ENCODING_REFUSED")
    assert answer.headers["Accept-Encoding"] == "identity"


def test_a_hundred_thousand_fields_are_refused_at_once(gateway) -> None:
    begun_s = time.monotonic()
    fields = {f"a{i}": "1" for i in range(60_000)}
    for path in ("/predictions/trifold", "/jobs/trifold"):
        assert problem(gateway.ask("POST", path, "ann", data=fields)) == (413, "TOO_MANY_FIELDS")
    query = gateway.ask("POST", "/predictions/trifold?" + "a&" * 3000, "ann", data=b"x")
    assert problem(query) == (503, "NOT_READY")
    assert time.monotonic() - begun_s < 10


@pytest.mark.parametrize(
    "head",
    [b"\0\xff", b"GET / HTTP/9\r\n", b"GET /ping HTTP/1.1\r\nno colon\r\n",
     b"POST /predictions/trifold HTTP/1.1\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n",
     b"POST /predictions/trifold HTTP/1.1\r\nContent-Length: 1x\r\n",
     b"GET /ping HTTP/1.1\r\n" + b"a: b\r\n" * 100_000,
     b"GET /" + b"a" * 100_000 + b" HTTP/1.1\r\n",
     b"GET /ping HTTP/1.1\r\nA: " + b"a" * 100_000 + b"\r\n"],
)  # fmt: skip
def test_what_is_no_http_is_a_problem_too_and_leaves_no_line_in_the_log(gateway, head) -> None:
    said, body = gateway.send(head + b"\r\n")
    assert said.startswith((b"HTTP/1.1 400", b"HTTP/1.0 400"))
    assert b"application/problem+json" in said
    assert json.loads(body)["code"] == "BAD_REQUEST"
    assert (gateway.folder / "log").read_bytes() == b""


HEADERS = st.dictionaries(
    st.sampled_from(["Content-Type", "Content-Length", "Transfer-Encoding", "Expect", "Range",
                     "Connection", "Upgrade", "Idempotency-Key", "X-Caller-Id", "Accept", "Host",
                     "Content-Encoding"]),
    st.one_of(st.binary(max_size=30).map(lambda b: b.replace(b"\r", b"").replace(b"\n", b"")),
              st.sampled_from([b"0", b"5", b"99999999999", b"-1", b"chunked", b"100-continue",
                               b"multipart/form-data; boundary=b", b"application/json",
                               b"application/x-www-form-urlencoded", b"websocket", b"upgrade"])),
)  # fmt: skip
BODIES = st.one_of(
    st.binary(max_size=200), st.sampled_from([b"--b\r\n" * 300, b"&" * 300, b"5\r\nxx"])
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(headers=HEADERS, body=BODIES, path=st.sampled_from(["predictions", "jobs"]))
def test_any_headers_and_body_end_in_an_answer_by_name_in_bounded_time(
    gateway, headers, body, path
) -> None:
    lines = [f"POST /{path}/trifold HTTP/1.1".encode(),
             b"Authorization: Bearer " + gateway.keys["ann"].encode()]  # fmt: skip
    lines += [name.encode() + b": " + value for name, value in headers.items()]
    begun_s = time.monotonic()
    head, answer = gateway.send(b"\r\n".join(lines) + b"\r\n\r\n" + body)
    assert time.monotonic() - begun_s < 5
    status, facts = int(head.split()[1]), json.loads(answer)
    if status == 202:
        assert facts["status"] in ("queued", "running")
    else:
        assert b"application/problem+json" in head
        assert facts["status"] == status
        assert 400 <= status < 500 or facts["code"] == "NOT_READY"


def test_a_wrong_key_is_refused_before_anything_of_the_body_is_read(gateway) -> None:
    """300 MB are announced, and none of them is sent."""
    head = "POST /predictions/trifold HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n"
    for length in ("Content-Length: 300000000", "Transfer-Encoding: chunked"):
        answer, body = gateway.send(f"{head}{length}\r\n\r\n".encode())
        assert answer.startswith(b"HTTP/1.1 401 ")
        assert json.loads(body)["code"] == "UNAUTHORIZED"


def test_headers_that_do_not_end_take_no_place_of_anybody(gateway) -> None:
    """A hundred of them, where there are four places."""
    held = [gateway.connect() for _ in range(100)]
    for connection in held:
        connection.sendall(b"POST /predictions/trifold HTTP/1.1\r\nHost: x\r\nX-A: ")
    assert gateway.ask("POST", "/jobs/trifold", "bob", data=b"x").status_code == 202
    assert gateway.ask("GET", "/ping").status_code == 503
    for connection in held:
        connection.close()


def test_one_caller_that_trickles_takes_no_place_of_another(gateway) -> None:
    """Ann's bodies do not come, on every connection she may have; Bob is asked nothing of it."""
    held = [gateway.trickle("ann") for _ in range(32)]
    try:
        gateway.until(lambda: problem(gateway.ask("POST", "/jobs/trifold", "ann", data=b"x"))
                      == (429, "TOO_MANY_REQUESTS"))  # fmt: skip
        begun_s = time.monotonic()
        assert gateway.ask("POST", "/jobs/trifold", "bob", data=b"x").status_code == 202
        assert time.monotonic() - begun_s < GRACE_S
        answers = [connection.recv(300).split(b"\r\n")[0] for connection in held]
        assert set(answers) == {b"HTTP/1.1 408 Request Timeout", b"HTTP/1.1 429 Too Many Requests"}
        assert gateway.ask("POST", "/jobs/trifold", "ann", data=b"x").status_code == 202
    finally:
        for connection in held:
            connection.close()


def test_chunks_count_as_they_come_and_are_too_many_at_the_limit(gateway) -> None:
    chunks = (bytes(1 << 17) for _ in range(9))
    answer = gateway.ask("POST", "/jobs/trifold", "ann", data=chunks)
    assert problem(answer) == (413, "REQUEST_TOO_LARGE")


def test_an_upload_that_is_repeated_is_one_job(gateway) -> None:
    """Each upload has a boundary of its own."""
    named = {"headers": {"Idempotency-Key": "one"}, "data": {"candidate_id": "ann"}}
    first, again = (
        gateway.ask("POST", "/jobs/trifold", "ann", files={"media_1": b"x"}, **named)
        for _ in range(2)
    )
    assert first.request.headers["Content-Type"] != again.request.headers["Content-Type"]
    assert (first.status_code, first.json()["job"]) == (202, again.json()["job"])
    other = gateway.ask("POST", "/jobs/trifold", "ann", files={"media_1": b"y"}, **named)
    assert problem(other) == (409, "IDEMPOTENCY_MISMATCH")


def test_a_flood_of_wrong_keys_is_a_few_lines_with_a_count(gateway) -> None:
    before = len(gateway.events())
    begun_s = time.monotonic()
    for _ in range(300):
        assert problem(gateway.ask("POST", "/predictions/trifold")) == (401, "UNAUTHORIZED")
    seconds = time.monotonic() - begun_s

    def count() -> int:
        lines = [e for e in gateway.events()[before:] if e["event"] == "refused"]
        return sum(e["counts"].get("UNAUTHORIZED", 0) for e in lines if e["caller"] == "unknown")

    gateway.until(lambda: count() == 300)
    assert len(gateway.events()) - before <= 3 * (seconds + 3)
    verify(gateway.audit)


def test_changes_of_callers_and_deleted_jobs_are_written_down(gateway) -> None:
    def names(what: str, before: int) -> set[str]:
        changes = [e for e in gateway.events()[before:] if e["event"] == "callers"]
        return {name for e in changes for name in e[what]}

    before = len(gateway.events())
    add_caller(gateway.folder, "cid")
    gateway.until(lambda: any(e["event"] == "callers" for e in gateway.events()[before:]))
    remove_caller(gateway.folder, "cid")
    add_caller(gateway.folder, "bob-2")
    job = gateway.ask("POST", "/jobs/trifold", "ann", data=b"x").json()["job"]
    assert gateway.ask("DELETE", f"/jobs/{job}", "ann").status_code == 204
    gateway.until(
        lambda: {"cid"} <= names("removed", before) and {"bob-2"} <= names("added", before)
    )
    seen = gateway.events()[before:]
    (deleted,) = [e for e in seen if e["event"] == "job_deleted"]
    assert (deleted["job"], deleted["caller"]) == (job, "ann")
    assert (names("added", before), names("removed", before)) == ({"bob-2", "cid"}, {"cid"})


def test_heads_are_noted_so_that_a_cut_is_found(gateway, tmp_path) -> None:
    heads = gateway.audit.with_name("audit.jsonl.heads")
    last = verify(gateway.audit).head
    gateway.until(lambda: last in heads.read_text() or last != verify(gateway.audit).head)
    cut = tmp_path / "audit.jsonl"
    cut.write_bytes(b"")
    cut.with_name("audit.jsonl.heads").write_bytes(heads.read_bytes())
    with pytest.raises(AuditError, match=r"audit.jsonl.heads notes, got 0: lines are missing"):
        verify(cut)


def test_a_stop_answers_whoever_is_still_here_and_writes_what_was_counted(tmp_path) -> None:
    running = Gateway(tmp_path / "out", grace_s=60.0, stop_seconds=1)
    held = running.trickle("ann")
    running.until(lambda: running.ask("GET", "/ping").status_code == 503)
    running.process.send_signal(signal.SIGTERM)
    begun_s = time.monotonic()
    answer = held.recv(1000)
    assert b"503" in answer.split(b"\r\n")[0]
    assert b'"code": "STOPPING"' in answer
    assert running.process.wait(10) == 0
    assert time.monotonic() - begun_s < 5
    counts = [e["counts"] for e in running.events() if e["event"] == "refused"]
    assert sum(c.get("STOPPING", 0) for c in counts) == 1
    running.log.close()
    assert os.stat(running.folder / "log").st_size == 0
