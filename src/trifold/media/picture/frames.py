"""Frames of a video at a chosen rate, upright, small and with their true times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from trifold.contracts import Frame
from trifold.errors import InputError
from trifold.media.decoder.decoder import Decoder


def read_frames(
    path: Path,
    *,
    stream: int | None = None,
    frame_rate_hz: float | None = None,
    max_side_px: int | None = None,
    decoder: Decoder | None = None,
) -> Iterator[Frame]:
    """Decode a video as a stream; memory does not grow with its length.

    Times are presentation times from the start of the file. With ``frame_rate_hz``, the first frame
    at or after each tick of that rate is taken, once: variable frame rates keep their true times,
    and a slower video yields all its frames. Where the video runs at four times that rate or more,
    frames that no other frame refers to are not decoded, and a tick may take a slightly later one.
    Rotation metadata and non-square pixels are applied, HDR is shown as on an ordinary screen. A
    file that breaks off yields what can be decoded.

    Args:
        path: the media file.
        stream: index in the file; None takes the likeliest.
        frame_rate_hz: sampling rate; None takes every frame.
        max_side_px: longer side of the frames; never enlarges. None keeps the size.
        decoder: of the file.

    Raises:
        DecodeError: when the file cannot be opened, has no video stream or no decodable frame.
        InputError: when the rate or size is not positive.
    """
    if frame_rate_hz is not None and not 0 < frame_rate_hz < np.inf:
        raise InputError(expected="a positive frame_rate_hz or None", got=str(frame_rate_hz))
    if max_side_px is not None and max_side_px < 1:
        raise InputError(expected="a positive max_side_px or None", got=str(max_side_px))
    for image, time_s in (decoder or Decoder(path)).pictures(
        stream=stream, frame_rate_hz=frame_rate_hz, max_side_px=max_side_px
    ):
        yield Frame(image, time_s)
