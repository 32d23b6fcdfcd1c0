"""What moves around the face, and who else is there, from small copies of the pictures."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from trifold.contracts import Array, Frame
from trifold.encoders.video.company import Company, Part
from trifold.encoders.video.cues import illumination, motion_outside, seen_face
from trifold.encoders.video.detect import Box
from trifold.encoders.video.mesh.blaze import FULL, BlazeFaces
from trifold.encoders.video.mesh.crop import halved

SMALL_PX = 200  # longer side up to which pictures are halved: motion is looked at in large blocks
CORNER_EVERY_S = 4.0  # between looks for small faces: the full-range detector is the costliest part
GLANCE_S = 0.4  # between pictures that are compared


class Light(NamedTuple):
    """On a face; see ``cues.illumination``."""

    brightness: float
    contrast: float
    light_asymmetry: float


class Glance(NamedTuple):
    """What the small copy of a frame shows.

    Attributes:
        body_motion: change outside the head, per second; NaN where that is not known.
        light: on the face, if there is one.
    """

    body_motion: float
    light: Light | None


class Surroundings:
    """Watches the frames of one video go by.

    Args:
        folder: of the packaged weights ``faces``.
    """

    def __init__(self, folder: Path) -> None:
        self._detector = BlazeFaces(folder, FULL)
        self.company = Company(self._small_faces, every_s=CORNER_EVERY_S)
        self._image: Array = np.zeros((1, 1, 3), np.uint8)  # of the frame, in full size
        self._scale = 1.0  # of the small copy
        self._before: tuple[Array, float] | None = None  # small and grey, and its time

    def look(self, frame: Frame, face: Box | None) -> Glance:
        """The next frame, with the square around its main face in its pixels."""
        if self._before is not None and frame.time_s - self._before[1] < GLANCE_S - 1e-3:
            return Glance(float("nan"), None)
        self._image = frame.image
        small = halved(frame.image, _halvings(frame.image))
        gray = cv2.cvtColor(small, cv2.COLOR_RGB2GRAY)
        self._scale = small.shape[1] / frame.image.shape[1]
        near = None if face is None else Box(*(self._scale * value for value in face))
        self.company.update(small, gray, frame.time_s, near)
        light_on = None if near is None else Light(*illumination(seen_face(gray, near)))
        before, self._before = self._before, (gray, frame.time_s)
        if before is None or before[0].shape != gray.shape:
            return Glance(float("nan"), light_on)
        passed_s = max(frame.time_s - before[1], 1e-3)
        return Glance(motion_outside(gray, before[0], near) / passed_s, light_on)

    def _small_faces(self, _small: Array, part: Part) -> list[Box]:
        """Faces in a part of the small copy, looked for in the full picture."""
        rows, across = (slice(*(round(e / self._scale) for e in (s.start, s.stop))) for s in part)
        found = self._detector.find(np.ascontiguousarray(self._image[rows, across]))
        boxes = [face.square for face in found]
        moved = [box._replace(x=box.x + across.start, y=box.y + rows.start) for box in boxes]
        return [Box(*(self._scale * value for value in box)) for box in moved]


def _halvings(image: Array) -> int:
    return max(0, int(np.ceil(np.log2(max(image.shape[:2]) / SMALL_PX))))
