"""Two gateways on one database, as processes: jobs, keys and the audit log are of both.

On SQLite they are two of one machine, on PostgreSQL they might be of any.
"""

from __future__ import annotations

import json
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

import pytest

import trifold.serve.audit.verifier
from tests.serve.gateway.gateway_factory import GatewayProcess, Pair, shared_setting
from trifold.serve.access.callers import remove_caller
from trifold.serve.audit.command import main as audit
from trifold.serve.audit.opened import open_log

LEASE_S = 10.0
SLOW_S = 1.0  # that a busy machine may take longer


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def pair(request, tmp_path_factory):
    root = tmp_path_factory.mktemp("shared")
    settings = {"database": shared_setting(request, root), "audit_log": "database"}
    with ExitStack() as stack:
        made = Pair(root, stack, LEASE_S, **settings, audit_every_s=1)
        made.key = made.add("ann", scopes=("score", "forget", "audit"))
        yield made


def scoring(number: int, **more) -> dict:
    return {"candidate_id": f"person {number}", "words": f"what person {number} said", **more}


def test_each_job_is_run_once_and_read_from_both(pair) -> None:
    jobs = {}
    for number in range(12):
        gateway = (pair.one, pair.two)[number % 2]
        jobs[number] = gateway.submit(pair.key, scoring(number))
    for number, job in jobs.items():
        other = (pair.two, pair.one)[number % 2]
        assert other.done(pair.key, job)["candidate"]["candidate_id"] == f"person {number}"
    assert sorted(pair.behind.seen.values()) == [1] * 12
    name = {"Idempotency-Key": "once"}
    first = pair.one.submit(pair.key, scoring(100), **name)
    assert pair.two.submit(pair.key, scoring(100), **name) == first
    again = pair.two.call("POST", "/jobs/trifold", pair.key, json=scoring(101), headers=name)
    assert again.json()["code"] == "IDEMPOTENCY_MISMATCH"


def test_who_loses_a_key_on_one_is_refused_on_the_other_within_a_second(pair) -> None:
    key = pair.add("eve")
    remove_caller(pair.one.folder, "eve")
    for gateway in (pair.two, pair.one):
        waited_s = gateway.until(lambda g=gateway: g.call("GET", "/jobs/x", key).status_code == 401)
        assert waited_s < 1.0 + SLOW_S


def test_the_audit_log_is_one_chain_that_anybody_can_verify(pair, tmp_path, capsys) -> None:
    """Workers of both write at once, beside the gateways."""

    def append_some(gateway: GatewayProcess) -> None:
        log = open_log(gateway.settings)
        for number in range(15):
            log.append("score", output_sha256=f"{number}")

    with ThreadPoolExecutor(2) as pool:
        list(pool.map(append_some, (pair.one, pair.two)))
    found = [g.call("GET", "/audit", pair.key).json()["lines"] for g in (pair.one, pair.two)]
    assert min(found) >= 30
    exported = tmp_path / "log.jsonl"
    assert audit([f"out={pair.one.folder}", f"export={exported}"]) == 0
    said = capsys.readouterr().out
    events = [json.loads(line)["event"] for line in exported.read_text().splitlines()]
    assert events.count("started") == 2
    assert events.count("score") == 30
    assert verified(exported).stdout == said
    exported.write_bytes(exported.read_bytes().replace(b'"score"', b'"scope"', 1))
    assert verified(exported).returncode == 2


def verified(path: Path) -> subprocess.CompletedProcess:
    """What the verifier says, alone: without this project, and without anything installed."""
    command = [sys.executable, "-I", "-S", trifold.serve.audit.verifier.__file__, path]
    return subprocess.run(command, capture_output=True, text=True)


def test_what_is_forgotten_on_one_is_gone_from_both(pair) -> None:
    job = pair.one.submit(pair.key, scoring(400))
    pair.one.done(pair.key, job)
    pair.behind.go_on.clear()
    late = pair.one.submit(pair.key, scoring(400, hold=True))
    pair.one.until(lambda: any(b"person 400" in b and b"hold" in b for b in pair.behind.seen))
    forgotten = pair.two.call("POST", "/predictions/trifold", pair.key,
                              json={"forget": "person 400"})  # fmt: skip
    assert forgotten.json()["job_answers"] == 1
    pair.behind.go_on.set()
    for gateway in (pair.one, pair.two):
        assert gateway.call("GET", f"/jobs/{job}", pair.key).status_code == 404
        gateway.until(lambda g=gateway: g.call("GET", f"/jobs/{late}", pair.key).status_code == 404)


def test_a_gateway_that_is_killed_loses_no_job(pair) -> None:
    """Runs last."""
    pair.behind.go_on.clear()
    held = scoring(200, hold=True)
    job = pair.one.submit(pair.key, held)
    waiting = [pair.one.submit(pair.key, scoring(201 + i, hold=True)) for i in range(5)]
    # two by each gateway
    pair.one.until(lambda: sum(n for b, n in pair.behind.seen.items() if b"person 20" in b) == 4)
    pair.one.kill()
    pair.behind.go_on.set()
    for one in (job, *waiting):  # those in its hands too, once it is given up for dead
        assert "candidate" in pair.two.done(pair.key, one)
    pair.behind.go_on.clear()
    job = pair.two.submit(pair.key, scoring(300, hold=True))
    pair.two.until(lambda: any(b"person 300" in body for body in pair.behind.seen))
    pair.two.kill()
    pair.behind.go_on.set()
    pair.two.start()  # alone, it takes up what it left
    assert pair.two.done(pair.key, job)["candidate"]["candidate_id"] == "person 300"
    assert pair.behind.seen[json.dumps(scoring(300, hold=True)).encode()] == 2
