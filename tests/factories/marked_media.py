"""Recordings with a flash and a tone at the same moments, whose stamps can be moved at will."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np

from trifold.media.picture.frames import read_frames
from trifold.media.sound.stream import read_audio

RATE_HZ, SOUND_HZ, SIDE_PX = 25, 48000, 32
MARKS_S = (1.0, 3.0, 6.0)
MARK_S = 0.2
Moved = Callable[[float], float | None]  # seconds of a packet to those of its stamp; None drops it


def unmoved(time_s: float) -> float:
    return time_s


def write_marked(
    path: Path,
    *,
    seen: Moved | None = unmoved,
    heard: Moved | None = unmoved,
    seconds: float = 4.0,
    heard_seconds: float | None = None,
    beside: Callable[[Any], None] | None = None,
) -> Path:
    """Write it; without ``seen`` or ``heard`` it has no picture or sound.

    Args:
        path: its suffix says which container.
        seen: moves the stamps of pictures.
        heard: those of sound.
        seconds: of the picture.
        heard_seconds: of the sound, if it has another length.
        beside: adds something to the container before its streams.
    """
    codecs = ("libvpx", "libopus") if path.suffix == ".webm" else ("libx264", "aac")
    with av.open(str(path), "w") as target:
        if beside is not None:
            beside(target)
        made = [] if seen is None else _pictures(target, codecs[0], seconds)
        packets = _moved(made, seen or unmoved)
        made = [] if heard is None else _sound(target, codecs[1], heard_seconds or seconds)
        packets += _moved(made, heard or unmoved)
        for _, packet in sorted(packets, key=lambda one: one[0]):  # as they were recorded
            target.mux(packet)
    return path


def _moved(packets: Sequence[av.Packet], move: Moved) -> list[tuple[float, av.Packet]]:
    """Packets with the seconds at which they were recorded."""
    kept = []
    for packet in packets:
        time_s = float(packet.dts * packet.time_base)
        if (moved := move(time_s)) is not None:
            by = round((moved - time_s) / packet.time_base)
            packet.pts, packet.dts = packet.pts + by, packet.dts + by
            kept.append((time_s, packet))
    return kept


def _pictures(target: Any, codec: str, seconds: float) -> list[av.Packet]:
    options = {"preset": "ultrafast", "tune": "zerolatency"} if codec == "libx264" else {}
    stream = target.add_stream(codec, rate=RATE_HZ, options=options)
    stream.width = stream.height = SIDE_PX
    stream.pix_fmt, stream.codec_context.thread_count = "yuv420p", 1
    packets = []
    for number in range(round(seconds * RATE_HZ)):
        lit = any(0 <= number / RATE_HZ - mark < MARK_S - 1e-9 for mark in MARKS_S)
        image = np.full((SIDE_PX, SIDE_PX, 3), 240 if lit else 30, np.uint8)
        frame = av.VideoFrame.from_ndarray(image, format="rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = number, Fraction(1, RATE_HZ)
        packets += stream.encode(frame)
    return [*packets, *stream.encode(None)]


def _sound(target: Any, codec: str, seconds: float) -> list[av.Packet]:
    stream = target.add_stream(codec, rate=SOUND_HZ, layout="mono")
    times_s = np.arange(round(seconds * SOUND_HZ)) / SOUND_HZ
    marked = np.any([(times_s >= m) & (times_s < m + MARK_S) for m in MARKS_S], axis=0)
    samples = (0.25 * marked * np.sin(2 * np.pi * 440 * times_s)).astype(np.float32)
    frame = av.AudioFrame.from_ndarray(samples[None], "fltp", "mono")
    frame.sample_rate, frame.pts, frame.time_base = SOUND_HZ, 0, Fraction(1, SOUND_HZ)
    fifo, packets = av.AudioFifo(), []
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        fifo.write(piece)
    while piece := fifo.read(stream.codec_context.frame_size, partial=True):
        packets += stream.encode(piece)
    return [*packets, *stream.encode(None)]


def flashes_s(path: Path) -> list[float]:
    """When the picture turns bright."""
    shown = [(f.time_s, f.image.mean() > 128) for f in read_frames(path)]
    before = [False, *(lit for _, lit in shown)]
    return [time_s for (time_s, lit), was in zip(shown, before, strict=False) if lit and not was]


def tones_s(path: Path) -> list[float]:
    """When tones begin."""
    samples = np.concatenate([chunk.samples for chunk in read_audio(path)])
    loud = np.flatnonzero(np.abs(samples) > 0.08)
    begins = loud[np.diff(loud, prepend=-16000) > 0.25 * 16000]
    return (begins / 16000).tolist()
