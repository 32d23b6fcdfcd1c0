"""Frames cut to the part of the picture that shows the candidate."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

import cv2
import numpy as np

from trifold.contracts import Frame, View


def largest_share(views: Sequence[View]) -> float:
    """The share of the picture's longer side that is kept at least: crops lose no pixel to it."""
    return min((min(v.right - v.left, v.bottom - v.top) for v in views), default=1.0)


def seen_in(frames: Iterable[Frame], views: Sequence[View], max_side_px: int) -> Iterator[Frame]:
    """The frames within some views, each cut to its own; all others are left out.

    Args:
        frames: in the order shown.
        views: in the order of their times, which do not overlap.
        max_side_px: longest side of what comes out.
    """
    waiting = iter(views)
    view = next(waiting, None)
    for frame in frames:
        while view is not None and frame.time_s >= view.end_s:
            view = next(waiting, None)
        if view is None:
            return
        if frame.time_s >= view.start_s:
            yield _cut(frame, view, max_side_px)


def _cut(frame: Frame, view: View, max_side_px: int) -> Frame:
    height, width = frame.image.shape[:2]
    rows = slice(int(view.top * height), max(1, int(np.ceil(view.bottom * height))))
    columns = slice(int(view.left * width), max(1, int(np.ceil(view.right * width))))
    image = frame.image[rows, columns]
    scale = max_side_px / max(image.shape[:2])
    if scale < 1:
        image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    return replace(frame, image=np.ascontiguousarray(image))
