"""Times and names that stand at the beginning or end of a line of a plain-text transcript."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from trifold.media.transcripts.speakers.heads import is_code, speaker_of
from trifold.media.transcripts.speakers.label_words import is_role
from trifold.media.transcripts.timed import clock

LOOK_AT = 160  # characters of a line in which a time stands

_DATE = r"(?:\d{1,4}[./-]\d{1,2}[./-]\d{1,4},?[ T]+)?"
_CLOCK = (
    r"(?:\d{1,3}:)?\d{1,2}:\d{2}(?!\d)(?:[.,]\d{1,6}|:\d{2,3}|-\d(?=#))?(?: ?[AaPp]\.?[Mm]\b\.?)?"
)
_DOTS = r"\d{1,2}\.[0-5]\d\.[0-5]\d(?![\d.])"
_PRIMES = r"\d{1,3}['\u2032\u2019] ?[0-5]\d(?:['\u2032\u2019]{2}|[\"\u2033\u201d])?(?!\w)"
_SPELLED = r"(?:\d{1,2}h ?)?\d{1,2}m(?:in)? ?\d{1,2}s\b"
_TIME = rf"(?:{_CLOCK}|{_DOTS}|{_PRIMES}|{_SPELLED})"
_LETTERS = (
    r"(?:\d{1,2} ?h(?:ours?|rs?)?,? ?)?(?:\d{1,2} ?m(?:in(?:ute)?s?)?\.?,? ?)?"
    r"\d{1,2}(?:\.\d{1,3})? ?s(?:ec(?:ond)?s?)?\.?"
)
_SECONDS = r"\d{1,5}(?:\.\d{1,3})? ?s(?:ec)?|\d{1,5}\.\d{1,3}"
_BOXED = rf"(?:{_TIME}|{_LETTERS}|{_SECONDS})"
_TO = r"(?: ?(?:-{1,3}>?|=>|>|~|to|bis|until|à) ?|[ \t]+)"
_BARE_PAIR = rf"{_DATE}({_TIME})(?:{_TO}{_DATE}({_TIME}))?"
_BOXED_PAIR = rf"[\[({{<#] ?{_DATE}({_BOXED})(?:{_TO}{_DATE}({_BOXED}))? ?[\])}}>#]"
_MINUTES = re.compile(r"[\[({] ?\d{1,3}\.[0-5]\d(?!\d)")
FASTEST = 20.0  # words a second: faster than anybody speaks
_FROM_TO = re.compile(r"From\s+(\S.{0,60}?)\s+to\s+\S.{0,60}?(?:\(Direct Message\))?\s*:\s*")

_AT_START = re.compile(
    rf"[>*•@\-\s]{{0,4}}(?:\d{{1,4}}[.)]?[ \t]+)?(?:{_BOXED_PAIR}|{_BARE_PAIR}(?=[\s*|:;,-]|$))"
    r"[*_]{0,2}[ \t]*[:|,;-]?[*_]{0,2}(?=\s|$|\w|>)"
)
_AT_END = re.compile(
    r"(.{1,60}?)[ \t]*(?:[|,;·•@:-]|\bat\b)?[ \t]*"
    rf"(?:{_BOXED_PAIR}|(?<=[\s|,;·•@:-]){_BARE_PAIR})[ \t]*:?"
)
_NAMED = re.compile(
    rf"(.{{1,50}}?)(?: at)? ?:? ?(?:{_BOXED_PAIR} ?:?[*_]{{0,2}}(?=\s)"
    rf"|(?<=\s){_BARE_PAIR}(?:(?=\t)| ?([:|-])?(?=\s)))"
)
_BOTH = re.compile(  # in one pair of brackets
    rf"[\[(] ?(?:{_BARE_PAIR}[ ,|;:-]{{1,3}}([^\[\]()]{{1,40}})"
    rf"|([^\[\]()]{{1,40}}?)[ ,|;:@-]{{1,3}}{_BARE_PAIR}) ?[\])] ?:?"
)
_MARK = re.compile(rf"(?=\[{_DATE}{_TIME}\])|(?=#{_TIME}#)")
_DIGITS = re.compile(r"\d[:：]\d|[\[({<#] ?\d|\d\.\d\d\.\d|\d['\u2032\u2019] ?\d|\dm(?:in)? ?\d")
_NUMBER = re.compile(r"[>*•\-\s]{0,4}(?:\d{1,4}[.)]?)?\s?")


class Stamp(NamedTuple):
    """What a line states besides words.

    Attributes:
        start_s, end_s: seconds; None where there is none.
        name: of the speaker, where it stands before the time.
        rest: words of the line.
        boxed: True where the time is in brackets, which speech never is.
    """

    start_s: float | None
    end_s: float | None
    name: str | None
    rest: str
    boxed: bool


def has_time(line: str) -> bool:
    """Whether a line may hold a time at all; quick."""
    return _DIGITS.search(line, 0, LOOK_AT) is not None


def stamp_at_start(line: str) -> Stamp | None:
    """``[00:04] words``, ``00:04 words``, ``0:04``, ``00:00 - 00:03 words``."""
    head = _normal(line[:LOOK_AT])
    found = _AT_START.match(head)
    if found is None:
        return None
    rest = line[found.end() :].strip()
    sent = _FROM_TO.match(rest[:LOOK_AT])  # a chat
    rest = f"{sent[1]}: {rest[sent.end() :]}" if sent else _untabbed(rest)
    return _stamp(found.groups(), None, rest)


def stamp_at_end(line: str) -> Stamp | None:
    """``Robin Sample  0:04``, ``Robin (00:04):``, ``[Robin] 09:30:01``: a name and a time alone."""
    if len(line) > LOOK_AT:
        return None
    line = line.replace("*", "").strip()
    found = _AT_END.fullmatch(_normal(line))
    name = speaker_of(line[: found.end(1)]) if found else None
    return _stamp(found.groups()[1:], name, "") if found and name else None


def stamp_behind_name(line: str) -> Stamp | None:
    """``Robin Sample (00:04): words``, ``Speaker 1: [00:04] words``, or cells of a table."""
    found = _NAMED.match(_normal(line[:LOOK_AT]))
    name = speaker_of(line[: found.end(1)]) if found else None
    rest = line[found.end() :].strip() if found else ""
    if found is None or name is None or not rest:
        return None
    is_marked = found[2] or found[6] or line[found.end() : found.end() + 1] == "\t"
    is_numbered = is_code(name) and name[-1:].isdigit()
    known = is_marked or is_role(name) or is_numbered
    return _stamp(found.groups()[1:5], name, rest) if known else None


def stamp_in_brackets(line: str) -> Stamp | None:
    """``[00:04 Speaker 1] words``, ``[Robin, 00:04]: words``."""
    found = _BOTH.match(_normal(line[:LOOK_AT]))
    if found is None:
        return None
    times = (*found.groups()[:2], *found.groups()[4:])
    name = speaker_of(found[3] or found[4])
    rest = line[found.end() :].strip()
    return _stamp(times, name, rest)._replace(boxed=True) if name else None


def with_marks_first(line: str) -> list[str]:
    """Cut a line so that marks of time, ``[00:12]`` and ``#00:00:12-3#``, stand first or alone.

    A name or a number before the first mark stays with it.
    """
    if not has_time(line) and len(line) < LOOK_AT:
        return [line]
    pieces = [piece.strip() for piece in _MARK.split(line)]
    pieces = pieces if pieces[0] else pieces[1:] or [""]
    is_header = speaker_of(pieces[0]) is not None or _NUMBER.fullmatch(pieces[0]) is not None
    if is_header and len(pieces) > 1:
        return [f"{pieces[0]} {pieces[1]}", *pieces[2:]]
    return pieces


def minutes_of(stamps: Mapping[int, Stamp], lines: Sequence[str]) -> dict[int, Stamp]:
    """``(0.45)`` as minutes and seconds where nobody could speak so fast in so many seconds.

    Args:
        stamps: by their line.
        lines: all of them.
    """
    starts = [stamp.start_s for stamp in stamps.values() if stamp.start_s is not None]
    words = sum(len(line.split()) for line in lines[: max(stamps, default=0)])
    is_form = all(_MINUTES.search(lines[number]) for number in stamps)
    if len(starts) < 3 or not is_form or words <= FASTEST * (starts[-1] - starts[0]):
        return dict(stamps)
    return {
        number: stamp._replace(start_s=_sixtieths(stamp.start_s), end_s=_sixtieths(stamp.end_s))
        for number, stamp in stamps.items()
    }


def _sixtieths(value: float | None) -> float | None:
    return None if value is None else int(value) * 60.0 + round(value % 1 * 100)


def _normal(line: str) -> str:
    """Dashes and full-width marks as ASCII, character for character; tabs stay."""
    plain = clock.normal(line).replace("–", "-").replace("—", "-")
    if "\t" not in line:
        return plain
    return "".join("\t" if old == "\t" else new for old, new in zip(line, plain, strict=True))


def _untabbed(rest: str) -> str:
    """A cell with a name before the cell with words is a label."""
    name, tab, words = rest.partition("\t")
    return f"{name.strip(' :')}: {words.strip()}" if tab and speaker_of(name) else rest


def _stamp(times: tuple[str | None, ...], name: str | None, rest: str) -> Stamp:
    first, second = (times[0], times[1]) if times[0] else (times[2], times[3])
    start_s, end_s = (None if value is None else _seconds(value) for value in (first, second))
    if start_s is not None and end_s is not None and end_s < start_s:
        end_s = None
    return Stamp(start_s, end_s, name, rest, bool(times[0]))


def _seconds(value: str) -> float | None:
    """Seconds of a time; afternoons by the clock are 12 hours later."""
    half = re.search(r"([AaPp])\.?[Mm]\.?$", value)
    plain = value[: half.start()].strip() if half else _as_clock(value)
    if not half:
        return clock.seconds(plain)
    whole = clock.seconds(plain if plain.count(":") > 1 else f"{plain}:00")
    noon = 43_200.0 * (half[1] in "pP")
    return None if whole is None else whole % 43_200 + noon


def _as_clock(value: str) -> str:
    """``00.01.02``, ``1'02''``, ``1 min 2 sec`` and ``0:01:02-3`` as a clock shows them."""
    if re.fullmatch(_DOTS, value):
        return value.replace(".", ":")
    if re.fullmatch(_PRIMES, value):
        return ":".join(re.findall(r"\d+", value))
    spelled = re.sub(r"(?<=\d) ?([hms])[a-z]*\.?,? ?", r"\1", value)
    return spelled.replace("-", ".")
