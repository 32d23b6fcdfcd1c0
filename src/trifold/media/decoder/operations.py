"""What can be asked of an open media file: by name, answered step by step with facts and arrays.

This is the side that FFmpeg runs on. It imports nothing but PyAV and NumPy, as it is loaded anew by
every program that decodes.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import av

from trifold.contracts import Array
from trifold.media.container.contents import list_streams, look_at
from trifold.media.container.file import MediaFile
from trifold.media.picture.sampled import pictures
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.measuring import measure_sound, packed
from trifold.media.sound.waveform import waveform

av.logging.set_level(av.logging.PANIC)  # broken files are reported by us, not on stderr


@dataclass
class OpenFile:
    """A file, and what was decoded of its sound when somebody looked at it."""

    media: MediaFile
    kept: DecodedSound = field(default_factory=DecodedSound)


@dataclass(frozen=True)
class Step:
    """A part of an answer."""

    facts: Mapping[str, Any] = field(default_factory=dict)
    arrays: Sequence[Array] = ()


def answer(file: OpenFile, what: str, details: Mapping[str, Any]) -> Iterator[Step]:
    """The steps of an answer.

    Args:
        file: that is asked about.
        what: a name in ``OPERATIONS``.
        details: its keyword arguments.

    Raises:
        DecodeError: where the file cannot be opened or decoded.
    """
    return OPERATIONS[what](file, **details)


def _streams(file: OpenFile) -> Iterator[Step]:
    yield Step(list_streams(file.media).to_dict())


def _look(file: OpenFile) -> Iterator[Step]:
    yield Step(look_at(file.media).to_dict())


def _levels(file: OpenFile, *, track: int | None) -> Iterator[Step]:
    facts, levels = measure_sound(file.media, file.kept, track=track)
    numbers, arrays = packed(levels)
    yield Step({**facts.to_dict(), "levels": numbers}, arrays)


def _waveform(file: OpenFile, **details: Any) -> Iterator[Step]:
    for samples in waveform(file.media, file.kept, **details):
        yield Step(arrays=[samples])


def _pictures(file: OpenFile, **details: Any) -> Iterator[Step]:
    for image, time_s in pictures(file.media, **details):
        yield Step({"time_s": time_s}, [image])


def _forget(file: OpenFile) -> Iterator[Step]:
    file.kept.forget()
    yield Step()


OPERATIONS: Mapping[str, Callable[..., Iterator[Step]]] = {
    "streams": _streams,
    "look": _look,
    "levels": _levels,
    "waveform": _waveform,
    "pictures": _pictures,
    "forget": _forget,
}
