"""What must not end an endpoint: full disks, callers that hang, deaths of gateway and workers.

One endpoint for the file, started as a user starts it and watched as it then is. The tests follow
each other; the last one stops it.
"""

from __future__ import annotations

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import wave
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import psutil
import pytest
import requests

from tests.factories.media import voice
from tests.serve.serve_factory import write_tiny_bundle
from tests.serve.serve_ports import ROOT, accepted, free_ports
from trifold.serve.access.callers import add_caller
from trifold.serve.audit.log import verify
from trifold.serve.operations.server import Server
from trifold.serve.operations.stop import noted

pytestmark = pytest.mark.slow

GOOD = {"answers": [{"transcript": "I plan every step."}]}
STOP_S = 1


@dataclass
class Endpoint:
    """A running ``trifold.serve.operations.start`` and what its folder says."""

    folder: Path
    small: Path
    process: subprocess.Popen

    @property
    def server(self) -> Server:
        found = noted(self.folder)
        assert found is not None
        return found

    @property
    def audit(self) -> Path:
        return self.small / "audit.jsonl"

    def post(self, path: str = "/predictions/trifold", key: str = "", **request):
        headers = {"Authorization": f"Bearer {key or self.server.key()}"}
        return requests.post(self.server.address + path, headers=headers, timeout=120, **request)

    def get(self, path: str) -> requests.Response:
        headers = {"Authorization": f"Bearer {self.server.key()}"}
        return requests.get(self.server.address + path, headers=headers, timeout=20)

    def worker(self) -> int | None:
        """Process id of the worker that scores; None while there is none."""
        server = self.server
        with suppress(requests.RequestException, OSError):
            headers = {"Authorization": f"Bearer {server.key('management')}"}
            found = requests.get(f"{server.management}/models/trifold", headers=headers, timeout=10)
            pids = [w["pid"] for w in found.json()[0]["workers"] if w["status"] == "READY"]
            return pids[0] if pids else None
        return None

    def until(self, good, seconds: float = 300.0) -> None:
        end_s = time.monotonic() + seconds
        while not good():
            assert time.monotonic() < end_s
            assert self.process.poll() is None
            time.sleep(0.1)

    def is_busy(self) -> bool:
        return any((self.folder / "tmp").glob("trifold-*/*"))


