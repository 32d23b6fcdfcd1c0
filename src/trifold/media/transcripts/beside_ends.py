"""What names of transcripts carry beside the recording's: ``answer.en.vtt``, ``answer_transcript``.

Ends are taken off one by one, so that they may come together and in any order.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.media.transcripts.languages import NAMES, language_of

MARKS = (
    "transcript",
    "transcription",
    "captions",
    "caption",
    "cc",
    "subtitles",
    "subtitle",
    "subs",
    "auto",
    "asr",
    "whisper",
    "closed_caption",
    "transkript",
    "transkription",
    "transcripción",
    "trascrizione",
    "untertitel",
    "subtítulos",
    "sous-titres",
    "sottotitoli",
    "meeting transcript",
    "sdh",
    "orig",
    "original",
    "default",
    "final",
    "edited",
    "corrected",
    "verbatim",
    "text",
    "stt",
    "timestamped",
    "diarized",
    "diarised",
    "aligned",
    "whisperx",
    "otter_ai",
    "otter.ai",
    "otter",
    "deepgram",
    "assemblyai",
    "descript",
    "sonix",
)
SAY_TRANSCRIPT = frozenset(mark for mark in MARKS if "trans" in mark or "trasc" in mark)
KINDS = ("vtt", "srt", "txt")  # before another suffix: ``answer.vtt.txt``
MOST_ENDS = 4
SIGNS = "._ –—-"  # the plain one last, so that classes of characters can hold it

_LONGEST_FIRST = "|".join(map(re.escape, sorted(MARKS, key=len, reverse=True)))
_MARKED = re.compile(rf"(.+?)[{SIGNS}]+[\[(]?({_LONGEST_FIRST})[\])]?")
_BREAK = re.compile(rf"[\[({SIGNS}]+")
_KIND = re.compile(r"(.+)(\.[a-z0-9]{1,5})")
_TAGGED = re.compile(r"([._-]+|\s?[\[(]|\s)([^\W\d_]{2,12}(?:[-_][a-z0-9]{2,8})?)[\])]?$")
_OPENING = re.compile(
    r"(?:transcript|transcription|transkript|captions|subtitles)[ _-]{1,3}"
    r"(?:(?:of|for|von|zu)[ _-])?"
)


class Ends(NamedTuple):
    """A name without some of its ends, and what those say.

    Attributes:
        head: what may be the name of a recording.
        mark: the nearest of those that say that it is a transcript, or none.
        tag: of the language, or none.
    """

    head: str
    mark: str = ""
    tag: str = ""


def ends_of(inner: str) -> Iterator[Ends]:
    """The name, then without its last end, and so on; without an opening such as ``transcript of``.

    Args:
        inner: a file's name without suffix and capitals.
    """
    opening = _OPENING.match(inner)
    if opening and inner[opening.end() :]:
        yield Ends(inner[opening.end() :], MARKS[0])
    ends = Ends(inner)
    for _ in range(MOST_ENDS):
        yield ends
        shorter = _shorter(ends)
        if shorter is None:
            return
        ends = shorter
    yield ends


def _shorter(ends: Ends) -> Ends | None:
    """Without the last end; None where it is none."""
    for start in (place.start() for place in _BREAK.finditer(ends.head)):
        tagged = _TAGGED.fullmatch(ends.head, start) if start else None
        # behind a space alone, only a language's whole name is one
        named = tagged is not None and (not tagged[1].isspace() or tagged[2] in NAMES)
        if tagged and named and language_of(tagged[2]) and not ends.tag:
            return ends._replace(head=ends.head[:start], tag=tagged[2])
    if marked := _MARKED.fullmatch(ends.head):
        return Ends(marked[1], marked[2], ends.tag)
    kind = _KIND.fullmatch(ends.head)
    if kind and (kind[2] in MEDIA_SUFFIXES or kind[2][1:] in KINDS):
        return ends._replace(head=kind[1])
    return None
