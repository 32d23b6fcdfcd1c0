"""What children for decoding cost: ``python -m benchmarks.decoders FILE …``.

Each file is encoded with and without them in turn. Counted is the processor time of all that takes
part, so that it does not matter what else the machine does.
"""

from __future__ import annotations

import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import cv2
import torch

from benchmarks.beside import SPECS, WORDS, line_of
from trifold.media.decoder.children import check_children
from trifold.media.decoder.handle import RELIABLE
from trifold.runtime.sandbox.mode import OFF, REQUIRE, use_mode

RUNS = 7


def main(files: list[Path]) -> None:
    """Print seconds with and without children, and their ratio in pairs."""
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    with tempfile.TemporaryDirectory() as folder:
        encode = line_of(Path(folder) / "store")
        check_children()
        print(f"{SPECS}; what children are forked from loads in {children_s():.2f} CPU s, once")
        for file in files:
            pairs = []
            for run in range(RUNS + 1):
                pair = []
                for mode in (REQUIRE, OFF) if run % 2 else (OFF, REQUIRE):
                    use_mode(mode)
                    copy = Path(folder) / f"{run}{mode}{file.suffix}"
                    copy.write_bytes(file.read_bytes() + f"\0{run}{mode}".encode())
                    begun = time.process_time() + children_s()
                    length_s = encode(copy, f"{WORDS} Number {run} {mode}.")
                    settle()
                    pair.append((mode, time.process_time() + children_s() - begun))
                    copy.unlink()
                pairs.append(dict(pair))
            ratios = sorted(pair[REQUIRE] / pair[OFF] for pair in pairs[1:])
            apart, here = (statistics.median(p[m] for p in pairs[1:]) for m in (REQUIRE, OFF))
            print(
                f"{file.name} ({length_s:.0f} s): {apart:.2f} CPU s with children, {here:.2f} "
                f"without; {statistics.median(ratios):.3f} times "
                f"({ratios[0]:.3f} to {ratios[-1]:.3f} in {RUNS} pairs)"
            )


def children_s() -> float:
    """Processor time of the process that children are forked from, and of those that ended."""
    stat = Path(f"/proc/{RELIABLE.start()._process.pid}/stat").read_text()
    ticks = stat.rpartition(")")[2].split()[11:15]
    return sum(map(int, ticks)) / os.sysconf("SC_CLK_TCK")


def settle() -> None:
    """Wait until children that nobody asks any more have ended and count."""
    server = RELIABLE.start()._process.pid
    while Path(f"/proc/{server}/task/{server}/children").read_text():
        time.sleep(0.01)


if __name__ == "__main__":
    main([Path(name) for name in sys.argv[1:]])
