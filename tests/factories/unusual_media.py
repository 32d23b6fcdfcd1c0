"""Unusual but whole recordings, of one drawn face and one synthetic voice of a second and a half.

Made on the spot by the muxers and encoders inside PyAV.
"""

from __future__ import annotations

import struct
from collections.abc import Callable
from functools import cache
from pathlib import Path

import av
import numpy as np

from tests.factories.media import face_frames, voice, write_media
from trifold.runtime.priority import own_priority

SECONDS, RATE_HZ = 1.5, 15


@cache
def images() -> tuple[np.ndarray, ...]:
    return tuple(face_frames(SECONDS, rate_hz=RATE_HZ))


@cache
def sound() -> np.ndarray:
    return voice(SECONDS)


def good(path: Path, **options) -> Path:
    return write_media(path, images=images(), audio=sound(), **options)


def resized(width: int, height: int) -> list[np.ndarray]:
    import cv2

    return [cv2.resize(image, (width, height)) for image in images()]


def sound_of(layout: str, rate_hz: int, codec: str, gain: float = 1.0) -> Callable[[Path], object]:
    """A face with sound of another layout, rate or loudness."""

    def make(path: Path) -> None:
        with av.open(str(path), "w") as target:
            picture = _video(target)
            stream = target.add_stream(codec, rate=rate_hz, layout=layout)
            _write_images(target, picture, images())
            resampler = av.AudioResampler(stream.format, stream.layout, rate_hz)
            loud = np.clip(sound() * gain, -1, 1)[None].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(loud), "fltp", "mono")
            frame.sample_rate, frame.pts = 16000, 0
            fifo = av.AudioFifo()
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                fifo.write(piece)
            size = stream.codec_context.frame_size or 1024
            while piece := fifo.read(size, partial=True):
                target.mux(stream.encode(piece))
            target.mux(stream.encode(None))

    return make


def rotated(degrees: int) -> Callable[[Path], object]:
    """A display matrix, written over the identity one of the track header."""

    def make(path: Path) -> None:
        turned = [np.rot90(image, -degrees // 90 % 4) for image in images()]
        made = write_media(path, images=[np.ascontiguousarray(i) for i in turned], audio=sound())
        content = bytearray(made.read_bytes())
        one, a, b, c, d = 1 << 16, *_turn(degrees)
        place = content.find(b"tkhd") + 4 + 40
        matrix = (a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
        content[place : place + 36] = struct.pack(">9i", *matrix)
        path.write_bytes(content)

    return make


def _turn(degrees: int) -> tuple[int, int, int, int]:
    return {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees]


def two_pictures(path: Path) -> None:
    """The first shows a face, the second nothing."""
    with av.open(str(path), "w") as target:
        first, second = _video(target), _video(target)
        _write_images(target, first, images())
        _write_images(target, second, [np.zeros_like(image) for image in images()])


def cover_art(path: Path) -> None:
    """Sound with a picture of its cover, which is no video."""
    with av.open(str(path), "w") as target:
        cover = target.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = target.add_stream("libmp3lame", rate=16000, layout="mono")
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        target.mux(cover.encode(picture))
        _write_sound(target, stream)


def subtitles(path: Path) -> None:
    """A stream of subtitles beside face and voice."""
    listed = path.with_name(".words.srt")
    listed.write_text("1\n00:00:00,000 --> 00:00:01,000\nNever read.\n")
    with av.open(str(path), "w") as target, av.open(str(listed)) as source:
        picture = _video(target)
        stream = target.add_stream("aac", rate=16000, layout="mono")
        words = target.add_stream_from_template(source.streams.subtitles[0])
        _write_images(target, picture, images())
        _write_sound(target, stream)
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = words
                target.mux(packet)
    listed.unlink()


def changes_size(path: Path) -> None:
    """Two sizes in one stream of an mpeg-ts, as calls do when the line gets worse."""
    parts = []
    for i, (width, height) in enumerate(((320, 240), (160, 120))):
        part = path.with_name(f".{path.stem}{i}.ts")
        write_media(part, images=resized(width, height), audio=sound())
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def interlaced(path: Path) -> None:
    with av.open(str(path), "w") as target:
        fields = {"flags": "+ilme+ildct", "x264-params": "tff=1"}
        picture = _video(target, rate=25, options=fields)
        stream = target.add_stream("aac", rate=16000, layout="mono")
        _write_images(target, picture, images())
        _write_sound(target, stream)


def encoded(
    codec: str, pix_fmt: str, images_=None, rate: int = RATE_HZ
) -> Callable[[Path], object]:
    """Face and voice with a codec and pixel format of their own."""

    def make(path: Path) -> None:
        container = "gif" if codec == "gif" else None
        with av.open(str(path), "w", format=container) as target:
            shown = images() if images_ is None else images_()
            picture = _video(target, codec, rate=rate)
            picture.height, picture.width = shown[0].shape[:2]
            picture.pix_fmt, picture.bit_rate = pix_fmt, 2_000_000
            with own_priority():
                picture.codec_context.open()
            kind = "libopus" if path.suffix in (".webm", ".opus") else "aac"
            stream = None if codec == "gif" else target.add_stream(kind, rate=48000)
            _write_images(target, picture, shown)
            if stream is not None:
                _write_sound(target, stream)

    return make


def live_webm(path: Path) -> None:
    """As browsers record: no duration, no index, clusters of unknown length."""
    with av.open(str(path), "w", format="webm", options={"live": "1"}) as target:
        picture = _video(target, "libvpx")
        picture.bit_rate = 1_000_000
        stream = target.add_stream("libopus", rate=48000, layout="mono")
        _write_images(target, picture, images())
        _write_sound(target, stream)


def fragmented(path: Path) -> None:
    good_options = {"movflags": "frag_keyframe+empty_moov"}
    with av.open(str(path), "w", options=good_options) as target:
        picture = _video(target)
        stream = target.add_stream("aac", rate=16000, layout="mono")
        _write_images(target, picture, images())
        _write_sound(target, stream)


def at_times(times_s: Callable[[int], float]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        good(path, times_s=[times_s(i) for i in range(len(images()))])

    return make


def _video(target, codec: str = "libx264", rate: int = RATE_HZ, options=None):
    picture = target.add_stream(codec, rate=rate, options=options)
    picture.height, picture.width = images()[0].shape[:2]
    picture.pix_fmt = "yuv420p"
    picture.codec_context.thread_count = 1  # libvpx's threads spin: two busy cores stand still
    return picture


def _write_images(target, stream, shown) -> None:
    for image in shown:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        target.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
    target.mux(stream.encode(None))


def _write_sound(target, stream) -> None:
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
    samples = np.ascontiguousarray(sound()[None], np.float32)
    frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
    frame.sample_rate, frame.pts = 16000, 0
    fifo = av.AudioFifo()
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        fifo.write(piece)
    while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
        target.mux(stream.encode(piece))
    target.mux(stream.encode(None))


def faceless(value: int, size: tuple[int, int] = (96, 128)) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        shown = [np.full((*size, 3), value, np.uint8)] * 15
        write_media(path, images=shown, audio=sound())

    return make


def of_size(width: int, height: int, pix_fmt: str = "yuv420p") -> Callable[[Path], object]:
    def make(path: Path) -> None:
        write_media(path, images=resized(width, height), audio=sound(), pix_fmt=pix_fmt)

    return make
