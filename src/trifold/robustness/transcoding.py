"""One recording decoded and encoded anew: the same pictures and samples at the same times."""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import NamedTuple, cast

import av
import numpy as np
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.stream import VideoStream

from trifold.contracts import Array
from trifold.media.container.opening import open_media
from trifold.runtime.priority import own_priority

TICK = Fraction(1, 90_000)  # of pictures' times, finer than any container's
PICTURE_OPTIONS = {
    "libx264": {"preset": "veryfast", "crf": "23"},
    "libx265": {"preset": "veryfast", "crf": "26", "x265-params": "log-level=error"},
    "libvpx": {"deadline": "realtime", "cpu-used": "4"},
    "libvpx-vp9": {"deadline": "realtime", "cpu-used": "6"},
    "libsvtav1": {"preset": "10", "crf": "32"},
}
ANY_TIMES = ("libx264", "libx265")  # others round times to a rate
FIXED_RATES = {"mpeg2video": 30}  # frames per second
SOUND_RATES_HZ = {"libopencore_amrnb": 8000, "mp2": 48000, "wmav2": 48000, "libopus": 48000}
BIT_RATES = {
    "libopencore_amrnb": 12_200,
    "libopus": 64_000,
    "mp2": 192_000,
    "libmp3lame": 128_000,
    "wmav2": 128_000,
    "ac3": 192_000,
}


class Kind(NamedTuple):
    """One kind of file.

    Attributes:
        suffix: names the container unless ``format`` does.
        picture: encoder of the picture.
        sound: encoder of the sound.
        format: muxer.
        layout: what the tracks hold, a key of ``laid_out``.
        picture_bps: bits per second of the picture, for encoders without a quality in
            ``PICTURE_OPTIONS``.
        sound_bps: of the sound; None takes the usual.
        sound_hz: sampling rate; None takes the encoder's only one or the recording's.
        crf: constant rate factor of the picture; None takes that of ``PICTURE_OPTIONS``.
        picture_hz: frames per second; None keeps the times as they are.
    """

    suffix: str
    picture: str
    sound: str
    format: str | None = None
    layout: str = "mono"
    picture_bps: int = 1_000_000
    sound_bps: int | None = None
    sound_hz: int | None = None
    crf: int | None = None
    picture_hz: float | None = None


def transcode(source: Path, target: Path, kind: Kind) -> Path:
    """Write ``source`` as another kind of file.

    Args:
        source: with picture or sound or both; all of it is held in memory.
        target: is written anew.
        kind: what it becomes.
    """
    pictures = _at_rate(_pictures(source), kind.picture_hz)
    samples, rate_hz = samples_of(source)
    with av.open(str(target), "w", format=kind.format) as container:
        stream = _picture_stream(container, kind, pictures) if pictures else None
        tracks = laid_out(samples, kind.layout) if len(samples) else []
        sounds = [
            sound_stream(
                container, kind.sound, len(track), kind.sound_hz or rate_hz, bps=kind.sound_bps
            )
            for track in tracks
        ]
        if stream is not None:
            _write_pictures(container, stream, pictures, kind)
        for track, sound in zip(tracks, sounds, strict=True):
            write_sound(container, sound, track, rate_hz)
    return target


def laid_out(voice: Array, layout: str) -> list[Array]:
    """(C, N) samples of each track."""
    silence = np.zeros_like(voice)
    tracks = {
        "mono": [[voice]],
        "both": [[voice, voice]],
        "left": [[voice, silence]],
        "antiphase": [[voice, -voice]],
        "silent first": [[silence], [voice]],
    }
    return [np.stack(channels) for channels in tracks[layout]]


def _pictures(source: Path) -> list[tuple[av.VideoFrame, float]]:
    """Decoded frames and their seconds."""
    with open_media(source) as container:
        if not container.streams.video:
            return []
        return [(frame, float(frame.time or 0.0)) for frame in container.decode(video=0)]


def _at_rate(
    pictures: list[tuple[av.VideoFrame, float]], rate_hz: float | None
) -> list[tuple[av.VideoFrame, float]]:
    """The picture that is shown at each tick of a rate."""
    if rate_hz is None or not pictures:
        return pictures
    times_s = np.array([time_s for _, time_s in pictures])
    ticks_s = np.arange(times_s[0], times_s[-1] + 1e-9, 1.0 / rate_hz)
    shown = np.searchsorted(times_s, ticks_s + 1e-9, side="right") - 1
    return [(pictures[i][0], float(tick_s)) for i, tick_s in zip(shown, ticks_s, strict=True)]


