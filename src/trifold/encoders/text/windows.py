"""Windows of a transcript as a tokenizer cuts them, with the seconds that they cover."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from trifold.contracts import Array, TokenSequence, Transcript
from trifold.encoders.base import TextEncoder
from trifold.encoders.text.minilm import join_sentences
from trifold.encoders.text.sentences import count_words, sentences, timeline
from trifold.errors import InputError


class TextWindow(NamedTuple):
    """Token ids with their special tokens, and the seconds in which the text was said."""

    ids: list[int]
    start_s: float
    end_s: float


def sentence_windows(
    tokenizer: Any,
    transcript: Transcript,
    duration_s: float | None,
    *,
    words: int,
    longest: int,
    prefix: str = "",
) -> list[TextWindow]:
    """Whole sentences joined up to ``words`` words, each cut at ``longest`` tokens."""
    parts = join_sentences(sentences(transcript, duration_s), words)
    if not parts:
        return []
    ids = tokenizer(
        [f"{prefix}{part.text}" for part in parts],
        truncation=True,
        max_length=longest,
        split_special_tokens=True,
    )["input_ids"]
    return [
        TextWindow(row, part.start_s or 0.0, part.end_s or 0.0)
        for row, part in zip(ids, parts, strict=True)
    ]


def token_windows(
    tokenizer: Any,
    transcript: Transcript,
    duration_s: float | None,
    *,
    longest: int,
    overlap: int,
) -> list[TextWindow]:
    """Windows of ``longest`` tokens that share ``overlap`` with the one before.

    Raises:
        InputError: when the overlap leaves no room to move on.
    """
    room = longest - tokenizer.num_special_tokens_to_add()
    if not 0 <= overlap < room:
        raise InputError(
            expected=f"an overlap of fewer than {room} tokens in windows of {longest}",
            got=str(overlap),
        )
    text, clock = timeline(transcript.segments, duration_s)
    if not text.strip():
        return []
    cut = tokenizer(
        text,
        truncation=True,
        max_length=longest,
        stride=overlap,
        return_overflowing_tokens=True,
        return_offsets_mapping=True,
        split_special_tokens=True,
    )
    rows = zip(cut["input_ids"], cut["offset_mapping"], strict=True)
    return [TextWindow(ids, *_seconds(offsets, clock)) for ids, offsets in rows]


def sequence_of(
    encoder: TextEncoder, transcript: Transcript, windows: Sequence[TextWindow], values: Array
) -> TokenSequence:
    """What an encoder makes of a transcript, a token per window.

    Args:
        encoder: whose tokens they are.
        transcript: all of it, for the count of words.
        windows: L of them.
        values: (L, D) float32.
    """
    return TokenSequence(
        values=values,
        start_s=np.array([w.start_s for w in windows], dtype=np.float32),
        end_s=np.array([w.end_s for w in windows], dtype=np.float32),
        modality=encoder.modality,
        fingerprint=encoder.fingerprint,
        quality={"n_words": float(count_words(transcript.text))},
    )


def _seconds(offsets: Sequence[tuple[int, int]], clock: Array) -> tuple[float, float]:
    """Start and end of a window; special tokens have empty offsets."""
    real = np.array([pair for pair in offsets if pair[1] > pair[0]] or [(0, 0)])
    return float(clock[real[:, 0].min()]), float(clock[real[:, 1].max()])
