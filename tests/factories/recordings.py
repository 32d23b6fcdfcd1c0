"""Recordings as people really make them, of one drawn face and one or two synthetic voices.

Written on the spot by the muxers and encoders inside PyAV: containers, codecs, tracks and channels.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import av
import numpy as np

from tests.factories.media import face_frames, voice
from trifold.corpora.synthetic.voice import Voice

SECONDS, RATE_HZ, SOUND_HZ = 6.0, 15, 48000
BIT_RATES = {"libopencore_amrnb": 12200, "wmav1": 128000, "wmav2": 128000}
FAST = {"libx264": {"preset": "ultrafast"}, "libvpx": {"deadline": "realtime", "cpu-used": "8"}}
OTHER = Voice(pitch_hz=220, pitch_range_st=3, level_db=-20, rate_hz=3.5, pause_share=0.35)


@cache
def candidate(seconds: float = SECONDS) -> np.ndarray:
    """(N,) the candidate's voice at 16 kHz."""
    return voice(seconds)


@cache
def interviewer(seconds: float = SECONDS) -> np.ndarray:
    """(N,) another voice, which speaks at other times too."""
    return voice(seconds, like=OTHER, seed=5)


@cache
def pictures(seconds: float = SECONDS) -> tuple[np.ndarray, ...]:
    """A drawn face that moves."""
    return tuple(face_frames(seconds, rate_hz=RATE_HZ))


@dataclass(frozen=True)
class Track:
    """One track of sound.

    Attributes:
        samples: (C, N) float32 at 16 kHz.
        codec: of the encoder.
        rate_hz: that it is encoded at.
        title: of the track.
        default: whether it is flagged so; None leaves it to the muxer.
    """

    samples: np.ndarray
    codec: str = "aac"
    rate_hz: int = SOUND_HZ
    title: str = ""
    default: bool | None = None


class Codec(NamedTuple):
    """Of the picture: name, pixel format, size (width, height) and rate, as some are picky."""

    name: str = "libx264"
    pix_fmt: str = "yuv420p"
    size: tuple[int, int] = (320, 240)
    rate_hz: int = RATE_HZ


@dataclass(frozen=True)
class Options:
    """Of the container."""

    format: str | None = None
    muxer: dict[str, str] = field(default_factory=dict)


def mono(samples: np.ndarray) -> np.ndarray:
    return samples[None]


def record(
    path: Path,
    *,
    shown: Sequence[np.ndarray] | None = None,
    codec: Codec = Codec(),  # noqa: B008
    tracks: Sequence[Track] = (),
    options: Options = Options(),  # noqa: B008
) -> Path:
    """Write pictures and tracks; the container follows the suffix unless a format is named."""
    with av.open(str(path), "w", format=options.format, options=options.muxer) as target:
        picture = _add_picture(target, codec) if shown is not None else None
        sounds = [_add_sound(target, track) for track in tracks]
        if picture is not None:
            _write_pictures(target, picture, shown or (), codec)
        for track, stream in zip(tracks, sounds, strict=True):
            _write_sound(target, stream, track)
    return path


def _add_picture(target: Any, codec: Codec) -> Any:
    stream = target.add_stream(codec.name, rate=codec.rate_hz, options=FAST.get(codec.name, {}))
    stream.width, stream.height = codec.size
    stream.pix_fmt, stream.bit_rate = codec.pix_fmt, 2_000_000
    stream.codec_context.thread_count = 1
    return stream


def _add_sound(target: Any, track: Track) -> Any:
    layout = {1: "mono", 2: "stereo", 6: "5.1"}[len(track.samples)]
    stream = target.add_stream(track.codec, rate=track.rate_hz, layout=layout)
    if track.codec in BIT_RATES:
        stream.bit_rate = BIT_RATES[track.codec]
    if track.title:
        stream.metadata["title"] = track.title
    if track.default is not None:
        stream.disposition = av.stream.Disposition.default if track.default else 0
    return stream


def _write_pictures(target: Any, stream: Any, shown: Sequence[np.ndarray], codec: Codec) -> None:
    count = round(len(shown) * codec.rate_hz / RATE_HZ)
    for number in range(count):
        image = shown[min(len(shown) - 1, number * RATE_HZ // codec.rate_hz)]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        small = frame.reformat(*codec.size, format=codec.pix_fmt)
        small.pts, small.time_base = number, Fraction(1, codec.rate_hz)
        target.mux(stream.encode(small))
    target.mux(stream.encode(None))


def _write_sound(target: Any, stream: Any, track: Track) -> None:
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
    layout = stream.layout.name
    samples = np.ascontiguousarray(track.samples, np.float32)
    frame = av.AudioFrame.from_ndarray(samples, "fltp", layout)
    frame.sample_rate, frame.pts, frame.time_base = 16000, 0, Fraction(1, 16000)
    fifo = av.AudioFifo()
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        fifo.write(piece)
    while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
        target.mux(stream.encode(piece))
    target.mux(stream.encode(None))
