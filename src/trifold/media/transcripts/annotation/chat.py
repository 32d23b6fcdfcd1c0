"""CHAT, the format of TalkBank and CHILDES (``.cha``): a main line per utterance, times behind it.

The signs of the manual (MacWhinney, "Tools for analyzing talk", part 1) are taken off, so that
words are left as they were said: ``be(cause)`` is ``because``, ``&-um`` is ``um``, ``&=laughs`` is
nothing.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import Format, ParsedTranscript
from trifold.media.transcripts.timed.lines import split_lines

_MAIN = re.compile(r"\*([A-Z0-9_]{1,8}):\s*(.*)")
_TIMES = re.compile(r"[\s\x15•·]{0,5}(?:%snd:\"[^\"]{0,80}\"_)?(\d{1,9})_(\d{1,9})[\x15•·]?")
_GONE = re.compile(
    r"\[[^\[\]]{0,200}\]|(?<!\w)&[=+~]\S+|(?<!\S)\+\S{0,6}|\(\.{1,3}\)|\(\d[\d.:]{0,6}\)|[<>‡„↑↓⌈⌉⌊⌋]"
    r"|(?<!\w)(?:xxx|yyy|www|0\w*)(?!\w)"
)
_JOINED = re.compile(r"(?<=\w)\((\w{1,20})\)|\((\w{1,20})\)(?=\w)")
_FORM = re.compile(r"(?<=\w)@[a-z:$]{1,12}(?!\w)")
_BEFORE_MARK = re.compile(r"\s+([.,?!;])")


def recognises(text: str) -> bool:
    """True for files that begin with a header of CHAT."""
    return text.lstrip("\ufeff \r\n\t").startswith(("@UTF8", "@Begin")) and "\n*" in text


def read(text: str) -> ParsedTranscript:
    """Read main lines with speakers by the names and parts of ``@Participants``."""
    rows = _rows(split_lines(text))
    names = next((dict(_names(row)) for row in rows if row.startswith("@Participants:")), {})
    segments: list[Segment] = []
    for row in rows:
        main = _MAIN.match(row)
        said = _spoken(main[2]) if main else ""
        if main and said:
            segments.append(Segment(said, *_span(main[2]), names.get(main[1], main[1])))
    return ParsedTranscript(tuple(segments), "chat")


def _rows(lines: list[str]) -> list[str]:
    """Lines with what goes on in the next, which a tab begins."""
    rows: list[str] = []
    for line in lines:
        if rows and line[:1] in ("\t", " "):
            rows[-1] += f" {line.strip()}"
        else:
            rows.append(line.strip())
    return rows


def _names(row: str) -> Iterator[tuple[str, str]]:
    """``INV Ines Investigator``: code, name where there is one, and part."""
    for person in row.partition(":")[2].split(","):
        code, *words = person.replace("_", " ").split()[:6] or [""]
        if code and words:
            yield code, words[0] if len(words) == 1 else f"{' '.join(words[:-1])} ({words[-1]})"


def _span(text: str) -> tuple[float | None, float | None]:
    """Milliseconds behind an utterance; of several the first start and the last end."""
    times = [(int(a) / 1000, int(b) / 1000) for a, b in _TIMES.findall(text)]
    if not times or times[-1][1] < times[0][0]:
        return None, None
    return times[0][0], times[-1][1]


def _spoken(text: str) -> str:
    bare = _TIMES.sub(" ", text).replace("&-", "")
    bare = _FORM.sub("", _JOINED.sub(r"\1\2", _GONE.sub(" ", bare)))
    said = _BEFORE_MARK.sub(r"\1", " ".join(bare.replace("_", " ").split()))
    return said if any(c.isalnum() for c in said) else ""


FORMATS = (Format(recognises, read),)
