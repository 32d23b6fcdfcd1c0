"""Faces by YuNet, where its model file is given.

Wu et al. (2023), YuNet: A Tiny Millisecond-level Face Detector. OpenCV runs it and does not ship
it; the file ``face_detection_yunet_2023mar.onnx`` is in the OpenCV zoo.
"""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.detect import Box
from trifold.errors import EncoderError

SAME_FACE = 0.5  # of its side that a face moves between two frames at most


class YuNetFaces:
    """A face detector for (H, W, 3) uint8 BGR frames; boxes are squares around its rectangles.

    Args:
        path: of the ONNX file.
        score: confidence from which a face counts.

    Raises:
        EncoderError: when the file is missing or OpenCV cannot read it.
    """

    def __init__(self, path: Path, *, score: float = 0.7) -> None:
        if not path.is_file():
            raise EncoderError(expected="YuNet's ONNX file", got="no such file", where=path)
        try:
            self._detector = cv2.FaceDetectorYN.create(str(path), "", (320, 320), score)
        except cv2.error as error:
            reason = str(error).strip().splitlines()[-1]
            raise EncoderError(expected="YuNet's ONNX file", got=reason, where=path) from error

    def find(self, image: Array) -> list[Box]:
        """All faces, the largest first.

        Raises:
            EncoderError: when the file holds another model.
        """
        height, width = image.shape[:2]
        self._detector.setInputSize((width, height))
        try:
            _, found = self._detector.detect(image)
        except cv2.error as error:
            raise EncoderError(expected="YuNet's ONNX file", got="another model") from error
        rows = np.zeros((0, 15)) if found is None else found
        boxes = [_square(*row[:4].tolist()) for row in rows]
        return sorted(boxes, key=lambda box: -box.side)

    def near(self, image: Array, last: Box) -> Box | None:
        """The face around its last place, or None."""
        x, y = last.centre
        apart = [(np.hypot(b.centre[0] - x, b.centre[1] - y), b) for b in self.find(image)]
        same = [pair for pair in apart if pair[0] < SAME_FACE * last.side]
        return min(same, key=lambda pair: pair[0])[1] if same else None


def _square(x: float, y: float, width: float, height: float) -> Box:
    side = max(width, height)
    return Box(x + (width - side) / 2, y + (height - side) / 2, side)