def recording(seconds: int) -> bytes:
    """A long WAV file of somebody who speaks, which keeps a worker busy."""
    sound = (np.tile(voice(3.0), seconds // 3) * 20_000).astype("<i2")
    content = io.BytesIO()
    with wave.open(content, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16_000)
        file.writeframes(sound.tobytes())
    return content.getvalue()


@pytest.fixture(scope="module")
def small(tmp_path_factory):
    """A disk of two megabytes, for the audit log and what is kept."""
    folder = tmp_path_factory.mktemp("small")
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", folder], check=False,
                          capture_output=True)  # fmt: skip
    if done.returncode:
        pytest.skip("this user may not mount a small disk")
    yield folder
    subprocess.run(["umount", "--lazy", folder], check=True)


@pytest.fixture(scope="module")
def endpoint(small: Path, tmp_path_factory):
    root = tmp_path_factory.mktemp("endurance")
    write_tiny_bundle(root / "bundle")
    settings = {"audit_log": small / "audit.jsonl", "keep_dir": small / "keep", "audit_every_s": 1,
                "stop_seconds": STOP_S, "max_waiting": 4}  # fmt: skip
    command = [sys.executable, "-m", "serve.start", f"bundle={root}/bundle", "workers=1",
               f"out={root}/out", f"port={free_ports()}",
               *(f"{k}={v}" for k, v in settings.items())]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    running = Endpoint(root / "out", small, process)
    running.until(lambda: noted(running.folder) is not None, 300)
    yield running
    if process.poll() is None:
        process.terminate()
        process.wait(60)


def code_of(answer: requests.Response) -> tuple[int, str]:
    assert answer.headers["content-type"] == "application/problem+json"
    return answer.status_code, answer.json()["code"]


def test_a_full_disk_stops_scoring_for_as_long_as_it_is_full(endpoint: Endpoint) -> None:
    job = endpoint.post("/jobs/trifold", json=GOOD).json()["job"]
    endpoint.until(lambda: endpoint.get(f"/jobs/{job}").json()["status"] == "done")
    with (endpoint.small / "fill").open("wb", buffering=0) as file, suppress(OSError):
        while file.write(bytes(500)):
            pass
    refused = (503, "AUDIT_UNAVAILABLE")
    for facts in (GOOD, GOOD | {"candidate_id": "ann", "retain": True}, {"forget": "ann"}):
        answer = endpoint.post(json=facts)
        assert code_of(answer) == refused
        assert answer.headers["Retry-After"] == "5"
    endpoint.until(lambda: endpoint.get("/ping").status_code == 503, 5)  # a finding lasts a second
    assert code_of(endpoint.get("/ping")) == refused
    assert endpoint.get(f"/jobs/{job}").status_code == 200  # that it is read was written before
    assert not list((endpoint.small / "keep").rglob("*.json"))
    (endpoint.small / "fill").unlink()
    endpoint.until(lambda: endpoint.get("/ping").status_code == 200, 10)
    assert endpoint.post(json=GOOD | {"candidate_id": "ann", "retain": True}).status_code == 200
    assert len(list((endpoint.small / "keep").rglob("*.json"))) == 1
    lines = [json.loads(line) for line in endpoint.audit.read_text().splitlines()]
    assert [e["retained"] for e in lines if e["event"] == "score"].count(True) == 1
    assert [e["job"] for e in lines if e["event"] == "job_read"] == [job]
    verify(endpoint.audit)


def test_a_log_that_was_cut_by_hand_goes_on(endpoint: Endpoint) -> None:
    os.truncate(endpoint.audit, endpoint.audit.stat().st_size - 20)
    assert endpoint.post(json=GOOD).status_code == 200
    endpoint.audit.with_name("audit.jsonl.heads").unlink()  # noted of the line that was cut
    assert verify(endpoint.audit).recovered == 1


def test_a_second_caller_is_served_while_others_hang(endpoint: Endpoint) -> None:
    """One caller opens all connections that it may have, and does not go on."""
    key, address = endpoint.server.key(), ("127.0.0.1", endpoint.server.port)
    held = []
    for _ in range(32):
        held.append(socket.create_connection(address, timeout=20))
        held[-1].sendall(b"POST /predictions/trifold HTTP/1.1\r\nHost: x\r\nContent-Length: 90\r\n"
                         b"Authorization: Bearer " + key.encode() + b"\r\n\r\nx")  # fmt: skip
    endpoint.until(lambda: code_of(endpoint.post(json=GOOD)) == (429, "TOO_MANY_REQUESTS"))
    bob = accepted(endpoint.server.address, add_caller(endpoint.folder, "bob"))
    begun_s = time.monotonic()
    assert endpoint.post(key=bob, json=GOOD).status_code == 200
    assert time.monotonic() - begun_s < 10
    for connection in held:
        connection.close()
    endpoint.until(lambda: endpoint.post(json=GOOD).status_code == 200)


def test_a_job_that_ends_workers_ends_two_of_them(endpoint: Endpoint) -> None:
    job = endpoint.post("/jobs/trifold", data=recording(600)).json()["job"]
    killed = []
    while endpoint.get(f"/jobs/{job}").json()["status"] != "done":
        pid = endpoint.worker()
        if pid is not None and pid not in killed and endpoint.is_busy():
            os.kill(pid, signal.SIGKILL)
            killed.append(pid)
        time.sleep(0.05)
    assert endpoint.get(f"/jobs/{job}").json()["result"]["code"] == "WORKER_DIED"
    assert len(killed) == 2
    endpoint.until(lambda: endpoint.post(json=GOOD).status_code == 200)
    assert not endpoint.is_busy()


def test_a_gateway_that_is_killed_takes_its_workers_along_and_comes_back(endpoint) -> None:
    before, worker = endpoint.server, endpoint.worker()
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(endpoint.post, data=recording(600))
        endpoint.until(endpoint.is_busy)
        os.kill(before.pids[0], signal.SIGKILL)
        with pytest.raises(requests.ConnectionError):
            answer.result()
    endpoint.until(lambda: not psutil.pid_exists(worker), 30)
    endpoint.until(lambda: not endpoint.is_busy(), 30)
    endpoint.until(lambda: endpoint.server != before)
    endpoint.until(lambda: code_of_any(endpoint) == (200, ""))
    assert endpoint.worker() != worker


def code_of_any(endpoint: Endpoint) -> tuple[int, str]:
    try:
        answer = endpoint.post(json=GOOD)
    except requests.ConnectionError:
        return 0, ""
    return answer.status_code, answer.json().get("code", "")


def test_a_stop_answers_a_long_request_and_leaves_nothing(endpoint: Endpoint) -> None:
    """Runs last."""
    with ThreadPoolExecutor(1) as pool:
        answer = pool.submit(endpoint.post, data=recording(1500))
        endpoint.until(endpoint.is_busy)
        pids = [*endpoint.server.pids, endpoint.worker()]
        endpoint.process.send_signal(signal.SIGTERM)
        assert code_of(answer.result()) == (503, "STOPPING")
    assert endpoint.process.wait(60) == 143
    assert not list((endpoint.folder / "tmp").glob("trifold-*"))
    assert noted(endpoint.folder) is None
    assert not any(psutil.pid_exists(pid) for pid in pids)
    verify(endpoint.audit)
