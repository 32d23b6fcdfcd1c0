"""Codes of doubt about one answer, from what its encoders noticed."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace

from trifold.codes import Code, Of, codes_of
from trifold.errors import InputError
from trifold.features.records import ClipRecord

NOTICED = (
    Code.SEVERAL_SPEAKERS,
    Code.ASSUMED_SPEAKER,
    Code.TIMES_OUT_OF_RANGE,
    Code.UNCLEAR_SPEECH,
    Code.OTHER_LANGUAGE,
    Code.TRUNCATED,
    Code.TELEPHONE_SOUND,
)
LEFT_OUT = (Code.OTHER_VIEW, Code.SAME_FILE)  # files that are no answers of their own
DARK = 0.15  # mean brightness of the face, of 1: features of the face drown in noise below
CROWDED = 0.5  # share of searched frames with several faces: whose impression is it?
SCENES = 1  # with a face, that look different
CLIPPED = 0.01  # share of samples at full scale
FROZEN = 0.5  # share of the time in which the picture stands still
MEDIA_CODES = codes_of(Of.MISSING, Of.DOUBT)  # an answer may be withheld for these


def flags(record: ClipRecord) -> tuple[str, ...]:
    """The codes of doubt that hold for an answer."""
    faces = quality(record, "face_fraction") or 0.0
    tests = {
        Code.LOW_LIGHT: faces > 0 and _outside(quality(record, "brightness"), below=DARK),
        Code.SEVERAL_FACES: faces > 0 and _shows_several(record),
        Code.CLIPPED_AUDIO: _outside(quality(record, "clipped_fraction"), above=CLIPPED),
        Code.FROZEN_VIDEO: _outside(quality(record, "still_fraction"), above=FROZEN),
    }
    found = [code for code, holds in tests.items() if holds]
    return (*found, *(code for code in NOTICED if code in record.remarks))


def with_other_words(record: ClipRecord, trained: Mapping[str, int]) -> ClipRecord:
    """The record, with a remark where its words came as no training words did.

    Args:
        record: of a file to score.
        trained: ``given`` or a recogniser's fingerprint to how many answers of the training were
            read so; empty where nobody knows, as of older bundles.
    """
    if not trained or record.words_from is None or record.words_from in trained:
        return record
    if record.recogniser is None:
        line = "the words were given; the model was trained on recognised ones"
    elif set(trained) == {"given"}:
        line = "the words were recognised; the model was trained on transcripts that were given"
    else:
        line = "the words were recognised otherwise than those that the model was trained on"
    return replace(record, remarks={**record.remarks, Code.OTHER_WORDS: line})


def withheld(record: ClipRecord, codes: Collection[str]) -> ClipRecord:
    """The record, as one without scores where one of ``codes`` holds for it."""
    if record.error_code is not None:
        return record
    found = [code for code in (*record.missing.values(), *flags(record)) if code in codes]
    if not found:
        return record
    return replace(record, error_code=found[0], error_message=f"withheld for {', '.join(found)}")


def check_codes(codes: Collection[str]) -> tuple[str, ...]:
    """The codes, if they are among those that a file can be withheld for.

    Raises:
        InputError: when one is not.
    """
    unknown = sorted(set(codes) - set(MEDIA_CODES))
    if unknown:
        raise InputError(expected=f"codes among {', '.join(MEDIA_CODES)}", got=unknown[0])
    return tuple(codes)


def quality(record: ClipRecord, name: str) -> float | None:
    """The first stream's value of a quality number; streams of one modality agree on them."""
    return _first(record.quality, name)


def _shows_several(record: ClipRecord) -> bool:
    """Whether several faces are seen at a time, or one after the other in scenes of their own."""
    at_once = _outside(quality(record, "several_faces_fraction"), above=CROWDED)
    return at_once or _outside(quality(record, "face_scenes"), above=SCENES)


def _first(numbers: Mapping[str, float], name: str) -> float | None:
    values = [value for key, value in numbers.items() if key.partition(".")[2] == name]
    return values[0] if values else None


def _outside(
    value: float | None, *, below: float = float("-inf"), above: float = float("inf")
) -> bool:
    return value is not None and (value < below or value > above)
