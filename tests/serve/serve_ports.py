"""Ports for endpoints under test; apart from ``serve_factory``, which loads PyTorch."""

from __future__ import annotations

import os
import socket
import time
from pathlib import Path

import requests

ROOT = Path(__file__).parents[2]


def free_ports(span: int = 32) -> int:
    """The first of some ports that are free now."""
    # other processes look for ports at the same time; from 32768 on the system gives them away
    first = 21000 + span * (os.getpid() % 360)
    for base in range(first, 60000, span):
        try:
            for offset in range(6):
                with socket.socket() as probe:
                    probe.bind(("127.0.0.1", base + offset))
        except OSError:
            continue
        return base
    raise RuntimeError("no free ports")


def accepted(address: str, key: str) -> str:
    """A new key, once the endpoint knows it: it looks at the table of callers now and then."""
    end_s, head = time.monotonic() + 30, {"Authorization": f"Bearer {key}"}
    while requests.get(f"{address}/jobs/x", headers=head, timeout=20).status_code == 401:
        assert time.monotonic() < end_s
        time.sleep(0.05)
    return key
