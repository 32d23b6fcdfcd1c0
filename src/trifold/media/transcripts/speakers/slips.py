"""Labels that were mistyped."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from trifold.media.transcripts.speakers.parts import is_role

SIMILAR = 0.85  # of a slip of the pen to the part that was meant


def slips_of(seen: Mapping[str, tuple[str, int, int]], names: Mapping[str, str]) -> dict[str, str]:
    """Misspelt parts, ``Interveiwer``, to the part that was meant.

    Args:
        seen: of each key its label, how often it begins a text, and how often it comes at all.
        names: the labels that are known, by key.
    """
    parts = [key for key in names if " " not in key and is_role(key) and seen[key][2] > 1]
    slips: dict[str, str] = {}
    for key, (label, starts, total) in seen.items():
        if not is_role(label) and starts and len(key) > 5 and total < 3:
            meant = get_close_matches(key, parts, n=1, cutoff=SIMILAR)
            slips |= {key: names[meant[0]]} if meant else {}
    return slips
