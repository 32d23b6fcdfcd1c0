"""A recording's speech to turns of its voices."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np

from trifold.contracts import Array, AudioChunk
from trifold.contracts.turns import Span
from trifold.encoders.base import fingerprint
from trifold.encoders.voices.clustering import Apart, likeliest, voices_among
from trifold.encoders.voices.vectors import SAMPLE_RATE_HZ, voice_vectors
from trifold.errors import InputError

STEP_S = 0.4  # between stretches that say where a voice begins
LONG_S = 1.0  # shorter ones do not say how many voices there are
PAUSE_S = 0.5  # after which another may well speak
SWITCH, SWITCH_AFTER_PAUSE = 0.3, 0.03  # what a change of voice costs, in cosines
LEAST_S = 4.0  # of speech, below which nobody is told apart


class Turn(NamedTuple):
    """A voice's stretch of speech: seconds, and the voice's number, the longest speaker's 0."""

    start_s: float
    end_s: float
    voice: int


@dataclass(frozen=True)
class Stretches:
    """Pieces of speech of one length, which may overlap.

    Attributes:
        spans: seconds of each.
        own: seconds of which each says whose they are; together all of the speech.
        after_pause: (n,) True for the first after a pause.
    """

    spans: Sequence[Span]
    own: Sequence[Span]
    after_pause: Array


class VoiceTurns:
    """Tells voices apart; what was learnt of a voice is forgotten with the recording.

    Args:
        model: name of packaged weights, a folder or hub id of an x-vector model of transformers.
        revision: hub commit of 40 hex digits; needed with a hub id.
        device: ``auto``, ``cpu`` or ``cuda:N``, of a model of one's own.
        apart: thresholds of ``Apart``. Those of the packaged model do not fit another.
        sure: share of all voices' speech that the longest speaker has at least, to be assumed the
            candidate where nothing else tells.

    Raises:
        EncoderError: when the model is not there.
        InputError: when a threshold cannot be.
    """

    version = 1

    def __init__(
        self,
        *,
        model: str = "voices",
        revision: str | None = None,
        device: str = "auto",
        apart: Mapping[str, float] | None = None,
        sure: float = 0.6,
    ) -> None:
        self.apart, self.sure = Apart(**(apart or {})), float(sure)
        if min(self.apart) < 0 or not 0 <= self.sure <= 1:
            raise InputError(
                expected="thresholds from 0 on and a share up to 1", got=f"{self.apart}, {sure}"
            )
        self.vectors = voice_vectors(model, revision, device)

    @property
    def fingerprint(self) -> str:
        """Changes with whatever may change a turn."""
        settings: dict[str, Any] = {
            "apart": list(self.apart),
            "sure": self.sure,
            **self.vectors.identity,
        }
        return fingerprint(type(self).__name__, self.version, settings)

    def turns(self, read: Callable[[], Iterable[AudioChunk]], spoken: Sequence[Span]) -> list[Turn]:
        """Who speaks when, in order; none where one voice is heard, or hardly any.

        Stretches that follow each other say whether there are several voices; only then others
        that overlap say where each begins.

        Args:
            read: gives the recording from its start, as consecutive chunks at 16 kHz.
            spoken: where somebody speaks, in order, not overlapping.
        """
        if sum(end - start for start, end in spoken) < LEAST_S:
            return []
        for step_s in (self.vectors.window_s, STEP_S):
            stretches = stretches_of(spoken, self.vectors.window_s, step_s)
            vectors = self._vectors(read(), stretches)
            lengths = np.array([end - start for start, end in stretches.own])
            long = np.array([end - start >= LONG_S for start, end in stretches.spans])
            if long.sum() < 2:
                return []
            voices = voices_among(vectors[long], lengths[long], self.apart)
            if len(voices) < 2:
                return []
        cost = np.where(stretches.after_pause, SWITCH_AFTER_PAUSE, SWITCH)
        return _turns(stretches.own, likeliest(vectors @ voices.T, cost), lengths)

    def _vectors(self, chunks: Iterable[AudioChunk], stretches: Stretches) -> Array:
        waves = _waves(chunks, stretches.spans, self.vectors.window_s)
        return np.concatenate([self.vectors.of(part) for part in waves])


def stretches_of(spoken: Sequence[Span], window_s: float, step_s: float = STEP_S) -> Stretches:
    """Cut speech to stretches of ``window_s``; what is shorter is a stretch of its own.

    Args:
        spoken: where somebody speaks, in order, not overlapping.
        window_s: longest stretch.
        step_s: between stretches, at most.
    """
    spans: list[Span] = []
    own: list[Span] = []
    after: list[bool] = []
    before_s = -np.inf
    for start, end in spoken:
        n = max(1, int(np.ceil((end - start - window_s) / step_s - 1e-9)) + 1)
        starts = np.linspace(start, max(start, end - window_s), n)
        middles = starts + min(window_s, end - start) / 2
        edges = [start, *((middles[1:] + middles[:-1]) / 2).tolist(), end]
        spans += [(float(at), min(float(at) + window_s, end)) for at in starts]
        own += list(pairwise(edges))
        after += [start - before_s >= PAUSE_S, *[False] * (n - 1)]
        before_s = end
    return Stretches(spans, own, np.array(after))


def _waves(chunks: Iterable[AudioChunk], spans: Sequence[Span], window_s: float) -> Iterable[Array]:
    """(n, window) waveforms of all spans, chunk by chunk; a shorter one is repeated to fill it."""
    size = round(window_s * SAMPLE_RATE_HZ)
    held, first, at = np.zeros(0, np.float32), 0, 0
    for chunk in chunks:
        held = np.concatenate([held, chunk.samples])
        ready: list[Array] = []
        while at < len(spans) and round(spans[at][1] * SAMPLE_RATE_HZ) <= first + len(held):
            ready.append(_filled(held, first, spans[at], size))
            at += 1
        if ready:
            yield np.stack(ready)
        keep = round(spans[at][0] * SAMPLE_RATE_HZ) - first if at < len(spans) else len(held)
        keep = min(max(keep, 0), len(held))
        held, first = held[keep:], first + keep
    rest = [_filled(held, first, span, size) for span in spans[at:]]
    if rest:
        yield np.stack(rest)


def _filled(held: Array, first: int, span: Span, size: int) -> Array:
    start, end = (round(edge * SAMPLE_RATE_HZ) - first for edge in span)
    piece = held[max(start, 0) : end]
    return np.resize(piece, size) if len(piece) else np.zeros(size, np.float32)


def _turns(own: Sequence[Span], voices: Array, lengths: Array) -> list[Turn]:
    """Neighbouring stretches of a voice joined where no pause lies between them."""
    total = np.bincount(voices, weights=lengths)
    rank = np.argsort(np.argsort(-total, kind="stable"), kind="stable")
    turns: list[Turn] = []
    for (start, end), voice in zip(own, rank[voices].tolist(), strict=True):
        if turns and turns[-1].voice == voice and start <= turns[-1].end_s + 1e-6:
            turns[-1] = turns[-1]._replace(end_s=end)
        else:
            turns.append(Turn(start, end, voice))
    return turns if len(np.unique(voices)) > 1 else []
