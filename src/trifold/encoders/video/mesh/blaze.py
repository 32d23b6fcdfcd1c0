"""Faces by BlazeFace.

Bazarevsky et al. (2019), Sub-millisecond Neural Face Detection on Mobile GPUs.
The short-range model is for faces as webcams show them, the full-range one for small faces too.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from math import atan2, log
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.detect import Box
from trifold.encoders.video.mesh.crop import Region, cut, to_picture
from trifold.encoders.video.mesh.litert import load_model

POINTS = 6  # eyes, tip of the nose, mouth, ears
OVERLAP = 0.3  # of boxes of one face: intersection over union
FACE_SCALE = 1.5  # side of the mesh's crop, in longer sides of the box


@dataclass(frozen=True)
class Range:
    """What tells one detection model from another.

    Attributes:
        file: its name.
        grids: cells per side and anchors per cell, as the model lists them.
        threshold: probability from which a face counts.
    """

    file: str
    grids: tuple[tuple[int, int], ...]
    threshold: float


SHORT = Range("face_detection_short_range.tflite", ((16, 2), (8, 6)), 0.5)
FULL = Range("face_detection_full_range_sparse.tflite", ((48, 1),), 0.6)


class Found(NamedTuple):
    """A face in pixels of the picture.

    Attributes:
        score: probability.
        box: (2, 2) corners, the upper left one first.
        points: (6, 2): the eye left in the picture, the other, nose, mouth, ears.
    """

    score: float
    box: Array
    points: Array

    @property
    def square(self) -> Box:
        """The square with the box's middle and longer side."""
        (x0, y0), (x1, y1) = self.box.tolist()
        side = max(x1 - x0, y1 - y0)
        return Box((x0 + x1 - side) / 2, (y0 + y1 - side) / 2, side)

    @property
    def region(self) -> Region:
        """What the mesh is to look at: upright by the line of the eyes."""
        (x, y), (dx, dy) = (
            self.box.mean(axis=0).tolist(),
            (self.points[1] - self.points[0]).tolist(),
        )
        return Region(x, y, FACE_SCALE * self.square.side, atan2(dy, dx))


class BlazeFaces:
    """A face detector for (H, W, 3) uint8 RGB pictures.

    Args:
        folder: of the packaged weights ``faces``.
        kind: which of the two models.
    """

    def __init__(self, folder: Path, kind: Range = SHORT) -> None:
        self.path, self.kind = folder / kind.file, kind

    def find(self, image: Array) -> list[Found]:
        """All faces, the largest first."""
        model = load_model(self.path)
        height, width = image.shape[:2]
        square = Region((width - 1) / 2, (height - 1) / 2, float(max(height, width)), 0.0)
        out = model(cut(image, square, model.side_px, low=-1.0))
        centres = anchors(self.kind.grids)
        raw = out[len(centres) * (4 + 2 * POINTS)].reshape(len(centres), -1)
        scores, boxes = decode(raw, out[len(centres)], centres, self.kind.threshold, model.side_px)
        merged = merge(scores, boxes)
        faces = [_found(s, b, square, model.side_px) for s, b in zip(*merged, strict=True)]
        return sorted(faces, key=lambda face: -face.square.side)


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


@lru_cache(maxsize=4)
def anchors(grids: tuple[tuple[int, int], ...]) -> Array:
    """(A, 2) middles of the cells in [0, 1], row by row, each as often as it has anchors."""
    parts = []
    for cells, per_cell in grids:
        middles = (np.arange(cells) + 0.5) / cells
        y, x = np.meshgrid(middles, middles, indexing="ij")
        parts.append(np.repeat(np.stack([x.ravel(), y.ravel()], axis=1), per_cell, axis=0))
    return np.concatenate(parts)


def decode(
    raw: Array, logits: Array, centres: Array, threshold: float, side_px: int
) -> tuple[Array, Array]:
    """Probabilities and places of what may be a face.

    Args:
        raw: (A, 16) middle, size and six points, in pixels from the anchor.
        logits: (A,).
        centres: (A, 2) of the anchors.
        threshold: of the probability.
        side_px: of the model's picture.

    Returns:
        (n,) probabilities and (n, 8, 2) points in [0, 1]: two corners, then the six.
    """
    chosen = logits >= log(threshold / (1 - threshold))
    scores = 1 / (1 + np.exp(-logits[chosen]))
    places = raw[chosen].astype(float).reshape(-1, 2 + POINTS, 2) / side_px
    middle, half = places[:, :1] + centres[chosen][:, None], places[:, 1:2] / 2
    points = places[:, 2:] + centres[chosen][:, None]
    return scores, np.concatenate([middle - half, middle + half, points], axis=1)


def merge(scores: Array, boxes: Array) -> tuple[Array, Array]:
    """Detections of one face made one, their mean weighted by probability.

    Blending in place of non-maximum suppression, Bazarevsky et al. (2019), section 3.3: it trembles
    less.

    Args:
        scores: (n,).
        boxes: (n, 8, 2), as of ``decode``.
    """
    kept_scores, kept = [], []
    left = np.argsort(-scores, kind="stable")
    while len(left):
        same = overlap(boxes[left[0]], boxes[left]) > OVERLAP
        same[0] = True
        group = left[same]
        kept.append(np.average(boxes[group], axis=0, weights=scores[group]))
        kept_scores.append(scores[group[0]])
        left = left[~same]
    return np.array(kept_scores), np.array(kept).reshape(-1, 2 + POINTS, 2)


def overlap(box: Array, others: Array) -> Array:
    """(n,) intersection over union of a box, (2+, 2) with its corners first, and (n, 2+, 2)."""
    low, high = np.maximum(box[0], others[:, 0]), np.minimum(box[1], others[:, 1])
    shared = np.clip(high - low, 0, None).prod(axis=1)
    area = np.clip(box[1] - box[0], 0, None).prod()
    areas = np.clip(others[:, 1] - others[:, 0], 0, None).prod(axis=1)
    return shared / np.maximum(area + areas - shared, 1e-12)


def _found(score: float, places: Array, square: Region, side_px: int) -> Found:
    pixels = to_picture(places * side_px - 0.5, square, side_px)
    return Found(float(score), pixels[:2], pixels[2:])
