"""Real media files and drawn faces for tests, made on the spot.

Tests load it with ``from tests.media_factory import write_video``.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Iterator, Sequence
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np

from src.contracts import Array, Frame
from src.corpora.synthetic.face import Look, Performance
from src.corpora.synthetic.face import frames as synthetic_frames

CLOCK_HZ = 90_000  # video time stamps are multiples of 1 / CLOCK_HZ seconds


def write_video(
    path: Path,
    *,
    frames: Iterable[Array],
    frame_rate_hz: float = 15,
    audio: Array | None = None,
    sample_rate_hz: int = 16000,
    codec: str = "libx264",
    audio_codec: str = "aac",
    rotation_deg: int = 0,
    times_s: Sequence[float] | None = None,
    pixel_format: str = "yuv420p",
    options: dict[str, str] | None = None,
) -> Path:
    """Write a video; the suffix of ``path`` chooses the container.

    Args:
        path: where to.
        frames: (H, W, 3) uint8 RGB, as a viewer sees them. None at all makes an audio-only file.
        frame_rate_hz: constant rate, where ``times_s`` is None.
        audio: (N,) float32 in [-1, 1]; None for a silent file without an audio stream.
        sample_rate_hz: of ``audio``.
        codec: video encoder.
        audio_codec: audio encoder.
        rotation_deg: 0, 90, 180 or 270 (mp4 and mov only): the frames are stored turned and the
            header's display matrix says that a player must turn them this far clockwise.
        times_s: presentation time of each frame, growing; makes a variable frame rate.
        pixel_format: what the encoder stores, e.g. ``yuv444p``, ``yuv420p10le``, ``yuva420p``.
        options: the video encoder's own options; the default is fast x264.

    Returns:
        ``path``.
    """
    pictures = [np.ascontiguousarray(np.rot90(frame, rotation_deg // 90)) for frame in frames]
    if times_s is None:
        times_s = [i / frame_rate_hz for i in range(len(pictures))]
    if options is None:
        options = {"preset": "veryfast", "threads": "1"} if codec == "libx264" else {}
    with av.open(str(path), "w") as container:
        video = _add_video(container, codec, pictures, frame_rate_hz, pixel_format, options)
        sound = None
        if audio is not None:
            sound = container.add_stream(audio_codec, rate=sample_rate_hz, layout="mono")
        if video is not None:
            for picture, time_s in zip(pictures, times_s, strict=True):
                container.mux(video.encode(_video_frame(picture, time_s)))
            container.mux(video.encode(None))
        if sound is not None:
            container.mux(sound.encode(_audio_frame(audio, sample_rate_hz)))
            container.mux(sound.encode(None))
    if rotation_deg:
        set_display_rotation(path, rotation_deg)
    return path


def set_display_rotation(path: Path, degrees: int) -> None:
    """Write a clockwise quarter-turn into the first track header of an mp4 or mov file.

    ISO/IEC 14496-12, 8.3.2: the matrix {a, b, u, c, d, v, x, y, w} of ``tkhd``, 40 bytes after the
    box type in version 0 and 52 in version 1.
    """
    data = bytearray(path.read_bytes())
    at = data.index(b"tkhd") + 4
    offset = at + (48 if data[at] else 36)
    cosine, sine = {0: (1, 0), 90: (0, 1), 180: (-1, 0), 270: (0, -1)}[degrees]
    one = 1 << 16
    matrix = (cosine * one, sine * one, 0, -sine * one, cosine * one, 0, 0, 0, 1 << 30)
    data[offset : offset + 36] = struct.pack(">9i", *matrix)
    path.write_bytes(bytes(data))


def numbered_frames(n: int, size: tuple[int, int] = (48, 64)) -> list[Array]:
    """n flat grey images whose brightness tells their number: see ``number_of``."""
    step = 200 // max(n - 1, 1)
    return [np.full((*size, 3), 20 + step * i, dtype=np.uint8) for i in range(n)]


def number_of(image: Array, n: int) -> int:
    """Which of the n ``numbered_frames`` a decoded image is."""
    return round((float(image.mean()) - 20) / (200 // max(n - 1, 1)))


def quadrants(size: tuple[int, int] = (96, 128)) -> Array:
    """An (H, W, 3) picture with red, green, blue and white quarters, reading from the top left."""
    height, width = size
    picture = np.zeros((height, width, 3), dtype=np.uint8)
    picture[: height // 2, : width // 2] = 230, 20, 20
    picture[: height // 2, width // 2 :] = 20, 200, 20
    picture[height // 2 :, : width // 2] = 20, 20, 230
    picture[height // 2 :, width // 2 :] = 235, 235, 235
    return picture


def draw_face(
    size: tuple[int, int] = (240, 320),
    *,
    smile: float = 0.5,
    opening: float = 0.0,
    closeness: float = 0.68,
    shift_px: tuple[float, float] = (0.0, 0.0),
    seed: int = 0,
) -> Array:
    """One (H, W, 3) RGB picture of a drawn face that the frontal Haar cascade finds.

    Args:
        size: (height, width) in pixels.
        smile: 0 corners of the mouth down, 1 up.
        opening: 0 mouth closed, 1 open.
        closeness: face height as a share of the frame's.
        shift_px: (x, y) by which the whole picture is moved.
        seed: colours of the person and grain of the picture.
    """
    generator = np.random.default_rng(seed)
    still = Performance(smile=smile, head_amplitude=0, closeness=closeness, gesture_amplitude=0)
    (picture,) = synthetic_frames(
        Look.draw(generator),
        still,
        np.array([opening]),
        size=size,
        frame_rate_hz=1.0,
        generator=generator,
    )
    move = np.array([[1, 0, shift_px[0]], [0, 1, shift_px[1]]], dtype=np.float64)
    moved: Array = cv2.warpAffine(picture, move, size[::-1], borderMode=cv2.BORDER_REPLICATE)
    return moved


def interview_frames(
    *,
    seconds: float = 4.0,
    frame_rate_hz: float = 5.0,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
    smile: float = 0.5,
    head_amplitude: float = 0.1,
    gesture_amplitude: float = 0.0,
    speaking: bool = True,
) -> Iterator[Frame]:
    """Frames of a drawn interviewee, ready for an encoder: see ``Performance`` for the settings."""
    generator = np.random.default_rng(seed)
    n = round(seconds * frame_rate_hz)
    performance = Performance(
        smile=smile,
        head_amplitude=head_amplitude,
        closeness=0.68,
        gesture_amplitude=gesture_amplitude,
    )
    loudness = np.abs(np.sin(np.arange(n) * 0.9)) if speaking else np.zeros(n)
    pictures = synthetic_frames(
        Look.draw(generator),
        performance,
        loudness,
        size=size,
        frame_rate_hz=frame_rate_hz,
        generator=generator,
    )
    for i, picture in enumerate(pictures):
        yield Frame(image=picture, time_s=i / frame_rate_hz)


def tone(seconds: float, *, hz: float = 150.0, sample_rate_hz: int = 16000) -> Array:
    """(N,) float32 sine at half of full scale."""
    t = np.arange(round(seconds * sample_rate_hz)) / sample_rate_hz
    wave: Array = (0.5 * np.sin(2 * np.pi * hz * t)).astype(np.float32)
    return wave


def _add_video(
    container: av.container.OutputContainer,
    codec: str,
    pictures: list[Array],
    frame_rate_hz: float,
    pixel_format: str,
    options: dict[str, str],
) -> av.VideoStream | None:
    if not pictures:
        return None
    rate = Fraction(frame_rate_hz).limit_denominator(1001)
    stream = container.add_stream(codec, rate=rate, options=options)
    stream.height, stream.width = pictures[0].shape[:2]
    stream.pix_fmt = pixel_format
    stream.codec_context.time_base = Fraction(1, CLOCK_HZ)
    return stream


def _video_frame(picture: Array, time_s: float) -> av.VideoFrame:
    frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
    frame.pts, frame.time_base = round(time_s * CLOCK_HZ), Fraction(1, CLOCK_HZ)
    return frame


def _audio_frame(samples: Array, sample_rate_hz: int) -> av.AudioFrame:
    frame = av.AudioFrame.from_ndarray(
        samples[None].astype(np.float32), format="fltp", layout="mono"
    )
    frame.sample_rate, frame.pts = sample_rate_hz, 0
    frame.time_base = Fraction(1, sample_rate_hz)
    return frame
