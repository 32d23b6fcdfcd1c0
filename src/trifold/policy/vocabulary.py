"""Words that the program itself never says of people: types, disorders, verdicts, praise of itself.

What candidates say, and what the owners of data wrote in their terms, is not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

# the sixteen types of a well-known questionnaire
TYPES = tuple(f"{a}{b}{c}{d}" for a in "ie" for b in "ns" for c in "tf" for d in "jp")


def denied(text: str, words: Iterable[str]) -> list[str]:
    """Those of the words, or runs of words, that a text holds, and names of types.

    Args:
        text: of any kind; what is no letter or digit parts its words.
        words: in small letters.
    """
    plain = " ".join(re.split(r"[\W_]+", text.casefold()))
    found = [word for word in words if re.search(rf"\b{re.escape(word)}\b", plain)]
    return [*found, *(name.upper() for name in TYPES if re.search(rf"\b{name}\b", plain))]
