"""One face through a video: the largest at first, then the one that stays in its place."""

from __future__ import annotations

from statistics import median

import numpy as np

from src.contracts import Array
from src.encoders.video.detect import Box, Detector, HaarFaces

FULL_SEARCH_EVERY_S = 2.0
RETRY_AFTER_S = 0.4  # how often an empty picture is searched again
MEMORY = 3  # boxes in the running median that takes out detector jitter


class FaceTrack:
    """Follows the main face; ``n_crowded`` and ``n_searches`` count what full searches saw.

    Args:
        detector: finds faces; Haar cascades unless another is given.
    """

    def __init__(self, detector: Detector | None = None) -> None:
        self.detector: Detector = detector or HaarFaces()
        self._recent: list[Box] = []
        self._searched_s = -np.inf
        self._shape: tuple[int, ...] = ()
        self.n_searches = 0
        self.n_crowded = 0

    def update(self, image: Array, time_s: float) -> Box | None:
        """The smoothed box in this frame, or None where no face is found.

        Args:
            image: (H, W) or (H, W, 3) uint8, whichever the detector reads.
            time_s: of the frame.
        """
        if image.shape != self._shape:  # calls change their resolution; old boxes mean nothing then
            self._recent, self._searched_s, self._shape = [], -np.inf, image.shape
        since_s = time_s - self._searched_s
        last = self._recent[-1] if self._recent else None
        near = self.detector.near(image, last) if last and since_s < FULL_SEARCH_EVERY_S else None
        if near is None and (last is not None or since_s >= RETRY_AFTER_S):
            near = self._search(image, time_s, last)
        if near is None:
            self._recent = []
            return None
        self._recent = [*self._recent[-(MEMORY - 1) :], near]
        return Box(*map(median, zip(*self._recent, strict=True)))  # of three: not worth an array

    def _search(self, image: Array, time_s: float, last: Box | None) -> Box | None:
        """Search the whole frame; keep to the face that was followed if it is still there."""
        faces = self.detector.find(image)
        self._searched_s = time_s
        self.n_searches += 1
        self.n_crowded += len(faces) > 1
        if not faces:
            return None
        if last is None:
            return faces[0]
        x, y = last.centre
        same = [f for f in faces if np.hypot(f.centre[0] - x, f.centre[1] - y) < 0.5 * last.side]
        return same[0] if same else faces[0]
