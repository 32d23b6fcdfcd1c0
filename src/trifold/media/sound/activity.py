"""Voice activity: how probably somebody speaks, window by window."""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import NamedTuple

import numpy as np
from silero_vad import load_silero_vad
from silero_vad.sequence_vad import SileroVADSequence

from trifold.contracts import Array, AudioChunk
from trifold.errors import InputError

WINDOW, CONTEXT = 512, 64  # samples at 16 kHz: of a window, and of the one before that it sees
SAMPLE_RATE_HZ = 16000
WINDOW_S = WINDOW / SAMPLE_RATE_HZ


class RecogniserState(NamedTuple):
    """What the recogniser keeps: (64,) last samples, (1, 1, 128) hidden and cell state."""

    context: Array
    hidden: Array
    cell: Array


EMPTY = RecogniserState(np.zeros(CONTEXT, np.float32), *np.zeros((2, 1, 1, 128), np.float32))


def with_speech(chunks: Iterable[AudioChunk]) -> Iterator[AudioChunk]:
    """Attach speech probabilities (Silero VAD) to a stream of chunks of one file.

    The recogniser's memory runs on from chunk to chunk and starts empty, so results depend neither
    on the chunk length nor on earlier files.

    Args:
        chunks: consecutive, at 16 kHz, each but the last a multiple of 512 samples long.

    Raises:
        InputError: when the rate or a chunk length is another.
    """
    model, memory, ragged = _model(), EMPTY, False
    for chunk in chunks:
        if chunk.sample_rate_hz != SAMPLE_RATE_HZ or ragged:
            raise InputError(
                expected="16000 Hz chunks of a multiple of 512 samples",
                got=f"{chunk.sample_rate_hz} Hz, an odd length before the end: {ragged}",
            )
        ragged = len(chunk.samples) % WINDOW != 0
        speech, memory = _probabilities(model, chunk.samples, memory)
        yield replace(chunk, speech=speech)


def speech_segments(
    probabilities: Array,
    *,
    window_s: float = WINDOW_S,
    threshold: float = 0.5,
    min_speech_s: float = 0.1,
    min_silence_s: float = 0.2,
) -> list[tuple[float, float]]:
    """Stretches of speech from window probabilities, with hysteresis as in Silero's own utility.

    Speech starts at ``threshold`` and ends below ``threshold`` − 0.15; shorter silences are
    bridged, then shorter stretches dropped.

    Args:
        probabilities: (n,) per window.
        window_s: seconds per window.
        threshold: where speech starts.
        min_speech_s: shortest stretch to keep.
        min_silence_s: shortest silence to keep.

    Returns:
        (start_s, end_s) pairs in order.
    """
    segments: list[tuple[float, float]] = []
    for start, end in _runs(_hysteresis(probabilities, threshold, threshold - 0.15)):
        start_s, end_s = start * window_s, end * window_s
        if segments and start_s - segments[-1][1] < min_silence_s:
            segments[-1] = (segments[-1][0], end_s)
        else:
            segments.append((start_s, end_s))
    return [(start, end) for start, end in segments if end - start >= min_speech_s]


def pack_speech(
    segments: Sequence[tuple[float, float]],
    *,
    longest_s: float,
    pause_s: float = 1.0,
    margin_s: float = 0.2,
) -> list[tuple[float, float]]:
    """Join stretches of speech to spans of at most ``longest_s``, cutting at pauses.

    Args:
        segments: (start_s, end_s) in order, as ``speech_segments`` gives them.
        longest_s: of a span; a longer stretch is cut into equal parts.
        pause_s: a longer silence is never inside a span.
        margin_s: added on both sides where the neighbours leave room, so that no sound is cut.

    Returns:
        (start_s, end_s) pairs in order that do not overlap.
    """
    room = longest_s - 2 * margin_s
    spans: list[tuple[float, float]] = []
    for start, end in (part for segment in segments for part in _parts(segment, room)):
        if spans and start - spans[-1][1] <= pause_s and end - spans[-1][0] <= room:
            spans[-1] = (spans[-1][0], end)
        else:
            spans.append((start, end))
    if not spans:
        return []
    middles = [(a[1] + b[0]) / 2 for a, b in itertools.pairwise(spans)]
    return [
        (max(start - margin_s, low), min(end + margin_s, high))
        for (start, end), low, high in zip(spans, [0.0, *middles], [*middles, np.inf], strict=True)
    ]


def _parts(segment: tuple[float, float], longest_s: float) -> list[tuple[float, float]]:
    """A stretch in equal parts of at most ``longest_s``."""
    start, end = segment
    edges = np.linspace(start, end, max(1, int(np.ceil((end - start) / longest_s - 1e-9))) + 1)
    return list(itertools.pairwise(edges.tolist()))


def _hysteresis(values: Array, on: float, off: float) -> Array:
    """True from each value ≥ on until the next value < off."""
    decided = np.where(values >= on, 1, np.where(values < off, 0, -1))
    last = np.maximum.accumulate(np.where(decided >= 0, np.arange(len(values)), -1))
    state: Array = np.where(last >= 0, decided[np.maximum(last, 0)], 0) == 1
    return state


def _runs(mask: Array) -> list[tuple[int, int]]:
    """Half-open index ranges where ``mask`` is True."""
    edges = np.flatnonzero(np.diff(np.concatenate([[0], mask.astype(np.int8), [0]])))
    return list(zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True))


def _probabilities(
    model: SileroVADSequence, samples: Array, memory: RecogniserState
) -> tuple[Array, RecogniserState]:
    """(ceil(N / 512),) probabilities; the last window is padded with silence."""
    if not len(samples):
        return np.zeros(0, dtype=np.float32), memory
    count = -(-len(samples) // WINDOW)
    padded = np.zeros(CONTEXT + count * WINDOW, dtype=np.float32)
    padded[:CONTEXT], padded[CONTEXT : CONTEXT + len(samples)] = memory.context, samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, CONTEXT + WINDOW)[::WINDOW]
    values, hidden, cell = model.session.run(
        ["speech_probs", "hn", "cn"],
        {"input": np.ascontiguousarray(windows), "h": memory.hidden, "c": memory.cell},
    )
    return values.reshape(-1), RecogniserState(padded[-CONTEXT:], hidden, cell)


@lru_cache(maxsize=1)
def _model() -> SileroVADSequence:
    """One per process; its weights come inside the package."""
    return load_silero_vad(sequence=True)
