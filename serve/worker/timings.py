"""What is measured of a request, and what is answered to it."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from trifold.serve.interface.versions import BUNDLE, MEDIA_SECONDS, MODEL
from trifold.serve.problems import CONTENT_TYPE, Problem

STAGES = ("read", "check", "open", "recognise", "encode", "predict", "explain", "record")


@dataclass
class Measured:
    """What metrics are made of.

    Attributes:
        seconds: by stage.
        media_s: seconds of media.
        withheld: candidates without scores.
        codes: of what was refused.
        scored: candidates with scores.
        placed: of each person, the bin of each quantity that drift is told by.
        request_id: of the request, for the log.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    media_s: float = 0.0
    withheld: int = 0
    codes: list[str] = field(default_factory=list)
    scored: int = 0
    placed: list[dict[str, int]] = field(default_factory=list)
    request_id: str = ""

    @contextmanager
    def stage(self, name: str) -> Iterator[None]:
        """Add the block's wall time to a stage."""
        start_s = time.perf_counter()
        try:
            yield
        finally:
            self.add(name, time.perf_counter() - start_s)

    @property
    def header(self) -> str:
        """Value of ``Server-Timing``: stages in milliseconds."""
        return ", ".join(f"{name};dur={1000 * s:.1f}" for name, s in self.seconds.items())

    def add(self, name: str, seconds: float) -> None:
        """Add seconds to a stage."""
        self.seconds[name] = self.seconds.get(name, 0.0) + seconds


@dataclass(frozen=True)
class Reply:
    """A response: status, JSON, headers, and what was measured on the way."""

    status: int
    body: bytes
    headers: Mapping[str, str]
    content_type: str
    measured: Measured


def refusal(problem: Problem, measured: Measured) -> Reply:
    """A problem as a response."""
    measured.codes.append(problem.code)
    return Reply(problem.status, problem.body(), problem.headers, CONTENT_TYPE, measured)


def marked(reply: Reply, model_version: str, bundle_id: str) -> Reply:
    """The response with headers that say which model made it, and of how much."""
    media_s = f"{reply.measured.media_s:.3f}"
    said = {MODEL: model_version, BUNDLE: bundle_id, MEDIA_SECONDS: media_s}
    return replace(reply, headers={**reply.headers, **said})
