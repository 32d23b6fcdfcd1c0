"""The quality card of each recording, in plain words with units."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from trifold.contracts import MEASURES, Measure
from trifold.contracts.quality import Unit
from trifold.decimals import decimal
from trifold.features.quality import LIMITS
from trifold.reports.scales import number
from trifold.reports.wording import clock, flags, meaning, percent, reasons
from trifold.scoring.rows import Row

LENGTH = Measure("duration_s", "length of the file in seconds", "length", "s")
ENCODED = {"picture": "picture encoded as", "sound": "sound encoded as"}
RECOGNISED = "words were recognised, not given"
LONG_S = 100  # seconds from which on minutes are easier to read


def recordings(answers: Sequence[Row]) -> list[dict[str, Any]]:
    """A card per file, in the order of the rows."""
    return [_recording(row) for row in answers]


def _recording(row: Row) -> dict[str, Any]:
    found = flags(row)
    doubted = _doubted(row, {flag["code"] for flag in found})
    return {
        "clip_id": row["clip_id"],
        "status": row["status"],
        "lines": [
            {
                "title": one.title,
                "value": shown(number(row[one.name]), one.unit),
                "doubtful": one.name in doubted,
            }
            for one in (LENGTH, *MEASURES)
            if isinstance(row.get(one.name), int | float)
        ]
        + _codecs(row),
        "flags": [
            *found,
            *({"where": "", "code": code, "meaning": meaning(code)} for code in reasons(row)),
        ],
        "message": row["error_message"],
        "notes": _notes(row),
    }


def _doubted(row: Row, codes: Collection[str]) -> set[str]:
    """The numbers behind some codes: of several for one code those that pass their usual limit."""
    doubted = set[str]()
    for code in codes:
        behind = {name for name, limit in LIMITS.items() if limit.code == code and name in row}
        past = {name for name in behind if _is_past(name, row[name])}
        doubted |= past or behind  # a run may have limits of its own, which rows do not tell
    return doubted


def _is_past(name: str, value: object) -> bool:
    limit = LIMITS[name]
    return isinstance(value, int | float) and limit.is_passed(value, limit.default)


def shown(value: float, unit: Unit) -> str:
    """A number as people read it: ``42 s``, ``2:05 min``, ``72 %``, ``−23 dB``, ``71``."""
    if unit == "share":
        return percent(value)
    if unit == "s" and value >= LONG_S:
        return f"{clock(value)} {'h' if value >= 3600 else 'min'}"
    text = decimal(value, 1 if unit == "s" and value < 10 else 0)
    words = {"s": " s", "dB": " dB", "dBFS": " dB", "count": ""}[unit]
    return text + words


def _codecs(row: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What picture and sound are encoded as, where that is known."""
    found = {kind: row.get(f"{kind}_codec") for kind in ENCODED}
    return [
        {"title": ENCODED[kind], "value": str(codec), "doubtful": False}
        for kind, codec in found.items()
        if codec
    ]


def _notes(row: Mapping[str, Any]) -> list[str]:
    """What was noticed in reading, without codes and stops."""
    lines = str(row.get("remarks") or "").split(" | ")
    said = [line.partition(": ")[2] for line in lines]
    if row.get("words_source") == "recognised":
        said.insert(0, RECOGNISED)
    return [line for line in said if line]
