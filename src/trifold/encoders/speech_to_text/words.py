"""Words with times from a recogniser's tokens with times."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import accumulate

from trifold.contracts import Segment

UNSPACED = frozenset({"zh", "ja", "th", "lo", "my", "yue", "km"})  # written without blanks
BROKEN, LONGEST_CHARACTER = "\ufffd", 4  # bytes that are no character; of UTF-8
LEADING = "\"'“¿([{-«"
TRAILING = "\"'.,!?:”)]}、。\uff01\uff1f\uff0c\uff1a\uff1b…»"  # with full-width ! ? , : ;


def words_of(
    ids: Sequence[int],
    times_s: Sequence[float],
    decode: Callable[[list[int]], str],
    *,
    language: str,
    offset_s: float,
    end_s: float,
) -> list[Segment]:
    """Join the tokens of an utterance to words.

    A word begins with a blank; in languages written without them every character does. Punctuation
    stays with the word that it belongs to. A character may take several tokens.

    Args:
        ids: text tokens, no special ones.
        times_s: start of each from the start of the utterance.
        decode: ids to text.
        language: code, such as ``en``.
        offset_s: start of the utterance.
        end_s: end of the utterance, where the last word ends at the latest.

    Returns:
        One segment per word, times not falling and within the utterance.
    """
    texts: list[str] = []
    starts: list[float] = []
    for text, start_s in _characters(ids, times_s, decode):
        plain = text.strip()
        if plain and (not texts or _begins(text, texts[-1], language)):
            texts.append(plain)
            starts.append(min(offset_s + start_s, end_s))
        elif plain:
            texts[-1] += plain
    rising = list(accumulate(starts, max))
    return [
        Segment(text, start, end)
        for text, start, end in zip(texts, rising, [*rising[1:], end_s], strict=False)
    ]


def _begins(text: str, last: str, language: str) -> bool:
    """Whether a piece of text begins a word after ``last``."""
    if set(text.strip()) <= set(TRAILING):
        return False
    if set(last) <= set(LEADING):
        return text.startswith(" ")
    return text.startswith(" ") or language in UNSPACED


def _characters(
    ids: Sequence[int], times_s: Sequence[float], decode: Callable[[list[int]], str]
) -> list[tuple[str, float]]:
    """Shortest runs of tokens that decode to whole characters, with their starts."""
    pieces: list[tuple[str, float]] = []
    waiting: list[int] = []
    start_s = 0.0
    for token, time_s in zip(ids, times_s, strict=True):
        start_s = start_s if waiting else time_s
        waiting.append(token)
        text = decode(waiting)
        if text.endswith(BROKEN) and len(waiting) < LONGEST_CHARACTER:
            continue  # perhaps the rest of the character comes
        if BROKEN in text:  # it did not come
            text, start_s = decode([token]).replace(BROKEN, ""), time_s
        pieces.append((text, start_s))
        waiting = []
    return pieces
