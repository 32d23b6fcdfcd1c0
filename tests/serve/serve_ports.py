"""Ports for endpoints under test; apart from ``serve_factory``, which loads PyTorch."""

from __future__ import annotations

import fcntl
import os
import socket
import time
from pathlib import Path
from tempfile import gettempdir

import requests

ROOT = Path(__file__).parents[2]


_claimed: dict[int, int] = {}  # first ports that this process took, and what holds them


def free_ports(span: int = 32) -> int:
    """The first of some ports that are free now."""
    # other processes look for ports at the same time; from 32768 on the system gives them away
    first = 21000 + span * (os.getpid() % 360)
    for base in range(first, 60000, span):
        try:
            _claim(base)
            for offset in range(6):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


def _claim(base: int) -> None:
    """Keep other processes of tests from them until this one ends.

    Raises:
        OSError: where another one has them.
    """
    if base not in _claimed:
        lock = os.open(f"{gettempdir()}/trifold-test-ports-{base}", os.O_RDWR | os.O_CREAT, 0o600)
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        _claimed[base] = lock


def accepted(address: str, key: str) -> str:
    """A new key, once the endpoint knows it: it looks at the table of callers now and then."""
    end_s, head = time.monotonic() + 30, {"Authorization": f"Bearer {key}"}
    while requests.get(f"{address}/jobs/x", headers=head, timeout=20).status_code == 401:
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return key
