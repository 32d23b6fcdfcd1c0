"""Scoring of a folder from end to end: ``python -m benchmarks.scoring [WHAT …] [clips=200]``.

``speed`` (a first run, and one on cached features), ``workers`` (one against two), ``ray`` (against
``local``), ``memory`` (of a worker, by the number of files), ``profile`` (where the time goes) and
``kills`` (fifty of them at random moments); all but ``kills`` are done where none is named. Times
are of whole processes, from the command to the last written byte.
"""

from __future__ import annotations

import hashlib
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import psutil
import torch
import yaml

from benchmarks.encoders import WORDS, stages, write_clip
from trifold.bundle.bundle import Description, describe_streams, write_bundle
from trifold.bundle.calibration import uncalibrated
from trifold.contracts import Target, TargetSchema
from trifold.network.build import build_network, build_targets
from trifold.network.targets.spec import STANDARD_TARGETS

SECONDS, AGAIN, KILLS = 10, 5, 50
TRAITS = ("openness", "conscientiousness", "extraversion", "agreeableness", "emotional_stability")
WHAT = ("speed", "workers", "ray", "memory", "profile")


def main(arguments: list[str]) -> None:
    """Print what was asked for."""
    settings = dict(a.split("=", 1) for a in arguments if "=" in a)
    n = int(settings.get("clips", 200))
    chosen = [a for a in arguments if "=" not in a] or list(WHAT)
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        print(f"{os.cpu_count()} cores, {n} clips of {SECONDS} s, 640x480, 30 fps, H.264")
        bundle = write_untrained(root / "bundle")
        for what in chosen:
            globals()[what](root, bundle, n)


def speed(root: Path, bundle: Path, n: int) -> None:
    """A first run, and some that find all features in the cache."""
    files = interviews(root / "files", n)
    first = score(files, bundle, root / "first", features=root / "f")
    again = [score(files, bundle, root / f"again{i}", features=root / "f") for i in range(AGAIN)]
    walls_s = sorted(spent.wall_s for spent in again)
    second_s = statistics.median(walls_s)
    print(f"first run    {first.wall_s:6.1f} s, {n * SECONDS / first.wall_s:5.1f} x real time")
    print(f"second run   {second_s:6.2f} s, {first.wall_s / second_s:5.1f} times faster")
    print(f"             (median of {AGAIN} runs, {walls_s[0]:.2f} to {walls_s[-1]:.2f} s)")
    print(f"CPU seconds  {first.cpu_s:6.1f} of the first: what counts on a machine that is shared")
    for i in range(AGAIN):
        require_same(root / "first", root / f"again{i}")


def workers(root: Path, bundle: Path, n: int) -> None:
    """One process against two."""
    files = interviews(root / "files", n)
    took = {
        w: score(files, bundle, root / f"w{w}", f"workers={w}", features=root / f"fw{w}").wall_s
        for w in (1, 2)
    }
    print(f"one worker   {took[1]:6.1f} s, two {took[2]:6.1f} s: {took[1] / took[2]:.2f} times")
    require_same(root / "w1", root / "w2")


def ray(root: Path, bundle: Path, n: int) -> None:
    """Actors against processes."""
    files = interviews(root / "files", n)
    took = {
        e: score(files, bundle, root / e, f"engine={e}", features=root / f"f{e}").wall_s
        for e in ("local", "ray")
    }
    share = took["ray"] / took["local"] - 1
    print(f"local        {took['local']:6.1f} s, ray {took['ray']:6.1f} s: {share:+.0%}")
    require_same(root / "local", root / "ray")


