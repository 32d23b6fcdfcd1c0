"""A request that is scored by a version that is being tried: it leaves nothing but its scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from trifold.serve.problems import bad_field
from trifold.serve.worker.parsing.asked import ScoreRequest

HEADER = "X-Trifold-Shadow"  # of the gateway's own, as it passes on none of a client's


def is_shadow(headers: Mapping[str, str]) -> bool:
    """Whether headers, names in lower case, say so."""
    return headers.get(HEADER.lower()) == "true"


def as_shadow(request: ScoreRequest) -> ScoreRequest:
    """The request without what it would have kept, explained or forgotten.

    Raises:
        Problem: 400 where it is one to forget somebody.
    """
    if request.forget is not None:
        raise bad_field("forget", "a request to score", "another")
    bare = (replace(one, explain=False, retain=False) for one in request.candidates)
    return replace(request, candidates=tuple(bare))
