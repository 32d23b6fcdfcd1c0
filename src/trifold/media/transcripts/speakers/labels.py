"""Who speaks, where the text itself says so: labels become ``Segment.speaker`` and leave the text.

Whether ``Word:`` is a label is decided over the whole transcript, never line by line.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from itertools import accumulate

from trifold.contracts import Segment
from trifold.media.transcripts.speakers.heads import Head, heads_in, key_of, runs_on
from trifold.media.transcripts.speakers.naming import labels_of

_CHEVRONS = re.compile(r"(?:^|(?<=\s))(?:>{2,3}\s*)+(?=\S)")
UNNAMED = "unnamed"  # a turn that a mark opens and nobody's name
_WINDOW = 150  # characters in which a label would end

_GENDERED = re.compile(
    r"(?<![^\s*_>\[(-])([A-ZÄÖÜ][a-zäöüß]{3,20}):in(?=[*_\])]{0,3}\s?:[*_]{0,3}(?:\s|$))"
)
_REPEATED = ("colon", "glued", "boxed")

_DASHES = re.compile(r"(?:^|(?<=[.!?…]\s))[-–—]\s+(?=\S)")


def labelled(segments: Sequence[Segment]) -> tuple[Segment, ...]:
    """Move labels from texts to ``speaker``.

    A segment in which several speak becomes several, its time shared out by length. One without a
    label goes on with the speaker before it; before the first label ``speaker`` stays None. What a
    format states itself stays, and loses only a repetition of that name. Doing it twice is doing it
    once.

    Args:
        segments: in order, texts with single spaces.

    Returns:
        Segments with the same words but for labels and the chevrons before them.
    """
    segments = [replace(s, text=_GENDERED.sub(r"\1*in", s.text, count=1)) for s in segments]
    labels = labels_of(segments)
    mark = _turn_mark(segments)
    found: list[Segment] = []
    speaker: str | None = None
    turns = 0
    for segment in segments:
        said: list[tuple[str | None, str]] = []
        for name, text in _pieces(segment, labels, mark):
            turns += name == UNNAMED
            speaker = name if name is not None else speaker
            if name == UNNAMED and not labels:
                speaker = f"{UNNAMED} {2 - turns % 2}"
            said.append((speaker, _without_own(text, speaker)))
        found += _timed(segment, [(name, text) for name, text in said if text])
    if any(segment.speaker is not None for segment in found):
        return tuple(found)
    return tuple(_without_mark(segment) for segment in segments)


def _turn_mark(segments: Sequence[Segment]) -> re.Pattern[str] | None:
    """What marks a change of speaker without a name: chevrons, or dashes of two in one cue."""
    texts = [segment.text for segment in segments if segment.speaker is None]
    if sum(_CHEVRONS.match(text) is not None for text in texts) > 1:
        return _CHEVRONS
    for text in texts:
        first = _DASHES.match(text)
        if first and _DASHES.search(text, first.end()):
            return _DASHES
    return None


def _without_mark(segment: Segment) -> Segment:
    mark = _CHEVRONS.match(segment.text)
    return replace(segment, text=segment.text[mark.end() :]) if mark else segment


def _pieces(
    segment: Segment, labels: Mapping[str, str], mark: re.Pattern[str] | None
) -> list[tuple[str | None, str]]:
    """Speaker and text between labels and marks; None for a speaker that nothing states."""
    text = segment.text
    if segment.speaker is not None:
        return [(labels.get(key_of(segment.speaker), segment.speaker), text)]
    cuts = chosen_in(text, labels)
    if mark:
        taken = {i for begin, end, _ in cuts for i in range(begin, end)}
        spans = (found.span() for found in mark.finditer(text))
        cuts += [(*span, UNNAMED) for span in spans if taken.isdisjoint(range(*span))]
    cuts.sort()
    ends = [begin for begin, _, _ in cuts] + [len(text)]
    spoken: list[tuple[str | None, str]] = [(None, text[: ends[0]])]
    spoken += [(name, text[end : ends[i + 1]]) for i, (_, end, name) in enumerate(cuts)]
    return spoken if spoken[0][1].strip() else spoken[1:]


def chosen_in(text: str, labels: Mapping[str, str]) -> list[tuple[int, int, str]]:
    """Where the labels in a text begin, where speech goes on, and whose it is."""
    return [(h.begin, h.end, labels[key_of(h.label)]) for h in _chosen(text, labels)]


def _chosen(text: str, labels: Mapping[str, str]) -> list[Head]:
    """At each place the first reading that is a label of this transcript."""
    chosen: list[Head] = []
    if not labels:
        return chosen
    for readings in heads_in(text):
        done = chosen[-1].end if chosen else 0
        for head in readings:
            if head.begin >= done and _is_label(head, text, labels):
                chosen.append(head)
                break
    return chosen


def _is_label(head: Head, text: str, labels: Mapping[str, str]) -> bool:
    name = labels.get(key_of(head.label))
    if name is None:
        return False
    if head.form in ("dash", "dotted", "stop"):
        return f"{key_of(head.label)} {head.form}" in labels
    return head.form != "run on" or runs_on(head, text)


def _without_own(text: str, speaker: str | None) -> str:
    """The text without the speaker's own name before it, however often it stands there."""
    own = key_of(speaker) if speaker else None
    begin = 0
    while own:
        window = text[begin : begin + _WINDOW].lstrip()
        skipped = begin + len(text[begin : begin + _WINDOW]) - len(window)
        opening = next(iter(heads_in(window)), ())
        repeated = [
            h for h in opening if h.at_start and h.form in _REPEATED and key_of(h.label) == own
        ]
        if not repeated:
            break
        begin = skipped + repeated[0].end
    return text[begin:].strip()


def _timed(segment: Segment, said: Sequence[tuple[str | None, str]]) -> list[Segment]:
    """One segment per speaker; the time is shared out by what is said, labels take none."""
    start_s, end_s = segment.start_s, segment.end_s
    if not said:
        return []
    if len(said) == 1:
        return [replace(segment, text=said[0][1], speaker=said[0][0])]
    lengths = [0, *accumulate(len(text) for _, text in said)]
    if start_s is None or end_s is None:
        bounds: list[float | None] = [start_s, *(None for _ in said)]
    else:
        bounds = [start_s + (end_s - start_s) * length / lengths[-1] for length in lengths]
        bounds[-1] = end_s
    return [
        Segment(text, bounds[i] if end_s is not None or i == 0 else None, bounds[i + 1], name)
        for i, (name, text) in enumerate(said)
    ]
