"""What reports say in words: names of targets, what codes mean, times, and names of files."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence

from trifold.codes import code_of
from trifold.decimals import decimal
from trifold.scoring.rows import Row

LONGEST_NAME = 80
_PLAIN = re.compile(r"[a-z0-9][a-z0-9_-]*")
_RESERVED = re.compile(r"(con|prn|aux|nul|com\d|lpt\d)")  # device names where Windows may read them


def label(name: str) -> str:
    """A target's name as people read it."""
    return words(name).capitalize()


def words(name: str) -> str:
    """A name of tables or code within a sentence."""
    return name.replace("_", " ").lower()


def meaning(code: str) -> str:
    """What a code says, in words; a code that is not known says so."""
    known = code_of(code)
    return known.meaning if known else "no description"


def flags(row: Row) -> list[dict[str, str]]:
    """What was missing or doubtful in a row: code, where (a modality or nothing) and meaning."""
    parts = [*_parts(row.get("missing")), *_parts(row.get("flags"))]
    found = [part.rpartition(":") for part in parts]
    return [{"where": where, "code": code, "meaning": meaning(code)} for where, _, code in found]


def reasons(row: Row) -> list[str]:
    """Codes for which a row has no scores; none when it has."""
    if row["status"] == "scored":
        return []
    return _parts(row.get("reasons")) or _parts(row["error_code"])


def _parts(joined: object) -> list[str]:
    """The codes of a cell, whether it is a list or joined by semicolons."""
    if isinstance(joined, str):
        return [part for part in joined.split(";") if part]
    return [str(part) for part in joined] if isinstance(joined, Sequence) else []


def page_name(candidate_id: str) -> str:
    """File name of a candidate's page, without its ending: safe everywhere, one per id.

    Short lower-case ids are their own name. Any other keeps its harmless characters and gets 12 hex
    digits of its SHA-256 behind a tilde, so that ids that differ in case, in signs that are not
    allowed in file names, or beyond the cut, never meet.
    """
    plain = _PLAIN.fullmatch(candidate_id) and not _RESERVED.fullmatch(candidate_id)
    if plain and len(candidate_id) <= LONGEST_NAME:
        return candidate_id
    digest = hashlib.sha256(candidate_id.encode("utf-8", "surrogatepass")).hexdigest()[:12]
    return f"{re.sub(r'[^A-Za-z0-9_-]+', '_', candidate_id)[:LONGEST_NAME]}~{digest}"


def clock(seconds: float) -> str:
    """``0:07``, ``12:05`` or ``1:02:05``; the second in which a moment lies."""
    minutes, second = divmod(int(max(seconds, 0.0)), 60)
    hours, minute = divmod(minutes, 60)
    return f"{hours}:{minute:02}:{second:02}" if hours else f"{minute}:{second:02}"


def percent(share: float) -> str:
    """``72 %``, and ``0.4 %`` below one."""
    return f"{100 * share:.0f} %" if share == 0 or share >= 0.01 else f"{100 * share:.1f} %"


def signed(value: float) -> str:
    """Two digits with their sign."""
    return decimal(value, 2, signed=True)
