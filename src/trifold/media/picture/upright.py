"""Turning pictures as their display matrix says: phones film lying and mirrored."""

from __future__ import annotations

from math import atan2, pi

import av
import numpy as np

from trifold.contracts import Array


def upright(image: Array, frame: av.VideoFrame) -> Array:
    """(H, W, 3) picture of a frame as players show it, turned by whole quarters and mirrored.

    The matrix (a b; c d) of ISO/IEC 14496-12, 6.2.2, takes a point (x, y) to (ax + cy, bx + dy).
    """
    matrix = frame.side_data.get("DISPLAYMATRIX")
    if matrix is None:
        return image
    a, b, _, c, d, *_ = np.frombuffer(bytes(matrix), np.int32).tolist()
    mirrored = a * d < b * c
    if mirrored:  # from left to right, and then turned
        a, b = -a, -b
    quarter_turns = -round(atan2(b, a) / (pi / 2)) % 4  # counter-clockwise, as np.rot90 turns
    if not mirrored and not quarter_turns:
        return image
    return np.ascontiguousarray(np.rot90(image[:, ::-1] if mirrored else image, quarter_turns))
