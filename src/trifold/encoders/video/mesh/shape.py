"""Measures of mouth and brows, in distances between the eyes, with the head's turn taken out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trifold.contracts import Array

EYES = ((33, 133), (362, 263))  # corners of each eye, left in the picture first
LIPS = ((13, 14), (82, 87), (312, 317))  # inner edges, upper and lower
MOUTH = (61, 291)  # its corners
BROWS = ((105, 66, 107), (334, 296, 336))


class Shape(NamedTuple):
    """Ratios to the distance between the middles of the eyes.

    Attributes:
        mouth_opening: between the inner edges of the lips.
        mouth_width: between the corners.
        corner_lift: of the corners above the middle of the lips.
        brow_raise: of the brows above the line of the eyes.
    """

    mouth_opening: float
    mouth_width: float
    corner_lift: float
    brow_raise: float


def face_shape(straight: Array) -> Shape:
    """The measures of a face.

    Args:
        straight: (468, 3) points in the head's own axes, of any size.
    """
    eyes = np.stack([straight[list(corners)].mean(axis=0) for corners in EYES])
    unit = float(np.linalg.norm(eyes[1] - eyes[0]))
    lips = np.array([straight[lower] - straight[upper] for upper, lower in LIPS])
    middle = straight[list(LIPS[0])].mean(axis=0)
    corners = straight[list(MOUTH)]
    brows = np.array([straight[list(brow)].mean(axis=0) for brow in BROWS])
    return Shape(
        mouth_opening=float(np.linalg.norm(lips, axis=1).mean()) / unit,
        mouth_width=float(np.linalg.norm(corners[1] - corners[0])) / unit,
        corner_lift=float(middle[1] - corners[:, 1].mean()) / unit,
        brow_raise=float(eyes[:, 1].mean() - brows[:, 1].mean()) / unit,
    )


def eye_distance(points: Array) -> float:
    """Between the middles of the eyes, in pixels, however the head is turned.

    Args:
        points: (468, 3).
    """
    eyes = [points[list(corners)].mean(axis=0) for corners in EYES]
    return float(np.linalg.norm(eyes[1] - eyes[0]))
