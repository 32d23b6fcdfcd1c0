"""How commands end: with their paths, one line about what is wrong, or one about how to go on.

Exit codes: 0 done, 2 bad input or no way to write, 3 nothing could be scored or was there to be
forgotten, 130 and 143 stopped by Ctrl-C (SIGINT) and SIGTERM.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from multiprocessing import active_children, forkserver
from types import FrameType
from typing import NoReturn

from trifold.errors import InputError, TrifoldError, unknown
from trifold.runtime.private import take_umask

BAD_INPUT, NOTHING_SCORED = 2, 3
NOTHING_FOUND = NOTHING_SCORED  # of a person that is to be forgotten
GOES_ON = "stopped; the same command goes on where it stopped"
PATIENCE_S = 3.0  # for the way out of a stopped command
_STOPPED = 128  # plus the number of the signal, as shells count


class Stopped(SystemExit):
    """Raised by Ctrl-C and SIGTERM, so that what is open is closed on the way out."""


def listen(line: str = "stopped") -> None:
    """From now on Ctrl-C and SIGTERM end this process in one line; a second one ends it at once.

    Until ``closing`` is entered nothing is open and the process ends on the spot.

    Args:
        line: what to say, such as how to go on.
    """
    _lines.append(line)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, _stop)


@contextmanager
def closing() -> Iterator[None]:
    """Inside, a stop first leaves every ``with`` block; then it says its line and ends."""
    _depth.append(None)
    try:
        yield
    except Stopped as stop:
        _say()
        patience = threading.Timer(PATIENCE_S, os._exit, (int(str(stop.code)),))
        patience.daemon = True  # for what does not let go
        patience.start()
        raise
    except BrokenPipeError:  # whoever read what we print has heard enough
        os._exit(_STOPPED + signal.SIGPIPE)
    finally:
        _depth.pop()


def leave(code: int = 0) -> NoReturn:
    """End the process without taking PyTorch apart, which takes a while for nothing.

    For the end of a command; what is registered with ``atexit`` is not run.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


def tell(text: str, code: int = 0) -> NoReturn:
    """Print and exit; a reader that has heard enough, as ``head`` may, is no error."""
    with closing():
        print(text, flush=True)
    sys.exit(code)


def fail(message: str) -> NoReturn:
    """Say what is wrong on one line and exit."""
    sys.exit(_told(message))


def no_access(error: OSError) -> str:
    """A full disk, a folder that cannot be written and the like, as one line."""
    where = "" if error.filename is None else f"{error.filename}: "
    return f"{where}{error.strerror or error}"


def run_plain(work: Callable[[list[str]], Iterable[object]], usage: str) -> NoReturn:
    """Run a command without Hydra, print what it wrote and exit.

    Args:
        work: gets the words of the command line; gives the paths that it wrote.
        usage: what ``--help`` prints; usually the docstring of the command's module.
    """
    take_umask()
    listen()
    with closing():
        sys.exit(code_of(work, sys.argv[1:], usage))


def run_main(main: Callable[[list[str]], int], line: str = "stopped") -> NoReturn:
    """Run a ``main`` that returns its exit code, until it ends or is stopped."""
    listen(line)
    with closing():
        sys.exit(main(sys.argv[1:]))


def code_of(work: Callable[[list[str]], Iterable[object]], arguments: list[str], usage: str) -> int:
    """Do the work, print what it gives, and return the exit code; see ``run_plain``."""
    if any(word in ("--help", "-h") for word in arguments):
        print(usage.strip())
        return 0
    try:
        for line in work(arguments):
            print(line, flush=True)
    except TrifoldError as error:
        return _told(str(error))
    except BrokenPipeError:
        raise
    except OSError as error:
        return _told(no_access(error))
    return 0


def values_of(words: Iterable[str], known: Iterable[str]) -> dict[str, str]:
    """``key=value`` words of a command line, values as they are written.

    Raises:
        InputError: when a word is no key=value, or its key is not among those that are known.
    """
    pairs = [word.partition("=") for word in words]
    names = list(known)
    for key, equals, _ in pairs:
        if not (key and equals):
            raise InputError(expected="key=value", got=repr(key))
        if key not in names:
            raise unknown(key, names, what="settings")
    return {key: value for key, _, value in pairs}


_lines: list[str] = []
_depth: list[None] = []


def _stop(number: int, frame: FrameType | None) -> None:
    for again in (signal.SIGINT, signal.SIGTERM):
        signal.signal(again, lambda number, _: os._exit(_STOPPED + number))
    _kill_workers()
    if not _depth:
        _say()
        leave(_STOPPED + number)
    raise Stopped(_STOPPED + number)


def _told(message: str) -> int:
    print(f"error: {' '.join(message.splitlines())}", file=sys.stderr)
    return BAD_INPUT


def _kill_workers() -> None:
    """At once: they hold nothing that is not written in one step."""
    for child in active_children():
        child.kill()
    server = getattr(forkserver._forkserver, "_forkserver_pid", None)  # no public name
    if server is not None:
        with suppress(ProcessLookupError):
            os.kill(server, signal.SIGKILL)


def _say() -> None:
    print(_lines[-1] if _lines else "stopped", file=sys.stderr)
