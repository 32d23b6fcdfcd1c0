"""TorchServe behind the gateway: the same bytes as its own workers give, and its own ways.

Both are started on one bundle, TorchServe as a user starts it and watched as it then is. What a
request can end in is in ``test_endpoint.py``.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import numpy as np
import psutil
import pytest
import requests

from tests.factories.media import write_interview, write_media
from tests.serve.serve_factory import write_tiny_bundle
from tests.serve.serve_ports import ROOT, accepted, free_ports
from trifold.errors import TrifoldError
from trifold.serve.access.callers import Wish, add_caller
from trifold.serve.client.endpoint import Client, ScoringError
from trifold.serve.operations.java import find_java_home
from trifold.serve.operations.rollout import roll_out
from trifold.serve.operations.server import Server
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.operations.stop import noted
from trifold.serve.settings import Settings

pytestmark = pytest.mark.slow

GOOD = {"answers": [{"transcript": "I plan every step."}]}


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """Media and a bundle."""
    try:
        find_java_home()
    except TrifoldError as error:
        pytest.skip(str(error))
    root = tmp_path_factory.mktemp("torchserve")
    for name in ("q1", "q2"):
        write_interview(root / "media", name, seed=int(name[1]))
    write_tiny_bundle(root / "bundle")
    return root


@pytest.fixture(scope="module")
def process(work: Path):
    command = [sys.executable, "-m", "serve.start", f"bundle={work}/bundle", "engine=torchserve",
               "workers=1", f"out={work}/out", f"port={free_ports()}", f"keep_dir={work}/keep",
               f"media_root={work}/media"]  # fmt: skip
    running = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    end_s = time.monotonic() + 300
    while noted(work / "out") is None:
        assert running.poll() is None
        assert time.monotonic() < end_s
        time.sleep(0.1)
    yield running
    running.terminate()
    running.wait(60)


@pytest.fixture(scope="module")
def server(work: Path, process) -> Server:
    found = noted(work / "out")
    assert found is not None
    return found


def head(server: Server, kind: str = "") -> dict[str, str]:
    return {"Authorization": f"Bearer {server.key(kind)}"}


def post(server: Server, **request) -> requests.Response:
    headers = request.pop("headers", {}) | head(server)
    url = f"{server.address}/predictions/trifold"
    return requests.post(url, headers=headers, timeout=120, **request)


def upload(work: Path, **fields: str) -> dict:
    files = {f"media_{n}": (f"q{n}.mp4", (work / f"media/q{n}.mp4").read_bytes()) for n in (1, 2)}
    words = (work / "media/q1.vtt").read_text(encoding="utf-8")
    return {"files": files, "data": {"candidate_id": "k\u00edm", "transcript_1": words, **fields}}


def test_both_engines_answer_with_the_same_bytes(work: Path, server: Server) -> None:
    asked = [
        upload(work, explain="true", question_2='Who plans; "you"?'),
        {"data": (work / "media/q1.mp4").read_bytes(), "headers": {"content-type": "video/mp4"}},
        {"json": {"candidates": [{"candidate_id": "a", **GOOD}, {"answers": [{"path": "../x"}]}]}},
        {"data": {"candidate_id": "ann b&c", "transcript_1": "Ein \u00e4hnlicher Plan & + = %."}},
        {"data": b"{", "headers": {"content-type": "application/json"}},
        {"json": {"answers": [{"transcript": ""}]}},
        {"files": [("media_1", b"x"), ("media_1", b"y")]},
        {"files": {"media_1": b""}},
        {"files": {"media_1": b"x"}, "data": {"age": "40"}},
        {"data": b"--b\r\nContent-Disposition: form-data\r\n\r\nx\r\n--b--\r\n",
         "headers": {"content-type": "multipart/form-data; boundary=b"}},
        {"json": GOOD, "headers": {"content-type": "Application/JSON; charset=utf-8"}},
    ]  # fmt: skip
    settings = Settings(media_root=str(work / "media"))
    other = start(work / "bundle", work / "own", port=free_ports(), settings=settings,
                  serving=Serving(1))  # fmt: skip
    try:
        ours, theirs = ([post(one, **dict(a)) for a in asked] for one in (other, server))
    finally:
        other.stop()
    statuses = [200, 200, 200, 200, 400, 422, 400, 415, 400, 400, 200]
    assert [answer.status_code for answer in theirs] == statuses
    for mine, answer in zip(ours, theirs, strict=True):
        assert (mine.status_code, mine.content) == (answer.status_code, answer.content)
        kinds = [one.headers["content-type"] for one in (mine, answer)]
        assert kinds[0] == kinds[1]


def test_torchserve_behind_it_needs_its_own_keys_and_fetches_nothing(server) -> None:
    models = f"{server.management}/models"
    scores = f"{server.inference}/predictions/trifold"
    for headers in ({}, head(server), head(server, "inference")):
        assert requests.get(models, headers=headers, timeout=10).status_code == 400
    for headers in ({}, head(server), head(server, "management")):
        assert requests.post(scores, data=b"x", headers=headers, timeout=10).status_code == 400
    for url in ("http://127.0.0.1:9/x.mar", "file:///etc/passwd", "../serving/x.mar"):
        answer = requests.post(models, params={"url": url}, headers=head(server, "management"),
                               timeout=10)  # fmt: skip
        assert 400 <= answer.status_code < 500, url


def test_tenants_and_scopes_hold_behind_torchserve(work, server) -> None:
    """Attacks are in ``test_tenants.py``; here what is said of a caller passes TorchServe."""
    media = work / "media" / "büro 7" / "q1.wav"
    media.parent.mkdir(parents=True)
    write_media(media, audio=np.zeros(16000, dtype=np.float32), audio_codec="pcm_s16le")
    wishes = {"bob": Wish(media="büro 7"), "eve": Wish(scopes=("score",)),
              "dpo": Wish(scopes=("admin",))}  # fmt: skip
    keys = {n: add_caller(server.folder, n, w) for n, w in wishes.items()}
    clients = {n: Client(server.address, accepted(server.address, k)) for n, k in keys.items()}
    kim = {"candidate_id": "kím", "answers": [{"transcript": "I plan."}]}
    for name in ("bob", "eve"):
        clients[name].send(kim | {"retain": True})
    job = clients["bob"].submit(kim)
    clients["bob"].result(job, every_s=0.1)
    with pytest.raises(ScoringError, match="422 NOTHING_USABLE"):
        clients["bob"].send({"answers": [{"path": "q1.wav"}]})
    with pytest.raises(ScoringError, match="400 PATH_REFUSED"):
        clients["eve"].send({"answers": [{"path": "../büro 7/q1.wav"}]})
    with pytest.raises(ScoringError, match=r"403 MISSING_SCOPE: expected .* scope forget"):
        clients["eve"].forget("kím")
    with pytest.raises(ScoringError, match=r"403 MISSING_SCOPE: expected .* scope score"):
        clients["dpo"].send(kim)
    removed = clients["bob"].forget("kím")
    assert (len(removed["forgotten"]["files"]), removed["job_answers"]) == (1, 1)
    with pytest.raises(ScoringError, match="404 NO_SUCH_JOB"):
        clients["bob"].result(job)
    assert len(clients["dpo"].forget("kím", everyone=True)["forgotten"]["files"]) == 1


def test_a_killed_worker_fails_its_request_cleanly_and_comes_back(work, server) -> None:
    def worker() -> int | None:
        with suppress(requests.RequestException):
            found = requests.get(f"{server.management}/models/trifold", timeout=10,
                                 headers=head(server, "management")).json()  # fmt: skip
            return next((w["pid"] for w in found[0]["workers"] if w["status"] == "READY"), None)
        return None

    before = worker()
    os.kill(before, signal.SIGKILL)
    answer = post(server, json=GOOD)
    assert (answer.status_code, answer.json().get("code")) in [(200, None), (503, "WORKER_DIED"),
                                                               (503, "OVERLOADED")]  # fmt: skip
    until(lambda: worker() not in (None, before))
    assert post(server, json=GOOD).status_code == 200
    assert not list((work / "out/tmp").glob("trifold-*"))


def test_a_rollout_loses_nothing(work, server) -> None:
    bundle = write_tiny_bundle(work / "bundle2", seed=1)
    seen: list[requests.Response] = []
    with ThreadPoolExecutor(1) as pool:
        rollout = pool.submit(roll_out, server, bundle, model="trifold", settle_s=1, version="2.0")
        while not rollout.done():
            seen.append(post(server, json=GOOD))
        assert rollout.result() == ("2.0", ["1.0"])
    assert {answer.status_code for answer in seen} == {200}
    served = [answer.json()["model_version"] for answer in seen]
    assert served == sorted(served)
    assert set(served) == {"1.0", "2.0"}


def test_metrics_count_what_happened(server) -> None:
    text = requests.get(server.metrics, headers=head(server, "management"), timeout=10).text
    for name in ("TrifoldStageTime", "TrifoldMediaSeconds", "TrifoldWithheld"):
        assert f"\n{name}" in text, name
    assert 'TrifoldErrors{Code="' in text


def test_java_that_hangs_is_told_in_time_and_java_that_ends_is_started_anew(work, server) -> None:
    """Runs last: TorchServe is another one afterwards, and has the version that was rolled out."""
    below = psutil.Process(server.pids[1]).children()
    java = next(process for process in below if process.name() == "java")

    def ping() -> str:
        answer = requests.get(f"{server.address}/ping", timeout=20)
        return answer.json().get("code", "")

    java.suspend()
    until(lambda: java.status() == psutil.STATUS_STOPPED)
    begun_s = time.monotonic()
    assert ping() == "NOT_READY"
    assert time.monotonic() - begun_s < 5
    java.resume()
    until(lambda: ping() == "")
    java.kill()
    until(lambda: ping() == "NOT_READY")
    until(lambda: post(server, json=GOOD).status_code == 200)
    assert post(server, json=GOOD).json()["model_version"] == "2.0"
    after = noted(work / "out")
    assert (after.pids[0], after.pids[1] != server.pids[1]) == (server.pids[0], True)


def until(good, seconds: float = 300.0) -> None:
    end_s = time.monotonic() + seconds
    while not good():
        assert time.monotonic() < end_s
        time.sleep(0.2)
