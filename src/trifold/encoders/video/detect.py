"""Faces, eyes and smiles with OpenCV's Haar cascades, which come inside its wheel."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import NamedTuple, Protocol

import cv2
import numpy as np

from trifold.contracts import Array
from trifold.errors import EncoderError

FACE_SIDE_PX = 96  # side of the upright, equalised crop that cues are read from
EYES = (
    slice(FACE_SIDE_PX // 8, 7 * FACE_SIDE_PX // 12),
    slice(FACE_SIDE_PX // 16, -FACE_SIDE_PX // 16),
)
SMALLEST_SHARE = 0.16  # of the frame's shorter side
NEAR_SIDE_PX = 56  # a face that is followed is looked for at this size
SMALL_SCALE = 2.5  # by which a part is enlarged to find faces of ten pixels
NEAR_STEP, NEAR_HITS = 1.05, 4  # between sizes that are tried; hits that make a face
NEAR_SIZES = (0.7, 1.4)  # that are tried, of the last one
SAME_FACE = 0.3  # sides between hits of one face
SEARCH_MARGIN = 0.25  # how far around its last place a face is looked for


class Box(NamedTuple):
    """A square face box in pixels."""

    x: float
    y: float
    side: float

    @property
    def centre(self) -> tuple[float, float]:
        """(x, y) of the middle."""
        return self.x + self.side / 2, self.y + self.side / 2


def centred(x: float, y: float, side: float) -> Box:
    """The box around a point."""
    return Box(x - side / 2, y - side / 2, side)


class Detector(Protocol):
    """Finds faces in one frame."""

    def find(self, image: Array) -> list[Box]:
        """All faces, the largest first."""
        ...

    def near(self, image: Array, last: Box) -> Box | None:
        """The face around its last place, or None."""
        ...


class HaarFaces:
    """OpenCV's cascade for frontal faces, on (H, W) uint8 frames."""

    def find(self, image: Array) -> list[Box]:
        """All faces, the largest first."""
        return find_faces(image)

    def near(self, image: Array, last: Box) -> Box | None:
        """The face around its last place, or None."""
        return find_near(image, last)


def find_faces(gray: Array) -> list[Box]:
    """All frontal faces of a (H, W) uint8 frame, the largest first."""
    smallest = max(24, int(SMALLEST_SHARE * min(gray.shape)))
    found = _cascade("frontalface_default").detectMultiScale(
        gray, scaleFactor=1.15, minNeighbors=4, minSize=(smallest, smallest)
    )
    boxes = [Box(float(x), float(y), float(side)) for x, y, side, _ in found]
    return sorted(boxes, key=lambda box: -box.side)


def find_near(gray: Array, last: Box) -> Box | None:
    """The face around its last place, or None; several times cheaper than a full search."""
    x0, y0, x1, y1 = _around(last, gray.shape, margin=SEARCH_MARGIN)
    scale = min(1.0, NEAR_SIDE_PX / last.side)
    low, high = (int(size * last.side * scale) for size in NEAR_SIZES)
    if min(x1 - x0, y1 - y0) * scale < low:
        return None
    window = cv2.resize(gray[y0:y1, x0:x1], None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    found = _cascade("frontalface_default").detectMultiScale(
        window, scaleFactor=NEAR_STEP, minNeighbors=0, minSize=(low, low), maxSize=(high, high)
    )
    if len(found) == 0:
        return None
    hits = np.asarray(found, float)[:, :3] / scale + (x0, y0, 0)
    return _agreed(hits, last)


def _agreed(hits: Array, last: Box) -> Box | None:
    """The mean of the (n, 3) hits around the face; single hits are chance.

    Where hits lie on several faces, those around the one nearest to ``last`` count.
    """
    centres = hits[:, :2] + hits[:, 2:] / 2
    nearest = centres[np.hypot(*(centres - last.centre).T).argmin()]
    around = np.hypot(*(centres - nearest).T) < SAME_FACE * last.side
    if around.sum() < NEAR_HITS:
        return None
    x, y, side = hits[around].mean(axis=0).tolist()
    return Box(x, y, side)


def find_small(gray: Array, window: tuple[slice, slice]) -> list[Box]:
    """Faces of ten pixels and more in some rows and columns of a (H, W) uint8 frame."""
    part = cv2.resize(
        gray[window], None, fx=SMALL_SCALE, fy=SMALL_SCALE, interpolation=cv2.INTER_CUBIC
    )
    found = _cascade("frontalface_default").detectMultiScale(
        part, scaleFactor=1.15, minNeighbors=3, minSize=(24, 24)
    )
    x0, y0 = window[1].start, window[0].start
    return [
        Box(x0 + x / SMALL_SCALE, y0 + y / SMALL_SCALE, side / SMALL_SCALE)
        for x, y, side, _ in found
    ]


def crop_face(gray: Array, box: Box) -> Array:
    """(96, 96) uint8 crop of the box, borders repeated where it leaves the frame."""
    scale = FACE_SIDE_PX / box.side
    matrix = np.array([[scale, 0, -box.x * scale], [0, scale, -box.y * scale]])
    crop: Array = cv2.warpAffine(
        gray,
        matrix,
        (FACE_SIDE_PX, FACE_SIDE_PX),
        flags=cv2.INTER_AREA if scale < 1 else cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return crop


def smile_strength(face: Array) -> float:
    """How surely the smile cascade sees a smile in the lower half of a face crop.

    The bare hit saturates on real faces, so this is the weight of the best candidate; 0 when there
    is none.
    """
    lower = face[FACE_SIDE_PX // 2 :]
    _, _, weights = _cascade("smile").detectMultiScale3(
        lower, scaleFactor=1.2, minNeighbors=0, minSize=(24, 12), outputRejectLevels=True
    )
    return max(0.0, float(np.max(weights))) if len(weights) else 0.0


def visible_eyes(face: Array) -> float:
    """Share of the two eyes that the eye cascade sees where eyes are in a face crop."""
    found = _cascade("eye").detectMultiScale(
        face[EYES], scaleFactor=1.3, minNeighbors=3, minSize=(16, 16)
    )
    return min(2, len(found)) / 2


def _around(box: Box, shape: tuple[int, ...], *, margin: float) -> tuple[int, int, int, int]:
    reach = margin * box.side
    x0, y0 = max(0, int(box.x - reach)), max(0, int(box.y - reach))
    x1 = min(shape[1], int(box.x + box.side + reach) + 1)
    y1 = min(shape[0], int(box.y + box.side + reach) + 1)
    return x0, y0, x1, y1


def _distance(box: Box, other: Box) -> float:
    return float(np.hypot(box.centre[0] - other.centre[0], box.centre[1] - other.centre[1]))


@lru_cache(maxsize=8)
def _cascade(name: str) -> cv2.CascadeClassifier:
    """Raises EncoderError where OpenCV ships no cascades (5.0 and later)."""
    path = Path(getattr(cv2, "data").haarcascades, f"haarcascade_{name}.xml")  # noqa: B009
    if not path.is_file():
        raise EncoderError(expected="OpenCV 4 with its Haar cascades", got=cv2.__version__)
    return cv2.CascadeClassifier(str(path))
