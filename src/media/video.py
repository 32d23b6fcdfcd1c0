"""Frames of a video at a chosen rate, upright, small and with their true times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from av.video.stream import VideoStream

from src.contracts import Array, Frame
from src.errors import DecodeError
from src.media.container import decode, open_media, start_time_s

TICK_TOLERANCE_S = 1e-3


def read_frames(
    path: Path, *, frame_rate_hz: float | None = None, max_side_px: int | None = None
) -> Iterator[Frame]:
    """Decode a video as a stream; memory does not grow with its length.

    Times are presentation times from the start of the file. With ``frame_rate_hz``, the first frame
    at or after each tick of that rate is taken, once: variable frame rates keep their true times,
    and a slower video yields all its frames. Where the video runs at four times that rate or more,
    frames that no other frame refers to are not decoded, and a tick may take a slightly later one.
    Rotation metadata is applied. A file that breaks off yields what can be decoded.

    Args:
        path: the media file.
        frame_rate_hz: sampling rate; None takes every frame.
        max_side_px: longer side of the frames; never enlarges. None keeps the size.

    Raises:
        DecodeError: when the file cannot be opened, has no video stream or no decodable frame.
    """
    with open_media(path) as container:
        if not container.streams.video:
            raise DecodeError(expected="a video stream", got="none", where=path)
        stream = container.streams.video[0]
        _decode_fast(stream, frame_rate_hz)
        n_frames = 0
        for frame in _sample(decode(container, stream), frame_rate_hz, start_time_s(container)):
            n_frames += 1
            yield Frame(image=_upright_rgb(frame[0], max_side_px), time_s=frame[1])
        if n_frames == 0:
            raise DecodeError(expected="at least one decodable video frame", got="none", where=path)


def _decode_fast(stream: VideoStream, frame_rate_hz: float | None) -> None:
    """One thread (files run in parallel), and no frames that nobody refers to or asks for."""
    stream.thread_type = "NONE"
    rate = float(stream.average_rate or 0)
    if frame_rate_hz is not None and rate >= 4 * frame_rate_hz:
        stream.codec_context.skip_frame = "NONREF"


def _sample(
    frames: Iterator[av.VideoFrame], rate_hz: float | None, start_s: float
) -> Iterator[tuple[av.VideoFrame, float]]:
    """Frames at the ticks with strictly growing times; frames without a time are left out."""
    first_s: float | None = None
    due_s, last_s = -np.inf, -np.inf
    for frame in frames:
        if frame.time is None or frame.time - start_s <= last_s:
            continue
        time_s = frame.time - start_s
        if time_s < due_s - TICK_TOLERANCE_S:
            continue
        first_s = time_s if first_s is None else first_s
        last_s = time_s
        if rate_hz is not None:
            ticks_done = np.floor((time_s - first_s + TICK_TOLERANCE_S) * rate_hz)
            due_s = first_s + (ticks_done + 1) / rate_hz
        yield frame, time_s


def _upright_rgb(frame: av.VideoFrame, max_side_px: int | None) -> Array:
    """(H, W, 3) uint8, scaled by the decoder's own scaler, then turned by quarter turns."""
    width, height = frame.width, frame.height
    scale = 1.0 if max_side_px is None else min(1.0, max_side_px / max(width, height))
    image = frame.to_ndarray(
        format="rgb24",
        width=max(1, round(width * scale)),
        height=max(1, round(height * scale)),
        interpolation="FAST_BILINEAR" if scale == 1.0 else "AREA",
    )
    quarter_turns = round(frame.rotation / 90) % 4  # counter-clockwise, as np.rot90 turns
    return np.ascontiguousarray(np.rot90(image, quarter_turns)) if quarter_turns else image
