"""Cue values to files: one mp4 with picture and voice, and its vtt."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

from trifold.contracts import Array
from trifold.corpora.synthetic.face import Appearance, Performance, frames
from trifold.corpora.synthetic.generative import CUES, high_slots
from trifold.corpora.synthetic.voice import SAMPLE_RATE_HZ, Voice, loudness_envelope, speak
from trifold.corpora.synthetic.words import FAMILIES, compose, to_vtt

FRAME_RATE_HZ = 15


def write_answer(
    stem: Path,
    cues: Array,
    look: Appearance,
    *,
    duration_s: float,
    size: tuple[int, int],
    generator: np.random.Generator,
) -> None:
    """Write ``stem.mp4`` and ``stem.vtt``; the video appears last and whole, or not at all.

    Args:
        stem: path without suffix.
        cues: (15,) standardised cue values of this answer.
        look: the person's colours.
        duration_s: length of the answer.
        size: (height, width) in pixels.
        generator: of everything that is left to chance.
    """
    value = {cue.name: float(u) for cue, u in zip(CUES, cues, strict=True)}
    audio = speak(voice_of(value), duration_s=duration_s, generator=generator)
    loudness = loudness_envelope(audio, FRAME_RATE_HZ, round(duration_s * FRAME_RATE_HZ))
    pictures = frames(
        look,
        performance_of(value),
        loudness,
        size=size,
        frame_rate_hz=FRAME_RATE_HZ,
        generator=generator,
    )
    high = {family: int(high_slots(np.array(value[family]))) for family in FAMILIES}
    words = compose(high, duration_s=duration_s, generator=generator)
    stem.parent.mkdir(parents=True, exist_ok=True)
    stem.with_suffix(".vtt").write_text(to_vtt(words), encoding="utf-8")
    partial = stem.with_suffix(".part")
    write_mp4(partial, pictures, audio, size=size)
    partial.replace(stem.with_suffix(".mp4"))


def voice_of(value: Mapping[str, float]) -> Voice:
    """Cue values to the voice, inside what a voice activity detector takes for speech."""
    return Voice(
        pitch_hz=float(np.clip(140 * 2 ** (2.2 * value["voice_pitch"] / 12), 90, 215)),
        pitch_range_st=float(np.clip(2.0 * np.exp(0.35 * value["voice_pitch_range"]), 0.7, 5.0)),
        level_db=float(np.clip(-23 + 2.8 * value["voice_level"], -32, -14)),
        rate_hz=float(np.clip(4.7 + 0.6 * value["voice_rate"], 3.3, 6.3)),
        pause_share=float(np.clip(0.25 + 0.08 * value["voice_pauses"], 0.04, 0.48)),
    )


def performance_of(value: Mapping[str, float]) -> Performance:
    """Cue values to the picture, inside what a face detector takes for a face."""
    return Performance(
        smile=float(np.clip(0.5 + 0.2 * value["face_smile"], 0, 1)),
        head_amplitude=float(np.clip(0.12 * np.exp(0.45 * value["face_head_movement"]), 0.03, 0.4)),
        closeness=float(np.clip(0.68 + 0.045 * value["face_closeness"], 0.56, 0.8)),
        gesture_amplitude=float(np.clip(0.06 * np.exp(0.6 * value["face_gestures"]), 0.01, 0.3)),
    )


def write_mp4(
    path: Path, pictures: Iterable[Array], audio: Array, *, size: tuple[int, int]
) -> None:
    """H.264 and AAC, encoded on one thread so that the bytes repeat."""
    with av.open(str(path), "w", format="mp4") as container:
        picture = container.add_stream("libx264", rate=FRAME_RATE_HZ)
        picture.height, picture.width = size
        picture.pix_fmt = "yuv420p"
        picture.options = {"preset": "ultrafast", "crf": "24", "threads": "1"}
        sound = container.add_stream("aac", rate=SAMPLE_RATE_HZ, layout="mono")
        for i, image in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            frame.pts, frame.time_base = i, Fraction(1, FRAME_RATE_HZ)
            container.mux(picture.encode(frame))
        container.mux(picture.encode(None))
        for start in range(0, len(audio), 1024):
            samples = np.ascontiguousarray(audio[None, start : start + 1024])
            chunk = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
            chunk.sample_rate, chunk.pts = SAMPLE_RATE_HZ, start
            chunk.time_base = Fraction(1, SAMPLE_RATE_HZ)
            container.mux(sound.encode(chunk))
        container.mux(sound.encode(None))
