"""The head's own axes, and its turn, nod and tilt, from the points of a face mesh.

Coordinates are those of the mesh: x to the right of the picture, y down, z away from the camera,
all in pixels. Perspective is left out, as the mesh leaves it out: Kartynnik et al. (2019),
Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs.
"""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array

# Pairs of points that no expression moves much: corners of the eyes, temples, before the ears.
LEFT = (33, 133, 21, 127, 234)  # as the picture shows them
RIGHT = (263, 362, 251, 356, 454)
UPPER = (10, 109, 338)  # the hairline
LOWER = (2,)  # the base of the nose: the jaw moves when somebody speaks


def head_axes(points: Array) -> Array:
    """(..., 3, 3) rotation whose rows are the head's axes in the picture: across, down and away.

    The identity for a face that looks into the camera. ``straightened`` turns points by it.

    Args:
        points: (..., 468, 3).
    """
    across = _unit(_middle(points, RIGHT) - _middle(points, LEFT))
    down = _middle(points, LOWER) - _middle(points, UPPER)
    down = _unit(down - (down * across).sum(axis=-1, keepdims=True) * across)
    return np.stack([across, down, np.cross(across, down)], axis=-2)


def straightened(points: Array, axes: Array) -> Array:
    """(..., 468, 3) points as they would lie with the head straight, by its ``head_axes``."""
    straight: Array = points @ np.swapaxes(axes, -1, -2)
    return straight


def angles(axes: Array) -> tuple[Array, Array, Array]:
    """Yaw, pitch and roll in degrees, (...) each.

    Positive for a nose that points to the right of the picture, for one that points up, and for a
    head tilted clockwise. The head is first tilted, then nodded, then turned.

    Args:
        axes: (..., 3, 3), as of ``head_axes``.
    """
    nose = -axes[..., 2, :]  # where it points
    yaw = np.arctan2(nose[..., 0], -nose[..., 2])
    pitch = np.arcsin(np.clip(-nose[..., 1], -1, 1))
    roll = np.arctan2(axes[..., 0, 1], axes[..., 1, 1])
    return np.degrees(yaw), np.degrees(pitch), np.degrees(roll)


def _middle(points: Array, numbers: tuple[int, ...]) -> Array:
    middle: Array = points[..., list(numbers), :].mean(axis=-2)
    return middle


def _unit(vectors: Array) -> Array:
    unit: Array = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return unit
