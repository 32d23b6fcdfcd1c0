"""Encoders beside those of another checkout: ``python -m benchmarks.beside CHECKOUT FILE …``.

Both run in a process of their own and take the same clips in turn, so that what else the machine
does meets both alike. Counted is processor time, which a busy machine lengthens too: ratios of
neighbours are what holds.
"""

from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

RUNS = 5
WORDS = "I plan every step, check the list and talk with the team. " * 4
SPECS = "configs/encoders/embedded.yaml"


def main(checkout: Path, files: list[Path]) -> None:
    """Print seconds of both lines per 10 s of video, and their ratio in pairs."""
    lines = [start(Path.cwd()), start(checkout)]
    for file in files:
        took = [[ask(line, file, run) for line in lines] for run in range(RUNS + 1)][1:]
        ours, theirs = ([pair[k] for pair in took] for k in (0, 1))
        ratios = sorted(before / now for now, before in took)
        middle = statistics.median(ratios)
        print(
            f"{file.name}: {statistics.median(ours):.3f} CPU s per 10 s here, "
            f"{statistics.median(theirs):.3f} there; {middle:.2f} times as fast "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f} in {RUNS} pairs)"
        )
    for line in lines:
        line.communicate("\n")


def start(checkout: Path) -> subprocess.Popen[str]:
    """A process that encodes clips with a checkout's code, one for each line it is sent."""
    paths = os.pathsep.join([str(checkout / "src"), str(checkout)])
    return subprocess.Popen(
        [sys.executable, "-P", __file__, "--line"],
        cwd=checkout,
        env=os.environ | {"PYTHONPATH": paths, "OMP_NUM_THREADS": "1"},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def ask(line: subprocess.Popen[str], file: Path, run: int) -> float:
    """CPU seconds per 10 s of one clip."""
    if line.stdin is None or line.stdout is None:
        raise RuntimeError("no pipes")
    line.stdin.write(f"{run} {file.resolve()}\n")
    line.stdin.flush()
    return float(line.stdout.readline())


def work() -> None:
    """Answer each number and file with the CPU seconds per 10 s that a copy of it took."""
    import cv2
    import torch

    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        encode = line_of(Path(folder) / "store")
        while asked := sys.stdin.readline().strip():
            run, name = asked.split(" ", 1)
            copy = Path(folder) / f"{run}{Path(name).suffix}"
            copy.write_bytes(Path(name).read_bytes() + f"\0{run}".encode())
            begun = time.process_time()
            length_s = encode(copy, f"{WORDS} Number {run}.")
            print(10 * (time.process_time() - begun) / length_s, flush=True)
            copy.unlink()


def line_of(store: Path) -> Callable[[Path, str], float]:
    """What encodes a clip and gives its seconds, in this release or the one before."""
    import yaml

    from trifold.contracts import Clip
    from trifold.features import extract

    specs = yaml.safe_load(Path(SPECS).read_text())
    if hasattr(extract, "ClipEncoder"):
        encoder = extract.ClipEncoder(specs, store, 1)
        done = lambda clip: next(iter(encoder([clip])))  # noqa: E731
    else:  # before the mesh of faces
        extract.start_worker(specs, store)  # type: ignore[attr-defined]
        done = extract.work_on  # type: ignore[attr-defined]

    def encode(file: Path, words: str) -> float:
        record = done(Clip(file.stem, file.stem, file, transcript=words))
        if record.error_code:
            sys.exit(f"{record.error_code}: {record.error_message}")
        return float(record.duration_s)

    return encode


if __name__ == "__main__":
    if sys.argv[1:] == ["--line"]:
        work()
    else:
        main(Path(sys.argv[1]), [Path(name) for name in sys.argv[2:]])
