"""Encoders of a user's own that have ``modality``, ``dim``, ``fingerprint`` and ``encode`` alone.

Each is put behind the base class of what it reads; which one that is, is decided here and nowhere
else.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from trifold.contracts import QUESTION
from trifold.encoders.base import (
    AudioEncoder,
    BatchTextEncoder,
    Encoder,
    MeasureEncoder,
    QuestionEncoder,
    TextEncoder,
    VideoEncoder,
)
from trifold.errors import InputError


class Adapter:
    """Has everything of another encoder but its input, which the base class beside it brings.

    Args:
        own: the user's encoder.
    """

    def __init__(self, own: Any) -> None:
        self._own = own
        self.resolution = tuple(getattr(own, "resolution", ()))

    def __getattr__(self, name: str) -> Any:
        if name == "_own":  # not there yet, as in a copy that is being made
            raise AttributeError(name)
        return getattr(self._own, name)

    @property
    def fingerprint(self) -> str:
        """Of the user's encoder."""
        return str(self._own.fingerprint)

    def encode(self, *args: Any, **options: Any) -> Any:
        """What the user's encoder makes of it."""
        return self._own.encode(*args, **options)


class MeasureAdapter(Adapter, MeasureEncoder):
    """One that has ``columns``."""


class QuestionAdapter(Adapter, QuestionEncoder):
    """One of questions."""


class TextAdapter(Adapter, TextEncoder):
    """One of transcripts."""

    def __init__(self, own: Any) -> None:
        super().__init__(own)
        self.reads_question = bool(getattr(own, "reads_question", False))
        self.languages = getattr(own, "languages", None)


class BatchTextAdapter(TextAdapter, BatchTextEncoder):
    """One of transcripts that has ``encode_batch``."""

    def encode_batch(self, *args: Any, **options: Any) -> Any:
        """What the user's encoder makes of them."""
        return self._own.encode_batch(*args, **options)


class AudioAdapter(Adapter, AudioEncoder):
    """One of sound."""


class VideoAdapter(Adapter, VideoEncoder):
    """One of pictures."""


BY_MODALITY: dict[str, Callable[[Any], Encoder]] = {
    "text": TextAdapter,
    "audio": AudioAdapter,
    "video": VideoAdapter,
    QUESTION: QuestionAdapter,
}


def adapted(encoder: Any) -> Encoder:
    """The encoder, with the input of its kind where it has none of its own.

    Raises:
        InputError: when nothing tells what it reads.
    """
    if isinstance(encoder, Encoder):
        return encoder
    modality = str(getattr(encoder, "modality", None))
    if hasattr(encoder, "columns"):
        return MeasureAdapter(encoder)
    if modality not in BY_MODALITY:
        raise InputError(
            expected=f"an encoder with a modality among {', '.join(BY_MODALITY)}",
            got=repr(modality),
            where=type(encoder).__name__,
        )
    if modality == "text" and hasattr(encoder, "encode_batch"):
        return BatchTextAdapter(encoder)
    return BY_MODALITY[modality](encoder)
