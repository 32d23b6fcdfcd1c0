"""Formats of speech recognition benchmarks: CTM (a word a row), STM (a turn a row), HTK labels.

RTTM, which has turns without words, is refused. Lists of utterances, as Kaldi and SCTK have them,
are text behind or before an id.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from itertools import pairwise

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import Format, OtherContentError, ParsedTranscript
from trifold.media.transcripts.timed import markup
from trifold.media.transcripts.timed.lines import split_lines

_NUMBER = r"\d{1,6}(?:\.\d{1,6})?"
_CTM = re.compile(rf"(\S{{1,200}}) (\w{{1,8}}) ({_NUMBER}) ({_NUMBER}) (\S{{1,100}})(?: [\d.-]+)?")
_STM = re.compile(
    rf"(\S{{1,200}}) (\w{{1,8}}) (\S{{1,80}}) ({_NUMBER}) ({_NUMBER})(?: <[^<>]{{0,80}}>)? (.+)"
)
_RTTM = re.compile(rf"SPEAKER \S{{1,200}} \d{{1,2}} {_NUMBER} {_NUMBER} <NA> .*")
_TURNS = re.compile(  # as programs print who speaks when
    rf"\[ ?[\d:.]{{5,15}} -?-> ?[\d:.]{{5,15}}\] \w{{1,5}} \w{{1,30}}"
    rf"|(?:start=)?{_NUMBER}s? (?:stop=|end=)?{_NUMBER}s? (?:speaker_?)?\w{{0,20}}"
    r"(?:speaker|spk)\w{1,20}",
    re.IGNORECASE,
)
_WORDS = re.compile(
    r"(\d{1,6}\.\d{1,6}|\d{5,12}|0) (\d{1,6}\.\d{1,6}|\d{5,12}) (\S.*)"
)  # HTK's too
_MARKS = re.compile(r'#!MLF!#|"[^"]{1,200}"|\.')  # around the rows of HTK's master label files
_ENDS_IN_ID = re.compile(r"(?P<words>\S.*) \((?P<name>[\w.-]{0,60}?\w[_-])(?P<number>\d{3,9})\)")
_UTTERANCE = re.compile(r"(?P<name>[\w.-]{0,60}?\w[_-])(?P<number>\d{3,9}|0\d) (?P<words>\S.*)")
_IGNORED = "ignore_time_segment_in_scoring"


def _rows(text: str) -> list[str]:
    """Rows with single spaces; comments go."""
    rows = (" ".join(row.split()) for row in split_lines(text))
    return [row for row in rows if row and not row.startswith(";;")]


def _every_row(form: re.Pattern[str]) -> Callable[[str], bool]:
    """Whether all rows of a text are of a form and of one recording."""

    def recognises(text: str) -> bool:
        if not form.match(" ".join(text[:400].split("\n", 1)[0].split())) and text[:2] != ";;":
            return False
        found = [form.fullmatch(row) for row in _rows(text)]
        return len(found) > 1 and all(found) and len({m.group(1) for m in found if m}) == 1

    return recognises


def read_ctm(text: str) -> ParsedTranscript:
    """Read words with their starts and lengths; channels that differ are speakers."""
    found = [row for line in _rows(text) if (row := _CTM.fullmatch(line))]
    several = len({row.group(2) for row in found}) > 1
    return _found(
        [
            _segment(row[5], row[3], float(row[3]) + float(row[4]), row[2] if several else None)
            for row in found
        ],
        "ctm",
    )


def read_stm(text: str) -> ParsedTranscript:
    """Read turns with their speakers."""
    found = [row for line in _rows(text) if (row := _STM.fullmatch(line))]
    kept = [row for row in found if row[6] != _IGNORED]
    return _found([_segment(row[6], row[4], float(row[5]), row[3]) for row in kept], "stm")


def _segment(said: str, start: str, end_s: float, speaker: str | None) -> Segment:
    words = markup.spoken(said)
    if end_s < float(start):
        return Segment(words, speaker=speaker)
    return Segment(words, float(start), round(end_s, 6), speaker)


def _found(segments: Sequence[Segment], kind: str) -> ParsedTranscript:
    said = tuple(segment for segment in segments if segment.text)
    return ParsedTranscript(said, kind, damaged=sum(segment.start_s is None for segment in said))


def refuse_rttm(text: str) -> ParsedTranscript:
    """Refuse a file that says who speaks when and no words.

    Raises:
        OtherContentError: always.
    """
    raise OtherContentError(f"expected words, got who speaks when (RTTM): {text.strip()[:30]!r}")


def _is_rttm(text: str) -> bool:
    if _RTTM.match(text.lstrip()) is not None:
        return True
    rows = _rows(text[:4000])[:20]
    return len(rows) > 1 and all(
        _TURNS.fullmatch(row) for row in rows[: -1 if len(text) > 4000 else None]
    )


def _timed(text: str) -> list[re.Match[str]]:
    """Rows of ``start end words``, running forwards; none where a text is another."""
    if not any(sign.isdigit() or sign == "#" for sign in text.lstrip()[:1]):
        return []
    rows = [row for row in _rows(text) if not _MARKS.fullmatch(row)]
    found = [match for row in rows if (match := _WORDS.fullmatch(row))]
    spans = [(float(match[1]), float(match[2])) for match in found]
    forwards = all(a <= b for a, b in spans) and all(a[0] <= b[0] for a, b in pairwise(spans))
    return found if len(found) == len(rows) > 1 and forwards else []


def read_timed(text: str) -> ParsedTranscript:
    """Read starts, ends and words; whole numbers may be of 100 ns, as HTK counts."""
    found = _timed(text)
    kept = [row for row in found if row[3].casefold() not in ("sil", "sp", "<eps>", "#")]
    whole = all("." not in row[1] + row[2] for row in found)
    segments = [_segment(row[3], row[1], float(row[2]), None) for row in kept]
    return replace(_found(segments, "rows"), unit_known=not whole)


def _utterances(text: str) -> list[str]:
    """Words of rows such as ``answer-0001 words`` or ``words (answer-0001)``, numbers rising.

    None where a text is another.
    """
    first = " ".join(text[:4000].lstrip().split("\n", 1)[0].split())
    form = next((form for form in (_UTTERANCE, _ENDS_IN_ID) if form.match(first)), None)
    found = [form.fullmatch(row) for row in _rows(text)] if form else []
    rows = [match.groupdict() for match in found if match]
    numbers = [int(row["number"]) for row in rows]
    is_one = len(rows) == len(found) and len({row["name"] for row in rows}) == 1
    enough = len(rows) > 1 or form is _ENDS_IN_ID
    forwards = all(a < b for a, b in pairwise(numbers))
    return [row["words"] for row in rows] if is_one and enough and forwards else []


def read_utterances(text: str) -> ParsedTranscript:
    """Read utterances of one recording without their ids."""
    segments = [Segment(markup.spoken(words)) for words in _utterances(text)]
    return ParsedTranscript(tuple(s for s in segments if s.text), "utterances")


FORMATS = (
    Format(_is_rttm, refuse_rttm),
    Format(lambda text: bool(_timed(text)), read_timed),
    Format(_every_row(_CTM), read_ctm),
    Format(_every_row(_STM), read_stm),
    Format(lambda text: bool(_utterances(text)), read_utterances),
)
