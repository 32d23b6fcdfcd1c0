"""One track of a recording encoded anew; the packets of the other are copied, so it stays itself.

Pictures are decoded once for all the files that they are written to, and none is held.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType
from av.video.stream import VideoStream

from trifold.errors import DecodeError
from trifold.media.container.opening import open_media
from trifold.robustness.transcoding import TICK, laid_out, samples_of, sound_stream, write_sound

PRESET = "ultrafast"  # as a camera's software does while it records: a third of the work
PIXELS = ("yuv420p", "yuvj420p", "yuv422p", "yuv444p")  # that x264 takes as they are
IN_MP4 = ("aac", "mp3", "mp3float", "opus", "ac3", "flac", "h264", "hevc", "mpeg4", "av1")
EARLY_S = 1e-6  # what is due at a picture's time shows that picture


@dataclass(frozen=True)
class PictureCode:
    """H.264 of a picture.

    Attributes:
        crf: constant rate factor.
        rate_hz: frames per second; None keeps the times as they are.
    """

    crf: int
    rate_hz: float | None = None


@dataclass(frozen=True)
class SoundCode:
    """A code of the sound.

    Attributes:
        codec: encoder.
        layout: what the tracks hold, a key of ``laid_out``.
        bps: bits per second; None takes the usual.
    """

    codec: str
    layout: str = "mono"
    bps: int | None = None


def with_pictures(source: Path, folder: Path, codes: Mapping[str, PictureCode]) -> dict[str, Path]:
    """Write the recording once per code: the picture in that code, the sound as it is.

    Args:
        source: a recording with a picture.
        folder: of the files.
        codes: name of a file to the code of its picture.

    Returns:
        Name to file.

    Raises:
        DecodeError: when there is no picture, or it cannot be decoded or encoded.
    """
    with _told(source, "a picture that can be encoded"), ExitStack() as files:
        reading = files.enter_context(open_media(source))
        suffix = _suffix(reading, "audio")
        paths = {name: folder / f"{name}{suffix}" for name in codes}
        frames = _timed(reading)
        first = next(frames, None)
        if first is None:
            raise DecodeError(expected="a recording with a picture", got="none", where=source)
        pictures, sounds = [], []
        for name, path in paths.items():
            writing = files.enter_context(av.open(str(path), "w"))
            pictures.append(_Pictures(writing, codes[name], reading.streams.video[0], first))
            sounds.append(_Copied(writing, source, "audio"))
        for frame, time_s in frames:
            for picture in pictures:
                picture.show(frame, time_s)
        for picture, sound in zip(pictures, sounds, strict=True):
            picture.close()
            sound.write()
    return paths


def with_sound(source: Path, target: Path, code: SoundCode) -> Path:
    """Write the recording with the sound in a code and the picture as it is.

    Args:
        source: a recording with sound.
        target: is written anew; its suffix is made that of the container.
        code: of the sound, which MP4 can hold.

    Raises:
        DecodeError: when there is no sound, or it cannot be decoded or encoded.
    """
    with _told(source, "sound that can be encoded"):
        with open_media(source) as reading:
            target = target.with_suffix(_suffix(reading, "video"))
        samples, rate_hz = samples_of(source)
        if not len(samples):
            raise DecodeError(expected="a recording with sound", got="none", where=source)
        tracks = laid_out(samples, code.layout)
        with av.open(str(target), "w") as writing:
            picture = _Copied(writing, source, "video")
            streams = [
                sound_stream(writing, code.codec, len(track), rate_hz, bps=code.bps)
                for track in tracks
            ]
            picture.write()
            for track, stream in zip(tracks, streams, strict=True):
                write_sound(writing, stream, track, rate_hz)
    return target


class _Pictures:
    """Encodes the pictures of one file as they come; at a rate, each stands until the next."""

    def __init__(
        self,
        container: OutputContainer,
        code: PictureCode,
        like: VideoStream,
        first: tuple[av.VideoFrame, float],
    ) -> None:
        self._container, self._rate_hz = container, code.rate_hz
        options = {"preset": PRESET, "crf": str(code.crf)}
        rate = Fraction(code.rate_hz or 30).limit_denominator(1001)
        stream = container.add_stream("libx264", rate=rate, options=options)
        frame = first[0]
        stream.width, stream.height = frame.width, frame.height
        stream.pix_fmt = frame.format.name if frame.format.name in PIXELS else PIXELS[0]
        if like.sample_aspect_ratio is not None:
            stream.sample_aspect_ratio = like.sample_aspect_ratio
        if frame.rotation:
            stream.set_display_rotation(frame.rotation)
        stream.codec_context.thread_count = 1
        stream.codec_context.time_base = TICK  # times of any rate stand as they are
        self._stream, self._last, self._ticks = stream, first, 0
        self._first_s = first[1]
        if code.rate_hz is None:
            self._encode(*first)

    def show(self, frame: av.VideoFrame, time_s: float) -> None:
        """The next picture."""
        if self._rate_hz is None:
            self._encode(frame, time_s)
        self._stand_until(time_s - EARLY_S)
        self._last = frame, time_s

    def close(self) -> None:
        """Nothing comes any more."""
        self._stand_until(self._last[1] + EARLY_S)
        self._container.mux(self._stream.encode(None))

    def _stand_until(self, end_s: float) -> None:
        """The last picture at each tick that was due before ``end_s``."""
        while self._rate_hz and (due_s := self._first_s + self._ticks / self._rate_hz) < end_s:
            self._encode(self._last[0], due_s)
            self._ticks += 1

    def _encode(self, frame: av.VideoFrame, time_s: float) -> None:
        frame.pts, frame.time_base = round(time_s / TICK), TICK
        self._container.mux(self._stream.encode(frame))


class _Copied:
    """Tracks of one type, whose packets are copied from a recording."""

    def __init__(self, container: OutputContainer, source: Path, kind: str) -> None:
        self._container, self._source = container, source
        with open_media(source) as reading:
            self._copies = {
                stream.index: container.add_stream_from_template(stream)
                for stream in reading.streams
                if stream.type == kind
            }

    def write(self) -> None:
        """Copy them."""
        if not self._copies:
            return
        with open_media(self._source) as reading:
            for packet in reading.demux([reading.streams[index] for index in self._copies]):
                if packet.dts is not None:
                    packet.stream = self._copies[packet.stream.index]
                    self._container.mux(packet)


def _timed(reading: InputContainer) -> Iterator[tuple[av.VideoFrame, float]]:
    """Frames in a form that x264 takes, all of one size, and their seconds."""
    if not reading.streams.video:
        return
    reading.streams.video[0].thread_type = "NONE"  # files run in parallel
    size: tuple[int, int] | None = None
    for frame in reading.decode(reading.streams.video[0]):
        size = size or (frame.width, frame.height)
        form = frame.format.name if frame.format.name in PIXELS else PIXELS[0]
        time_s = float(frame.time or 0.0)
        if (frame.width, frame.height) != size or frame.format.name != form:
            frame = frame.reformat(width=size[0], height=size[1], format=form)
        frame.pict_type = PictureType.NONE  # of the old code; the new one chooses its own
        yield frame, time_s


def _suffix(reading: InputContainer, kind: str) -> str:
    """Of a container that takes its tracks of a kind: MP4, whose times are finer, or Matroska."""
    names = (s.codec_context.name for s in reading.streams if s.type == kind)
    return ".mp4" if all(name.removeprefix("lib") in IN_MP4 for name in names) else ".mkv"


@contextmanager
def _told(source: Path, expected: str) -> Iterator[None]:
    """What goes wrong within is the recording's."""
    try:
        yield
    except (av.FFmpegError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise DecodeError(expected=expected, got=reason, where=source) from error
