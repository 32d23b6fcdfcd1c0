"""The endpoint under load: ``python -m benchmarks.serving [bundle=RUN] [seconds=60] [soak=0]``.

Starts the endpoint, uploads a 10-s clip (640×480, 30 fps) from 1, 4 and 16 clients, and
scores the same clip in processes of this machine without any service, before and after, as the
machine may have other work. ``engine=torchserve`` takes TorchServe's workers. ``soak=600`` adds ten
minutes with 4 clients and prints memory.

Without ``bundle``, one with random weights is served: all encoders, and no limit that would
withhold a drawn face. Overhead at one client is what a request takes beyond opening, telling
voices apart, decoding, encoding and predicting, which the server itself measures
(``Server-Timing``), once Java is warm. At saturation it is the loss of throughput. While all places
are taken, refusals are timed.
"""

from __future__ import annotations

import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import psutil
import requests

from benchmarks.encoders import write_clip
from benchmarks.scoring import write_untrained
from benchmarks.serving_user import WORDS
from trifold.contracts import Clip
from trifold.runtime.endings import values_of
from trifold.serve.operations.server import BUILT_IN, TORCHSERVE, Server
from trifold.serve.operations.start import start
from trifold.serve.settings import Settings
from trifold.serve.worker.model import ServedModel

USERS, WARM = (1, 4, 16), 300
PORT = 18400


def main(arguments: list[str]) -> None:
    """Print the tables."""
    given = values_of(arguments, ["engine", "bundle", "seconds", "soak"])
    seconds, soak = float(given.get("seconds", "60")), float(given.get("soak", "0"))
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        clip = write_clip(root / "clip.mp4", 10)
        cores = os.cpu_count() or 1
        print(f"{cores} cores, load {os.getloadavg()[0]:.1f} before; clip of 10 s, "
              f"{clip.stat().st_size / 1e6:.1f} MB; {seconds:g} s per row")  # fmt: skip
        bundle = Path(given["bundle"]) if "bundle" in given else write_untrained(root / "bundle")
        alone = in_process(bundle, clip, cores, seconds)
        engine = given.get("engine", BUILT_IN)
        began, load_before = time.monotonic(), os.getloadavg()[0]
        server = start(bundle, root / "serving", port=PORT, settings=Settings(), engine=engine)
        print(f"{engine}: {time.monotonic() - began:.1f} s until ready (load {load_before:.1f})")
        try:
            if engine == TORCHSERVE:
                warm(server, clip)
            rates = [load(server, clip, users, seconds) for users in USERS]
            alone = statistics.mean([alone, in_process(bundle, clip, cores, seconds)])
            lost = 100 * (1 - max(rates) / alone)
            print(f"without a service, {cores} processes: {alone:.2f} clips/s (mean of before and "
                  f"after); with it {max(rates):.2f}: {lost:.0f} % less")  # fmt: skip
            refused(server, clip)
            if soak:
                soaked(server, clip, soak)
        finally:
            server.stop()


def in_process(bundle: Path, clip: Path, processes: int, seconds: float) -> float:
    """Clips per second of the scorer itself, one process per core."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        jobs = [pool.submit(_score_for, bundle, clip, seconds) for _ in range(processes)]
        return sum(job.result() for job in jobs)


def _score_for(bundle: Path, clip: Path, seconds: float) -> float:
    scorer = ServedModel(bundle, Settings())
    one = [Clip("a", "ann", clip, transcript=WORDS)]
    scorer.score(scorer.with_words(one, clip.parent))
    begin, done = time.perf_counter(), 0
    while time.perf_counter() - begin < seconds:
        scorer.score(scorer.with_words(one, clip.parent))
        done += 1
    return done / (time.perf_counter() - begin)


def warm(server: Server, clip: Path) -> None:
    """Some hundred requests of the clip's size, refused soon: Java compiles what runs often."""
    bad = {"media_1": ("answer.mp4", os.urandom(clip.stat().st_size), "video/mp4")}
    head = {"Authorization": f"Bearer {server.key()}"}
    for _ in range(WARM):
        requests.post(f"{server.address}/predictions/trifold", headers=head, files=bad, timeout=60)


