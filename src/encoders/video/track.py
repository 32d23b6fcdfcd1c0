"""One face through a video: the largest at first, then the one that stays in its place."""

from __future__ import annotations

import numpy as np

from src.contracts import Array
from src.encoders.video.detect import Box, find_faces, find_near

FULL_SEARCH_EVERY_S = 2.0
RETRY_AFTER_S = 0.4  # how often an empty picture is searched again
MEMORY = 3  # boxes in the running median that takes out detector jitter


class FaceTrack:
    """Follows the main face; ``n_faces`` and ``n_searches`` count what full searches saw."""

    def __init__(self) -> None:
        self._recent: list[Box] = []
        self._searched_s = -np.inf
        self._shape: tuple[int, ...] = ()
        self.n_searches = 0
        self.n_crowded = 0

    def update(self, gray: Array, time_s: float) -> Box | None:
        """The smoothed box in this frame, or None where no face is found."""
        if gray.shape != self._shape:  # calls change their resolution; old boxes mean nothing then
            self._recent, self._searched_s, self._shape = [], -np.inf, gray.shape
        since_s = time_s - self._searched_s
        last = self._recent[-1] if self._recent else None
        near = find_near(gray, last) if last and since_s < FULL_SEARCH_EVERY_S else None
        if near is None and (last is not None or since_s >= RETRY_AFTER_S):
            near = self._search(gray, time_s, last)
        if near is None:
            self._recent = []
            return None
        self._recent = [*self._recent[-(MEMORY - 1) :], near]
        return Box(*np.median(np.array(self._recent), axis=0).tolist())

    def _search(self, gray: Array, time_s: float, last: Box | None) -> Box | None:
        """Search the whole frame; keep to the face that was followed if it is still there."""
        faces = find_faces(gray)
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
