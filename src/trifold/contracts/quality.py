"""The quality card of a recording: what can be heard and seen in it, in numbers with units.

Its fields are the one list from which columns of tables, their JSON Schema, the endpoint's answers,
cards on pages and the page of the docs are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, fields
from typing import Any, Literal

Unit = Literal["s", "share", "dB", "dBFS", "count"]


@dataclass(frozen=True)
class Measure:
    """What one number of the card is.

    Attributes:
        name: of the field, the column and what encoders report.
        meaning: one line, with unit and range.
        title: a few plain words, as pages have them.
        unit: ``share`` is 0 to 1 and shown in percent; ``dBFS`` is dB re full scale.
    """

    name: str
    meaning: str
    title: str
    unit: Unit


def _measured(meaning: str, title: str, unit: Unit) -> Any:
    return field(default=None, metadata={"meaning": meaning, "title": title, "unit": unit})


@dataclass(frozen=True)
class QualityCard:
    """One recording; None where nobody measured, or there was nothing to measure.

    Levels are mean squares: a full-scale square wave has 0 dBFS, a sine -3.
    """

    n_words: float | None = _measured("words of the transcript", "words", "count")
    word_confidence: float | None = _measured(
        "mean probability of the words that were recognised, 0 to 1; none where they were given",
        "how sure of the words",
        "share",
    )
    speech_s: float | None = _measured(
        "seconds in which somebody speaks on the candidate's channel", "speaks", "s"
    )
    speech_fraction: float | None = _measured(
        "share of the sound in which somebody speaks", "part that is speech", "share"
    )
    other_speech_s: float | None = _measured(
        "seconds in which somebody else speaks; none where nobody told the voices apart",
        "others speak",
        "s",
    )
    level_db: float | None = _measured(
        "mean level of the sound, pauses included, in dB re full scale", "sound level", "dBFS"
    )
    speech_level_db: float | None = _measured(
        "mean level while somebody speaks, noise included, in dB re full scale",
        "voice level",
        "dBFS",
    )
    snr_db: float | None = _measured(
        "level of the voice above the steady noise of the pauses (signal-to-noise ratio), in dB",
        "voice above noise",
        "dB",
    )
    clipped_fraction: float | None = _measured(
        "share of samples at full scale", "overdriven", "share"
    )
    face_fraction: float | None = _measured("share of frames with a face", "face seen", "share")
    several_faces_fraction: float | None = _measured(
        "share of searched frames with several faces", "several faces", "share"
    )
    face_scenes: float | None = _measured(
        "scenes with a face that look different from each other", "scenes with a face", "count"
    )
    brightness: float | None = _measured(
        "mean brightness of the face, 0 to 1", "light on the face", "share"
    )
    picture_brightness: float | None = _measured(
        "mean brightness of the whole picture, 0 to 1", "light of the picture", "share"
    )
    still_fraction: float | None = _measured(
        "share of the time in which nothing moves", "picture stands still", "share"
    )
    codec_share: float | None = _measured(
        "share of the training's recordings that are encoded as this one is, of picture and sound "
        "the smaller; none where the model does not know",
        "recordings in training encoded so",
        "share",
    )


MEASURES = tuple(Measure(one.name, **one.metadata) for one in fields(QualityCard))


def card_of(quality: Mapping[str, float]) -> QualityCard:
    """The card from what encoders report.

    Args:
        quality: ``stream.name`` to number. Streams of one modality agree, and the first counts.
    """
    found: dict[str, float] = {}
    for key, value in quality.items():
        found.setdefault(key.partition(".")[2], value)
    return QualityCard(**{one.name: found.get(one.name) for one in MEASURES})
