"""A long load on the endpoint: ``python -m benchmarks.serving_load [minutes=30] [out=FILE]``.

Starts the endpoint (``engine=built_in``, ``bundle=RUN``, ``workers=2``) and measures what a request
and a minute of media take one at a time, with ``clip=FILE`` or a drawn one, and what recognition
adds where its weights are here. Then requests come at random (Poisson) at ``load=0.7`` of what the
workers can do, for so many minutes, while the memory of all processes is watched. Prints how long
requests waited beside what the simulation of ``trifold serve capacity`` says of the same arrivals,
and of each process whether its memory is flat. Ends with 1 where something failed, grows, ended or
is left on the disk. The file is for ``trifold serve capacity measured=FILE``.
"""

from __future__ import annotations

import json
import os
import statistics
import tempfile
import threading
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import requests

from benchmarks.encoders import repeat, write_clip
from benchmarks.memory_watch import GROWS, MemoryWatch
from benchmarks.scoring import write_untrained
from benchmarks.serving_user import WORDS
from trifold.errors import InputError
from trifold.media.container.probe import probe
from trifold.pretrained.packaged import fault, weights_folder
from trifold.pretrained.packages import PACKAGED
from trifold.runtime.endings import run_main, values_of
from trifold.serve.capacity.simulation import served
from trifold.serve.operations.server import BUILT_IN, Server
from trifold.serve.operations.staging import Serving
from trifold.serve.operations.start import start
from trifold.serve.settings import Settings

PORT, TRIES, TIMES = 18440, 3, 4
WHISPER = "whisper_tiny_en"
NAMES = ("minutes", "engine", "bundle", "workers", "clip", "load", "seed")


@dataclass(frozen=True)
class Answered:
    """One request.

    Attributes:
        sent_s: when, from the first on.
        wall_s: until it was answered.
        work_s: that a worker says it took.
        code: of the answer: ``scored``, or what came in place of scores.
    """

    sent_s: float
    wall_s: float
    work_s: float
    code: str


class Caller:
    """Sends recordings to one endpoint.

    Args:
        server: that is asked.
    """

    def __init__(self, server: Server) -> None:
        self._url = f"{server.address}/predictions/trifold"
        self._head, self._own = {"Authorization": f"Bearer {server.key()}"}, threading.local()
        self.began_s = time.monotonic()

    def send(self, content: bytes, words: str = WORDS) -> Answered:
        """One request, answered."""
        if not hasattr(self._own, "session"):
            self._own.session = requests.Session()
        data = {"candidate_id": "ann"} | ({"transcript_1": words} if words else {})
        sent_s = time.monotonic()
        try:
            answer = self._own.session.post(self._url, headers=self._head, data=data, timeout=600,
                                            files={"media_1": content})  # fmt: skip
        except requests.RequestException as error:
            took_s = time.monotonic() - sent_s
            return Answered(sent_s - self.began_s, took_s, 0.0, type(error).__name__)
        wall_s = time.monotonic() - sent_s
        stages = answer.headers.get("Server-Timing", "").split(", ")
        work_s = sum(float(one.rpartition("dur=")[2] or 0) for one in stages) / 1000
        facts = answer.json()
        code = facts["candidate"]["status"] if answer.ok else facts.get("code", "none")
        return Answered(sent_s - self.began_s, wall_s, work_s, code)


def main(arguments: list[str]) -> int:
    """Print what was measured; 1 where something is wrong."""
    given = values_of(arguments, [*NAMES, "out"])
    facts, watch, wrong = loaded(given)
    for name, slope in watch.slopes().items():
        if slope is None:
            wrong.append(f"{name} was not there all the time")
            continue
        print(f"{name:<13} {slope.mib:7.0f} MiB, {slope.mib_h:+.1f} MiB an hour "
              f"({slope.low:+.1f} to {slope.high:+.1f}): {slope.verdict}")  # fmt: skip
        wrong += [f"{name} grows"] if slope.verdict == GROWS else []
    if "out" in given:
        written(Path(given["out"]), facts, watch)
    print("\n".join(f"wrong: {line}" for line in wrong))
    return int(bool(wrong))


def loaded(given: dict[str, str]) -> tuple[dict[str, float], MemoryWatch, list[str]]:
    """An endpoint under load: what was measured, its memory, and what was wrong."""
    workers, hears = int(given.get("workers", os.cpu_count() or 1)), has_recogniser()
    settings = Settings(caller_percent=100, max_waiting=256, asr="packaged" if hears else "none")
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        bundle = Path(given["bundle"]) if "bundle" in given else write_untrained(root / "bundle")
        clip = Path(given["clip"]) if "clip" in given else write_clip(root / "clip.mp4", 10)
        server = start(bundle, root / "serving", port=PORT, settings=settings,
                       engine=given.get("engine", BUILT_IN), serving=Serving(workers))  # fmt: skip
        try:
            caller = Caller(server)
            facts = alone(caller, clip, root, hears)
            rate_hz = float(given.get("load", "0.7")) * workers / facts["clip_s"]
            arrivals = drawn(rate_hz, 60 * float(given.get("minutes", "30")), given.get("seed"))
            with MemoryWatch(lambda: tops(server), every_s=min(10, arrivals[-1] / 90)) as watch:
                answers = sent(caller, clip.read_bytes(), arrivals)
            time.sleep(1)
            left = [path.name for path in (server.folder / "tmp").glob("trifold-*")]
        finally:
            server.stop()
    codes = Counter(one.code for one in answers)
    wrong = [f"{count} times {code}" for code, count in codes.items() if code != "scored"]
    return facts | compared(answers, workers), watch, wrong + [f"left: {name}" for name in left]


