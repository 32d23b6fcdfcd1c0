"""The table of the quality card, from the dataclass that programs read."""

from __future__ import annotations

from trifold.contracts import MEASURES
from trifold.features.quality import LIMITS

UNITS = {"s": "s", "share": "0 to 1", "dB": "dB", "dBFS": "dBFS", "count": ""}


def table() -> str:
    """Every number with its unit and meaning, and from when on it is a doubt."""
    rows = [
        f"| `{one.name}` | {one.title} | {UNITS[one.unit]} | {one.meaning} | {_doubt(one.name)} |"
        for one in MEASURES
    ]
    head = "| column | on the page | unit | means | doubtful |"
    return "\n".join([head, "|---|---|---|---|---|", *rows])


def _doubt(name: str) -> str:
    if name not in LIMITS:
        return ""
    limit = LIMITS[name]
    return f"`{limit.code}` {'below' if limit.below else 'above'} {limit.default:g}"
