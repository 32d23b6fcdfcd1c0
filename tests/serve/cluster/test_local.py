"""Ray on this machine comes up however busy it is, and leaves nothing behind."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path

import psutil
import pytest

from tests.serve.cluster.ray_factory import no_token
from trifold.serve.cluster.local import LocalCluster

pytest.importorskip("ray.serve")
AGENT = "dashboard/agent.py"
# Ray's daemon would give it 15 s
SLOW = f"""
import sys, time
if any(word.endswith({AGENT!r}) for word in sys.orig_argv):
    time.sleep(3600)
"""


def test_it_comes_up_though_its_agent_takes_for_ever_and_ends_to_the_last_process(
    tmp_path, monkeypatch
) -> None:
    (tmp_path / "sitecustomize.py").write_text(SLOW, encoding="utf-8")
    monkeypatch.setenv("PYTHONPATH", f"{tmp_path}:{os.environ.get('PYTHONPATH', '')}")
    folder = Path(tempfile.mkdtemp(prefix="r"))  # sockets want a short path
    with no_token():
        cluster = LocalCluster(folder, 1)
        head = psutil.Process(cluster.nodes[0].pid)
        parts = [head, *head.children(recursive=True)]
        words = [word for part in parts for word in part.cmdline()]
        cluster.close()
    assert sum(word.endswith(AGENT) for word in words) == 1
    assert not any(word.endswith(("client.server", "dashboard/dashboard.py")) for word in words)
    assert psutil.wait_procs(parts, timeout=20)[1] == []
    assert not folder.exists()
