"""Which system calls a process may still make: a filter of the Linux kernel, set once and for all.

What is not in the list fails with EPERM: opening, making or removing files, sockets, programs,
processes, threads, signals. The program is classic BPF (``linux/filter.h``), which compares the
number of each call with those of the list; see seccomp(2). There is no package for this that does
without a library of the system (pyseccomp needs libseccomp), and the list is short.
"""

from __future__ import annotations

import ctypes
import platform
import struct
from collections.abc import Sequence

# of what a decoder does when all that it needs is open and loaded, on x86-64 and AArch64
NUMBERS = {
    "read": (0, 63),
    "write": (1, 64),
    "readv": (19, 65),
    "writev": (20, 66),
    "pread64": (17, 67),
    "close": (3, 57),
    "lseek": (8, 62),
    "fstat": (5, 80),
    "recvfrom": (45, 207),
    "sendto": (44, 206),
    "poll": (7, None),
    "ppoll": (271, 73),
    "mmap": (9, 222),
    "munmap": (11, 215),
    "mremap": (25, 216),
    "mprotect": (10, 226),
    "madvise": (28, 233),
    "brk": (12, 214),
    "futex": (202, 98),
    "getrandom": (318, 278),
    "gettimeofday": (96, 169),
    "clock_gettime": (228, 113),
    "clock_nanosleep": (230, 115),
    "nanosleep": (35, 101),
    "sched_yield": (24, 124),
    "sched_getaffinity": (204, 123),
    "getpid": (39, 172),
    "gettid": (186, 178),
    "getrusage": (98, 165),
    "sysinfo": (99, 179),
    "rt_sigaction": (13, 134),
    "rt_sigprocmask": (14, 135),
    "rt_sigreturn": (15, 139),
    "sigaltstack": (131, 132),
    "restart_syscall": (219, 128),
    "exit": (60, 93),
    "exit_group": (231, 94),
}
MACHINES = {"x86_64": (0, 0xC000003E), "aarch64": (1, 0xC00000B7)}  # place in NUMBERS, AUDIT_ARCH
X32 = 0x40000000  # calls of another kind, which the kernel takes from programs of x86-64
LOAD, EQUAL, AT_LEAST, RETURN = 0x20, 0x15, 0x35, 0x06  # BPF_LD|W|ABS, BPF_JMP|JEQ and JGE, BPF_RET
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000 | 1, 0x80000000  # SECCOMP_RET_…; 1 is EPERM
NUMBER_AT, ARCH_AT = 0, 4  # in struct seccomp_data
PR_SET_NO_NEW_PRIVS, PR_SET_SECCOMP, MODE_FILTER = 38, 22, 2
Step = tuple[int, int, int, int]  # code, steps to skip when true, when false, and the operand


class _Program(ctypes.Structure):
    _fields_ = (("length", ctypes.c_ushort), ("steps", ctypes.c_void_p))


def is_known() -> bool:
    """Whether there is a list for this machine's processor."""
    return platform.machine() in MACHINES


def filter_calls() -> bool:
    """Take all calls but those of the list from this process; False where that is not possible.

    There is no way back, and its children have no more rights.
    """
    if not is_known():
        return False
    steps = b"".join(struct.pack("=HBBI", *step) for step in program_of(platform.machine()))
    held = ctypes.create_string_buffer(steps, len(steps))
    program = _Program(len(steps) // 8, ctypes.cast(held, ctypes.c_void_p))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    return bool(libc.prctl(PR_SET_SECCOMP, MODE_FILTER, ctypes.byref(program), 0, 0) == 0)


def program_of(machine: str) -> Sequence[Step]:
    """The filter for a kind of processor."""
    place, arch = MACHINES[machine]
    allowed = [found for name in NUMBERS if (found := NUMBERS[name][place]) is not None]
    refuse = len(allowed)  # steps from the first comparison to the refusal
    return [
        (LOAD, 0, 0, ARCH_AT),
        (EQUAL, 1, 0, arch),
        (RETURN, 0, 0, KILL),
        (LOAD, 0, 0, NUMBER_AT),
        (AT_LEAST, refuse, 0, X32),
        *((EQUAL, refuse - i, 0, number) for i, number in enumerate(allowed)),
        (RETURN, 0, 0, REFUSE),
        (RETURN, 0, 0, ALLOW),
    ]
