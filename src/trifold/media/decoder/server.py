"""The process that those are forked from which open files of strangers.

A fork of it costs a few milliseconds, where a fresh Python would take half a second to load PyAV.
It is started once by each process that decodes, opens no file itself and has nothing of its
parent's: neither its environment nor its memory nor its files. Each request comes with three
descriptors: the file, the line that the child answers on, and a watch. When somebody lets go of the
watch the child is ended; when the child ends, the watch says how. When the control line ends, all
do.
"""

from __future__ import annotations

import gc
import json
import os
import select
import signal
import socket
import sys
from contextlib import suppress
from dataclasses import dataclass
from typing import NoReturn

from trifold.runtime.sandbox.confinement import Bounds, leave_network

MOST_REQUEST_BYTES = 4096


@dataclass
class Watched:
    """A child, and who wants to know how it ends."""

    pid: int
    watch: socket.socket


def main(control: int) -> NoReturn:
    """Serve until the other end of a control line is closed."""
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    leave_network()  # before there are threads, which it does not work with
    from trifold.media.decoder import child

    child.prepare()
    wake, awake = socket.socketpair()
    wake.setblocking(False)
    awake.setblocking(False)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(awake.fileno())
    gc.collect()
    gc.freeze()  # what children share stays as it is
    line = socket.socket(fileno=control)
    watched: dict[int, Watched] = {}  # by the watch's descriptor
    while True:
        ready = select.select([line, wake, *(one.watch for one in watched.values())], [], [])[0]
        if wake in ready:
            with suppress(BlockingIOError):
                wake.recv(4096)
            _bury(watched)
        for one in [one for one in watched.values() if one.watch in ready]:
            if one.watch.fileno() in watched:  # nobody writes to it: it was let go of
                _end(watched.pop(one.watch.fileno()))
        if line in ready:
            made = _take(line)
            if made is None:
                break
            if made.pid:
                watched[made.watch.fileno()] = made
    for one in watched.values():
        _end(one)
    os._exit(0)


def _take(line: socket.socket) -> Watched | None:
    """Make a child of the next request; None where there are no more."""
    try:
        text, handles, _, _ = socket.recv_fds(line, MOST_REQUEST_BYTES, 3)
    except OSError:
        return None
    if not text:
        return None
    file, theirs, watch = handles
    asked = json.loads(text)
    pid = os.fork()
    if not pid:
        from trifold.media.decoder.child import run

        run(theirs, file, asked["suffix"], Bounds(**asked["bounds"]))
    os.close(file)
    os.close(theirs)
    return Watched(pid, socket.socket(fileno=watch))


def _bury(watched: dict[int, Watched]) -> None:
    """Take away the children that have ended, and tell how."""
    from trifold.media.decoder.line import EXIT

    with suppress(ChildProcessError):
        while True:
            pid, status = os.waitpid(-1, os.WNOHANG)
            if not pid:
                return
            for number, one in list(watched.items()):
                if one.pid == pid:
                    with suppress(OSError):
                        one.watch.send(EXIT.pack(status))
                    watched.pop(number).watch.close()


def _end(one: Watched) -> None:
    """End a child that nobody wants any more."""
    one.watch.close()
    with suppress(ProcessLookupError, ChildProcessError):
        os.kill(one.pid, signal.SIGKILL)
        os.waitpid(one.pid, 0)


if __name__ == "__main__":
    main(int(sys.argv[1]))
