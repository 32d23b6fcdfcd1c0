"""What the reader of one format returns: segments as the file has them, before anything is decided.

Readers take text, or bytes where the format is no text. They raise ``ValueError`` with one line
about what was expected and what came; the file's name is added where files are opened.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import NamedTuple

from trifold.contracts import Segment


@dataclass(frozen=True)
class ParsedTranscript:
    """What a transcript file holds.

    Attributes:
        segments: cues, lines or words in the file's order, markup gone and white space single.
            Times are seconds as stated; None where there are none or they make no sense, which
            costs the times of that segment and never its words. ``speaker`` is what the format
            itself states, stripped; labels at the head of a text (``Anna: hello``) are found
            later, for all formats alike.
        kind: short lower-case name of the format, e.g. ``vtt``, ``whisper``, ``teams``.
        unit_known: False where times are bare numbers whose unit the format does not state, so
            that seconds and milliseconds must be told apart by the recording's length.
        by_trifold: True for files that Trifold wrote: speakers stand in tags, nothing is repeated.
        language: as stated by the file, e.g. ``en``; None where it is not.
        damaged: cues or words whose times could not be read.
        turns: how often marks without a name, ``>>`` or dashes, say that another speaker begins.
    """

    segments: tuple[Segment, ...]
    kind: str
    unit_known: bool = True
    by_trifold: bool = False
    language: str | None = None
    damaged: int = 0
    turns: int = 0


class OtherContentError(ValueError):
    """A file that is whole, and holds something else than a transcript."""


class Format(NamedTuple):
    """A family of files: how to know them by their content, and how to read them."""

    recognises: Callable[[str], bool]
    read: Callable[[str], ParsedTranscript]
