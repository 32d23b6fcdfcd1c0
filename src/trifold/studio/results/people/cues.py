"""What was heard and seen in the moments that moved a score, in words.

Evidence says when a score moved and by which modality and encoder, not why. What is named here is
what was measured in those seconds beside what is usual for the same person: it may be what the
model reacted to, and the page says no more than that. Names are of sound and geometry, never of
feelings.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array, TokenSequence

WORDS = {
    "speech_db": ("louder than usual", "quieter than usual"),
    "log_f0_mean": ("a higher voice than usual", "a lower voice than usual"),
    "log_f0_range": ("a livelier melody than usual", "a flatter melody than usual"),
    "syllable_rate_hz": ("faster speech than usual", "slower speech than usual"),
    "longest_pause_s": ("a longer pause than usual", ""),
    "harmonicity": ("a clearer voice than usual", "a rougher voice than usual"),
    "smile_strength": ("corners of the mouth up", ""),
    "mouth_curvature": ("corners of the mouth higher than usual", "corners of the mouth lower"),
    "corner_lift": ("corners of the mouth higher than usual", "corners of the mouth lower"),
    "mouth_opening": ("mouth more open than usual", ""),
    "brow_raise": ("brows raised", "brows lowered"),
    "eye_closure": ("eyes more closed than usual", ""),
    "blink_rate": ("more blinks than usual", ""),
    "head_speed": ("head moves more than usual", "head moves less than usual"),
    "turning": ("head turns to and fro", ""),
    "nodding": ("head nods", ""),
    "yaw": ("head turned away from its usual direction",) * 2,
    "body_motion": ("body moves more than usual", "body moves less than usual"),
    "face_size": ("nearer to the camera than usual", "farther from the camera than usual"),
    "face_present": ("", "face out of the picture"),
}
STREAMS = {
    "prosody": "pitch, loudness, pauses and pace of the voice",
    "face": "place and movement of face, mouth and eyes",
    "face_mesh": "pose of the head, gaze, mouth, brows and eyes",
    "contours": "choice of words, sentence by sentence",
    "sentences": "meaning of the sentences",
}
LEAST = 1.0  # robust standard deviations from the usual, from which on a measure is named
MOST = 2  # cues of a moment
FEWEST = 8  # seconds of an answer, below which nothing is usual
NORMAL_IQR = 1.349  # interquartile range of a normal distribution in standard deviations


def unusual(
    tokens: TokenSequence, names: Sequence[str], resolution: Sequence[float] = ()
) -> dict[str, list[list[float]]]:
    """Where measures of a recording lie far from its own middle.

    Args:
        tokens: (L, D) of one answer.
        names: D, of the columns.
        resolution: D, smallest scale of each that counts; none counts all.

    Returns:
        Name of a measure to start and end in seconds and distance in robust standard deviations.
    """
    if len(tokens.values) < FEWEST:
        return {}
    floors = dict(zip(names, resolution, strict=False))
    found = {}
    for column, name in enumerate(names):
        if name in WORDS:
            z = _distance(tokens.values[:, column].astype(float), floors.get(name, 0.0))
            places = np.flatnonzero(np.abs(z) >= LEAST)
            found[name] = [
                [round(float(x), 2) for x in (tokens.start_s[i], tokens.end_s[i], z[i])]
                for i in places
            ]
    return {name: places for name, places in found.items() if places}


def _distance(values: Array, floor: float) -> Array:
    first, middle, third = np.quantile(values, [0.25, 0.5, 0.75])
    spread = max((third - first) / NORMAL_IQR, floor)
    return (values - middle) / spread if spread > 0 else np.zeros(len(values))


def cues_between(
    answer: Mapping[str, Any], modality: str, start_s: float, end_s: float
) -> list[str]:
    """The most unusual measures of some seconds, in words.

    Args:
        answer: modality to what ``unusual`` found.
        modality: of the moment.
        start_s: its start.
        end_s: its end.
    """
    strongest: dict[str, float] = {}
    for name, places in answer.get(modality, {}).items():
        inside = [z for a, b, z in places if min(b, end_s) - max(a, start_s) > 0]
        if inside:
            z = max(inside, key=abs)
            words = WORDS.get(name, ("", ""))[int(z < 0)]
            strongest[words] = max(strongest.get(words, 0.0), abs(z))
    strongest.pop("", None)
    return sorted(strongest, key=lambda words: -strongest[words])[:MOST]


def with_cues(
    panels: Iterable[Mapping[str, Any]],
    evidence: Mapping[str, Any] | None,
    cues: Mapping[str, Any] | None,
) -> list[dict[str, Any]]:
    """Panels whose strongest moments say what was heard or seen in them.

    Args:
        panels: as ``reports.timeline.panels`` makes them.
        evidence: which encoders looked at those seconds.
        cues: of the same person; None where nothing was measured.
    """
    answers = [] if cues is None else cues["answers"]
    pieces = {one["target"]: one["pieces"] for one in (evidence or {}).get("targets", [])}
    return [
        {
            **panel,
            "strongest": [
                {**moment, **_named(moment, answers, pieces[panel["name"]])}
                for moment in panel["strongest"]
            ],
        }
        for panel in panels
    ]


def _named(
    moment: Mapping[str, Any],
    answers: Sequence[Mapping[str, Any]],
    pieces: Iterable[Mapping[str, Any]],
) -> dict[str, Any]:
    n, modality = moment["n"] - 1, moment["modality"]
    start_s, end_s = moment["start_s"], moment["end_s"]
    streams = [
        stream
        for piece in pieces
        if piece["answer"] == n and piece["modality"] == modality
        if min(piece["end_s"], end_s) - max(piece["start_s"], start_s) > 0
        for stream in piece["streams"]
    ]
    own = answers[n] if n < len(answers) else {}
    looked_at = [STREAMS.get(stream, stream) for stream in dict.fromkeys(streams)]
    return {"cues": cues_between(own, modality, start_s, end_s), "streams": looked_at}
