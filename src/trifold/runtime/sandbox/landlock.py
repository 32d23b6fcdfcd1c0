"""No file and no address can be opened any more: rules of the Linux kernel from 5.13 on.

Set beside the filter of system calls, and instead of it on processors that it has no list for; see
landlock(7). Numbers of these calls are the same on all processors.
"""

from __future__ import annotations

import ctypes
import os

CREATE_RULESET, RESTRICT_SELF = 444, 446
ASK_VERSION = 1
# rights over files, TCP ports, and what is outside: how many there are by version of the kernel's
FILES = {1: 13, 2: 14, 3: 15, 5: 16}
PORTS = {4: 2}
SCOPES = {6: 2}  # abstract sockets and signals
PR_SET_NO_NEW_PRIVS = 38


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("ports", ctypes.c_uint64), ("scopes", ctypes.c_uint64))


def forbid_paths() -> bool:
    """Take all rights over paths from this process; False where the kernel cannot."""
    libc = ctypes.CDLL(None, use_errno=True)
    version = libc.syscall(CREATE_RULESET, None, 0, ASK_VERSION)
    if version < 1:
        return False
    counts = [
        max((n for since, n in rights.items() if since <= version), default=0)
        for rights in (FILES, PORTS, SCOPES)
    ]
    rules = _Ruleset(*((1 << n) - 1 for n in counts))
    size = 8 if version < 4 else 16 if version < 6 else 24
    handle = libc.syscall(CREATE_RULESET, ctypes.byref(rules), size, 0)
    if handle < 0 or libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0):
        return False
    done = libc.syscall(RESTRICT_SELF, handle, 0) == 0
    os.close(handle)
    return bool(done)