def samples_of(source: Path) -> tuple[Array, int]:
    """(N,) float32 of all channels mixed, and samples a second; none without sound."""
    with open_media(source) as container:
        if not container.streams.audio:
            return np.empty(0, np.float32), 0
        resampler = av.AudioResampler(format="fltp", layout="mono")
        frames = [f for frame in container.decode(audio=0) for f in resampler.resample(frame)]
    return np.concatenate([f.to_ndarray()[0] for f in frames]), frames[0].sample_rate


def _picture_stream(
    container: OutputContainer, kind: Kind, pictures: Sequence[tuple[av.VideoFrame, float]]
) -> VideoStream:
    first = pictures[0][0]
    options = dict(PICTURE_OPTIONS.get(kind.picture, {}))
    if kind.crf is not None:
        options["crf"] = str(kind.crf)
    rate_hz = FIXED_RATES.get(kind.picture) or kind.picture_hz or _rate_hz(pictures)
    rate = Fraction(rate_hz).limit_denominator(1001)
    stream = cast(VideoStream, container.add_stream(kind.picture, rate=rate, options=options))
    stream.width, stream.height, stream.pix_fmt = first.width, first.height, first.format.name
    if "crf" not in options:
        stream.bit_rate = kind.picture_bps
    stream.codec_context.thread_count = 1
    if kind.picture in ANY_TIMES:
        stream.codec_context.time_base = TICK
    with own_priority():
        stream.codec_context.open()
    return stream


def _write_pictures(
    container: OutputContainer,
    stream: VideoStream,
    pictures: Sequence[tuple[av.VideoFrame, float]],
    kind: Kind,
) -> None:
    rate_hz = FIXED_RATES.get(kind.picture)
    if rate_hz is not None:  # each shown until the next is due
        ends = [time_s for _, time_s in pictures[1:]] + [pictures[-1][1] + 1 / rate_hz]
        pictures = [
            (frame, n / rate_hz)
            for (frame, start_s), end_s in zip(pictures, ends, strict=True)
            for n in range(round(start_s * rate_hz), round(end_s * rate_hz))
        ]
    for frame, time_s in pictures:
        again = av.VideoFrame.from_ndarray(frame.to_ndarray(), format=frame.format.name)
        again.pts, again.time_base = round(time_s / TICK), TICK
        container.mux(stream.encode(again))
    container.mux(stream.encode(None))


def _rate_hz(pictures: Sequence[tuple[av.VideoFrame, float]]) -> float:
    """How often pictures come: most encoders round times to it, and no two may fall together."""
    span_s = pictures[-1][1] - pictures[0][1]
    return min(120.0, max(1.0, (len(pictures) - 1) / span_s)) if span_s > 0 else 15.0


def sound_stream(
    container: OutputContainer, codec: str, channels: int, rate_hz: int, *, bps: int | None = None
) -> AudioStream:
    """A new track of sound.

    Args:
        container: that is written.
        codec: encoder.
        channels: 1 or 2.
        rate_hz: wanted; encoders with one rate alone take that.
        bps: bits per second; None takes the usual.
    """
    rate_hz = SOUND_RATES_HZ.get(codec, rate_hz)
    layout = {1: "mono", 2: "stereo"}[channels]
    stream = cast(AudioStream, container.add_stream(codec, rate=rate_hz, layout=layout))
    bit_rate = bps or BIT_RATES.get(codec)
    if bit_rate is not None:
        stream.bit_rate = bit_rate
    return stream


def write_sound(
    container: OutputContainer, stream: AudioStream, samples: Array, rate_hz: int
) -> None:
    """Encode (C, N) samples to the end of their track."""
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
    frame = av.AudioFrame.from_ndarray(
        np.ascontiguousarray(samples, np.float32), "fltp", stream.layout.name
    )
    frame.sample_rate, frame.pts, frame.time_base = rate_hz, 0, Fraction(1, rate_hz)
    fifo = av.AudioFifo()
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        fifo.write(piece)
    while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
        container.mux(stream.encode(piece))
    container.mux(stream.encode(None))
