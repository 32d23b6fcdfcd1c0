"""``engine=ray`` on one machine: a cluster of the gateway's own, its answers and its end."""

from __future__ import annotations

import json
import os
import shutil
import signal

import psutil
import pytest
import requests

from tests.factories.media import write_interview
from tests.serve.cluster.ray_factory import ASKED_FOR, files_with
from tests.serve.serve_factory import free_ports, write_tiny_bundle
from trifold.contracts import Clip
from trifold.serve.cluster.ray_serve import local_folder
from trifold.serve.operations.server import RAY
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.settings import Settings
from trifold.serve.worker.model import ServedModel

pytest.importorskip("ray.serve")
pytestmark = [pytest.mark.slow, ASKED_FOR]

MARKER = "zyxomma"  # in ids and words; must be found nowhere afterwards


def test_it_answers_as_scoring_itself_does_and_ends_with_the_gateway(tmp_path) -> None:
    media, bundle = write_interview(tmp_path, "q1", seed=1), write_tiny_bundle(tmp_path / "bundle")
    server = start(bundle, tmp_path / "out", port=free_ports(), settings=Settings(), engine=RAY,
                   serving=Serving(1))  # fmt: skip
    try:
        words = {"candidate_id": MARKER, "transcript_1": f"I plan every step, {MARKER}."}
        said = requests.post(
            f"{server.address}/predictions/trifold",
            data=words,
            files={"media_1": ("q1.mp4", media.read_bytes(), "video/mp4")},
            headers={"Authorization": f"Bearer {server.key()}"},
            timeout=120,
        )
        assert said.status_code == 200, said.text
        children = psutil.Process(server.pids[0]).children(recursive=True)
        assert any("raylet" in child.name() for child in children)
        os.kill(server.pids[0], signal.SIGKILL)
        assert psutil.wait_procs(children, timeout=60)[1] == []
    finally:
        server.stop(wait_s=5)
    scored = ServedModel(bundle, Settings()).score(
        [Clip("media_1", MARKER, media, transcript=words["transcript_1"])]
    )
    rows = json.loads(json.dumps([scored.candidate, list(scored.answers)]))
    assert [said.json()["candidate"], said.json()["answers"]] == rows
    left = local_folder(tmp_path / "out")  # which the next start removes
    assert files_with("", left)
    assert files_with(MARKER, left) == []
    shutil.rmtree(left)
