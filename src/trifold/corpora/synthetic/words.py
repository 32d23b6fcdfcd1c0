"""Templated answers: one sentence per word family, three slots each."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from trifold.contracts import Segment, Transcript

# family: openings, phrases of the high variant, phrases of the low variant
FAMILIES: dict[str, tuple[list[str], list[str], list[str]]] = {
    "words_social": (
        ["At work I", "In the office I", "Between calls I"],
        [
            "talk with everyone",
            "meet new people",
            "celebrate with the team",
            "host friends",
            "chat with clients",
            "join the group",
        ],
        [
            "sit by the window",
            "keep the door shut",
            "write alone",
            "wear headphones",
            "eat at the desk",
            "leave early",
        ],
    ),
    "words_agreement": (
        ["When views differ I", "In a dispute I", "If somebody objects I"],
        [
            "thank the other side",
            "support their wish",
            "respect the answer",
            "forgive small slips",
            "trust good intent",
            "appreciate the effort",
        ],
        [
            "push my point",
            "cut the talk short",
            "press for the win",
            "count their errors",
            "call the vote",
            "hold my ground",
        ],
    ),
    "words_order": (
        ["For a new assignment I", "Before a deadline I", "On Monday I"],
        [
            "plan every step",
            "check the list",
            "organize the files",
            "schedule each task",
            "track the details",
            "prepare a system",
        ],
        [
            "start somewhere",
            "guess the rest",
            "leave notes around",
            "follow the mood",
            "skip the manual",
            "see what comes",
        ],
    ),
    "words_calm": (
        ["On a hard day I", "When it gets late I", "Before a big day I"],
        [
            "stay calm",
            "breathe slowly",
            "relax quickly",
            "keep steady",
            "feel settled",
            "balance my time",
        ],
        [
            "worry a lot",
            "rush about",
            "fear mistakes",
            "doubt myself",
            "get nervous",
            "feel the stress",
        ],
    ),
    "words_novelty": (
        ["In quiet hours I", "In the evening I", "When I am free I"],
        [
            "imagine new worlds",
            "explore art",
            "invent music",
            "read philosophy",
            "experiment with paint",
            "dream up stories",
        ],
        [
            "watch the news",
            "clean the car",
            "pay the bills",
            "repeat a recipe",
            "count the change",
            "mow the lawn",
        ],
    ),
    "words_outdoors": (
        ["On weekends I", "On holiday I", "In summer I"],
        [
            "hike in the hills",
            "travel by train",
            "climb rocks",
            "run in the park",
            "swim across the lake",
            "camp by the river",
        ],
        [
            "sort old stamps",
            "solve crosswords",
            "bake bread",
            "sew curtains",
            "polish shoes",
            "nap on the sofa",
        ],
    ),
}


def compose(
    high: Mapping[str, int], *, duration_s: float, generator: np.random.Generator
) -> Transcript:
    """One sentence per family, in random order, with one cue each.

    Args:
        high: family to the number of slots, 0–3, that take the high variant.
        duration_s: length of the answer. Cue times follow the number of characters and nothing
            else, so that they tell nothing about the voice.
        generator: picks openings, phrases and order.
    """
    lines = [_sentence(family, high[family], generator) for family in FAMILIES]
    lines = [lines[i] for i in generator.permutation(len(lines))]
    ends = np.cumsum([len(line) for line in lines]) / sum(map(len, lines)) * duration_s
    starts = np.concatenate([[0.0], ends[:-1]])
    segments = tuple(
        Segment(line, round(float(start), 3), round(float(end), 3))
        for line, start, end in zip(lines, starts, ends, strict=True)
    )
    return Transcript(segments, source="vtt")


def _sentence(family: str, n_high: int, generator: np.random.Generator) -> str:
    openings, high, low = FAMILIES[family]
    phrases = [
        *generator.choice(high, n_high, replace=False),
        *generator.choice(low, 3 - n_high, replace=False),
    ]
    first, second, third = generator.permutation(phrases)
    return f"{generator.choice(openings)} {first}, {second} and {third}."


def to_vtt(transcript: Transcript) -> str:
    """WebVTT text of a timed transcript."""
    cues = [
        f"{_clock(s.start_s or 0.0)} --> {_clock(s.end_s or 0.0)}\n{s.text}\n"
        for s in transcript.segments
    ]
    return "WEBVTT\n\n" + "\n".join(cues)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(seconds, 60)
    hours, minutes = divmod(int(minutes), 60)
    return f"{hours:02d}:{minutes:02d}:{rest:06.3f}"
