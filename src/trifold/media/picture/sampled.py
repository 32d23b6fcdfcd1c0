"""Decoding the frames of a video where it is opened."""

from __future__ import annotations

from collections.abc import Iterator
from fractions import Fraction
from itertools import islice

import av
import numpy as np
from av.video.reformatter import VideoReformatter
from av.video.stream import VideoStream

from trifold.contracts import Array
from trifold.errors import DecodeError
from trifold.media.container.clock import USUAL_FRAME_S, Clock
from trifold.media.container.file import MediaFile
from trifold.media.container.opening import (
    decode,
    keeps_times,
    one_threaded,
    open_media,
    start_time_s,
)
from trifold.media.container.packets import seams_of
from trifold.media.container.tracks import video_stream
from trifold.media.picture.exposure import Exposure, exposure_of
from trifold.media.picture.hdr import is_hdr
from trifold.media.picture.upright import upright

TimedFrame = tuple[av.VideoFrame, float]

JUDGED, ROUNDING = 9, 0.02  # first frames that say how often frames come, times in milliseconds
TICK_TOLERANCE_S = 1e-3
ORDER_ONLY = {"avi", "h264", "hevc", "vvc", "m4v", "mpegvideo", "obu"}  # times are counted there


def pictures(
    media: MediaFile,
    *,
    stream: int | None,
    frame_rate_hz: float | None,
    max_side_px: int | None,
) -> Iterator[tuple[Array, float]]:
    """(H, W, 3) uint8 pictures and their seconds, as ``trifold.media.picture.frames`` says.

    Args:
        media: the file.
        stream: index in it; None takes the likeliest.
        frame_rate_hz: sampling rate; None takes every frame.
        max_side_px: longer side of the pictures; never enlarges. None keeps the size.

    Raises:
        DecodeError: when the file cannot be opened, has no video stream or no decodable frame.
    """
    with open_media(media) as container:
        source = video_stream(container, stream)
        if source is None:
            raise DecodeError(expected="a video stream", got="none")
        one_threaded(source)
        exposure: Exposure | None = None
        images, scaler = 0, VideoReformatter()  # one for all: setting it up takes twice its work
        # without times, frames have an order only
        timed = keeps_times(container)
        clock = Clock(
            start_time_s(container) if timed else None,
            seams=seams_of(media, source.index) if timed else None,
        )
        frames = _timed(decode(container, source), clock, from_decoding=not timed)
        for frame, time_s in _sample(_decode_less(frames, source, frame_rate_hz), frame_rate_hz):
            shape = source.sample_aspect_ratio
            if not images and is_hdr(frame):
                exposure = exposure_of(media, source.index)
            images += 1
            yield _upright_rgb(frame, scaler, max_side_px, shape, exposure), time_s
        if images == 0:
            raise DecodeError(expected="at least one decodable video frame", got="none")


def _timed(
    frames: Iterator[av.VideoFrame], clock: Clock, *, from_decoding: bool
) -> Iterator[TimedFrame]:
    """Frames with seconds from the start; a frame without a stamp follows its predecessor.

    With ``from_decoding``, stamps of the order of decoding are used.
    """
    for frame in frames:
        stamp, base = frame.dts if from_decoding else frame.pts, frame.time_base
        stamp_s = None if stamp is None else _seconds(stamp, base)
        yield frame, clock.time(stamp_s, _seconds(frame.duration, base) or USUAL_FRAME_S)


def _seconds(ticks: int, base: Fraction) -> float:
    """The product, correctly rounded: fractions themselves are slow to multiply."""
    return ticks * base.numerator / base.denominator


def _decode_less(
    frames: Iterator[TimedFrame], stream: VideoStream, rate_hz: float | None
) -> Iterator[TimedFrame]:
    """Leave out frames that no other refers to, for as long as the others come often enough.

    How often they come, the first ones say: what headers say differs between containers.
    """
    if rate_hz is None:
        yield from frames
        return
    first = list(islice(frames, JUDGED))
    yield from first
    span_s = first[-1][1] - first[0][1] if len(first) == JUDGED else 0.0
    often = 0 < span_s <= (JUDGED - 1) / (4 * rate_hz) * (1 + ROUNDING)
    if often and stream.container.format.name not in ORDER_ONLY:
        stream.codec_context.skip_frame = "NONREF"
    before_s = first[-1][1] if first else None
    for frame, time_s in frames:
        if before_s is not None and time_s - before_s > 1 / rate_hz:
            stream.codec_context.skip_frame = "DEFAULT"
        before_s = time_s
        yield frame, time_s


def _sample(frames: Iterator[TimedFrame], rate_hz: float | None) -> Iterator[TimedFrame]:
    """Frames at the ticks, with strictly growing times."""
    first_s: float | None = None
    due_s, last_s = -np.inf, -np.inf
    for frame, time_s in frames:
        if time_s <= last_s or time_s < due_s - TICK_TOLERANCE_S:
            continue
        first_s = time_s if first_s is None else first_s
        last_s = time_s
        if rate_hz is not None:
            ticks_done = np.floor((time_s - first_s + TICK_TOLERANCE_S) * rate_hz)
            due_s = first_s + (ticks_done + 1) / rate_hz
        yield frame, time_s


def _upright_rgb(
    frame: av.VideoFrame,
    scaler: VideoReformatter,
    max_side_px: int | None,
    pixel_aspect: Fraction | None,
    exposure: Exposure | None,
) -> Array:
    """(H, W, 3) uint8 of square pixels, scaled by the decoder's scaler, then turned upright."""
    width, height = frame.width * float(pixel_aspect or 1), frame.height
    scale = 1.0 if max_side_px is None else min(1.0, max_side_px / max(width, height))
    scaled = scaler.reformat(
        frame,
        format="rgb24" if exposure is None else "rgb48le",
        width=max(1, round(width * scale)),
        height=max(1, round(height * scale)),
        interpolation="FAST_BILINEAR" if scale == 1.0 else "AREA",
        threads=1,
    )
    image = _pixels(scaled) if exposure is None else exposure.shown(scaled.to_ndarray())
    return upright(image, frame)


def _pixels(frame: av.VideoFrame) -> Array:
    """(H, W, 3) uint8 of an RGB frame, copied only where its rows have something behind them."""
    plane = frame.planes[0]
    n_bytes = plane.height * plane.line_size
    rows = np.frombuffer(plane, np.uint8, n_bytes).reshape(plane.height, plane.line_size)
    image = rows[:, : 3 * plane.width].reshape(plane.height, plane.width, 3)
    return np.ascontiguousarray(image)
