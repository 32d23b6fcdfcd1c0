"""One face through a video by its mesh: the points of a frame say where the next is to look."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.detect import Box
from trifold.encoders.video.mesh.blaze import FULL, OVERLAP, SHORT, BlazeFaces, Found, overlap
from trifold.encoders.video.mesh.crop import Region, around, cut, to_picture
from trifold.encoders.video.mesh.litert import load_model

FILE = "face_landmark.tflite"
POINTS, FLAG = 468 * 3, 1  # how many numbers the model gives of each
OUTER_CORNERS = (33, 263)  # of the eyes: their line is made level
CROP_SCALE = 1.5  # side of the crop, in longer sides of the points' rectangle
THERE = 0.5  # probability from which the mesh lies on a face
SEARCH_EVERY_S = 2.0  # for others, and for a face that the mesh only believes in
RETRY_AFTER_S = 0.4  # how often an empty picture is searched again
CANDIDATES = 4  # of the faces found, that the mesh looks at
SETTLING = 3  # fits until a face that was just found lies still
SAME_FACE = 0.5  # sides between places of one face
JUMP = 0.6  # sides that a face moves between frames at most; more is a cut


class Mesh(NamedTuple):
    """A face in one frame.

    Attributes:
        points: (468, 3) x and y in pixels of the frame, z on the same scale.
        run: number of the unbroken stretch of frames that it belongs to.
    """

    points: Array
    run: int

    @property
    def box(self) -> Box:
        """The square around the points."""
        low, high = self.points[:, :2].min(axis=0), self.points[:, :2].max(axis=0)
        (x, y), side = ((low + high) / 2).tolist(), float((high - low).max())
        return Box(x - side / 2, y - side / 2, side)

    @property
    def next_region(self) -> Region:
        """Where the face is looked for in the next frame, upright."""
        start, end = self.points[list(OUTER_CORNERS), :2]
        return around(self.points[:, :2], start, end, scale=CROP_SCALE)


class MeshTrack:
    """Follows the main face; ``n_crowded`` and ``n_searches`` count what searches saw.

    Of several faces the largest is taken at first and then kept. Detectors run where no face is
    followed, and every two seconds.

    Args:
        folder: of the packaged weights ``faces``.
    """

    def __init__(self, folder: Path) -> None:
        self._short, self._full = BlazeFaces(folder, SHORT), BlazeFaces(folder, FULL)
        self._model = load_model(folder / FILE)
        self._last: Mesh | None = None
        self._shape: tuple[int, ...] = ()
        self._searched_s = -np.inf
        self._run = 0
        self.n_searches = self.n_crowded = 0

    def update(self, image: Array, time_s: float) -> Mesh | None:
        """The mesh of the face in this frame, or None where there is none.

        Args:
            image: (H, W, 3) uint8 RGB.
            time_s: of the frame.
        """
        if image.shape != self._shape:  # calls change their resolution; old places mean nothing
            self._shape, self._last, self._searched_s = image.shape, None, -np.inf
        last, self._last = self._last, None
        if last is not None:
            self._last = self._follow(image, last)
        since_s = time_s - self._searched_s
        lost = last is not None and self._last is None
        if lost or since_s >= (SEARCH_EVERY_S if self._last else RETRY_AFTER_S):
            self._searched_s = time_s
            self._search(image, last)
        return self._last

    def _follow(self, image: Array, last: Mesh) -> Mesh | None:
        points = self._fit(image, last.next_region)
        now = None if points is None else Mesh(points, last.run)
        return now if now is not None and _apart(now.box, last.box) < JUMP else None

    def _search(self, image: Array, last: Mesh | None) -> None:
        """Count the faces; where none is followed, take the one that was, else the largest."""
        faces = self._faces(image)
        self.n_searches += 1
        self.n_crowded += len(faces) > 1
        if self._last is not None:
            return
        near = [f for f in faces if last is not None and _apart(f.square, last.box) < SAME_FACE]
        fitted = (self._settle(image, face.region) for face in (near or faces)[:CANDIDATES])
        meshes = [mesh for mesh in fitted if mesh is not None]
        if meshes:
            self._run += 1  # detectors err about sizes, so the mesh tells which is the largest
            self._last = max(meshes, key=lambda mesh: mesh.box.side)._replace(run=self._run)

    def _settle(self, image: Array, region: Region) -> Mesh | None:
        """A face by its own points: the detector's crop differs, and so would what is measured."""
        mesh: Mesh | None = None
        for _ in range(SETTLING):
            points = self._fit(image, region if mesh is None else mesh.next_region)
            if points is None:
                return None
            mesh = Mesh(points, self._run)
        return mesh

    def _faces(self, image: Array) -> list[Found]:
        """All that either detector finds, the largest first."""
        faces = self._short.find(image)
        for other in self._full.find(image):
            known = np.array([face.box for face in faces]).reshape(-1, 2, 2)
            if not (overlap(other.box, known) > OVERLAP).any():
                faces.append(other)
        return sorted(faces, key=lambda face: -face.square.side)

    def _fit(self, image: Array, region: Region) -> Array | None:
        """(468, 3) points, or None where the mesh sees no face."""
        out = self._model(cut(image, region, self._model.side_px))
        if 1 / (1 + np.exp(-float(out[FLAG][0]))) < THERE:
            return None
        points = out[POINTS].reshape(-1, 3).astype(float)
        return to_picture(points, region, self._model.side_px)


def _apart(box: Box, other: Box) -> float:
    """Between middles, in sides of the other."""
    (x, y), (ox, oy) = box.centre, other.centre
    return float(np.hypot(x - ox, y - oy)) / max(other.side, 1e-6)
