"""Roles that were mistyped in labels."""

from __future__ import annotations

from collections.abc import Mapping
from difflib import get_close_matches

from trifold.media.transcripts.speakers.label_words import is_role

SIMILAR = 0.85  # ``difflib`` ratio of a misspelt role to the one that was meant


def misspelt_roles(
    seen: Mapping[str, tuple[str, int, int]], names: Mapping[str, str]
) -> dict[str, str]:
    """Keys of misspelt roles, ``Interveiwer``, to the name of the role that was meant.

    Args:
        seen: key to label, number of texts that begin with it, and number of times it occurs.
        names: key to name of the labels that are known.
    """
    roles = [key for key in names if " " not in key and is_role(key) and seen[key][2] > 1]
    misspelt: dict[str, str] = {}
    for key, (label, starts, total) in seen.items():
        if not is_role(label) and starts and len(key) > 5 and total < 3:
            meant = get_close_matches(key, roles, n=1, cutoff=SIMILAR)
            misspelt |= {key: names[meant[0]]} if meant else {}
    return misspelt
