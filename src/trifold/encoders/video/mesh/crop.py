"""Square, perhaps turned parts of a picture, and the way back from them."""

from __future__ import annotations

from math import atan2, cos, log2, sin, sqrt
from typing import NamedTuple

import cv2
import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.detect import Box, centred


class Region(NamedTuple):
    """A square of a picture: its middle and side in pixels, and its turn in radians, clockwise."""

    x: float
    y: float
    side: float
    angle: float

    @property
    def box(self) -> Box:
        """The square without its turn."""
        return centred(self.x, self.y, self.side)

    def scaled(self, factor: float) -> Region:
        """The same with another side."""
        return self._replace(side=self.side * factor)


def cut(image: Array, region: Region, side_px: int, *, low: float = 0.0) -> Array:
    """(side_px, side_px, 3) float32 in [low, 1], upright; black where it leaves the picture.

    Args:
        image: (H, W, 3) uint8.
        region: what is cut out.
        side_px: of the result.
        low: what 0 becomes; 255 becomes 1.
    """
    source, small = image, region
    if region.side >= 2 * side_px:  # sampling alone would skip pixels
        source, small = _reduced(image, region, int(log2(region.side / side_px)))
    back, flags = _to_picture(small, side_px), cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    crop = cv2.warpAffine(source, back, (side_px, side_px), flags=flags)
    scaled: Array = np.multiply(crop, np.float32((1 - low) / 255), dtype=np.float32)
    return scaled + np.float32(low) if low else scaled


def halved(image: Array, times: int = 1) -> Array:
    """The means of blocks of 2×2 pixels, again and again: OpenCV is fast at halves alone."""
    for _ in range(times):
        height, width = image.shape[0] // 2, image.shape[1] // 2
        if not height or not width:
            break
        even = image[: 2 * height, : 2 * width]
        image = cv2.resize(even, (width, height), interpolation=cv2.INTER_AREA)
    return image


def _reduced(image: Array, region: Region, times: int) -> tuple[Array, Region]:
    """The part of a picture around a region, halved so often, and the region in it."""
    reach, factor = region.side / sqrt(2) + 2**times, 2**times
    y, x = (max(0, int(middle - reach)) for middle in (region.y, region.x))
    ends = [max(0, int(middle + reach) + 1) for middle in (region.y, region.x)]
    part = image[y : ends[0], x : ends[1]]
    if min(part.shape[:2]) < factor:  # nothing of the picture is in it
        return image, region
    left, up = ((place + 0.5) / factor - 0.5 for place in (region.x - x, region.y - y))
    return halved(part, times), Region(left, up, region.side / factor, region.angle)


def to_picture(points: Array, region: Region, side_px: int) -> Array:
    """(n, 2) or (n, 3) points of a crop in pixels of the picture; depths are scaled alone."""
    flat = cv2.transform(points[None, :, :2], _to_picture(region, side_px))[0]
    return np.concatenate([flat, points[:, 2:] * (region.side / side_px)], axis=1)


def around(points: Array, start: Array, end: Array, *, scale: float) -> Region:
    """The square around some points, turned so that the line from ``start`` to ``end`` is level.

    Args:
        points: (n, 2) in pixels.
        start: (2,) such as an eye.
        end: (2,) the other eye.
        scale: side, over the longer side of the rectangle around the points.
    """
    angle = atan2(end[1] - start[1], end[0] - start[0])
    c, s = cos(angle), sin(angle)
    x, y = points.T
    across, down, side = extent(c * x + s * y, c * y - s * x)  # in the square's own axes
    return Region(c * across - s * down, s * across + c * down, scale * side, angle)


def extent(x: Array, y: Array) -> tuple[float, float, float]:
    """Middle and longer side of the rectangle around points, (n,) across and (n,) down."""
    left, right, top, bottom = (float(end) for end in (x.min(), x.max(), y.min(), y.max()))
    return (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top)


def _to_picture(region: Region, side_px: int) -> Array:
    """(2, 3) affine from pixels of the crop to those of the picture."""
    scale, middle = region.side / side_px, (side_px - 1) / 2
    c, s = scale * cos(region.angle), scale * sin(region.angle)
    return np.array(
        [[c, -s, region.x - c * middle + s * middle], [s, c, region.y - s * middle - c * middle]]
    )