def has_recogniser() -> bool:
    """Whether the weights that recognise speech are on this machine."""
    weights = PACKAGED[WHISPER]
    folder = weights_folder() / weights.folder
    return not any(fault(folder / file.name, file) for file in weights.files)


def tops(server: Server) -> dict[str, int]:
    """The processes whose children are the workers."""
    return dict(zip(("gateway", "TorchServe"), server.pids, strict=False))


def alone(caller: Caller, clip: Path, root: Path, hears: bool) -> dict[str, float]:
    """Seconds of a request, a minute of media and a minute of recognition, one at a time."""
    every_s = (probe(clip).duration_s or 0.0) + 0.1
    long = repeat(clip, root / f"long{clip.suffix}", TIMES, every_s)
    minutes = [(probe(file).duration_s or 0.0) / 60 for file in (clip, long)]
    caller.send(clip.read_bytes())  # the first compiles and loads
    short_s, long_s = (taken_s(caller, file) for file in (clip, long))
    minute_s = (long_s - short_s) / (minutes[1] - minutes[0])
    facts = {"minute_s": minute_s, "request_s": max(0.0, short_s - minute_s * minutes[0])}
    if hears:
        heard_s = taken_s(caller, long, words="")
        facts["recognition_s"] = max(0.0, (heard_s - long_s) / minutes[1])
    told = ", ".join(f"{name} {seconds:.2f}" for name, seconds in facts.items())
    print(f"{os.cpu_count()} cores, load {os.getloadavg()[0]:.1f}; one at a time: {told}",
          flush=True)  # fmt: skip
    return facts | {"clip_s": short_s}


def taken_s(caller: Caller, file: Path, words: str = WORDS) -> float:
    """Median seconds of some requests that nobody disturbs.

    Raises:
        InputError: when one is not scored, of which the seconds would say nothing. Without words
            it may be: a clip in which nothing is recognised was listened to all the same.
    """
    content = file.read_bytes()
    answers = [caller.send(content, words) for _ in range(TRIES)]
    refused = {one.code for one in answers} - {"scored"}
    if words and refused:
        raise InputError(expected="scores of the clip", got=", ".join(sorted(refused)), where=file)
    return statistics.median(one.wall_s for one in answers)


def drawn(rate_hz: float, seconds: float, seed: str | None) -> list[float]:
    """When requests come: Poisson, for so long, and one at least."""
    generator = np.random.default_rng(int(seed or 0))
    gaps_s = generator.exponential(1 / rate_hz, max(1, int(rate_hz * seconds)))
    return np.cumsum(gaps_s).tolist()


def sent(caller: Caller, content: bytes, arrivals: list[float]) -> list[Answered]:
    """All requests, each at its time, whether or not those before are answered."""
    with ThreadPoolExecutor(200) as pool:
        caller.began_s = time.monotonic()
        work = []
        for at_s in arrivals:
            time.sleep(max(0.0, caller.began_s + at_s - time.monotonic()))
            work.append(pool.submit(caller.send, content))
        return [one.result() for one in work]


def compared(answers: list[Answered], workers: int) -> dict[str, float]:
    """Waits as they were, and as the simulated queue has them for the same arrivals and work."""
    good = sorted((a for a in answers if a.code == "scored"), key=lambda a: a.sent_s)
    if not good:
        return {}
    arrival_s, work_s, wall_s = np.array([(a.sent_s, a.work_s, a.wall_s) for a in good]).T
    expected_s = served(arrival_s, work_s, workers=workers).wait_s
    found = {}
    for name, wait_s in (("waited", wall_s - work_s), ("simulated", expected_s)):
        mean, high = float(wait_s.mean()), float(np.percentile(wait_s, 95))
        found |= {f"{name}_mean_s": mean, f"{name}_95_s": high}
        print(f"{name:<13} {mean:.3f} s in the mean, {high:.3f} s for 95 % of {len(good)}")
    busy = work_s.sum() / ((arrival_s + wall_s).max() * workers)
    print(f"workers busy  {busy:.0%}; a request's work {work_s.mean():.3f} s in the mean")
    return found | {"requests": float(len(good)), "busy": float(busy)}


def written(path: Path, facts: dict[str, float], watch: MemoryWatch) -> None:
    """Write what was measured, and every look at the memory."""
    looks = {name: [(round(s, 1), round(mib, 1)) for s, mib in seen]
             for name, seen in watch.seen.items()}  # fmt: skip
    path.write_text(json.dumps(facts | {"memory_mib": looks}, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    try:
        run_main(main)  # stopped, it stops the endpoint
    except InputError as error:
        raise SystemExit(f"error: {error}") from error
