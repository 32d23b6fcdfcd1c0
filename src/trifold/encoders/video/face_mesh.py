"""Face tokens from a mesh of 468 points: pose, gaze, eyes, mouth, brows, their movement, light.

Names are geometry: a lifted corner of the mouth is no feeling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from importlib.metadata import version
from typing import NamedTuple

import cv2
import numpy as np

from trifold.contracts import Array, Frame, Modality, TokenSequence
from trifold.encoders.base import fingerprint
from trifold.encoders.series import fill_with_column_means, nan_mean
from trifold.encoders.video.company import Company, Part
from trifold.encoders.video.cues import motion_outside
from trifold.encoders.video.detect import Box
from trifold.encoders.video.mesh.blaze import FULL, BlazeFaces
from trifold.encoders.video.mesh.litert import PACKAGE
from trifold.encoders.video.mesh.measures import COLUMNS, MEASURED, columns, measure
from trifold.encoders.video.mesh.track import MeshTrack
from trifold.encoders.video.seconds import by_token
from trifold.errors import InputError
from trifold.pretrained.packaged import packaged
from trifold.pretrained.packages import weights_named

WEIGHTS = "faces"
GLANCE_S = 0.2  # between pictures that are compared for company and the body's motion
NOT_FACE = ("face_present", "body_motion")  # columns that need no face


class Row(NamedTuple):
    """One frame: its time, the stretch of its face, (len(MEASURED),) measures, motion around it."""

    time_s: float
    run: int
    measures: Array
    body_motion: float


class FaceMesh:
    """One token per second of video.

    Face columns look at frames with a face only; a second without one takes the clip's mean. Angles
    are in degrees, speeds per second, blinks per minute; lengths of the face are ratios to the
    distance between the eyes. No identity is stored.

    Args:
        frame_rate_hz: frames looked at per second.
        max_side_px: longer side of the frames.
        token_s: seconds per token.
        min_face_fraction: share of frames that must show a face; with fewer, what was taken for one
            is a mistake or somebody passing by, and there is no token.

    Raises:
        EncoderError: when the packaged weights ``faces`` are missing or wrong.
        InputError: for a setting that is not positive.
    """

    modality: Modality = "video"
    version = 1
    packaged_weights = (WEIGHTS,)

    def __init__(
        self,
        *,
        frame_rate_hz: float = 10.0,
        max_side_px: int = 640,
        token_s: float = 1.0,
        min_face_fraction: float = 0.1,
    ) -> None:
        if min(frame_rate_hz, max_side_px, token_s) <= 0:
            raise InputError(
                expected="positive frame_rate_hz, max_side_px and token_s",
                got=f"{frame_rate_hz}, {max_side_px}, {token_s}",
            )
        self.frame_rate_hz, self.max_side_px, self.token_s = frame_rate_hz, max_side_px, token_s
        self.min_face_fraction = min_face_fraction
        self.folder = packaged(WEIGHTS)
        self.feature_names = (*NOT_FACE, *COLUMNS)
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with the settings, the weights and the versions of LiteRT and OpenCV."""
        settings = {
            "frame_rate_hz": self.frame_rate_hz,
            "max_side_px": self.max_side_px,
            "token_s": self.token_s,
            "min_face_fraction": self.min_face_fraction,
            "weights": [file.sha256 for file in weights_named(WEIGHTS).files],
            "litert": version(PACKAGE),
            "opencv": cv2.__version__,
        }
        return fingerprint("FaceMesh", self.version, settings)

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Tokens of one video; none when too few frames show a face."""
        track, company = MeshTrack(self.folder), Company(self._small_faces)
        watched = Watched(frames)
        rows = list(self._rows(watched, track, company))
        times = np.array([row.time_s for row in rows])
        present = np.array([row.run > 0 for row in rows], dtype=bool)
        enough = present.any() and present.mean() >= self.min_face_fraction
        values, starts, ends = self._tokens(rows, times, watched.aspect)
        keep = slice(None) if enough else slice(0, 0)
        brightness = [row.measures[MEASURED.index("brightness")] for row in rows if row.run]
        return TokenSequence(
            values=fill_with_column_means(values[keep]).astype(np.float32),
            start_s=starts[keep],
            end_s=ends[keep],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={
                "n_frames": float(len(rows)),
                "face_fraction": float(present.mean()) if len(rows) else 0.0,
                "several_faces_fraction": max(
                    track.n_crowded / max(track.n_searches, 1), company.fraction
                ),
                "face_scenes": float(company.n_scenes),
                "brightness": float(np.mean(brightness)) if brightness else 0.0,
            },
        )

    def _rows(self, frames: Iterable[Frame], track: MeshTrack, company: Company) -> Iterator[Row]:
        before: tuple[Array, float] | None = None  # the last picture that was compared
        for frame in frames:
            gray = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
            mesh = track.update(frame.image, frame.time_s)
            box, body = None if mesh is None else mesh.box, np.nan
            if before is None or frame.time_s - before[1] >= GLANCE_S - 1e-3:
                company.update(frame.image, gray, frame.time_s, box)
                body = _body_motion(gray, frame.time_s, before, box)
                before = gray, frame.time_s
            measures = np.full(len(MEASURED), np.nan)
            if mesh is not None:
                measures = measure(frame.image, gray, mesh, self.folder)
            yield Row(frame.time_s, 0 if mesh is None else mesh.run, measures, body)

    def _tokens(self, rows: list[Row], times: Array, aspect: float) -> tuple[Array, Array, Array]:
        """(L, D) values with NaN where nothing was seen, and (L,) start and end in seconds."""
        if not rows:
            return np.zeros((0, self.dim)), np.zeros(0, np.float32), np.zeros(0, np.float32)
        runs = np.array([row.run for row in rows])
        measured = columns(np.stack([row.measures for row in rows]), times, runs, aspect=aspect)
        body = np.array([row.body_motion for row in rows])
        cues = np.column_stack([(runs > 0).astype(float), body, measured])
        frame_s = 1 / self.frame_rate_hz
        parts = list(by_token(zip(times, cues, strict=True), self.token_s, frame_s=frame_s))
        starts = np.array([number * self.token_s for number, _ in parts], dtype=np.float32)
        last_s = times[-1] + frame_s
        ends = np.minimum(starts + self.token_s, last_s).astype(np.float32)
        ends[-1] = last_s
        return np.stack([nan_mean(part[:, 1:]) for _, part in parts]), starts, ends

    def _small_faces(self, image: Array, part: Part) -> list[Box]:
        """Faces in a part of a picture, in its own pixels."""
        rows, across = part
        found = BlazeFaces(self.folder, FULL).find(np.ascontiguousarray(image[rows, across]))
        boxes = [face.square for face in found]
        return [box._replace(x=box.x + across.start, y=box.y + rows.start) for box in boxes]


class Watched:
    """Frames that go by; remembers the shape of the picture.

    Args:
        frames: of one video.
    """

    def __init__(self, frames: Iterable[Frame]) -> None:
        self._frames = frames
        self.aspect = 1.0  # width over height, of the last frame

    def __iter__(self) -> Iterator[Frame]:
        for frame in self._frames:
            height, width = frame.image.shape[:2]
            self.aspect = width / height
            yield frame


def _body_motion(
    gray: Array, time_s: float, before: tuple[Array, float] | None, box: Box | None
) -> float:
    """Change of the picture outside the head, per second."""
    if before is None or before[0].shape != gray.shape:
        return np.nan
    return motion_outside(gray, before[0], box) / max(time_s - before[1], 1e-3)
