"""Whose turn it is in a recording of several people, and what of it is the candidate's."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, NamedTuple

Span = tuple[float, float]  # start and end in seconds


class View(NamedTuple):
    """A stretch of time and the part of the picture that shows the candidate in it.

    Attributes:
        start_s: of the stretch.
        end_s: of the stretch.
        left: of the part, as a share of the picture's width, like ``right``.
        top: as a share of its height, like ``bottom``.
        right: see ``left``.
        bottom: see ``top``.
    """

    start_s: float
    end_s: float
    left: float = 0.0
    top: float = 0.0
    right: float = 1.0
    bottom: float = 1.0


@dataclass(frozen=True)
class Turns:
    """What of a recording is the candidate's. Holds times and places, and nothing about a voice.

    Attributes:
        own: spans in which the candidate speaks, in order.
        others: spans in which somebody else speaks, in order; they are left out of words and sound.
        told_by: what told them apart: ``labels`` of the transcript, ``choice`` (somebody said
            when the candidate speaks), ``face`` (a mouth that moves with one voice), ``most`` (the
            longest speaker, assumed); empty where nothing did.
        channel: of the sound that is the candidate's, where it is another than the file's first
            choice.
        picture: index of the stream of pictures, likewise.
        views: where the candidate is seen; None leaves the picture whole.
        remarks: how it was told, code to one line for people.
        voices: spans of each voice that one channel holds, the longest speaker's first; empty
            where no two were found, or nobody listened for them.
    """

    own: tuple[Span, ...] = ()
    others: tuple[Span, ...] = ()
    told_by: str = ""
    channel: tuple[int, int | None] | None = None
    views: tuple[View, ...] | None = None
    remarks: Mapping[str, str] = field(default_factory=dict)
    picture: int | None = None
    voices: tuple[tuple[Span, ...], ...] = ()

    @property
    def others_s(self) -> float:
        """Seconds of others' speech that are left out."""
        return sum(end - start for start, end in self.others)

    @property
    def sound_key(self) -> str:
        """Hex digits that differ where another part of the sound is read; empty for all of it."""
        return _hashed([self.others, self.channel]) if self.others or self.channel else ""

    @property
    def picture_key(self) -> str:
        """Hex digits that differ where another part of the picture is read; empty for all of it."""
        if self.picture is not None:
            return _hashed([self.picture, self.views])
        return "" if self.views is None else _hashed(self.views)


def _hashed(parts: Any) -> str:
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()[:16]
