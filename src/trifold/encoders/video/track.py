"""One face through a video: the largest at first, then the one that stays in its place."""

from __future__ import annotations

import cv2
import numpy as np

from trifold.contracts import Array
from trifold.encoders.video.cues import registered
from trifold.encoders.video.detect import Box, Detector, HaarFaces, centred

FULL_SEARCH_EVERY_S = 2.0
LOOK_EVERY_S = (
    0.3  # how often a face that is followed is looked for; between, its shift is measured
)
RETRY_AFTER_S = 0.4  # how often an empty picture is searched again
FOLLOWED_S = 0.5  # longer steps are too long to follow a shift
PLACE_GAIN, SIZE_GAIN = 0.3, 0.15  # of what is found, against where the shift leads
SAME_PLACE, SAME_SIZE = 0.25, 1.5  # in sides, and a ratio; beyond, it is another face or a cut


class FaceTrack:
    """Follows the main face; ``n_crowded`` and ``n_searches`` count what full searches saw.

    Detectors answer to single grey levels and place a face by steps. So a box is moved by the
    measured shift of what is in it, and drawn slowly to where the detector finds the face.

    Args:
        detector: finds faces; Haar cascades unless another is given.
    """

    def __init__(self, detector: Detector | None = None) -> None:
        self.detector: Detector = detector or HaarFaces()
        self._box: Box | None = None
        self._n_found = 0
        self._before: tuple[Array, float] | None = None
        self._searched_s = self._looked_s = -np.inf
        self.n_searches = 0
        self.n_crowded = 0

    def update(self, image: Array, time_s: float) -> Box | None:
        """The smoothed box in this frame, or None where no face is found.

        Args:
            image: (H, W) or (H, W, 3) uint8, whichever the detector reads.
            time_s: of the frame.
        """
        gray = image if image.ndim == 2 else cv2.cvtColor(image, cv2.COLOR_BGR2GRAY)
        moved = self._moved(gray, time_s)
        self._before = gray, time_s
        if moved is not None and time_s - self._looked_s < LOOK_EVERY_S:
            self._box = moved
            return moved
        found = self._find(image, time_s, moved or self._box)
        self._box = None if found is None else self._steady(found, moved)
        return self._box

    def _moved(self, gray: Array, time_s: float) -> Box | None:
        """The last box, moved by the shift of what is in it; None where that cannot be told."""
        if self._box is None or self._before is None:
            return None
        before, before_s = self._before
        if before.shape != gray.shape:  # calls change their resolution; old boxes mean nothing then
            self._box, self._searched_s = None, -np.inf
            return None
        if time_s - before_s > FOLLOWED_S:
            return None
        shift = registered(gray, before, self._box)
        if shift is None:
            return None
        x, y = self._box.centre
        side = self._box.side
        return centred(x + shift[0] * side, y + shift[1] * side, side)

    def _find(self, image: Array, time_s: float, last: Box | None) -> Box | None:
        """What the detector finds, near the last place or anywhere."""
        since_s = time_s - self._searched_s
        near = self.detector.near(image, last) if last and since_s < FULL_SEARCH_EVERY_S else None
        if near is None and (last is not None or since_s >= RETRY_AFTER_S):
            near = self._search(image, time_s, last)
        self._looked_s = time_s
        return near

    def _steady(self, found: Box, moved: Box | None) -> Box:
        """Between where the face was found and where its shift leads."""
        if moved is None or not _alike(found, moved):
            self._n_found = 1
            return found
        self._n_found += 1
        place, size = (max(1 / self._n_found, gain) for gain in (PLACE_GAIN, SIZE_GAIN))
        (x, y), (to_x, to_y) = moved.centre, found.centre
        side = moved.side + size * (found.side - moved.side)
        return centred(x + place * (to_x - x), y + place * (to_y - y), side)

    def _search(self, image: Array, time_s: float, last: Box | None) -> Box | None:
        """Search the whole frame; keep to the face that was followed if it is still there."""
        faces = self.detector.find(image)
        self._searched_s = time_s
        self.n_searches += 1
        self.n_crowded += len(faces) > 1
        if not faces:
            return None
        same = [face for face in faces if last is not None and _distance(face, last) < 0.5]
        chosen = same[0] if same else faces[0]
        return self.detector.near(image, chosen) or chosen  # the two places differ a little


def _distance(face: Box, last: Box) -> float:
    """Between middles, in sides of the last box."""
    (x, y), (last_x, last_y) = face.centre, last.centre
    return float(np.hypot(x - last_x, y - last_y)) / last.side


def _alike(found: Box, moved: Box) -> bool:
    sizes = found.side / moved.side
    return _distance(found, moved) < SAME_PLACE and 1 / SAME_SIZE < sizes < SAME_SIZE
