"""How much memory is left, and that what is free is given back."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from trifold.runtime.memory import GROUP, MACHINE, available_bytes

MEMINFO = "MemTotal:  8000 kB\nMemAvailable:  3000 kB\nHugePages_Total: 0\n"
STAT = "anon 9\ninactive_file 24576\n"


def written(root: Path, *, limit: str | None = None, machine: str = MEMINFO) -> Path:
    files = {MACHINE: machine}
    if limit is not None:
        files |= {f"{GROUP}/memory.max": f"{limit}\n", f"{GROUP}/memory.stat": STAT}
        files[f"{GROUP}/memory.current"] = "1000000\n"
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    return root


@pytest.mark.parametrize(
    ("limit", "left"),
    [
        (None, 3000 * 1024),
        ("max", 3000 * 1024),
        ("9000000", 3000 * 1024),
        ("2000000", 1_000_000 + 24_576),
    ],
    ids=["no container", "no limit", "a high limit", "a low limit"],
)
def test_the_tighter_of_machine_and_container_counts(tmp_path: Path, limit, left) -> None:
    assert available_bytes(written(tmp_path, limit=limit)) == left


def test_nobody_tells_where_nothing_is_known(tmp_path: Path) -> None:
    assert available_bytes(tmp_path) is None
    assert available_bytes(written(tmp_path, machine="MemTotal: 8 kB\n")) is None


@pytest.mark.skipif(sys.platform != "linux", reason="told on Linux alone")
def test_this_machine_has_some() -> None:
    assert 0 < (available_bytes() or 0) < 2**50


PIECES = """
import gc, sys
from trifold.runtime.memory import give_back, settle

class Piece:
    def __init__(self):
        self.itself, self.data = self, [bytearray(1000) for _ in range(20_000)]  # 20 MB

def held_mib():
    with open("/proc/self/statm") as file:
        return int(file.read().split()[1]) / 256

gc.disable()  # as it is between two searches, which come when Python thinks fit
settle()
before = held_mib()
for _ in range(5):
    Piece()
    if sys.argv[1] == "yes":
        give_back()
print(held_mib() - before)
"""


def test_a_piece_of_work_that_is_done_is_given_back() -> None:
    grown = {
        gives_back: float(subprocess.check_output([sys.executable, "-c", PIECES, gives_back]))
        for gives_back in ("no", "yes")
    }
    assert grown["no"] > 80  # the fault is real
    assert grown["yes"] < 8


SETTLED = """
import gc
from trifold.runtime.memory import settle
settle()
print(len(gc.get_objects()))
"""


def test_what_has_settled_is_searched_no_more() -> None:
    assert int(subprocess.check_output([sys.executable, "-c", SETTLED])) < 500
