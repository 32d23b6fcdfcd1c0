"""The mesh of 468 points on one face.

Kartynnik et al. (2019), Real-time Facial Surface Geometry from Monocular Video on Mobile GPUs.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import hypot
from pathlib import Path

from trifold.contracts import Array
from trifold.encoders.video.detect import Box, centred
from trifold.encoders.video.mesh.crop import Region, around, cut, extent, to_picture
from trifold.encoders.video.mesh.litert import load_model

FILE = "face_landmark.tflite"
POINTS, FLAG = 468 * 3, 1  # how many numbers the model gives of each
OUTER_CORNERS = (33, 263)  # of the eyes: their line is made level
CROP_SCALE = 1.5  # side of the crop, in longer sides of the points' rectangle
THERE = 0.0  # log-odds from which the mesh lies on a face: even
SETTLING = 3  # fits until a face that was just found lies still
JUMP = 0.6  # sides that a face moves between frames at most; more is a cut


@dataclass(frozen=True)
class Mesh:
    """A face in one frame.

    Attributes:
        points: (468, 3) x and y in pixels of the frame, z on the same scale.
        run: number of the unbroken stretch of frames that it belongs to.
    """

    points: Array
    run: int

    @cached_property
    def box(self) -> Box:
        """The square around the points."""
        x, y, _ = self.points.T
        return centred(*extent(x, y))

    @property
    def next_region(self) -> Region:
        """Where the face is looked for in the next frame, upright."""
        start, end = (self.points[corner, :2] for corner in OUTER_CORNERS)
        return around(self.points[:, :2], start, end, scale=CROP_SCALE)


class Landmarks:
    """Lays meshes on faces of (H, W, 3) uint8 RGB pictures.

    Args:
        folder: of the packaged weights ``faces``.
    """

    def __init__(self, folder: Path) -> None:
        self._model = load_model(folder / FILE)

    def fit(self, image: Array, region: Region) -> Array | None:
        """(468, 3) points in pixels of the picture, or None where the mesh sees no face."""
        out = self._model(cut(image, region, self._model.side_px))
        if out[FLAG][0] < THERE:
            return None
        points = out[POINTS].reshape(-1, 3).astype(float)
        return to_picture(points, region, self._model.side_px)

    def follow(self, image: Array, last: Mesh) -> Mesh | None:
        """The face of the frame before in this one; None where it is gone or another."""
        points = self.fit(image, last.next_region)
        now = None if points is None else Mesh(points, last.run)
        return now if now is not None and apart(now.box, last.box) < JUMP else None

    def settle(self, image: Array, region: Region, run: int) -> Mesh | None:
        """A face by its own points: a detector's crop differs, and so would what is measured."""
        mesh: Mesh | None = None
        for _ in range(SETTLING):
            points = self.fit(image, region if mesh is None else mesh.next_region)
            if points is None:
                return None
            mesh = Mesh(points, run)
        return mesh


def apart(box: Box, other: Box) -> float:
    """Between middles, in sides of the other."""
    (x, y), (ox, oy) = box.centre, other.centre
    return hypot(x - ox, y - oy) / max(other.side, 1e-6)