def load(server: Server, clip: Path, users: int, seconds: float) -> float:
    """Let clients ask for a while, print a row, and return requests per second."""
    command = [sys.executable, "-m", "benchmarks.serving_user", server.address, str(clip),
               str(users), str(seconds)]  # fmt: skip
    environment = os.environ | {"KEY": server.key()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    walls = [wall for _, scored, wall, _ in said["answers"] if scored]
    own = [wall - scoring for _, scored, wall, scoring in said["answers"] if scored]
    failed = len(said["answers"]) - len(walls)
    # from the first to the last answer while all clients were there
    came_s = [at for at, scored, _, _ in said["answers"] if scored and at <= said["end_s"]]
    rate = (len(came_s) - 1) / (came_s[-1] - came_s[0])
    print(f"{users:>3} clients: {rate:5.2f} requests/s, {_spread(walls)} ms, {len(walls)} scored, "
          f"{failed} failed; beyond scoring {_spread(own)} ms")  # fmt: skip
    return rate


def refused(server: Server, clip: Path) -> None:
    """How long a refusal takes while one caller has all its places taken."""
    head, files = {"Authorization": f"Bearer {server.key()}"}, {"media_1": clip.read_bytes()}

    def ask(_: int) -> tuple[int, str | None, float]:
        began = time.perf_counter()
        url = f"{server.address}/predictions/trifold"
        answer = requests.post(url, headers=head, files=files, timeout=120)
        return answer.status_code, answer.headers.get("Retry-After"), time.perf_counter() - began

    with ThreadPoolExecutor(16) as busy, ThreadPoolExecutor(1) as late:
        held = [busy.submit(ask, n) for n in range(16)]  # the share of one caller
        time.sleep(1.0)
        turned = [late.submit(ask, n).result() for n in range(50)]
        answers = [one.result() for one in held]
    times = [1000 * seconds for status, again, seconds in turned if status in (429, 503) and again]
    served = sum(status == 200 for status, _, _ in answers)
    print(f"{len(times)} of {len(turned)} refused while {served} of {len(held)} were served; "
          f"a refusal takes {_spread(times)} ms, at most {max(times, default=0):.0f}")  # fmt: skip


def soaked(server: Server, clip: Path, seconds: float) -> None:
    """Long load, with the memory of all processes each minute."""
    sizes: list[dict[str, float]] = []
    with ProcessPoolExecutor(1, mp_context=get_context("fork")) as pool:
        job = pool.submit(load, server, clip, 4, seconds)
        while not job.done():
            sizes.append(memory_mib(server.pids))
            time.sleep(min(30.0, seconds / 10))
        job.result()
    for name in sizes[0]:
        print(f"  {name}: " + " ".join(f"{size[name]:.0f}" for size in sizes) + " MiB")


def memory_mib(pids: Sequence[int]) -> dict[str, float]:
    """Resident memory of gateway, Java, and all other processes together."""
    groups: dict[str, float] = {"gateway": 0.0, "Java": 0.0, "workers": 0.0}
    for pid in pids:
        top = psutil.Process(pid)
        for process in [top, *top.children(recursive=True)]:
            kind = "Java" if process.name() == "java" else "workers"
            kind = "gateway" if process.pid == pids[0] else kind
            groups[kind] += process.memory_info().rss / 2**20
    return {kind: size for kind, size in groups.items() if size}


def _spread(values: list[float]) -> str:
    if not values:
        return "none"
    quarters = statistics.quantiles(values, n=20) if len(values) > 1 else values * 20
    return f"{statistics.median(values):.1f} (5 % {quarters[0]:.1f}, 95 % {quarters[-1]:.1f})"


if __name__ == "__main__":
    main(sys.argv[1:])
