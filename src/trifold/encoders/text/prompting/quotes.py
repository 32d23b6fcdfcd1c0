"""Answers cut into stretches that one prompt holds, as token ids with seconds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from trifold.contracts import Segment, Transcript
from trifold.encoders.text.prompting.prompts import PromptTokenizer
from trifold.encoders.text.sentences import sentences


@dataclass(frozen=True)
class Quote:
    """A stretch of an answer that one prompt holds.

    Attributes:
        ids: of its tokens.
        counts: how many of them, in order, each output token stands for.
        times: (start_s, end_s) of each output token.
    """

    ids: list[int]
    counts: list[int]
    times: list[tuple[float, float]]


def quotes(
    words: PromptTokenizer,
    transcript: Transcript,
    duration_s: float | None,
    longest: int,
    *,
    by_sentence: bool,
) -> Iterator[Quote]:
    """An answer cut into stretches of at most ``longest`` tokens, at sentence ends where it can be.

    Args:
        words: the tokenizer.
        transcript: of the answer.
        duration_s: of the media, for transcripts without times.
        longest: tokens per stretch.
        by_sentence: one output token per sentence, instead of one per stretch.
    """
    for stretch in _stretches(_sentences(words, transcript, duration_s), longest):
        ids = [i for sentence, _ in stretch for i in sentence]
        times = [seconds for _, seconds in stretch]
        counts = [len(sentence) for sentence, _ in stretch]
        if by_sentence:
            yield Quote(ids, counts, times)
        else:
            yield Quote(ids, [len(ids)], [(times[0][0], times[-1][1])])


Sentence = tuple[list[int], tuple[float, float]]


def _sentences(
    words: PromptTokenizer, transcript: Transcript, duration_s: float | None
) -> Iterator[Sentence]:
    """Ids and seconds of each sentence; its text is neutralised, its seconds are the original's."""
    plain = Transcript(
        tuple(_plain(segment, words) for segment in transcript.segments), transcript.source
    )
    for part in sentences(plain, duration_s):
        ids, _, _ = words.quoted(f" {part.text}")
        if ids:
            yield ids, (part.start_s or 0.0, part.end_s or 0.0)


def _plain(segment: Segment, words: PromptTokenizer) -> Segment:
    return replace(segment, text=words.neutral(segment.text))


def _stretches(parts: Iterator[Sentence], longest: int) -> Iterator[list[Sentence]]:
    stretch: list[Sentence] = []
    for ids, seconds in parts:
        for start in range(0, len(ids), longest):
            piece = ids[start : start + longest]
            if stretch and sum(len(i) for i, _ in stretch) + len(piece) > longest:
                yield stretch
                stretch = []
            stretch.append((piece, seconds))
    if stretch:
        yield stretch
