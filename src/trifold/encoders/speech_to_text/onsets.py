"""Starts of words after pauses, put right by the voice itself."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence

from trifold.encoders.speech_to_text.recordings import Word

REACH_S = 0.3  # by how much Whisper's alignment was seen to be late after a pause


def from_onsets(words: Sequence[Word], onsets: Sequence[float]) -> list[Word]:
    """The words, with the first after each pause beginning no later than the voice does.

    Whisper puts the border of two words somewhere into the pause between them, or behind it. A word
    is moved to the last onset before its start where that is near and no other word began since;
    the word before ends there at the latest.

    Args:
        words: in order.
        onsets: seconds at which a voice sets in after a pause, in order.
    """
    found: list[Word] = []
    for word in words:
        number = bisect_right(onsets, word.start_s) - 1
        onset_s = onsets[number] if number >= 0 else float("-inf")
        near = word.start_s - onset_s <= REACH_S
        if near and (not found or found[-1].start_s < onset_s):
            word = word._replace(start_s=onset_s)
            if found:
                found[-1] = found[-1]._replace(end_s=min(found[-1].end_s, onset_s))
        found.append(word)
    return found
