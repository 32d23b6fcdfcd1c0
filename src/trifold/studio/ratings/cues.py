"""What was said, in lines that a player jumps to; who speaks is a letter, no name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from trifold.contracts import Segment
from trifold.errors import TrifoldError
from trifold.media.transcripts.beside import TranscriptsBeside
from trifold.media.transcripts.reading import read_transcript

MOST_WORDS = 18  # of a line that is made of single words
ENDS = (".", "?", "!")


@dataclass(frozen=True)
class Cue:
    """A line of a transcript.

    Attributes:
        text: that was said.
        start_s: when; None where the transcript has no times.
        speaker: a letter; empty where one person speaks.
    """

    text: str
    start_s: float | None
    speaker: str


def cues_beside(path: Path) -> list[Cue]:
    """Lines of the transcript beside a recording; none where it cannot be read."""
    try:
        found = TranscriptsBeside().find(path)
        said = read_transcript(found) if found else None
    except TrifoldError:
        return []  # the player goes without; the recording's card says what is wrong
    if said is None:
        return []
    letters = _letters(said.segments)
    parts = _lines(said.segments) if said.words_timed else ([one] for one in said.segments)
    return [
        Cue(
            " ".join(one.text for one in part),
            part[0].start_s,
            letters.get(part[0].speaker or "", "") if len(letters) > 1 else "",
        )
        for part in parts
    ]


def _letters(segments: Sequence[Segment]) -> dict[str, str]:
    """Names of speakers to letters, in the order in which they speak."""
    names = dict.fromkeys(one.speaker for one in segments if one.speaker)
    return {name: chr(ord("A") + min(number, 25)) for number, name in enumerate(names)}


def _lines(words: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Single words put together to sentences of one speaker."""
    line: list[Segment] = []
    for word in words:
        if line and (word.speaker != line[0].speaker or len(line) >= MOST_WORDS):
            yield line
            line = []
        line.append(word)
        if word.text.endswith(ENDS):
            yield line
            line = []
    if line:
        yield line
