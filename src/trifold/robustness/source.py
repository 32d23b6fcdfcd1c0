"""A clip as a perturbation leaves it, offered to encoders like any other."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from trifold.contracts import Array, AudioChunk, Clip, Frame, MediaInfo, Transcript
from trifold.encoders.keys import hash_text
from trifold.features.source import Source, WatchedFrames
from trifold.features.store import FeatureStore
from trifold.media.sound.activity import WINDOW, with_speech
from trifold.robustness.catalogue import Context, Perturbation

CHUNK = 312 * WINDOW  # samples: about ten seconds


class HeldSource(Source):
    """A clip that is decoded once and then held: many perturbations read the same.

    Args:
        clip: of which; short, since sound and sampled pictures stay in memory.
        store: keeps what headers say.
    """

    def __init__(self, clip: Clip, store: FeatureStore) -> None:
        super().__init__(clip, store)
        self._sound: dict[int, Array] = {}
        self._frames: dict[tuple[float, int], list[Frame]] = {}

    def samples(self, sample_rate_hz: int) -> Array:
        """(N,) float32: all of the candidate's voice."""
        if sample_rate_hz not in self._sound:
            parts = [chunk.samples for chunk in super().sound(sample_rate_hz)]
            whole = np.concatenate(parts) if parts else np.empty(0, np.float32)
            self._sound[sample_rate_hz] = whole
        return self._sound[sample_rate_hz]

    def pictures(self, frame_rate_hz: float, max_side_px: int) -> list[Frame]:
        """All sampled frames."""
        key = (frame_rate_hz, max_side_px)
        if key not in self._frames:
            self._frames[key] = list(super().frames(frame_rate_hz, max_side_px))
        return self._frames[key]


class PerturbedSource(Source):
    """The parts of a clip, changed as they are read; nothing is written anywhere.

    Args:
        clean: the clip as it is.
        perturbation: what is changed.
        context: what it draws on.
    """

    def __init__(self, clean: HeldSource, perturbation: Perturbation, context: Context) -> None:
        super().__init__(clean.clip, clean.store)
        self.clean, self.perturbation, self.context = clean, perturbation, context

    @cached_property
    def info(self) -> MediaInfo:
        """What its file holds, with the length that it then has."""
        found = self.clean.info
        if found.duration_s is None:
            return found
        return replace(found, duration_s=self._moved(found.duration_s) + self.perturbation.lead_s)

    @cached_property
    def media_hash(self) -> str:
        """Another hash than the clip's: its tokens are others."""
        return hash_text(f"{self.clean.media_hash} {self.perturbation.name}")

    def sound(self, sample_rate_hz: int) -> Iterator[AudioChunk]:
        """The candidate's voice, changed; all of it is held at a time."""
        samples = self.clean.samples(sample_rate_hz)
        if self.perturbation.sound is not None:
            samples = self.perturbation.sound(samples, sample_rate_hz, self.context)
        return with_speech(_chunks(samples.astype(np.float32), sample_rate_hz))

    def frames(self, frame_rate_hz: float, max_side_px: int) -> WatchedFrames:
        """The candidate's picture, changed."""
        shown: Iterable[Frame] = (
            replace(frame, time_s=self._moved(frame.time_s))
            for frame in self.clean.pictures(frame_rate_hz, max_side_px)
        )
        if self.perturbation.frames is not None:
            shown = self.perturbation.frames(shown, self.context)
        return WatchedFrames(shown)

    @cached_property
    def transcript(self) -> Transcript | None:
        """The candidate's words, changed."""
        said = self.clean.transcript
        if said is None:
            return None
        segments = tuple(
            replace(
                segment,
                start_s=None if segment.start_s is None else self._moved(segment.start_s),
                end_s=None if segment.end_s is None else self._moved(segment.end_s),
            )
            for segment in said.segments
        )
        timed = replace(said, segments=segments)
        change = self.perturbation.words
        return timed if change is None else change(timed, self.context)

    def _moved(self, time_s: float) -> float:
        return time_s / self.perturbation.tempo + self.perturbation.lead_s


def _chunks(samples: Array, rate_hz: int) -> Iterator[AudioChunk]:
    for first in range(0, len(samples), CHUNK):
        yield AudioChunk(samples[first : first + CHUNK], first / rate_hz, rate_hz)
