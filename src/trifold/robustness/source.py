"""A clip as a perturbation leaves it, offered to encoders like any other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from functools import cached_property

import numpy as np

from trifold.contracts import Array, AudioChunk, Clip, Frame, MediaInfo, Modality, Transcript
from trifold.encoders.base import AudioEncoder, Encoder, VideoEncoder
from trifold.encoders.keys import hash_text
from trifold.features.source import Source, WatchedFrames
from trifold.features.store import FeatureStore
from trifold.media.sound.activity import WINDOW, with_speech
from trifold.robustness.catalogue import Context, Perturbation

Question = tuple[str | None, str | None]  # text and id
CHUNK = 312 * WINDOW  # samples: about ten seconds


class HeldSource(Source):
    """A clip that is decoded once and then held: many perturbations read the same.

    Args:
        clip: of which; short, since sound and sampled pictures stay in memory.
        store: keeps what headers say.
    """

    store: FeatureStore

    def __init__(self, clip: Clip, store: FeatureStore) -> None:
        super().__init__(clip, store)
        self._sound: dict[int, Array] = {}
        self._frames: dict[tuple[float, int], list[Frame]] = {}

    def frames(self, frame_rate_hz: float, max_side_px: int) -> WatchedFrames:
        """The candidate's picture, decoded at the first call."""
        return WatchedFrames(self.pictures(frame_rate_hz, max_side_px))

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
            self._frames[key] = list(self._sampled(frame_rate_hz, max_side_px))
        return self._frames[key]

    def _sampled(self, frame_rate_hz: float, max_side_px: int) -> Iterable[Frame]:
        return super().frames(frame_rate_hz, max_side_px)


class MixedSource(HeldSource):
    """A clip of which some parts are read from another file that was written of it.

    Args:
        clean: the clip as it is; everything but those parts is its own.
        written: the other file.
        parts: that are read from it.
    """

    def __init__(self, clean: HeldSource, written: HeldSource, parts: Collection[Modality]) -> None:
        super().__init__(written.clip, clean.store)
        self.written, self.info, self.transcript = written, clean.info, clean.transcript
        self._voice = written if "audio" in parts else clean
        self._picture = written if "video" in parts else clean

    def sound(self, sample_rate_hz: int) -> Iterator[AudioChunk]:
        """The candidate's voice, from the file that it is read from."""
        return self._voice.sound(sample_rate_hz)

    def samples(self, sample_rate_hz: int) -> Array:
        """(N,) float32: all of it."""
        return self._voice.samples(sample_rate_hz)

    def pictures(self, frame_rate_hz: float, max_side_px: int) -> list[Frame]:
        """All sampled frames, from the file that they are read from."""
        return self._picture.pictures(frame_rate_hz, max_side_px)


class PerturbedSource(HeldSource):
    """The parts of a clip, changed as they are read; nothing is written anywhere.

    Args:
        clean: the clip as it is.
        perturbation: what is changed.
        context: what it draws on.
        question: text and id of another question that the answer is put to; None leaves its own.
    """

    def __init__(
        self,
        clean: HeldSource,
        perturbation: Perturbation,
        context: Context,
        question: Question | None = None,
    ) -> None:
        text, name = question or (clean.clip.question, clean.clip.question_id)
        super().__init__(replace(clean.clip, question=text, question_id=name), clean.store)
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
        return with_speech(_chunks(self.samples(sample_rate_hz), sample_rate_hz))

    def samples(self, sample_rate_hz: int) -> Array:
        """(N,) float32: all of it."""
        if sample_rate_hz not in self._sound:
            samples = self.clean.samples(sample_rate_hz)
            if self.perturbation.sound is not None:
                samples = self.perturbation.sound(samples, sample_rate_hz, self.context)
            self._sound[sample_rate_hz] = samples.astype(np.float32, copy=False)
        return self._sound[sample_rate_hz]

    def _sampled(self, frame_rate_hz: float, max_side_px: int) -> Iterable[Frame]:
        shown: Iterable[Frame] = (
            replace(frame, time_s=self._moved(frame.time_s))
            for frame in self.clean.pictures(frame_rate_hz, max_side_px)
        )
        change = self.perturbation.frames
        return shown if change is None else change(shown, self.context)

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


def reads_the_same(encoder: Encoder, clean: HeldSource, changed: HeldSource) -> bool:
    """Whether an encoder of media meets the same samples, or pictures at the same times, in both.

    Raises:
        DecodeError: when one of them cannot be decoded.
    """
    if isinstance(encoder, AudioEncoder):
        rate_hz = encoder.sample_rate_hz
        return np.array_equal(clean.samples(rate_hz), changed.samples(rate_hz))
    if not isinstance(encoder, VideoEncoder):
        return False
    wanted = encoder.frame_rate_hz, encoder.max_side_px
    before, after = clean.pictures(*wanted), changed.pictures(*wanted)
    return len(before) == len(after) and all(map(_same_frame, before, after))


def _same_frame(one: Frame, other: Frame) -> bool:
    same = one.image is other.image or np.array_equal(one.image, other.image)
    return one.time_s == other.time_s and same
