"""How bright a video is, whatever it shows."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import cv2
import numpy as np

from trifold.contracts import Frame

EVERY_S = 1.0  # between pictures that are looked at
GRID = (32, 32)  # blocks, whose mean is that of the picture
LUMA = (0.299, 0.587, 0.114)  # of red, green and blue, as grey pictures weigh them (BT.601)


class LightWatch:
    """Measures the mean brightness of a video while its frames go by."""

    def __init__(self) -> None:
        self._last_s = -np.inf
        self._n, self._total = 0, 0.0

    def watch(self, frames: Iterable[Frame]) -> Iterator[Frame]:
        """Pass frames on, looking at one a second."""
        for frame in frames:
            if frame.time_s - self._last_s >= EVERY_S:
                blocks = cv2.resize(frame.image, GRID, interpolation=cv2.INTER_AREA)
                self._total += float(blocks.mean(axis=(0, 1)) @ LUMA) / 255
                self._n, self._last_s = self._n + 1, frame.time_s
            yield frame

    @property
    def brightness(self) -> float | None:
        """Mean over the pictures, 0 to 1; None where there was none."""
        return self._total / self._n if self._n else None
