"""Annotation tiers as aligners and Praat's converters write them in JSON: MFA, praatio."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from trifold.contracts import Segment
from trifold.media.transcripts.annotation.tiers import Tier, label
from trifold.media.transcripts.json.times import span_of

ENTRIES = ("entries", "intervals", "entryList", "items")
TEXTS = ("label", "text", "mark", "value")


def tiers_of(document: object) -> list[Tier]:
    """Tiers of intervals, in the file's order; empty for documents of another kind.

    Args:
        document: as parsed; tiers are an object by name, or a list of objects with a ``name``.
    """
    listed = document.get("tiers") if isinstance(document, dict) else None
    if isinstance(listed, dict):
        named = [(str(name), tier) for name, tier in listed.items()]
    elif isinstance(listed, list):
        named = [(str(tier.get("name", "")), tier) for tier in listed if isinstance(tier, dict)]
    else:
        return []
    return [_tier(name, tier) for name, tier in named if isinstance(tier, dict)]


def _tier(name: str, tier: Mapping[str, object]) -> Tier:
    """One tier; points are marks, not words."""
    kind = str(tier.get("type", tier.get("class", ""))).casefold()
    rows = next((tier[key] for key in ENTRIES if isinstance(tier.get(key), list)), [])
    labels = () if "point" in kind or "text" in kind else tuple(_labels(rows))
    return Tier(name, tuple(said for said in labels if said is not None))


def _labels(rows: object) -> Iterator[Segment | None]:
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, list) and len(row) == 3 and isinstance(row[2], str):
            yield _labelled(row[2], {"start": row[0], "end": row[1]})
        elif isinstance(row, dict):
            text = next((row[key] for key in TEXTS if isinstance(row.get(key), str)), "")
            times = {"start": row.get("xmin"), "end": row.get("xmax")} if "xmin" in row else row
            yield _labelled(str(text), times)


def _labelled(text: str, times: Mapping[str, object]) -> Segment | None:
    start, end, _ = span_of(times)
    start_s, end_s = (None if moment is None else moment.value for moment in (start, end))
    return label(text, start_s, end_s)
