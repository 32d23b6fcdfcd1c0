"""Signs that a video shows several people: small tiles in its corners, and cuts between faces.

Nobody is recognised: a tile is found by its motion and by a face in it, a change of person by a
picture that is another one from one moment to the next, with a face before and after.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.detect import Box, find_small

CORNER_SHARE = 0.4  # of width and height: tiles of calls are a fifth to a third
LOOK_EVERY_S = 2.0
MOVES = 0.7  # grey levels that blocks of a corner change by, on average, where somebody moves
BLOCKS = (40, 30)  # of a picture, in which motion is looked for
SHOULDERS = 1.5  # half of the width of a body, in face sides
SIGNATURE = (16, 12)  # blocks of a picture that tell scenes apart
CUT_LEVELS = (
    18.0  # mean change in grey levels of a cut: people make up to 13 in a fifth of a second
)
ALIKE = 0.87  # correlation of pictures of one scene
SCENE_S = 0.8  # shorter ones are flashes


Part = tuple[slice, slice]  # rows and columns
SmallFaces = Callable[[Array, Part], list[Box]]


def haar_small(image: Array, part: Part) -> list[Box]:
    """Faces by Haar cascades in a part of a (H, W, 3) uint8 picture."""
    return find_small(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), part)


class Company:
    """Both signs, looked for while the frames of one video go by.

    Args:
        find: finds small faces in a part of a picture; by Haar cascades unless another is given.
        every_s: seconds between looks at a corner.
    """

    def __init__(self, find: SmallFaces | None = None, *, every_s: float = LOOK_EVERY_S) -> None:
        self._corners, self._scenes = CornerFaces(find or haar_small, every_s), FaceScenes()

    def update(self, image: Array, gray: Array, time_s: float, face: Box | None) -> None:
        """Take the next frame, (H, W, 3) and (H, W) uint8, and where its main face is."""
        self._corners.update(image, gray, time_s, face)
        self._scenes.update(image, time_s, face)

    @property
    def fraction(self) -> float:
        """Share of looks at one corner that found a face there, of the corner with most."""
        return self._corners.fraction

    @property
    def n_scenes(self) -> int:
        """Scenes with a face that look different from all before."""
        return self._scenes.count


class CornerFaces:
    """Looks for small faces in the corners in which something moves, in turn until one is found."""

    def __init__(self, find: SmallFaces, every_s: float) -> None:
        self._find, self._every_s = find, every_s
        self._before: Array | None = None
        self._moved = np.zeros(4)
        self._looked_s = 0.0
        self._looks, self._hits = np.zeros(4), np.zeros(4)

    def update(self, image: Array, gray: Array, time_s: float, face: Box | None) -> None:
        """Take the next frame, (H, W, 3) and (H, W) uint8, with its main face in ``face``."""
        blocks = cv2.resize(gray, BLOCKS, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._before is not None:
            change = np.where(_body(face, gray.shape), 0, np.abs(blocks - self._before))
            self._moved = np.maximum(self._moved, _corner_motion(change))
        self._before = blocks
        if time_s - self._looked_s >= self._every_s:
            self._looked_s = time_s
            self._look(image, face)
            self._moved = np.zeros(4)

    def _look(self, image: Array, face: Box | None) -> None:
        moving = np.flatnonzero(self._moved > MOVES)
        if not len(moving):
            return
        hits, looks, moved = self._hits, self._looks, self._moved
        corner = int(max(moving, key=lambda c: (hits[c] > 0, -looks[c], moved[c])))
        found = [
            box for box in self._find(image, _window(corner, image.shape)) if _apart(box, face)
        ]
        looks[corner] += 1
        hits[corner] += bool(found)

    @property
    def fraction(self) -> float:
        """Share of looks at one corner that found a face there, of the corner with most."""
        return float(np.max(self._hits / np.maximum(self._looks, 1)))


class FaceScenes:
    """Counts scenes with a face that look different, as a view that follows the speaker has."""

    def __init__(self) -> None:
        self._before: Array | None = None
        self._start_s = 0.0
        self._now: int | None = None  # which of the known scenes is shown
        self._known: list[Array] = []  # the last picture of each

    def update(self, image: Array, time_s: float, face: Box | None) -> None:
        """Take the next frame, (H, W, 3) uint8."""
        shown = cv2.resize(image, SIGNATURE, interpolation=cv2.INTER_AREA).astype(np.float32)
        if self._before is not None and is_cut(self._before, shown):
            self._start_s, self._now = time_s, None
        self._before = shown
        if self._now is None and face is not None and time_s - self._start_s >= SCENE_S:
            self._now = self._recognise(shown)
        if self._now is not None:
            self._known[self._now] = shown

    def _recognise(self, shown: Array) -> int:
        """Number of the known scene that looks like this one; it becomes known if there is none."""
        alike = [number for number, k in enumerate(self._known) if likeness(shown, k) >= ALIKE]
        if alike:
            return alike[0]
        self._known.append(shown)
        return len(self._known) - 1

    @property
    def count(self) -> int:
        """Scenes that look different from all before."""
        return len(self._known)


def _corner_motion(change: Array) -> Array:
    """(4,) mean change of the eighth of the blocks of each corner that changes most."""
    parts = np.stack([change[_window(corner, change.shape)].ravel() for corner in range(4)])
    most: Array = np.sort(parts, axis=1)[:, -parts.shape[1] // 8 :].mean(axis=1)
    return most


def _body(face: Box | None, shape: tuple[int, ...]) -> Array:
    """(30, 40) True for the blocks of a head and the shoulders and body below it."""
    body = np.zeros(BLOCKS[::-1], bool)
    if face is None:
        return body
    x, y = face.centre
    wide, high = BLOCKS[0] / shape[1], BLOCKS[1] / shape[0]

    def columns(reach: float) -> slice:
        return slice(
            max(0, int((x - reach * face.side) * wide)), int((x + reach * face.side) * wide) + 1
        )

    body[max(0, int((y - 1.2 * face.side) * high)) :, columns(0.9)] = True
    body[int((y + 0.4 * face.side) * high) :, columns(SHOULDERS)] = True
    return body


def _window(corner: int, shape: tuple[int, ...]) -> tuple[slice, slice]:
    """Rows and columns of a corner, 0 to 3 in reading order."""
    height, width = (round(CORNER_SHARE * side) for side in shape[:2])
    rows = slice(0, height) if corner < 2 else slice(shape[0] - height, shape[0])
    columns = slice(0, width) if corner % 2 == 0 else slice(shape[1] - width, shape[1])
    return rows, columns


def _apart(box: Box, face: Box | None) -> bool:
    """Whether two boxes do not touch."""
    if face is None:
        return True
    (x, y), (fx, fy) = box.centre, face.centre
    return max(abs(x - fx), abs(y - fy)) > (box.side + face.side) / 2


def is_cut(before: Array, now: Array) -> bool:
    """Whether one picture is cut to another, both shrunk to ``SIGNATURE`` as float32."""
    return bool(np.abs(now - before).mean() > CUT_LEVELS) and likeness(now, before) < ALIKE


def likeness(one: Array, other: Array) -> float:
    """Correlation of two pictures: light that goes on or off does not change it."""
    a, b = one - one.mean(), other - other.mean()
    scale = float(np.sqrt(np.square(a).sum() * np.square(b).sum()))
    return float((a * b).sum()) / scale if scale > 0 else 1.0
