"""Face tokens from a mesh of 468 points: pose, gaze, eyes, mouth, brows, their movement, light.

Names are geometry: a lifted corner of the mouth is no feeling.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import NamedTuple

import cv2
import numpy as np

from trifold.contracts import Array, Frame, Modality, TokenSequence
from trifold.encoders.base import VideoEncoder, fingerprint
from trifold.encoders.series import fill_with_column_means, nan_mean
from trifold.encoders.video.mesh.eyes import Gaze, look_at_eyes
from trifold.encoders.video.mesh.litert import litert_version
from trifold.encoders.video.mesh.measures import COLUMNS, MEASURED, RESOLUTION, columns, measure
from trifold.encoders.video.mesh.surroundings import Glance, Light, Surroundings
from trifold.encoders.video.mesh.track import MeshTrack
from trifold.encoders.video.seconds import by_token
from trifold.errors import InputError
from trifold.pretrained.packaged import packaged
from trifold.pretrained.packages import weights_named

WEIGHTS = "faces"
NOT_FACE = {"face_present": 0.05, "body_motion": 0.1}  # columns without a face; resolution
TOGETHER = 64  # frames whose meshes are measured at once
NO_POINTS, NO_ROWS = np.full((468, 3), np.nan), np.zeros((0, len(MEASURED)))
UNSEEN_GAZE, UNSEEN_LIGHT = (np.nan,) * len(Gaze._fields), (np.nan,) * len(Light._fields)


class Seen(NamedTuple):
    """One frame.

    Attributes:
        time_s: of the frame.
        run: number of the unbroken stretch that its face belongs to; 0 where there is none.
        points: (468, 3) of the face in pixels, NaN where there is none.
        size: width and height of the picture in pixels.
        gaze: of the eyes, in frames in which they are looked at.
        glance: at the face's surroundings.
    """

    time_s: float
    run: int
    points: Array
    size: tuple[int, int]
    gaze: Gaze | None
    glance: Glance


class Rows(NamedTuple):
    """Frames of a clip.

    Attributes:
        times: (N,) in seconds.
        runs: (N,) as of ``Seen``.
        measures: (N, len(MEASURED)), NaN where nothing was seen.
        body_motion: (N,).
        aspect: width over height of the last picture.
    """

    times: Array
    runs: Array
    measures: Array
    body_motion: Array
    aspect: float


class FaceMesh(VideoEncoder):
    """One token per second of video.

    Face columns look at frames with a face only; a second without one takes the clip's mean. Angles
    are in degrees, speeds per second, blinks per minute; lengths of the face are ratios to the
    distance between the eyes. No identity is stored.

    Args:
        frame_rate_hz: frames looked at per second. At 5, three or four of five blinks of .15 s
            are seen; at 10 all are.
        gaze_every: frames between looks at the irises, which cost more than the mesh.
        max_side_px: longer side of the frames.
        token_s: seconds per token.
        min_face_fraction: share of frames that must show a face; with fewer, what was taken for one
            is a mistake or somebody passing by, and there is no token.

    Raises:
        EncoderError: when the packaged weights ``faces`` are missing or wrong.
        InputError: for a setting that is not positive.
    """

    modality: Modality = "video"
    version = 2
    packaged_weights = (WEIGHTS,)

    def __init__(
        self,
        *,
        frame_rate_hz: float = 5.0,
        gaze_every: int = 5,
        max_side_px: int = 640,
        token_s: float = 1.0,
        min_face_fraction: float = 0.1,
    ) -> None:
        if min(frame_rate_hz, gaze_every, max_side_px, token_s) <= 0:
            raise InputError(
                expected="positive frame_rate_hz, gaze_every, max_side_px and token_s",
                got=f"{frame_rate_hz}, {gaze_every}, {max_side_px}, {token_s}",
            )
        self.frame_rate_hz, self.max_side_px, self.token_s = frame_rate_hz, max_side_px, token_s
        self.gaze_every, self.min_face_fraction = gaze_every, min_face_fraction
        self.folder = packaged(WEIGHTS)
        self.feature_names = (*NOT_FACE, *COLUMNS)
        self.dim = len(self.feature_names)
        self.resolution = (*NOT_FACE.values(), *(RESOLUTION[name] for name in COLUMNS))

    @property
    def fingerprint(self) -> str:
        """Changes with the settings, the weights and the versions of LiteRT and OpenCV."""
        settings = {
            "frame_rate_hz": self.frame_rate_hz,
            "gaze_every": self.gaze_every,
            "max_side_px": self.max_side_px,
            "token_s": self.token_s,
            "min_face_fraction": self.min_face_fraction,
            "weights": [file.sha256 for file in weights_named(WEIGHTS).files],
            "litert": litert_version(),
            "opencv": cv2.__version__,
        }
        return fingerprint("FaceMesh", self.version, settings)

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Tokens of one video; none when too few frames show a face."""
        track, around = MeshTrack(self.folder), Surroundings(self.folder)
        rows = _rows(self._seen(frames, track, around))
        present = rows.runs > 0
        enough = present.any() and present.mean() >= self.min_face_fraction
        values, starts, ends = self._tokens(rows)
        keep = slice(None) if enough else slice(0, 0)
        brightness = rows.measures[:, MEASURED.index("brightness")]
        lit = brightness[np.isfinite(brightness)]
        return TokenSequence(
            values=fill_with_column_means(values[keep]).astype(np.float32),
            start_s=starts[keep],
            end_s=ends[keep],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={
                "n_frames": float(len(present)),
                "face_fraction": float(present.mean()) if len(present) else 0.0,
                "several_faces_fraction": max(
                    track.n_crowded / max(track.n_searches, 1), around.company.fraction
                ),
                "face_scenes": float(around.company.n_scenes),
                "brightness": float(lit.mean()) if len(lit) else 0.0,
            },
        )

    def _seen(
        self, frames: Iterable[Frame], track: MeshTrack, around: Surroundings
    ) -> Iterator[Seen]:
        for number, frame in enumerate(frames):
            image = frame.image
            mesh = track.update(image, frame.time_s)
            gaze = None
            if mesh is not None and number % self.gaze_every == 0:
                gaze = look_at_eyes(image, mesh.points, self.folder)
            run, points = (0, NO_POINTS) if mesh is None else (mesh.run, mesh.points)
            size = image.shape[1], image.shape[0]
            yield Seen(
                frame.time_s,
                run,
                points,
                size,
                gaze,
                around.look(frame, mesh.box if mesh else None),
            )

    def _tokens(self, rows: Rows) -> tuple[Array, Array, Array]:
        """(L, D) values with NaN where nothing was seen, and (L,) start and end in seconds."""
        times, runs = rows.times, rows.runs
        if not len(times):
            return np.zeros((0, self.dim)), np.zeros(0, np.float32), np.zeros(0, np.float32)
        measured = columns(rows.measures, times, runs, aspect=rows.aspect)
        cues = np.column_stack([runs > 0, rows.body_motion, measured])
        frame_s = 1 / self.frame_rate_hz
        parts = list(by_token(zip(times, cues, strict=True), self.token_s, frame_s=frame_s))
        starts = np.array([number * self.token_s for number, _ in parts], dtype=np.float32)
        last_s = times[-1] + frame_s
        ends = np.minimum(starts + self.token_s, last_s).astype(np.float32)
        ends[-1] = last_s
        return np.stack([nan_mean(part[:, 1:]) for _, part in parts]), starts, ends


def _rows(seen: Iterator[Seen]) -> Rows:
    """What the frames of a clip come to, measured some dozens at a time: that is quicker."""
    times, runs, body, measures = list[float](), list[int](), list[float](), [NO_ROWS]
    aspect = 1.0
    while group := list(islice(seen, TOGETHER)):
        times += [frame.time_s for frame in group]
        runs += [frame.run for frame in group]
        body += [frame.glance.body_motion for frame in group]
        sizes = np.array([frame.size for frame in group], dtype=float)
        geometry = measure(np.stack([frame.points for frame in group]), sizes)
        gaze = [frame.gaze or UNSEEN_GAZE for frame in group]
        light = [frame.glance.light or UNSEEN_LIGHT for frame in group]
        measures.append(np.column_stack([geometry, gaze, light]))
        aspect = float(sizes[-1, 0] / sizes[-1, 1])
    return Rows(np.array(times), np.array(runs), np.concatenate(measures), np.array(body), aspect)
