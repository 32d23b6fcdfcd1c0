"""Both detectors over a whole picture, the costly one only where it may tell more."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.mesh.blaze import FULL, OVERLAP, SHORT, BlazeFaces, Found, overlap


class FaceSearch:
    """Finds faces near and far in (H, W, 3) uint8 RGB pictures.

    The short-range detector sees faces as webcams show them and takes a third of the time of the
    full-range one, which sees small faces too.

    Args:
        folder: of the packaged weights ``faces``.
    """

    def __init__(self, folder: Path) -> None:
        self._short, self._full = BlazeFaces(folder, SHORT), BlazeFaces(folder, FULL)

    def find(self, image: Array, *, thorough: bool = True) -> list[Found]:
        """Faces, the largest first.

        Args:
            image: the picture.
            thorough: ask the full-range detector also where the short-range one finds a face.
        """
        faces = self._short.find(image)
        for other in self._full.find(image) if thorough or not faces else []:
            known = np.array([face.box for face in faces]).reshape(-1, 2, 2)
            if not (overlap(other.box, known) > OVERLAP).any():
                faces.append(other)
        return sorted(faces, key=lambda face: -face.square.side)
