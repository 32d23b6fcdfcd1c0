"""Where the irises lie between the corners of the eyes.

Ablavatski et al. (2020), Real-time Pupil Tracking from Monocular Video for Digital Puppetry.
"""

from __future__ import annotations

from math import atan2, hypot
from pathlib import Path
from typing import NamedTuple

import cv2

from trifold.contracts import Array
from trifold.encoders.video.mesh.crop import Region, cut
from trifold.encoders.video.mesh.litert import load_model
from trifold.encoders.video.mesh.shape import EYES

FILE = "iris_landmark.tflite"
EYE_SCALE = 2.3  # side of an eye's crop, in distances between its corners
CONTOUR, IRIS = 213, 15  # how many numbers the model gives of each
INNER, OUTER = 0, 8  # corners in the contour


class Gaze(NamedTuple):
    """Of one eye, or the mean of both, in widths of the eye.

    Attributes:
        gaze_x: of the iris from the middle between the corners, to the right of the picture.
        gaze_y: downwards, across the line of the corners.
    """

    gaze_x: float
    gaze_y: float


def look_at_eyes(image: Array, points: Array, folder: Path) -> Gaze:
    """The mean of both eyes.

    Args:
        image: (H, W, 3) uint8 RGB.
        points: (468, 3) of the face's mesh, in pixels of the image.
        folder: of the packaged weights ``faces``.
    """
    model = load_model(folder / FILE)
    seen: list[Gaze] = []
    for number, (start, end) in enumerate(EYES):
        crop = cut(image, _region(points[start, :2], points[end, :2]), model.side_px)
        flipped = number == 0  # the model knows the eye that is right in the picture
        out = model(cv2.flip(crop, 1) if flipped else crop)
        eye = gaze(out[CONTOUR].reshape(-1, 3)[:, :2], out[IRIS].reshape(-1, 3)[:, :2])
        seen.append(eye._replace(gaze_x=-eye.gaze_x) if flipped else eye)
    return Gaze(*(sum(both) / len(seen) for both in zip(*seen, strict=True)))


def gaze(contour: Array, iris: Array) -> Gaze:
    """What the points of an eye say, its outer corner being on the right.

    Args:
        contour: (71, 2); the first nine go along the lower lid from corner to corner.
        iris: (5, 2): its middle and four points of its edge.
    """
    (outer_x, outer_y), (inner_x, inner_y) = contour[OUTER].tolist(), contour[INNER].tolist()
    x, y = (sum(places) / len(iris) for places in iris.T.tolist())
    wide, high = outer_x - inner_x, outer_y - inner_y
    right, down = x - (outer_x + inner_x) / 2, y - (outer_y + inner_y) / 2
    square = max(hypot(wide, high), 1e-6) ** 2
    return Gaze((right * wide + down * high) / square, (down * wide - right * high) / square)


def _region(start: Array, end: Array) -> Region:
    (x, y), (dx, dy) = ((start + end) / 2).tolist(), (end - start).tolist()
    return Region(x, y, EYE_SCALE * hypot(dx, dy), atan2(dy, dx))
