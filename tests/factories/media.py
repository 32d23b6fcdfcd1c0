"""Real media files for tests, written on the spot."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import av
import numpy as np

from trifold.corpora.synthetic.face import Appearance, Performance, frames
from trifold.corpora.synthetic.voice import Voice, loudness_envelope, speak
from trifold.runtime.priority import own_priority

VOICE = Voice(pitch_hz=130, pitch_range_st=2, level_db=-22, rate_hz=4.5, pause_share=0.25)
CALM = Performance(smile=0.5, head_amplitude=0.08, closeness=0.68, gesture_amplitude=0.04)
VTT = (
    "WEBVTT\n\n00:00.000 --> 00:01.500\nI plan every step.\n"
    "\n00:01.500 --> 00:03.000\nThen I rest.\n"
)
SAID = (
    "I plan every step of it.",
    "Then I ask the others what they think.",
    "We laugh a lot and go on.",
)


def voice(seconds: float = 3.0, *, like: Voice = VOICE, seed: int = 0) -> np.ndarray:
    """(N,) speech-like float32 at 16 kHz."""
    return speak(like, duration_s=seconds, generator=np.random.default_rng(seed))


def face_frames(
    seconds: float = 3.0, *, like: Performance = CALM, rate_hz: float = 15, seed: int = 0
) -> list[np.ndarray]:
    """A drawn face that moves; 240×320 RGB."""
    generator = np.random.default_rng(seed)
    loudness = loudness_envelope(voice(seconds, seed=seed), rate_hz, round(seconds * rate_hz))
    look = Appearance.draw(generator)
    drawn = frames(
        look, like, loudness, size=(240, 320), frame_rate_hz=rate_hz, generator=generator
    )
    return list(drawn)


def write_media(
    path: Path,
    *,
    images: Sequence[np.ndarray] | None = None,
    audio: np.ndarray | None = None,
    frame_rate_hz: int = 15,
    sample_rate_hz: int = 16000,
    video_codec: str = "libx264",
    audio_codec: str = "aac",
    times_s: Sequence[float] | None = None,
    pix_fmt: str = "yuv420p",
    audio_start_s: float = 0.0,
) -> Path:
    """Write a file whose container follows the suffix; ``times_s`` makes a variable frame rate."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with av.open(str(path), "w") as container:
        if images is not None:
            picture = container.add_stream(video_codec, rate=frame_rate_hz)
            picture.height, picture.width = images[0].shape[:2]
            picture.pix_fmt = pix_fmt
            picture.bit_rate = 4_000_000
            picture.codec_context.thread_count = 1  # tests share two cores
            picture.codec_context.time_base = Fraction(1, 1000)
            with own_priority():
                picture.codec_context.open()
        if audio is not None:
            sound = container.add_stream(audio_codec, rate=sample_rate_hz, layout="mono")
        for i, image in enumerate(images or []):
            frame = av.VideoFrame.from_ndarray(image, format="rgb24")
            time_s = times_s[i] if times_s is not None else i / frame_rate_hz
            frame.pts, frame.time_base = round(time_s * 1000), Fraction(1, 1000)
            container.mux(picture.encode(frame))
        if images is not None:
            container.mux(picture.encode(None))
        if audio is not None:
            _write_audio(container, sound, audio, sample_rate_hz, audio_start_s)
    return path


def write_interview(folder: Path, name: str, *, seconds: float = 3.0, seed: int = 0) -> Path:
    """A complete answer: face, voice and ``.vtt``."""
    path = write_media(
        folder / f"{name}.mp4",
        images=face_frames(seconds, seed=seed),
        audio=voice(seconds, seed=seed),
    )
    path.with_suffix(".vtt").write_text(VTT, encoding="utf-8")
    return path


def write_interviews(folder: Path, names: Sequence[str], *, seconds: float = 2.0) -> list[Path]:
    """A complete answer of each, in which all say something else; recordings and transcripts."""
    made = []
    for seed, name in enumerate(names):
        path = write_interview(folder, name, seconds=seconds, seed=seed)
        lines = (SAID[seed % len(SAID)], SAID[(seed + 1 + seed // len(SAID)) % len(SAID)])
        ends = [f"00:0{part * seconds / 2:.3f}" for part in range(3)]
        times = [f"{start} --> {end}" for start, end in pairwise(ends)]
        cues = "\n\n".join(f"{time}\n{line}" for time, line in zip(times, lines, strict=True))
        path.with_suffix(".vtt").write_text(f"WEBVTT\n\n{cues}\n", encoding="utf-8")
        made += [path, path.with_suffix(".vtt")]
    return made


def _write_audio(container, sound, audio: np.ndarray, rate_hz: int, start_s: float) -> None:
    offset = round(start_s * rate_hz)
    resampler = av.AudioResampler(sound.format, sound.layout, sound.rate)
    size = 960 if sound.codec_context.name == "libopus" else 1024
    for start in range(0, len(audio), size):
        samples = np.ascontiguousarray(audio[None, start : start + size], dtype=np.float32)
        chunk = av.AudioFrame.from_ndarray(samples, format="fltp", layout="mono")
        chunk.sample_rate, chunk.pts = rate_hz, start + offset
        chunk.time_base = Fraction(1, rate_hz)
        for piece in resampler.resample(chunk):
            container.mux(sound.encode(piece))
    container.mux(sound.encode(None))
