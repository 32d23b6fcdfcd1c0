"""What an image model gets to see of a frame: the main face, or the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from pathlib import Path

import cv2
import numpy as np

from trifold.contracts import Array, Frame
from trifold.encoders.video.detect import Box, Detector
from trifold.encoders.video.track import FaceTrack
from trifold.encoders.video.yunet import YuNetFaces
from trifold.errors import InputError
from trifold.pretrained.snapshot import sha256_of_file

VIEWS = ("face", "frame")
DETECT_SIDE_PX = 320  # faces are looked for at this size; they are cut out at full size
Seen = tuple[float, Array]  # time in seconds and (H, W, 3) uint8 RGB


class View:
    """Settings of what is seen; makes a ``Look`` for every video.

    Args:
        kind: ``face`` or ``frame``.
        margin: side of the square that is cut out, in sides of the face's box.
        crop_px: side of the crops.
        detector: path of YuNet's file; None takes the embedded cascades.
        min_face_fraction: share of frames that must show a face.

    Raises:
        EncoderError: when the detector's file is missing or none.
        InputError: for an unknown kind or a size that is not positive.
    """

    def __init__(
        self,
        kind: str,
        *,
        margin: float,
        crop_px: int,
        detector: str | None,
        min_face_fraction: float,
    ) -> None:
        if kind not in VIEWS or margin <= 0 or crop_px < 1:
            raise InputError(
                expected=f"view among {', '.join(VIEWS)}, positive margin and crop_px",
                got=f"{kind!r}, {margin} and {crop_px}",
            )
        self.kind, self.margin, self.crop_px = kind, margin, crop_px
        self.min_face_fraction = min_face_fraction
        self.detector = Path(detector).expanduser() if detector else None
        self.settings: dict[str, object] = {"view": kind}
        if kind == "face":
            self._detector()  # a file that is none shall fail now
            found_by = sha256_of_file(self.detector) if self.detector else f"haar {cv2.__version__}"
            self.settings |= {
                "margin": margin,
                "crop_px": crop_px,
                "detector": found_by,
                "min_face_fraction": min_face_fraction,
            }

    def look(self) -> Look:
        """At one video."""
        return Look(self, self._detector())

    def _detector(self) -> Detector | None:
        return YuNetFaces(self.detector) if self.detector and self.kind == "face" else None


class Look:
    """One video through a view, and what was counted on the way.

    Of several faces the largest is taken at first and then followed for as long as it is there;
    ``several_faces_fraction`` says how often there was a choice. Boxes
    are steadied (see ``FaceTrack``), so that crops do not tremble.
    """

    def __init__(self, view: View, detector: Detector | None) -> None:
        self.view = view
        self.track = FaceTrack(detector)
        self.reads_colour = detector is not None
        self.n_frames = self.n_faces = 0

    def see(self, frames: Iterable[Frame]) -> Iterator[Seen]:
        """Frames as they are, or the crop of each that shows the face."""
        for frame in frames:
            self.n_frames += 1
            if self.view.kind == "frame":
                yield frame.time_s, frame.image
                continue
            box = self._find(frame)
            if box is not None:
                self.n_faces += 1
                crop = crop_square(frame.image, box, self.view.margin, self.view.crop_px)
                yield frame.time_s, crop

    @property
    def enough(self) -> bool:
        """Whether tokens may be made of it: fewer faces are mistakes or somebody passing by."""
        if self.view.kind == "frame":
            return self.n_frames > 0
        return self.n_faces > 0 and self.n_faces >= self.view.min_face_fraction * self.n_frames

    def quality(self) -> dict[str, float]:
        """Plain numbers about the video."""
        counted = {"n_frames": float(self.n_frames)}
        if self.view.kind == "face":
            searches = max(self.track.n_searches, 1)
            counted |= {
                "face_fraction": self.n_faces / max(self.n_frames, 1),
                "several_faces_fraction": self.track.n_crowded / searches,
            }
        return counted

    def _find(self, frame: Frame) -> Box | None:
        """The main face in pixels of the whole frame."""
        scale = min(1.0, DETECT_SIDE_PX / max(frame.image.shape[:2]))
        code = cv2.COLOR_RGB2BGR if self.reads_colour else cv2.COLOR_RGB2GRAY
        image = cv2.cvtColor(frame.image, code)
        if scale < 1:
            image = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
        box = self.track.update(image, frame.time_s)
        return None if box is None else Box(box.x / scale, box.y / scale, box.side / scale)


def crop_square(image: Array, box: Box, margin: float, side_px: int) -> Array:
    """(side_px, side_px, 3) uint8 around the box, borders repeated where it leaves the frame."""
    x, y = box.centre
    half = max(1, round(margin * box.side / 2))
    left, top = round(x) - half, round(y) - half
    height, width = image.shape[:2]
    rows = np.arange(top, top + 2 * half).clip(0, height - 1)
    columns = np.arange(left, left + 2 * half).clip(0, width - 1)
    cut = image[np.ix_(rows, columns)]
    how = cv2.INTER_AREA if 2 * half > side_px else cv2.INTER_CUBIC
    resized: Array = cv2.resize(cut, (side_px, side_px), interpolation=how)
    return resized
