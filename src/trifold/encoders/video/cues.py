"""What can be read off a face crop and a pair of frames. Pure functions on grey images.

Cues describe pictures (a curved mouth, a moving head); none names an emotion.
"""

from __future__ import annotations

from functools import lru_cache

import cv2
import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.detect import FACE_SIDE_PX, Box, crop_face

_MOUTH_ROWS = slice(int(0.62 * FACE_SIDE_PX), int(0.95 * FACE_SIDE_PX))
_MOUTH_COLUMNS = slice(int(0.2 * FACE_SIDE_PX), int(0.8 * FACE_SIDE_PX))
GRAIN_PX = 1.2  # deviation of the smoothing that takes it out
_COARSE = (80, 60)  # width and height at which the body's motion is looked at
_SHIFT_PX = 64  # a power of two: phase correlation pads other sizes and is then half a pixel off
_EYE_ROWS = slice(int(0.22 * FACE_SIDE_PX), int(0.5 * FACE_SIDE_PX))
_EYE_COLUMNS = slice(int(0.12 * FACE_SIDE_PX), int(0.88 * FACE_SIDE_PX))


def seen_face(gray: Array, box: Box) -> Array:
    """(96, 96) uint8 crop without the grain of sensors and codecs, from which cues are read."""
    crop: Array = cv2.GaussianBlur(crop_face(gray, box), (5, 5), GRAIN_PX)
    return crop


def mouth_shape(face: Array) -> tuple[float, float, float]:
    """Curvature, width and openness of the dark mouth line in a (96, 96) face crop.

    Returns:
        curvature: how much higher the corners lie than the middle, in crop heights; positive for
            corners up. Width: spread of the dark pixels, in crop widths. Openness: their share.
    """
    region = face[_MOUTH_ROWS, _MOUTH_COLUMNS].astype(np.float32)
    dark = np.clip(region.mean() - 0.8 * region.std() - region, 0.0, None)
    columns = dark.sum(axis=0)
    total = float(columns.sum())
    if total < 1e-3:
        return 0.0, 0.0, 0.0
    x = np.arange(dark.shape[1])
    centre = float((columns * x).sum() / total)
    spread = float(np.sqrt((columns * np.square(x - centre)).sum() / total))
    rows = np.arange(dark.shape[0])[:, None]
    weight = np.square((x - centre) / max(spread, 1.0))
    outer = float((dark * rows * weight).sum() / max((columns * weight).sum(), 1e-6))
    inner = float((dark * rows).sum() / total)
    return (inner - outer) / FACE_SIDE_PX, spread / FACE_SIDE_PX, float((dark > 0).mean())


def eye_openness(face: Array) -> float:
    """Contrast across rows of the eye band: open eyes have dark pupils between bright skin."""
    band = face[_EYE_ROWS, _EYE_COLUMNS].astype(np.float32)[::2]
    return float(np.abs(np.diff(band, axis=0)).mean()) / max(_mean_std(face)[1], 1.0)


def light(face: Array) -> tuple[float, float, float, float]:
    """What ``illumination`` says, and log sharpness.

    Sharpness of what is two pixels wide and more: of finer grain codecs leave little.
    """
    values = face.astype(np.float32) / 255.0
    coarse = cv2.resize(values, None, fx=0.5, fy=0.5, interpolation=cv2.INTER_AREA)
    sharpness = _mean_std(cv2.Laplacian(coarse, cv2.CV_32F))[1] ** 2
    return *illumination(face), float(np.log(sharpness + 1e-4))


def illumination(face: Array) -> tuple[float, float, float]:
    """Brightness, contrast and left–right difference in [0, 1] units of a (96, 96) face crop."""
    half = FACE_SIDE_PX // 2
    left, right = cv2.mean(face[:, :half])[0], cv2.mean(face[:, half:])[0]
    mean, std = _mean_std(face)
    return mean / 255, std / 255, abs(left - right) / 255


def change(now: Array, before: Array) -> float:
    """Mean absolute difference of two equally sized images over the contrast of the first.

    The difference of their means is taken out, so that a change of light is no movement.
    """
    difference = cv2.subtract(now, before, dtype=cv2.CV_32F)
    moved = cv2.absdiff(difference, cv2.mean(difference)[0])
    return cv2.mean(moved)[0] / max(_mean_std(now)[1], 8.0)


def motion_outside(gray: Array, before: Array, box: Box | None) -> float:
    """Change of the picture outside the head: hands, shoulders, background.

    The head is taken as the face box widened by a quarter on each side; without a box the
    whole picture counts.
    """
    now, then = (
        cv2.resize(f, _COARSE, interpolation=cv2.INTER_AREA).astype(np.float32)
        for f in (gray, before)
    )
    difference = now - then
    outside = np.ones(difference.shape, dtype=bool)
    if box is not None:
        across, down = _COARSE[0] / gray.shape[1], _COARSE[1] / gray.shape[0]
        reach = box.side / 4
        rows = slice(max(0, int((box.y - reach) * down)), int((box.y + box.side + reach) * down))
        columns = slice(
            max(0, int((box.x - reach) * across)), int((box.x + box.side + reach) * across)
        )
        outside[rows, columns] = False
    rest = np.sort(difference[outside])
    if not len(rest):
        return 0.0
    median = (rest[(len(rest) - 1) // 2] + rest[len(rest) // 2]) / 2
    return float(np.abs(rest - median).mean()) / max(_mean_std(now)[1], 8.0)


def head_shift(gray: Array, before: Array, box: Box) -> tuple[float, float]:
    """(dx, dy) of what is inside the box between two frames, in box sides; 0 where unsure."""
    return registered(gray, before, box) or (0.0, 0.0)


def registered(gray: Array, before: Array, box: Box) -> tuple[float, float] | None:
    """(dx, dy) of what is inside the box between two frames, in box sides; None where unsure.

    Phase correlation, Kuglin and Hines (1975): sub-pixel, and free of the detector's jitter.
    """
    now, then = (
        cv2.resize(crop_face(f, box), (_SHIFT_PX, _SHIFT_PX)).astype(np.float32)
        for f in (gray, before)
    )
    (dx, dy), response = cv2.phaseCorrelate(then - then.mean(), now - now.mean(), _hanning())
    return (dx / _SHIFT_PX, dy / _SHIFT_PX) if response > 0.05 else None


@lru_cache(maxsize=1)
def _hanning() -> Array:
    window: Array = cv2.createHanningWindow((_SHIFT_PX, _SHIFT_PX), cv2.CV_32F)
    return window


def _mean_std(image: Array) -> tuple[float, float]:
    """Of all pixels; on small images several times faster than NumPy's."""
    mean, std = cv2.meanStdDev(image)
    return float(mean[0, 0]), float(std[0, 0])
