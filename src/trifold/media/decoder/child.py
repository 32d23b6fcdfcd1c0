"""The process that opens one file of a stranger: made by ``server``, confined, asked, ended.

It has its line and the file, both open, and can open nothing else. It ends with its line.
"""

from __future__ import annotations

import os
import signal
import socket
from contextlib import suppress
from importlib import import_module
from pkgutil import walk_packages
from typing import Any, NoReturn

import av
import numpy as np

from trifold.errors import TrifoldError
from trifold.media.container.file import MediaFile
from trifold.media.container.forms import options
from trifold.media.decoder.line import (
    DAMAGED,
    END,
    FAILED,
    HELD,
    MOST_REQUEST_BYTES,
    NO_MEMORY,
    send_step,
)
from trifold.media.decoder.operations import OpenFile, Step, answer
from trifold.media.picture import hdr
from trifold.runtime.framing import receive
from trifold.runtime.sandbox.confinement import Bounds, confine

LINE, FILE, REST = 3, 4, 5  # descriptors; those from the last on are closed


def run(line: int, file: int, suffix: str, bounds: Bounds) -> NoReturn:
    """Life of the process, from its fork on.

    Args:
        line: descriptor to who asks.
        file: descriptor of the media file.
        suffix: of its name.
        bounds: on what it may use up.
    """
    code = 1
    try:
        signal.set_wakeup_fd(-1)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        for number in (signal.SIGINT, signal.SIGTERM):  # of the whole group; who asks decides
            signal.signal(number, signal.SIG_IGN)
        size = os.fstat(file).st_size
        os.dup2(os.dup(line), 100)
        os.dup2(os.dup(file), FILE)
        os.dup2(100, LINE)
        os.closerange(REST, os.sysconf("SC_OPEN_MAX"))
        ours = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM, 0, fileno=LINE)
        held = confine(bounds)
        _serve(ours, OpenFile(MediaFile(FILE, suffix, size)), held)
        code = 0
    finally:
        os._exit(code)


def _serve(line: socket.socket, file: OpenFile, held: list[str]) -> None:
    with suppress(EOFError, OSError):
        send_step(line, Step({HELD: held}))
        while True:
            asked = receive(line, MOST_REQUEST_BYTES).facts
            send_step(line, _answered(line, file, asked))


def _answered(line: socket.socket, file: OpenFile, asked: Any) -> Step:
    """Send all steps of an answer; returns the last, which says how it ended."""
    try:
        for step in answer(file, asked["what"], asked["details"]):
            send_step(line, step)
    except TrifoldError as error:
        return Step({FAILED: [DAMAGED, error.expected, error.got]})
    except MemoryError:
        return Step({FAILED: [NO_MEMORY, "media that fit into memory", "no memory"]})
    except (EOFError, BrokenPipeError, ConnectionError):
        raise
    except Exception as error:  # a form that nobody thought of; what it says may quote the file
        got = f"{type(error).__name__} while decoding"
        return Step({FAILED: [DAMAGED, "media that can be decoded", got]})
    return Step({END: True})


def prepare() -> None:
    """Load what is loaded late, as nothing can be opened afterwards."""
    for module in walk_packages(av.__path__, "av."):  # PyAV loads some when a file needs them
        if not module.name.endswith(("__main__", "datasets")):
            import_module(module.name)
    options()
    pixel = np.zeros((1, 1, 3), dtype=np.uint16)
    for transfer in (hdr.PQ, hdr.HLG):  # makes tables, and NumPy loads what percentiles need
        nits = hdr.light(pixel, transfer)
        hdr.tone_mapped(nits, white_nits=hdr.WHITES_NITS[0], peak_nits=hdr.brightest(nits))
