"""Times of day and of recordings as people and tools write them, to seconds.

All expressions are linear in the line: digits and spaces are bounded and nothing is searched twice.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import NamedTuple

FRAME_HZ = 25.0  # of time codes whose rate nothing states
DROP_FRAME_HZ = 30000 / 1001  # ``;`` before the frames; their clock follows the real one
LOOK_AT = 160  # characters of a line in which its times end

_ODD_SPACES = "\u200e\u200f\u202a\u202b\u202c\u202d\u202e\ufeff\u00a0\u2009\u202f\u3000\t"
_NORMAL = str.maketrans(
    "：；，．。٫−‐‑＞＜［］（）" + _ODD_SPACES, ":;,..,---><[]()" + " " * len(_ODD_SPACES)
)
_SEP = r" ?[:;] ?"
CLOCK = rf"-?\d{{1,3}}(?:{_SEP}-?\d{{1,2}}(?!\d)){{1,2}}(?: ?[.,] ?-?\d{{1,9}}|[:;]\d{{1,3}})?"
BARE = r"-?\d{1,9}(?:[.,]\d{1,9})? ?(?:ms|s|sec)?(?![\w:])"
ARROW = r"(?:[-–—―=](?: ?[-–—―=]){0,3} ?(?:>|&gt;)|[→⟶⇒➔➜])"

_CLOCK = re.compile(
    rf"(-?\d{{1,3}}){_SEP}(-?\d{{1,2}})(?!\d)(?:{_SEP}(-?\d{{1,2}})(?!\d))?"
    r"(?: ?[.,] ?(-?\d{1,9})|([:;])(\d{1,3}))?"
)
_BARE = re.compile(r"(-?\d{1,9}(?:[.,]\d{1,9})?) ?(ms|s|sec)?")
_LETTERS = re.compile(  # 1h 2m 3s
    r"(?:(\d{1,3}) ?h)? ?(?:(\d{1,3}) ?m(?:in)?)? ?(?:(\d{1,3}(?:[.,]\d{1,9})?) ?s)?"
)
_SPAN = re.compile(rf" ?[\[(]? ?({CLOCK}|{BARE}) ?{ARROW} ?({CLOCK}|{BARE}) ?[\])]?")
_WITH_FRACTION = r"\d{1,3}(?::\d{1,2}){1,2}[.,]\d{1,6}"
_SBV = re.compile(rf"({_WITH_FRACTION}),({_WITH_FRACTION})")
_ARROW_LOST = re.compile(rf"({_WITH_FRACTION}) ?[ -–—] ?[-–—]{{0,2}} ?({_WITH_FRACTION})")
_VALUE = (
    r"(?:-?\d[\d.,%]{0,12}(?:line-\w{1,6}|center)?|start|middle|center|end|left|right|rl|lr|auto)"
)
_SETTINGS = re.compile(  # of WebVTT, of its drafts, and the corners that some SRT files give
    rf"(?:^|(?<= ))(?:(?:align|line|position|size|vertical) ?: ?{_VALUE}(?:,[\w-]{{1,12}})?"
    r"|region:\S{1,80}|[XYxy][12]: ?-?\d{1,5}|D:vertical\S{0,8}"
    r"|[ALTS]:(?:start|middle|end|-?\d{1,3}%?))"
    r"(?= |$)"
)
_ARROW = re.compile(ARROW)
# one side of an arrow in a line that is meant as times: digits and colons, perhaps damaged
_SIDE = re.compile(r"(?=[^:]{0,20}:)(?=\D{0,20}\d)-?\w{1,6}(?: ?[:.,;] ?-?\w{0,9}){1,5}")
_NO_NUMBER = re.compile(
    r"(?:[:.,; ]?(?:nan|undefined|null|none|inf|invalid date)){1,5}", re.IGNORECASE
)
_FRAMES = re.compile(r"(?<![\d:])\d{1,3}:\d{1,2}:\d{1,2}:(\d{2})(?!\d)")  # of hh:mm:ss:ff
_INLINE = re.compile(  # a cue's number and times within a line
    rf"(?<!\S)(?:(\d{{1,6}})\s)?({_WITH_FRACTION} ?{ARROW} ?{_WITH_FRACTION})(?!\S)", re.ASCII
)


class CueTimes(NamedTuple):
    """The times of a cue.

    Attributes:
        start_s, end_s: seconds, never negative; None where they cannot be read or run backwards.
        rest: what follows on the same line, settings of WebVTT and SRT left out.
        bare: True for plain numbers, which state no unit.
        bracketed: True for ``[start --> end]``, as recognisers print it.
    """

    start_s: float | None
    end_s: float | None
    rest: str = ""
    bare: bool = False
    bracketed: bool = False


def normal(text: str) -> str:
    """Full-width marks, odd spaces and hyphens as ASCII, character for character."""
    return text.translate(_NORMAL)


def seconds(clock: str, *, frame_hz: float = FRAME_HZ) -> float | None:
    """Seconds of a time such as ``1:02:03,5``, ``00:01``, ``00:00:01:12`` or ``1.5s``.

    Two numbers are minutes and seconds, three are hours, minutes and seconds. One or two digits
    after a third colon are frames, three are milliseconds. Negative times are 0.

    Args:
        clock: the time and nothing else.
        frame_hz: frames per second of time codes; those with ``;`` run at 29.97 by their form.

    Returns:
        Seconds, or None where the text is no time.
    """
    text = normal(clock.strip()[:LOOK_AT]).strip()
    match = _CLOCK.fullmatch(text)
    if match is None:
        return _plain_seconds(text)
    if "-" in text:
        return 0.0
    first, second, third, fraction, mark, frames = match.groups()
    parts = [first, second] if third is None else [first, second, third]
    whole = 0.0
    for part in parts:
        whole = 60.0 * whole + int(part)
    if frames is None:
        return round(whole + float(f"0.{fraction or 0}"), 6)
    if len(frames) == 3:
        return round(whole + int(frames) / 1000, 6)
    return round(whole + int(frames) / (DROP_FRAME_HZ if mark == ";" else frame_hz), 6)


def _plain_seconds(text: str) -> float | None:
    """``12.5``, ``12.5s``, ``1500 ms``, ``1h 2m 3s``."""
    match = _BARE.fullmatch(text)
    if match:
        number = max(0.0, float(match.group(1).replace(",", ".")))
        return number / 1000 if match.group(2) == "ms" else number
    letters = _LETTERS.fullmatch(text)
    if not text or letters is None:
        return None
    hours, minutes, rest = (float((part or "0").replace(",", ".")) for part in letters.groups())
    return 3600 * hours + 60 * minutes + rest


def time_line(line: str, *, frame_hz: float = FRAME_HZ) -> CueTimes | None:
    """The times that a line opens with, as ``start --> end`` in all its spellings.

    A line that is clearly meant as times but cannot be read gives a span without times.

    Returns:
        The span, or None where the line is text.
    """
    stripped = line.strip()
    head = normal(stripped[:LOOK_AT])
    match = _SPAN.match(head) or _SBV.fullmatch(head) or _ARROW_LOST.fullmatch(head)
    if match is None:
        return CueTimes(None, None) if _meant_as_times(head, stripped) else None
    start_s, end_s = (seconds(part, frame_hz=frame_hz) for part in match.groups())
    rest = stripped[match.end() :]
    if len(rest) < LOOK_AT:
        rest = _SETTINGS.sub("", rest)
    if start_s is None or end_s is None or end_s < start_s:
        start_s = end_s = None
    return CueTimes(
        start_s,
        end_s,
        rest.strip(),
        bare=all(part.strip("-0123456789., ") == "" for part in match.groups()),
        bracketed=match.group().lstrip()[:1] in ("[", "("),
    )


def unfold(line: str) -> list[str]:
    """Cut a line that holds several cues, their numbers and times, as spreadsheets join them.

    A line whose only times are at its start stays whole.
    """
    matches = list(_INLINE.finditer(line))
    if not matches or (len(matches) == 1 and not line[: matches[0].start(2)].strip()):
        return [line]
    parts: list[str] = []
    at = 0
    for match in matches:
        parts += [line[at : match.start()], match.group(1) or "", match.group(2)]
        at = match.end()
    return [part.strip() for part in (*parts, line[at:]) if part.strip()]


def _meant_as_times(head: str, line: str) -> bool:
    """True for an arrow between what look like times, one of which may be missing."""
    arrow = _ARROW.search(head) if len(line) < LOOK_AT else None
    if arrow is None:
        return False
    left = head[: arrow.start()].strip("[( ")
    right = _SETTINGS.sub("", head[arrow.end() :].strip()).strip("]) ")
    sides = [side for side in (left, right) if side]
    return bool(sides) and all(
        _SIDE.fullmatch(side) or _NO_NUMBER.fullmatch(side) for side in sides
    )


def likely_frame_hz(lines: Iterable[str]) -> float:
    """The rate that explains the highest frame number of time codes ``hh:mm:ss:ff``.

    Nothing states it in these files: 25 unless a frame number says that there are more.
    """
    frames = (int(frame) for line in lines for frame in _FRAMES.findall(line[:LOOK_AT]))
    highest = max(frames, default=0)
    return next((rate for rate in (FRAME_HZ, 30.0, 50.0, 60.0) if highest < rate), FRAME_HZ)
