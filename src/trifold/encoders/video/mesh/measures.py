"""What is read off one frame with a face, and what tokens hold of the frames of a clip."""

from __future__ import annotations

import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.mesh.eyes import Gaze
from trifold.encoders.video.mesh.pose import LEFT, RIGHT, angles, head_axes, straightened
from trifold.encoders.video.mesh.shape import Shape, eye_distance, face_shape
from trifold.encoders.video.mesh.smoothing import (
    blink_rate,
    blinks,
    closure,
    filled,
    ranges,
    smoothed,
    speeds,
)
from trifold.encoders.video.mesh.surroundings import Light

HEAD = ("face_x", "face_y", "face_size", "yaw", "pitch", "roll")
GAZE = Gaze._fields
LIGHT = Light._fields
GEOMETRY = (*HEAD, *Shape._fields)
MEASURED = (*GEOMETRY, *GAZE, *LIGHT)

MEANS = tuple(name for name in MEASURED if name != "eye_opening")  # of which closure is made
MOVING = ("yaw", "pitch", "roll", "mouth_opening")  # others move less than codecs do
SPEEDS = tuple(f"{name}_speed" for name in MOVING)
RANGES = ("turning", "nodding", "mouth_range")  # of yaw, pitch and the mouth's opening
COLUMNS = (
    *MEANS,
    "off_centre",
    "eye_closure",
    "blink_rate",
    "head_speed",
    *SPEEDS,
    *RANGES,
)

# What is smaller than these moves when a recording is encoded anew, and sizes of changes would add
# it up, so it counts as nothing. Units are those of the columns; of speeds, per second.
SPEED_FLOORS = {"yaw": 4.0, "pitch": 5.0, "roll": 3.0, "mouth_opening": 0.03}
RANGE_FLOORS = {"turning": 3.0, "nodding": 5.0, "mouth_range": 0.03}
# Smallest scale of each column, ten to thirty times the step by which lossy codecs move its mean
# over six seconds (``benchmarks.recordings``), in the units of the column.
RESOLUTION = {
    "face_x": 0.02,
    "face_y": 0.02,
    "face_size": 0.01,
    "yaw": 4.0,
    "pitch": 4.0,
    "roll": 2.0,
    "mouth_opening": 0.1,
    "mouth_width": 0.08,
    "corner_lift": 0.04,
    "brow_raise": 0.03,
    "gaze_x": 0.06,
    "gaze_y": 0.05,
    "brightness": 0.05,
    "contrast": 0.03,
    "light_asymmetry": 0.02,
    "off_centre": 0.03,
    "eye_closure": 0.06,
    "blink_rate": 30.0,
    "head_speed": 0.1,
    "yaw_speed": 2.0,
    "pitch_speed": 1.5,
    "roll_speed": 1.5,
    "mouth_opening_speed": 0.2,
    "turning": 4.0,
    "nodding": 4.0,
    "mouth_range": 0.2,
}
SMOOTH_S = 0.25  # deviation of the smoothing before speeds and ranges are taken
RANGE_REACH_S = 1.0  # nods and turns last half a second to two
OPEN_EYES = 0.35  # closure up to which eyes count as open
BLINKS_OVER_S = 8.0  # blinks come every few seconds


def measure(points: Array, sizes: Array) -> Array:
    """(N, len(GEOMETRY)) of the meshes of some frames; NaN where there is no face.

    Places are shares of the picture's width and height, the size is the distance between the eyes
    over the shorter side; angles are in degrees; see ``Shape``.

    Args:
        points: (N, 468, 3).
        sizes: (N, 2) width and height of the pictures in pixels.
    """
    axes = head_axes(points)
    place = points[:, [*LEFT, *RIGHT], :2].mean(axis=1) / sizes
    size = eye_distance(points) / sizes.min(axis=1)
    parts = (*place.T, size, *angles(axes), *face_shape(straightened(points, axes)))
    return np.stack(parts, axis=1)


def columns(rows: Array, times: Array, runs: Array, *, aspect: float) -> Array:
    """(N, len(COLUMNS)) of the frames of a clip.

    Args:
        rows: (N, len(MEASURED)), NaN where there is no face.
        times: (N,) in seconds.
        runs: (N,) number of the stretch in which a face was followed without a break.
        aspect: width over height of the picture.
    """
    smooth = smoothed(filled(rows, times, runs), times, runs, sigma_s=SMOOTH_S)
    of = {name: smooth[:, [k]] for k, name in enumerate(MEASURED)}
    moving = np.concatenate([of[name] for name in MOVING], axis=1)
    swings = np.concatenate([of["yaw"], of["pitch"], of["mouth_opening"]], axis=1)
    shut = closure(rows[:, MEASURED.index("eye_opening")], times)
    rate = blink_rate(blinks(shut, times), times, np.isfinite(shut), sigma_s=BLINKS_OVER_S)
    levels = [of[name] for name in MEANS]
    off = np.hypot(of["face_x"] - 0.5, of["face_y"] - 0.5)
    parts = (
        *levels,
        off,
        beyond(shut, OPEN_EYES)[:, None],
        rate[:, None],
        _head_speed(of, times, runs, aspect),
        beyond(speeds(moving, times, runs), [SPEED_FLOORS[name] for name in MOVING]),
        beyond(ranges(swings, times, reach_s=RANGE_REACH_S), list(RANGE_FLOORS.values())),
    )
    return np.concatenate(parts, axis=1)


def beyond(values: Array, floor: float | list[float]) -> Array:
    """What is left of values when a floor is taken off their size."""
    left: Array = np.sign(values) * np.maximum(np.abs(values) - floor, 0.0)
    return left


def _head_speed(of: dict[str, Array], times: Array, runs: Array, aspect: float) -> Array:
    """(N, 1) of the head across the picture, in distances between the eyes per second."""
    shorter = np.array([[max(aspect, 1.0), max(1 / aspect, 1.0)]])  # of width and height
    place = np.concatenate([of["face_x"], of["face_y"]], axis=1) * shorter
    speed = np.linalg.norm(speeds(place, times, runs), axis=1, keepdims=True)
    return speed / of["face_size"]
