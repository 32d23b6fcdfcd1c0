"""Labels among words that each have a time: ``Robin`` ``Sample:`` ``I`` ``plan`` become a speaker.

Words are put together to sentences, in which labels are found as in any text; the words of a label
then go, and those behind it are that speaker's.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import accumulate

from trifold.contracts import Segment
from trifold.media.transcripts.speakers.labels import chosen_in
from trifold.media.transcripts.speakers.naming import labels_of

PAUSE_S = 0.8  # after which another may speak, though no sentence ended
MOST_WORDS = 200  # of a sentence without an end
_ENDS = re.compile(r".*[.?!…。！？][\"”»')\]]*")
_TITLE = re.compile(r"(?:[^\W\d_]|dr|prof|mr|mrs|ms|mme|int|st)\.", re.IGNORECASE)


def labelled_words(words: Sequence[Segment]) -> tuple[Segment, ...]:
    """Move labels from words to ``speaker``; words whose format states speakers stay as they are.

    Args:
        words: one word each, in order.

    Returns:
        The same words with their times, but for those of labels.
    """
    if any(word.speaker is not None for word in words):
        return tuple(words)
    sentences = list(_sentences(words))
    labels = labels_of([Segment(" ".join(w.text for w in words)) for words in sentences])
    if not labels:
        return tuple(words)
    said: list[Segment] = []
    speaker: str | None = None
    for sentence in sentences:
        text = " ".join(word.text for word in sentence)
        heads = chosen_in(text, labels)
        starts = [0, *accumulate(len(word.text) + 1 for word in sentence)]
        for word, at in zip(sentence, starts, strict=False):
            before = [name for _, end, name in heads if end <= at]
            speaker = before[-1] if before else speaker
            if not any(begin <= at < end for begin, end, _ in heads):
                said.append(replace(word, speaker=speaker))
        speaker = heads[-1][2] if heads else speaker
    return tuple(said)


def _sentences(words: Sequence[Segment]) -> Iterator[list[Segment]]:
    """Words up to the end of a sentence or a pause."""
    sentence: list[Segment] = []
    for word in words:
        if sentence and (_is_over(sentence[-1], word) or len(sentence) == MOST_WORDS):
            yield sentence
            sentence = []
        sentence.append(word)
    if sentence:
        yield sentence


def _is_over(word: Segment, following: Segment) -> bool:
    if _ENDS.fullmatch(word.text) and not _TITLE.fullmatch(word.text):
        return not following.text[:1].islower()
    if word.end_s is None or following.start_s is None:
        return False
    return following.start_s - word.end_s > PAUSE_S
