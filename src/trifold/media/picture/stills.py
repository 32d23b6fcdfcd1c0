"""Whether a video moves at all: a photograph or a frozen camera is no impression of a person."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from trifold.contracts import Array, Frame

GRID = (48, 36)  # blocks, over which the noise of sensors and codecs averages out
EVERY_S = 1.0  # between pictures that are compared
CHANGED = 5.0  # grey levels of 255: codecs make up to 4, a person at least 10 somewhere
FEW_BLOCKS = 4  # a clock or a red dot of a recorder may change and nothing else


class StillWatch:
    """Counts how much of a video stands still, while its frames go by."""

    def __init__(self) -> None:
        self._before: Array | None = None
        self._before_s = -np.inf
        self.compared_s = self.still_s = 0.0

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Pass frames on, comparing one a second with the one before."""
        for frame in frames:
            if frame.time_s - self._before_s >= EVERY_S:
                self._compare(frame)
            yield frame

    def _compare(self, frame: Frame) -> None:
        coloured = cv2.resize(_shrunk(frame.image), GRID, interpolation=cv2.INTER_AREA)
        blocks = coloured.mean(axis=2, dtype=np.float32)
        if self._before is not None:
            passed_s = frame.time_s - self._before_s
            changed = np.abs(blocks - self._before) > CHANGED
            self.compared_s += passed_s
            self.still_s += passed_s if changed.sum() < FEW_BLOCKS else 0.0
        self._before, self._before_s = blocks, frame.time_s

    @property
    def still_fraction(self) -> float:
        """Share of the time in which nothing moves; 0 where there was nothing to compare."""
        return self.still_s / self.compared_s if self.compared_s else 0.0


def _shrunk(image: Array) -> Array:
    """Means of square blocks, more than ``GRID`` has: OpenCV is slow at ratios that are broken."""
    height, width = image.shape[:2]
    side = max(1, min(width // (2 * GRID[0]), height // (2 * GRID[1])))
    whole = image[: height // side * side, : width // side * side]
    shrunk: Array = cv2.resize(whole, (width // side, height // side), interpolation=cv2.INTER_AREA)
    return shrunk
