"""The pieces of an interview that can be hidden one by one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from trifold.contracts import MODALITIES, Array, Modality, Transcript
from trifold.encoders.text.sentences import timeline
from trifold.features.collate import Answer, CandidateSample

MOST = 96  # pieces of a candidate, about; more would say less about each and take longer


@dataclass(frozen=True)
class Piece:
    """Tokens of one modality of one answer that cover the same seconds.

    Attributes:
        answer: number of the answer.
        modality: of the tokens.
        start_s: start of the first token.
        end_s: end of the last.
        tokens: stream name to the numbers of its tokens that lie here.
    """

    answer: int
    modality: Modality
    start_s: float
    end_s: float
    tokens: Mapping[str, Array]


def cut(sample: CandidateSample, modality: Mapping[str, Modality]) -> list[Piece]:
    """All pieces of a candidate, by answer, modality and time.

    Tokens with the same start and end are one piece, also across streams. A modality with more
    than a third of ``MOST`` of them is cut into equal windows of time.

    Args:
        sample: the candidate.
        modality: stream name to modality; the question is context and no piece.
    """
    return [
        piece
        for t, answer in enumerate(sample.answers)
        for m in MODALITIES
        for piece in _pieces(t, m, _of(m, answer, modality), _window_s(m, sample, modality))
    ]


def words_between(
    transcript: Transcript, start_s: float, end_s: float, duration_s: float | None = None
) -> str | None:
    """The words spoken between two times, as encoders place them; None where there are none."""
    text, clock = timeline(transcript.segments, duration_s)
    inside = np.flatnonzero((clock[:-1] >= start_s - 1e-3) & (clock[:-1] < end_s - 1e-3))
    if len(inside) == 0:
        return None
    return text[inside[0] : inside[-1] + 1].strip() or None


def _of(
    wanted: Modality, answer: Answer, modality: Mapping[str, Modality]
) -> list[tuple[str, int, float, float]]:
    """(stream, token, start, end) of every token of a modality."""
    return [
        (stream, i, float(start), float(end))
        for stream, tokens in answer.items()
        if modality.get(stream) == wanted
        for i, (start, end) in enumerate(zip(tokens.start_s, tokens.end_s, strict=True))
    ]


def _window_s(
    wanted: Modality, sample: CandidateSample, modality: Mapping[str, Modality]
) -> float | None:
    """Length of the windows that a modality is cut into; None where its tokens are few enough."""
    tokens = [_of(wanted, answer, modality) for answer in sample.answers]
    spans = sum(len({token[2:] for token in answer}) for answer in tokens)
    if spans <= MOST // len(MODALITIES):
        return None
    seconds = sum(max((token[3] for token in answer), default=0.0) for answer in tokens)
    return max(seconds / (MOST // len(MODALITIES)), 1e-3)


def _pieces(
    answer: int,
    modality: Modality,
    tokens: Sequence[tuple[str, int, float, float]],
    window_s: float | None,
) -> list[Piece]:
    groups: dict[tuple[float, ...], list[tuple[str, int, float, float]]] = {}
    for token in tokens:
        _, i, start, end = token
        key = (start, end, i if end <= start else 0)  # without times, in order
        if window_s is not None and end > start:
            key = (((start + end) / 2) // window_s, 0.0, 0)
        groups.setdefault(key, []).append(token)
    ordered = sorted(groups.values(), key=lambda g: (g[0][2], g[0][3], g[0][1]))
    return [_piece(answer, modality, group) for group in ordered]


def _piece(
    answer: int, modality: Modality, tokens: Sequence[tuple[str, int, float, float]]
) -> Piece:
    streams = dict.fromkeys(token[0] for token in tokens)
    numbers = {s: np.array([token[1] for token in tokens if token[0] == s]) for s in streams}
    start, end = min(token[2] for token in tokens), max(token[3] for token in tokens)
    return Piece(answer, modality, start, end, numbers)
