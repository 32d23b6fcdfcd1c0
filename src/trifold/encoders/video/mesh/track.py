"""One face through a video by its mesh: the points of a frame say where the next is to look."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.mesh.blaze import FaceSearch, Found
from trifold.encoders.video.mesh.landmarks import Landmarks, Mesh, apart

SEARCH_EVERY_S = 2.0  # for others, and for a face that the mesh only believes in
THOROUGH_EVERY = 3  # of the searches while a face is followed
RETRY_AFTER_S = 0.4  # how often an empty picture is searched again
CANDIDATES = 4  # of the faces found, that the mesh looks at
SAME_FACE = 0.5  # sides between places of one face


class MeshTrack:
    """Follows the main face; ``n_crowded`` and ``n_searches`` count what searches saw.

    Of several faces the largest is taken at first and then kept. Detectors run where no face is
    followed, and every two seconds; the full-range one where the other finds none, each third
    time, and for as long as there are several.

    Args:
        folder: of the packaged weights ``faces``.
    """

    def __init__(self, folder: Path) -> None:
        self._searcher, self._landmarks = FaceSearch(folder), Landmarks(folder)
        self._last: Mesh | None = None
        self._shape: tuple[int, ...] = ()
        self._searched_s = -np.inf
        self._run = 0
        self._crowded = False  # by the last search
        self.n_searches = self.n_crowded = 0

    def update(self, image: Array, time_s: float) -> Mesh | None:
        """The mesh of the face in this frame, or None where there is none.

        Args:
            image: (H, W, 3) uint8 RGB.
            time_s: of the frame.
        """
        if image.shape != self._shape:  # calls change their resolution; old places mean nothing
            self._shape, self._last, self._searched_s = image.shape, None, -np.inf
        last = self._last
        self._last = None if last is None else self._landmarks.follow(image, last)
        since_s = time_s - self._searched_s
        lost = last is not None and self._last is None
        if lost or since_s >= (SEARCH_EVERY_S if self._last else RETRY_AFTER_S):
            self._searched_s = time_s
            self._search(image, last)
        return self._last

    def _search(self, image: Array, last: Mesh | None) -> None:
        """Count the faces; where none is followed, take the one that was, else the largest."""
        due = self._crowded or self.n_searches % THOROUGH_EVERY == THOROUGH_EVERY - 1
        faces = self._searcher.find(image, thorough=due)
        self._crowded = len(faces) > 1
        self.n_searches += 1
        self.n_crowded += self._crowded
        if self._last is None:
            self._take(image, faces, last)

    def _take(self, image: Array, faces: list[Found], last: Mesh | None) -> None:
        near = [f for f in faces if last is not None and apart(f.square, last.box) < SAME_FACE]
        run = self._run + 1
        fitted = (
            self._landmarks.settle(image, f.region, run) for f in (near or faces)[:CANDIDATES]
        )
        meshes = [mesh for mesh in fitted if mesh is not None]
        if meshes:  # detectors err about sizes, so the mesh tells which is the largest
            self._run, self._last = run, max(meshes, key=lambda mesh: mesh.box.side)
