"""A confined process reaches nothing but what it has open, and uses up no more than it may."""

from __future__ import annotations

import os
import signal
import struct
import subprocess
import sys
from pathlib import Path

import pytest

from trifold.runtime.sandbox import seccomp
from trifold.runtime.sandbox.seccomp import ALLOW, KILL, MACHINES, NUMBERS, REFUSE, program_of

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are confined on Linux")
TRIES = """
import ctypes, os, socket, sys, threading
from trifold.runtime.sandbox.confinement import Bounds, confine
libc = ctypes.CDLL(None, use_errno=True)
ours, theirs = socket.socketpair()
parent = os.getppid()
tries = {
    "read a file": lambda: os.open("/etc/passwd", os.O_RDONLY),
    "make a file": lambda: os.open("made", os.O_WRONLY | os.O_CREAT),
    "remove a file": lambda: os.unlink("there"),
    "make a folder": lambda: os.mkdir("folder"),
    "list a folder": lambda: os.listdir("."),
    "follow a link": lambda: os.readlink("/proc/self/exe"),
    "make a socket": lambda: socket.socket(socket.AF_INET),
    "make a pair": lambda: socket.socketpair(),
    "make a pipe": lambda: os.pipe(),
    "start a program": lambda: os.execv("/bin/true", ["true"]),
    "fork": lambda: os._exit(0) if not os.fork() else None,
    "start a thread": lambda: threading.Thread(target=print).start(),
    "signal its parent": lambda: os.kill(parent, 0),
    "trace its parent": lambda: libc.ptrace(16, parent, 0, 0) and os.kill(parent, 0),
    "raise its limits": lambda: sys.modules["resource"].setrlimit(7, (99, 99)),
}
held = confine(Bounds(memory_mib=256, cpu_s=5))
done = [" ".join(held)]
for name, attempt in tries.items():
    try:
        attempt()
        done.append(name)
    except (OSError, RuntimeError, ValueError):
        pass
try:
    bytes(300 << 20)
    done.append("take memory")
except MemoryError:
    pass
ours.send(b"still here")
done.append(theirs.recv(99).decode())
print("\\n".join(done), flush=True)
"""


def test_a_confined_process_reaches_nothing(tmp_path) -> None:
    (tmp_path / "there").write_text("stays")
    done = subprocess.run(
        [sys.executable, "-c", TRIES], cwd=tmp_path, capture_output=True, text=True, check=True
    )
    assert done.stdout.splitlines() == ["limits paths calls", "still here"], done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["there"]


def test_processor_time_ends_a_process_that_takes_too_much() -> None:
    code = (
        "from trifold.runtime.sandbox.confinement import Bounds, confine\n"
        "confine(Bounds(memory_mib=64, cpu_s=1))\nwhile True: pass"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True)
    assert done.returncode == -signal.SIGXCPU


def verdict(machine: str, number: int, arch: int | None = None) -> int:
    """What the filter's program says to a call, step by step as the kernel goes."""
    arch = MACHINES[machine][1] if arch is None else arch
    data, held, at = struct.pack("=II", number, arch), 0, 0
    program = program_of(machine)
    while True:
        code, true, false, operand = program[at]
        at += 1
        if code == seccomp.LOAD:
            (held,) = struct.unpack_from("=I", data, operand)
        elif code == seccomp.RETURN:
            return operand
        else:
            met = held == operand if code == seccomp.EQUAL else held >= operand
            at += true if met else false


@pytest.mark.parametrize("machine", MACHINES)
def test_the_filter_lets_its_list_through_and_nothing_else(machine: str) -> None:
    place, arch = MACHINES[machine]
    listed = {numbers[place] for numbers in NUMBERS.values()} - {None}
    for number in range(600):
        assert verdict(machine, number) == (ALLOW if number in listed else REFUSE), number
    assert verdict(machine, 0 | seccomp.X32) == REFUSE
    assert verdict(machine, min(listed), arch=arch ^ 1) == KILL


def test_the_list_names_calls_as_this_machine_numbers_them() -> None:
    """Checked against the kernel's own headers, where there are some."""
    header = Path("/usr/include/x86_64-linux-gnu/asm/unistd_64.h")
    if os.uname().machine != "x86_64" or not header.exists():
        pytest.skip("no headers of the kernel")
    text = header.read_text()
    for name, numbers in NUMBERS.items():
        assert f"#define __NR_{name} {numbers[0]}\n" in text
