"""A run that is killed at any moment goes on and ends with the bytes of one that was not."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.factories.processes import fork_context
from tests.scoring.scoring_factory import talkers, tiny_bundle
from trifold.bundle.bundle import load_bundle
from trifold.features.store import FeatureStore
from trifold.scoring.folder.journal import NAME
from trifold.scoring.folder.run import Settings, score_clips

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[3]
KILLS, PEOPLE = 50, 20


class Witness:
    """Notes who was scored, in a file that survives."""

    def __init__(self, path: Path) -> None:
        self.path = path

    __qualname__ = "Witness"

    def __call__(self, predictor, sample, clips) -> dict:
        with self.path.open("a") as file:
            file.write(f"{sample.candidate_id}\n")
        return {"candidate_id": sample.candidate_id}


def run(root: Path, out: Path, dies_after_s: float = 0.0) -> None:
    """``dies_after_s`` of processor time the system ends the process, wherever it is."""
    signal.setitimer(signal.ITIMER_PROF, dies_after_s)  # 0 is never
    score_clips(
        talkers(PEOPLE, answers=1),
        load_bundle(root / "bundle"),
        FeatureStore(root / "features"),
        out,
        settings=Settings(engine="inline", progress=False),
        explain=Witness(out.with_suffix(".seen")),
    )
    out.with_suffix(".cpu_s").write_text(str(time.process_time()))


def contents(out: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in sorted(out.iterdir()) if path.name[0] != "."}


@pytest.fixture(scope="module")
def root(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("kills")
    tiny_bundle(folder / "bundle")
    run(folder, folder / "whole")
    return folder


def test_fifty_kills_change_no_byte_and_cost_one_person_each_at_most(root: Path) -> None:
    context = fork_context("trifold.scoring.folder.run", "trifold.encoders.text.contours",
                           "trifold.media.transcripts.formats")  # fmt: skip
    first = context.Process(target=run, args=(root, root / "usual"))
    first.start()
    first.join()
    usual_s = float((root / "usual.cpu_s").read_text())
    chance = random.Random(0)
    whole, kills, runs, mid_run = contents(root / "whole"), 0, 0, 0
    while kills < KILLS:
        out, deaths = root / f"run{runs}", 0
        while True:
            dies_after_s = chance.uniform(0.001, usual_s) if kills < KILLS else 0.0
            process = context.Process(target=run, args=(root, out, dies_after_s))
            process.start()
            process.join()
            if process.exitcode == 0:
                break
            assert process.exitcode == -signal.SIGPROF
            kills, deaths = kills + 1, deaths + 1
            mid_run += (out / NAME).exists()
        assert contents(out) == whole
        seen = out.with_suffix(".seen").read_text().splitlines()
        assert set(seen) == {f"p{i}" for i in range(PEOPLE)}
        assert len(seen) <= PEOPLE + deaths
        runs += 1
    assert (
        mid_run >= KILLS // 5
    )  # that most kills met a run before its first row would prove little


WORK = """
import sys, time
from dataclasses import replace
from pathlib import Path
from trifold.features.store import FeatureStore
from trifold.scoring.folder.run import Settings, score_clips
from trifold.bundle.bundle import load_bundle
from tests.scoring.scoring_factory import talkers
from tests.scoring.test_engines import Sleeper

if __name__ == "__main__":
    root = Path(sys.argv[1])
    clips = talkers(4, answers=1)
    clips[1] = replace(clips[1], path=root / "gone.mp4", transcript=Sleeper("Zzz."))
    bundle = load_bundle(root / "bundle")
    settings = Settings(workers=1, progress=False)
    score_clips(clips, bundle, FeatureStore(root / "f2"), root / "orphans", settings=settings)
"""


def test_a_killed_run_leaves_no_process_behind(root: Path) -> None:
    (root / "work.py").write_text(WORK)
    environment = os.environ | {"PYTHONPATH": f"{ROOT}/src{os.pathsep}{ROOT}"}
    command = [sys.executable, str(root / "work.py"), str(root)]
    process = subprocess.Popen(command, cwd=ROOT, env=environment)
    journal = root / "orphans" / NAME
    _until(lambda: journal.exists() and journal.read_bytes().count(b"\n") > 1)
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    assert children
    process.kill()
    process.wait()
    _until(lambda: not any(_is_alive(int(child)) for child in children))


def _until(holds, patience_s: float = 240.0) -> None:
    end_s = time.monotonic() + patience_s
    while not holds():
        assert time.monotonic() < end_s
        time.sleep(0.05)


def _is_alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False