def memory(root: Path, bundle: Path, n: int) -> None:
    """Peak resident memory of the largest process, by the number of files."""
    for count in (n // 10, n // 2, n):
        files = interviews(root / f"files{count}", count)
        cached = root / f"fm{count}"
        out = root / f"m{count}"
        spent = score(files, bundle, out, "workers=1", features=cached, every_s=0.2)
        print(f"{count:4d} files   {spent.peak_mib:6.0f} MiB at most in one process")


def profile(root: Path, bundle: Path, n: int) -> None:
    """CPU seconds of each stage of encoding, and of everything else per file."""
    file = write_clip(root / "profiled.mp4", SECONDS)
    stages(file)
    files = interviews(root / "files", n)
    cached = root / "fprofile"
    score(files, bundle, root / "p0", features=cached)
    spent = score(files, bundle, root / "p1", features=cached, every_s=0.1)
    print(f"  with all features cached: {spent.cpu_s:.2f} CPU s for {n} files, start included")


def kills(root: Path, bundle: Path, n: int) -> None:
    """Fifty kills of whole runs with two processes; every finished run must have the same bytes."""
    files = interviews(root / "files", n)
    usual_s = score(files, bundle, root / "whole", features=root / "fk0").wall_s
    chance, done, runs = random.Random(0), 0, 0  # noqa: S311
    while done < KILLS:
        out = root / f"killed{runs}"
        while True:
            command = _command(files, bundle, out, root / f"fk{runs + 1}")
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
            try:
                process.wait(chance.uniform(0, usual_s) if done < KILLS else None)
                break
            except subprocess.TimeoutExpired:
                process.send_signal(signal.SIGKILL)
                process.wait()
                done += 1
        require_same(root / "whole", out)
        runs += 1
    print(f"{done} kills over {runs} runs of {usual_s:.0f} s: the same bytes each time")


def interviews(folder: Path, n: int) -> Path:
    """``n`` answers of different bytes and words, two per person."""
    folder.mkdir(exist_ok=True)
    base = write_clip(folder.parent / "base.mp4", SECONDS).read_bytes()
    for i in range(n):
        path = folder / f"p{i // 2:04d}" / f"a{i % 2}.mp4"
        if not path.exists():
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(base + f"\0{i}".encode())
            path.with_suffix(".txt").write_text(f"{WORDS} Number {i}.")
    return folder


def write_untrained(folder: Path) -> Path:
    """A bundle of all embedded encoders and the fusion network with random weights."""
    torch.manual_seed(0)
    specs = yaml.safe_load(Path("configs/encoders/embedded.yaml").read_text())
    schema = TargetSchema("speed", tuple(Target(name, 1, 7) for name in TRAITS))
    description = Description(
        name="untrained",
        synthetic=True,
        terms="free",
        schema=schema,
        streams=describe_streams(specs, modalities=["text", "audio", "video"]),
        network={"_target_": "trifold.network.pooled.PooledFusion", "width": 128},
        coverage=0.9,
        half_width=uncalibrated(len(TRAITS)),
    )
    network = build_network(
        description.network,
        stream_dims=description.stream_dims,
        stream_modality=description.stream_modality,
        num_targets=len(schema.targets),
    )
    scaler = build_targets(STANDARD_TARGETS, schema)
    write_bundle(folder, description, network, scaler)
    return folder


class Spent(NamedTuple):
    """What a command took, with all processes that it started."""

    wall_s: float
    cpu_s: float
    peak_mib: float  # of the largest process


def score(
    files: Path, bundle: Path, out: Path, *options: str, features: Path, every_s: float = 1.0
) -> Spent:
    """Run the command; CPU time and memory are looked at so often, which costs some time itself."""
    start, used, peak = time.perf_counter(), dict[int, float](), 0
    command = [*_command(files, bundle, out, features), *options]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    ended = False
    while not ended:
        for one in _family(process.pid):
            with suppress(psutil.Error):
                used[one.pid] = sum(one.cpu_times()[:2])
                peak = max(peak, one.memory_info().rss)
        with suppress(subprocess.TimeoutExpired):
            ended = process.wait(timeout=every_s) is not None
    took_s = time.perf_counter() - start
    if process.returncode:
        sys.exit(f"scoring ended with {process.returncode}")
    return Spent(took_s, sum(used.values()), peak / 2**20)


def _family(pid: int) -> list[psutil.Process]:
    with suppress(psutil.Error):
        parent = psutil.Process(pid)
        return [parent, *parent.children(recursive=True)]
    return []


def _command(files: Path, bundle: Path, out: Path, features: Path) -> list[str]:
    settings = [f"input={files}", f"bundle={bundle}", f"out={out}", f"paths.features={features}"]
    return [sys.executable, "-m", "src.score", *settings]


def require_same(first: Path, second: Path) -> None:
    """Stop unless both folders hold the same bytes."""
    digests = [
        {
            p.name: hashlib.sha256(p.read_bytes()).hexdigest()
            for p in folder.iterdir()
            if p.is_file()
        }
        for folder in (first, second)
    ]
    if digests[0] != digests[1]:
        differing = sorted(k for k in digests[0] if digests[0][k] != digests[1].get(k))
        sys.exit(f"different bytes: {', '.join(differing)}")


if __name__ == "__main__":
    main(sys.argv[1:])
