"""Ray Serve behind the gateway: the bytes of the gateway's own workers, and ends of machines.

A cluster of two nodes on this machine, joined as a user joins one, and one endpoint for the file.
The cluster that a gateway starts itself is in ``test_own_cluster.py``.
"""

from __future__ import annotations

import os
import signal
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.factories.media import write_interview
from tests.serve.cluster.ray_factory import ASKED_FOR, files_with, no_token
from tests.serve.serve_factory import free_ports, write_tiny_bundle
from trifold.errors import InputError
from trifold.serve.cluster.local import LocalCluster
from trifold.serve.cluster.options import ClusterOptions
from trifold.serve.cluster.replica import UPLOADS
from trifold.serve.operations.rollout import roll_out
from trifold.serve.operations.server import RAY, Server
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.settings import Settings
from trifold.serve.shadow.command import begin
from trifold.serve.update.command import update

pytest.importorskip("ray.serve")
pytestmark = [pytest.mark.slow, ASKED_FOR]

MARKER = "zyxomma"  # in ids and words; must be found nowhere afterwards
GOOD = {"candidate_id": MARKER, "answers": [{"transcript": f"I plan every step, {MARKER}."}]}


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("ray")
    write_interview(root, "q1", seed=1)
    write_tiny_bundle(root / "bundle")
    return root


@pytest.fixture(scope="module")
def cluster(work: Path):
    """Two nodes, each with room for a worker and its successor; sockets want a short path."""
    folder = Path(tempfile.mkdtemp(prefix="r"))
    with no_token():
        found = LocalCluster(folder, 2)
        found.add(2)
        yield found
        logs, leaks = files_with("", folder), files_with(MARKER, folder)
        found.close()
    assert logs
    assert leaks == []


@pytest.fixture(scope="module")
def server(work: Path, cluster: LocalCluster):
    running = start(work / "bundle", work / "out", port=free_ports(), settings=Settings(),
                    engine=RAY, serving=Serving(2),
                    cluster=ClusterOptions(cluster.address))  # fmt: skip
    yield running
    running.stop()


def post(server: Server, path: str = "/predictions/trifold", **request) -> requests.Response:
    headers = request.pop("headers", {}) | {"Authorization": f"Bearer {server.key()}"}
    return requests.post(server.address + path, headers=headers, timeout=240, **request)


def test_both_engines_answer_with_the_same_bytes(work: Path, server: Server) -> None:
    media = (work / "q1.mp4").read_bytes()
    words = {"name": "transcript", "shape": [1], "datatype": "BYTES", "data": ["I plan."]}
    plain, tensors = "/predictions/trifold", "/v2/models/trifold/infer"
    asked = [
        (plain, {"files": {"media_1": ("q1.mp4", media)},
                 "data": {"candidate_id": MARKER, "explain": "true", "question_1": "Who \u00fc?"}}),
        (plain, {"data": media + bytes(6 << 20), "headers": {"content-type": "video/mp4"}}),
        (plain, {"json": {"candidates": [GOOD, {"answers": [{"path": "../x"}]}]}}),
        (plain, {"data": b"{", "headers": {"content-type": "application/json"}}),
        (plain, {"files": [("media_1", b"x"), ("media_1", b"y")]}),
        (plain, {"json": {"answers": [{"transcript": ""}]}}),
        (plain, {"files": {"media_1": MARKER.encode()}}),
        (tensors, {"json": {"inputs": [words]}}),
        (f"{plain}/9", {"json": GOOD}),
    ]  # fmt: skip
    other = start(work / "bundle", work / "own", port=free_ports(), settings=Settings(),
                  serving=Serving(1))  # fmt: skip
    try:
        ours, theirs = ([post(one, path, **dict(r)) for path, r in asked]
                        for one in (other, server))  # fmt: skip
    finally:
        other.stop()
    assert [a.status_code for a in theirs] == [200, 200, 200, 400, 400, 422, 415, 200, 404]
    for mine, answer in zip(ours, theirs, strict=True):
        assert (mine.status_code, mine.content) == (answer.status_code, answer.content)
        assert mine.headers["content-type"] == answer.headers["content-type"]


def test_a_rollout_loses_nothing(work: Path, server: Server) -> None:
    bundle = write_tiny_bundle(work / "bundle2", seed=1)
    seen: list[requests.Response] = []
    with ThreadPoolExecutor(1) as pool:
        rollout = pool.submit(roll_out, server, bundle, model="trifold", settle_s=0, version="2.0")
        while not rollout.done():
            seen.append(post(server, json=GOOD))
        assert rollout.result() == ("2.0", ["1.0"])
    assert {answer.status_code for answer in seen} == {200}
    served = [answer.json()["model_version"] for answer in seen]
    assert served == sorted(served)
    assert post(server, json=GOOD).json()["model_version"] == "2.0"


def test_what_it_cannot_do_is_refused_in_words(work: Path, server: Server) -> None:
    with pytest.raises(InputError, match="expected the engine built_in, got ray"):
        begin(server, work / "bundle", model="trifold", version="3.0", share=0.5, serving={})
    with pytest.raises(InputError, match=r"expected another engine, or .*again=true, got ray"):
        update(server.folder)


def test_a_machine_that_ends_takes_no_answer_along(work: Path, server: Server, cluster) -> None:
    def ask(_: int) -> requests.Response:
        return post(server, data=(work / "q1.mp4").read_bytes(),
                    headers={"content-type": "video/mp4"})  # fmt: skip

    with ThreadPoolExecutor(4) as pool:
        answers = [pool.submit(ask, number) for number in range(12)]
        answers[1].result()  # both nodes are at work
        os.killpg(cluster.nodes[-1].pid, signal.SIGKILL)
        came = [answer.result() for answer in answers]
    assert {answer.status_code for answer in came} == {200}
    assert len({answer.text for answer in came}) == 1


def test_metrics_have_the_names_of_the_others_and_no_upload_is_left(server: Server) -> None:
    text = requests.get(server.metrics, timeout=10).text
    for name in ("TrifoldStageTime", "TrifoldMediaSeconds", "TrifoldWithheld", "TrifoldWorkers",
                 'trifold_candidates_total{model="trifold",status="scored"}', "trifold_workers{",
                 "trifold_queue_wait_seconds_count"):  # fmt: skip
        assert f"\n{name}" in text, name
    assert 'trifold_queue_length{model="trifold",version="2.0"} 0' in text
    assert 'TrifoldErrors{Code="DECODE_ERROR"' in text
    assert MARKER not in text
    uploads, end_s = Path(tempfile.gettempdir(), f"{UPLOADS}-{os.getuid()}"), time.monotonic() + 20
    while list(uploads.iterdir()) and time.monotonic() < end_s:  # workers of the lost machine end
        time.sleep(0.1)
    assert list(uploads.iterdir()) == []
