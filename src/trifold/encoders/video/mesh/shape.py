"""Measures of lids, mouth and brows, with the head's turn taken out."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from trifold.contracts import Array

EYES = ((33, 133), (362, 263))  # corners of each eye, left in the picture first
LIDS = (((159, 158, 160), (145, 153, 144)), ((386, 385, 387), (374, 380, 373)))  # upper and lower
LIPS = ((13, 82, 312), (14, 87, 317))  # inner edges, upper and lower
MOUTH = (61, 291)  # its corners
BROWS = ((105, 66, 107), (334, 296, 336))


class Shape(NamedTuple):
    """Ratios to the distance between the middles of the eyes, of lids to the width of the eye.

    Attributes:
        eye_opening: between the lids, the mean of both eyes.
        mouth_opening: between the inner edges of the lips.
        mouth_width: between the corners.
        corner_lift: of the corners above the middle of the lips.
        brow_raise: of the brows above the line of the eyes.
    """

    eye_opening: Array
    mouth_opening: Array
    mouth_width: Array
    corner_lift: Array
    brow_raise: Array


def face_shape(straight: Array) -> Shape:
    """The measures of faces, (...) each.

    Args:
        straight: (..., 468, 3) points in the head's own axes, of any size.
    """
    unit = eye_distance(straight)
    upper, lower = (_of(straight, edge) for edge in LIPS)
    left, right = (straight[..., corner, :] for corner in MOUTH)
    brows = np.mean([_of(straight, brow)[..., 1].mean(axis=-1) for brow in BROWS], axis=0)
    eyes = np.mean([_of(straight, corners)[..., 1].mean(axis=-1) for corners in EYES], axis=0)
    lips_y = (upper[..., 0, 1] + lower[..., 0, 1]) / 2
    return Shape(
        eye_opening=np.mean([_opening(straight, eye) for eye in (0, 1)], axis=0),
        mouth_opening=np.linalg.norm(lower - upper, axis=-1).mean(axis=-1) / unit,
        mouth_width=np.linalg.norm(right - left, axis=-1) / unit,
        corner_lift=(lips_y - (left + right)[..., 1] / 2) / unit,
        brow_raise=(eyes - brows) / unit,
    )


def eye_distance(points: Array) -> Array:
    """(...) between the middles of the eyes, in units of the points, however the head is turned.

    Args:
        points: (..., 468, 3).
    """
    left, right = (_of(points, corners).mean(axis=-2) for corners in EYES)
    distance: Array = np.linalg.norm(right - left, axis=-1)
    return distance


def _opening(straight: Array, eye: int) -> Array:
    upper, lower = (_of(straight, lid)[..., 1].mean(axis=-1) for lid in LIDS[eye])
    start, end = (straight[..., corner, :2] for corner in EYES[eye])
    opening: Array = (lower - upper) / np.linalg.norm(end - start, axis=-1)
    return opening


def _of(points: Array, numbers: tuple[int, ...]) -> Array:
    chosen: Array = points[..., list(numbers), :]
    return chosen
