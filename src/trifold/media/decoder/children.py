"""Children that open files of strangers, as their owner sees them: made, asked, ended."""

from __future__ import annotations

import json
import os
import signal
import socket
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import asdict
from pathlib import Path
from typing import Any

from trifold.errors import DecodeError, DecoderLostError, InputError, NoMemoryError, NoTimeError
from trifold.media.container.file import media_file
from trifold.media.decoder.handle import RELIABLE
from trifold.media.decoder.line import (
    END,
    EXIT,
    HELD,
    NO_MEMORY,
    BadStepError,
    failure_of,
    receive_step,
)
from trifold.media.decoder.operations import Step
from trifold.runtime.framing import send
from trifold.runtime.sandbox.confinement import CALLS, LIMITS, PATHS, Bounds
from trifold.runtime.sandbox.mode import REQUIRE, decodes_apart, mode, say_once

MEMORY_MIB = 2048  # 17 pictures of 8K, as H.265 may refer to, have 1.6 GiB
CPU_S, BYTES_PER_CPU_S = 600, 100_000  # a minute of a phone's video has 100 s and more
PATIENCE = 4  # times the processor time: longer nobody waits for a word
MOST_ALIVE = 8  # that wait for the next question
OUT_OF_CPU, OUT_OF_MEMORY = signal.SIGXCPU, signal.SIGKILL


class Child:
    """A process that has one file open.

    Args:
        path: of the file.

    Raises:
        DecodeError: when the file cannot be opened.
        InputError: when the process has not what ``sandbox=require`` asks for.
    """

    def __init__(self, path: Path) -> None:
        self.path, self.busy = path, False
        try:
            held = self._begin()
        except DecoderLostError:
            if not RELIABLE.has_ended():
                raise
            held = self._again()
        _limit_alive(self)
        _check_held(held)

    def _again(self) -> object:
        """Once more, after what it was to be forked from had ended."""
        try:
            return self._begin()
        except DecoderLostError:
            if not RELIABLE.has_ended():
                raise
        expected = "a process that recordings are decoded in; sandbox=off does without"
        raise InputError(expected=expected, got="one that ends at once")

    def _begin(self) -> object:
        """Have the process made; gives what it says that holds."""
        self._line, theirs = socket.socketpair()
        self._watch, watched = socket.socketpair()
        with theirs, watched, media_file(self.path) as file:
            bounds = Bounds(MEMORY_MIB, CPU_S + file.size // BYTES_PER_CPU_S)
            request = {"suffix": file.suffix[:16], "bounds": asdict(bounds)}
            RELIABLE.send(
                json.dumps(request).encode(), [file.handle, theirs.fileno(), watched.fileno()]
            )
        self._line.settimeout(PATIENCE * bounds.cpu_s)
        return self._next().facts.get(HELD)

    def ask(self, what: str, details: Mapping[str, Any]) -> Iterator[Step]:
        """The steps of an answer; who does not want all of them ends the child.

        Raises:
            DecodeError: as the file is damaged.
            DecoderLostError: when the process ended, or took too much memory or time.
        """
        self.busy = True
        try:
            with suppress(OSError):  # it has ended: the next line finds out
                send(self._line, {"what": what, "details": dict(details)})
            while END not in (step := self._next()).facts:
                self._raise_failure(step)
                yield step
            self.busy = False
        finally:
            if self.busy:
                self.end()

    @property
    def is_open(self) -> bool:
        """Whether it can be asked."""
        return self._line.fileno() >= 0

    def end(self) -> None:
        """End it at once, whatever it does."""
        self._line.close()
        self._watch.close()

    def __del__(self) -> None:
        """Nobody can ask any more."""
        with suppress(AttributeError):  # the file could not be opened
            self.end()

    def _next(self) -> Step:
        try:
            return receive_step(self._line)
        except TimeoutError:
            self.end()
            raise NoTimeError(
                expected="media that are decoded in time", got="no word of it", where=self.path
            ) from None
        except (EOFError, OSError, BadStepError, MemoryError) as error:
            raise self._lost(error) from None

    def _raise_failure(self, step: Step) -> None:
        failure = failure_of(step.facts)
        if failure is None:
            return
        kind, expected, got = failure
        self.busy = False
        error = NoMemoryError if kind == NO_MEMORY else DecodeError
        raise error(expected=expected, got=got, where=self.path)

    def _lost(self, error: Exception) -> DecoderLostError:
        """What became of it."""
        status = 0
        with suppress(OSError):
            self._watch.settimeout(5.0)
            if len(told := self._watch.recv(EXIT.size)) == EXIT.size:
                (status,) = EXIT.unpack(told)
        self.end()
        number = os.WTERMSIG(status) if os.WIFSIGNALED(status) else None
        if number == OUT_OF_CPU:
            got = "one that took more processor time than it may"
            return NoTimeError(expected="media that are decoded in time", got=got, where=self.path)
        if number == OUT_OF_MEMORY:
            got = "one that was ended, as systems do that run out of memory"
            return NoMemoryError(expected="a decoder that lives", got=got, where=self.path)
        got = "one that said what it must not" if isinstance(error, ValueError) else "one that died"
        if number is not None:
            got = f"one that died of {signal.Signals(number).name}"
        return DecoderLostError(expected="a decoder that lives", got=got, where=self.path)


_alive: list[weakref.ref[Child]] = []  # the oldest first
_changing = threading.Lock()


def check_children() -> None:
    """Make a child and see what holds, before there is a file to open.

    Raises:
        InputError: where ``sandbox=require`` asks for more.
    """
    if not decodes_apart():
        return
    handle = os.memfd_create("empty")
    try:
        os.write(handle, b"\0")
        Child(Path(f"/proc/self/fd/{handle}")).end()
    finally:
        os.close(handle)


def _limit_alive(child: Child) -> None:
    """Count a new one; end the oldest that nobody asks at the moment, where there are too many."""
    with _changing:
        known = [one for ref in _alive if (one := ref()) is not None and one.is_open]
        idle = [one for one in known if not one.busy]
        for one in idle[: max(0, len(known) + 1 - MOST_ALIVE)]:
            one.end()
        _alive[:] = [weakref.ref(one) for one in (*known, child) if one.is_open]


def _check_held(held: object) -> None:
    """Refuse or say what does not hold.

    Raises:
        InputError: where it is required.
    """
    known = held if isinstance(held, list) else []
    wanted = {LIMITS: "limits of memory and time", CALLS: "a filter of system calls (seccomp)"}
    missing = [words for name, words in wanted.items() if name not in known]
    if not missing:
        return
    if mode() == REQUIRE:
        raise InputError(
            expected="a decoder with all that sandbox=require asks for",
            got=f"one without {' and '.join(missing)}",
        )
    but = "; it can open no path all the same" if PATHS in known else ""
    say_once(f"media are decoded in a process without {' and '.join(missing)}{but}")
