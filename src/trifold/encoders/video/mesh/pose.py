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
    """(3, 3) rotation whose rows are the head's axes in the picture: across, down and away.

    The identity for a face that looks into the camera. ``points @ axes.T`` are the points as they
    would lie with the head straight.

    Args:
        points: (468, 3).
    """
    across = points[list(RIGHT)].mean(axis=0) - points[list(LEFT)].mean(axis=0)
    across = across / np.linalg.norm(across)
    down = points[list(LOWER)].mean(axis=0) - points[list(UPPER)].mean(axis=0)
    down = down - (down @ across) * across
    down = down / np.linalg.norm(down)
    return np.stack([across, down, np.cross(across, down)])


def angles(axes: Array) -> tuple[float, float, float]:
    """Yaw, pitch and roll in degrees.

    Positive for a nose that points to the right of the picture, for one that points up, and for a
    head tilted clockwise. The head is first tilted, then nodded, then turned.

    Args:
        axes: (3, 3), as of ``head_axes``.
    """
    x, y, z = (-axes[2]).tolist()  # where the nose points
    yaw = np.arctan2(x, -z)
    pitch = np.arcsin(np.clip(-y, -1, 1))
    roll = np.arctan2(axes[0, 1], axes[1, 1])
    return float(np.degrees(yaw)), float(np.degrees(pitch)), float(np.degrees(roll))
