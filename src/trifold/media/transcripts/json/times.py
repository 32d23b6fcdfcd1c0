"""Times of speech, from the many ways in which JSON files write them.

``start``, ``startTime``, ``start_ms``, ``tStartMs``, ``offsetInTicks``, ``"1.300s"``, ``"PT1.5S"``,
``"00:00:01,101"``, ``{"seconds": "1", "nanos": 5}``, ``[0.0, null]`` and more are one thing here: a
:class:`Moment`, whose unit is known or is not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import NamedTuple

from trifold.media.transcripts.json.vocabulary import (
    DURATIONS,
    ENDS,
    OFFSETS,
    PAIR_UNITS,
    PAIRS,
    STARTS,
    UNIT_S,
)
from trifold.media.transcripts.timed import clock

ROUNDING = 0.05  # that an end may lie before its start
LONGEST_S = 1e7  # four months; what lies beyond is no time of a recording
# the words of a key: startTime, start_time, StartTIME
_PART = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+")
_NUMBER = re.compile(r"([+-]?\d{1,15}(?:[.,]\d{1,15})?)\s?([a-z]{1,12})?")
_TIME = r"(\d{1,3}(?::\d{1,2}){1,2}(?:[.,]\d{1,6})?|\d{1,6}\.\d{1,6})"
RANGE = re.compile(rf"\s?{_TIME}\s?(?:-{{1,2}}>?|[–—→]|to)\s?{_TIME}\s?")
_ISO_LENGTH = re.compile(
    r"PT(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,9}(?:[.,]\d{1,9})?)S)?", re.IGNORECASE
)


class Moment(NamedTuple):
    """A point or stretch of time; ``known`` is False where it is a number without a unit.

    Such a number stays an integer where it was written as one.
    """

    value: float
    known: bool


class Key(NamedTuple):
    """A key of a JSON object.

    Attributes:
        name: in lower case, without separators, e.g. ``startms``.
        stem: the same without the unit at its end, e.g. ``start``.
        unit: a key of ``UNIT_S``, e.g. ``ms``; None where the key names none.
    """

    name: str
    stem: str
    unit: str | None


class Times(NamedTuple):
    """Start and end; ``damaged`` where a time is stated and cannot be read."""

    start: Moment | None
    end: Moment | None
    damaged: bool = False


@lru_cache(maxsize=4096)
def parse_key(key: str) -> Key:
    """``start_time``, ``startTime`` and ``StartTime`` are one field; ``start_ms`` has a unit."""
    parts = [part.lower() for part in _PART.findall(key[:80])]
    name = "".join(parts)
    if len(parts) == 1 and name.removesuffix("ms") in (*STARTS, *ENDS, *DURATIONS):
        parts = [name.removesuffix("ms"), "ms"] if name.endswith("ms") else parts
    unit = parts[-1] if len(parts) > 1 and parts[-1] in UNIT_S else None
    stem = "".join(part for part in parts[:-1] if part != "in") if unit else name
    return Key(name, stem, unit)


def span_of(node: Mapping[str, object], *, base: Moment | None = None) -> Times:
    """When the thing that a JSON object describes was said.

    Args:
        node: the object as parsed.
        base: start of what it is part of, for fields that count from there (``tOffsetMs``).
    """
    stems = _by_stem(node)
    for name in PAIRS:
        if name in stems and isinstance(stems[name][0], list | dict):
            pair = _pair(stems[name][0], stems[name][1] or PAIR_UNITS.get(name))
            if pair is not None:
                return pair
    if base is not None and "toffset" in stems:
        return _from_base(base, parse_moment(*stems["toffset"]))
    if "case" in stems:  # Gentle's offsets are of characters
        stems = {stem: value for stem, value in stems.items() if not stem.endswith("offset")}
    return _from_fields(stems)


def _from_base(base: Moment, offset: Moment | None) -> Times:
    if offset is None:
        return Times(None, None, damaged=True)
    return Times(Moment(base.value + offset.value, base.known), None)


def _from_fields(stems: Mapping[str, tuple[object, str | None]]) -> Times:
    for name in OFFSETS:
        start, length = (
            parse_moment(stems.get(key, (None,))[0], "s") for key in (name, "duration")
        )
        if start is not None:
            known = length is not None and name == "timeoffset"
            return Times(
                start, Moment(start.value + length.value, True) if length and known else None
            )
    for name in STARTS:
        value = stems.get(name, (None,))[0]
        ends = RANGE.fullmatch(value) if isinstance(value, str) else None
        if ends:
            return _pair([ends[1], ends[2]], None) or Times(None, None, damaged=True)
    (start, bad_start), (end, bad_end), (length, _) = (
        _first(stems, names) for names in (STARTS, ENDS, DURATIONS)
    )
    if end is None and not bad_end and start is not None and length is not None:
        end = Moment(start.value + length.value, start.known and length.known)
    if bad_start or bad_end or (start and end and end.value < start.value - ROUNDING):
        return Times(None, None, damaged=True)
    return Times(start, end if start is not None else None)


def _by_stem(node: Mapping[str, object]) -> dict[str, tuple[object, str | None]]:
    """Stem to value and unit; of ``start`` and ``start_ms`` the one that says its unit."""
    stems: dict[str, tuple[object, str | None]] = {}
    for key, value in node.items():
        name = parse_key(key)
        if value is not None and (name.unit or name.stem not in stems):
            stems[name.stem] = (value, name.unit)
    return stems


def _first(
    stems: Mapping[str, tuple[object, str | None]], names: tuple[str, ...]
) -> tuple[Moment | None, bool]:
    """The first readable time among names, and whether there were only unreadable ones."""
    tried = False
    for name in names:
        if name in stems:
            found = parse_moment(*stems[name])
            if found is not None:
                return found, False
            tried = True
    return None, tried


def _pair(value: object, unit: str | None) -> Times | None:
    """``[a, b]``, ``{"from": a, "to": b}`` or ``[{"start": a, "end": b}]``; None for others."""
    if isinstance(value, list) and value and isinstance(value[0], dict):
        value = value[0]
    if isinstance(value, dict):
        stems = {k: (v, u or unit) for k, (v, u) in _by_stem(value).items()}
        return _from_fields(stems) if set(stems) & {*STARTS, *ENDS} else None
    if not isinstance(value, list) or len(value) != 2 or any(isinstance(v, list) for v in value):
        return None
    start, end = (None if item is None else parse_moment(item, unit) for item in value)
    damaged = (start is None and value[0] is not None) or (end is None and value[1] is not None)
    if damaged or (start and end and end.value < start.value - ROUNDING):
        return Times(None, None, damaged=True)
    return Times(start, end if start is not None else None)


def parse_moment(value: object, unit: str | None = None) -> Moment | None:
    """A time as any of the tools writes it; None where it is not one, negative or absurd."""
    if isinstance(value, bool) or value is None:
        return None
    if isinstance(value, int | float):
        return _plausible(value, unit)
    if isinstance(value, str):
        return _from_text(value.strip(), unit)
    if isinstance(value, dict):
        return _from_parts(value)
    return None


def _plausible(number: int | float, unit: str | None) -> Moment | None:
    """A number in its unit; just below zero is rounding, and -1 is how tools write "unknown"."""
    if not -1 < number < 1e18 or not math.isfinite(number):
        return None
    number = max(number, 0)
    if unit is None and number < 1e9:
        return Moment(number, known=False)
    value_s = number * (UNIT_S[unit] if unit else 1.0 if number < 1e11 else 1e-3)
    if value_s < LONGEST_S:
        return Moment(round(value_s, 7), known=True)
    # since 1970: a clock of the day, which is told from the recording's own later
    return Moment(value_s % 86400, known=True) if 1e9 <= value_s < 4e9 else None


def _from_text(text: str, unit: str | None) -> Moment | None:
    if number := _NUMBER.fullmatch(text):
        stated = number.group(2) or unit
        if stated is not None and stated not in UNIT_S:
            return None
        digits = number.group(1).replace(",", ".")
        return _plausible(float(digits) if "." in digits else int(digits), stated)
    if ":" in text and "T" not in text and (clock_s := clock.seconds(text)) is not None:
        return Moment(clock_s, known=True) if clock_s < LONGEST_S else None
    if (length := _ISO_LENGTH.fullmatch(text)) and any(length.groups()):
        hours, minutes, seconds = (
            float((part or "0").replace(",", ".")) for part in length.groups()
        )
        total = 3600 * hours + 60 * minutes + seconds
        return Moment(total, known=True) if total < LONGEST_S else None
    return _from_date(text)


def _from_date(text: str) -> Moment | None:
    try:
        day = datetime.fromisoformat(text[:40])
    except ValueError:
        return None
    if "T" not in text and " " not in text:
        return None
    of_day_s = 3600.0 * day.hour + 60.0 * day.minute + day.second + day.microsecond / 1e6
    return Moment(of_day_s, known=True)


def _from_parts(value: Mapping[str, object]) -> Moment | None:
    """``{"relative": 1.5}`` and ``{"seconds": "1", "nanos": 300}``, of which zeros are left out."""
    names = {parse_key(key).name: item for key, item in value.items()}
    if "relative" in names:
        return parse_moment(names["relative"], "s")
    parts = [(names[unit], unit) for unit in ("seconds", "nanos", "milliseconds") if unit in names]
    if len(parts) < len(names):
        return next(_readable(names), None)
    moments = [parse_moment(part, unit) for part, unit in parts]
    if None in moments:
        return None
    return Moment(sum(item.value for item in moments if item), known=True)


def _readable(names: Mapping[str, object]) -> Iterator[Moment]:
    """What is left of ``{"absolute": "2026-01-05T10:00:00Z"}``."""
    for item in (names.get("absolute"), names.get("datetime")):
        if isinstance(item, str) and (found := _from_text(item.strip(), None)):
            yield found
