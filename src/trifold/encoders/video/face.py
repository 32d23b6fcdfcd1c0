"""Face and motion tokens: where the face is, how it moves, what mouth and eyes do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

import cv2
import numpy as np

from trifold.contracts import Array, Frame, Modality, TokenSequence
from trifold.encoders.base import VideoEncoder, fingerprint
from trifold.encoders.series import fill_with_column_means, nan_mean, nan_std
from trifold.encoders.video.company import Company
from trifold.encoders.video.cues import (
    change,
    eye_openness,
    head_shift,
    light,
    motion_outside,
    mouth_shape,
    seen_face,
)
from trifold.encoders.video.detect import Box, smile_strength, visible_eyes
from trifold.encoders.video.seconds import by_token
from trifold.encoders.video.track import FaceTrack
from trifold.errors import InputError

PLACE_NAMES = ("face_present", "face_x", "face_y", "face_size")
FACE_NAMES = (
    "smile_strength",
    "mouth_curvature",
    "mouth_width",
    "mouth_openness",
    "eyes_visible",
    "eye_openness",
    "brightness",
    "contrast",
    "light_asymmetry",
    "sharpness",
)
MOTION_NAMES = (
    "head_speed",
    "head_shift_x",
    "head_shift_y",
    "face_motion",
    "mouth_motion",
    "body_motion",  # everything outside the face
)
FRAME_NAMES = (*PLACE_NAMES, *FACE_NAMES, *MOTION_NAMES)
SPREAD_OF = ("mouth_curvature", "mouth_openness", "eye_openness", "head_speed")
SHIFTS = ("head_shift_x", "head_shift_y")  # signed: their spread is the movement
# Whether a cascade sees an eye, where in the picture the face is, from which side the light comes
# and how far the openings of mouth and eyes scatter move by .2 to .7 standard deviations over
# people when a recording is encoded anew (benchmarks.recordings).
UNSTEADY = (
    "face_x",
    "face_y",
    "eyes_visible",
    "light_asymmetry",
    "mouth_openness_sd",
    "eye_openness_sd",
)
EYES_EVERY = 2  # frames: the search for eyes costs as much as that for the face


class FaceMotion(VideoEncoder):
    """One token per second of video.

    Face columns look at frames with a face only; a second without one takes the clip's mean.
    Speeds are in face sides per second. No identity is stored.

    Args:
        frame_rate_hz: frames looked at per second.
        max_side_px: longer side of the frames.
        token_s: seconds per token.
        min_face_fraction: share of frames that must show a face; with fewer, what the detector took
            for one is a mistake or somebody passing by, and there is no token.
        steady: leave out the columns of ``UNSTEADY``. Bundles of before have them all.

    Raises:
        InputError: for a setting that is not positive.
    """

    modality: Modality = "video"
    version = 3

    def __init__(
        self,
        *,
        frame_rate_hz: float = 5.0,
        max_side_px: int = 320,
        token_s: float = 1.0,
        min_face_fraction: float = 0.1,
        steady: bool = False,
    ) -> None:
        if min(frame_rate_hz, max_side_px, token_s) <= 0:
            raise InputError(
                expected="positive frame_rate_hz, max_side_px and token_s",
                got=f"{frame_rate_hz}, {max_side_px}, {token_s}",
            )
        self.frame_rate_hz, self.max_side_px, self.token_s = frame_rate_hz, max_side_px, token_s
        self.min_face_fraction = min_face_fraction
        spread = tuple(f"{name}_sd" for name in (*SPREAD_OF, *SHIFTS))
        means = tuple(name for name in FRAME_NAMES if name not in SHIFTS)
        names = (*means, *spread)
        self.steady = steady
        self._kept = [i for i, name in enumerate(names) if not (steady and name in UNSTEADY)]
        self.feature_names = tuple(names[i] for i in self._kept)
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with the settings and the OpenCV version."""
        settings: dict[str, object] = {
            "frame_rate_hz": self.frame_rate_hz,
            "max_side_px": self.max_side_px,
            "token_s": self.token_s,
            "min_face_fraction": self.min_face_fraction,
            "opencv": cv2.__version__,
        }
        if self.steady:  # without, it is the fingerprint that bundles of before name
            settings["left_out"] = UNSTEADY
        return fingerprint("FaceMotion", self.version, settings)

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Tokens of one video; none when too few frames show a face."""
        track, company = FaceTrack(), Company()
        cues = self._cues(frames, track, company)
        seconds = list(by_token(cues, self.token_s, frame_s=1 / self.frame_rate_hz))
        n_frames = sum(len(rows) for _, rows in seconds)
        with_face = sum(float(rows[:, 1].sum()) for _, rows in seconds)
        enough = with_face > 0 and with_face >= self.min_face_fraction * n_frames
        values = None
        if enough:
            values = np.stack([_summarise(rows[:, 1:])[self._kept] for _, rows in seconds])
        starts = np.array([number * self.token_s for number, _ in seconds], dtype=np.float32)
        last_s = seconds[-1][1][-1, 0] + 1 / self.frame_rate_hz if seconds else 0.0
        ends = np.minimum(starts + self.token_s, last_s).astype(np.float32)
        ends[-1:] = last_s
        keep = slice(None) if enough else slice(0, 0)
        return TokenSequence(
            values=_filled(values, self.dim),
            start_s=starts[keep],
            end_s=ends[keep],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={
                "n_frames": float(n_frames),
                "face_fraction": with_face / max(n_frames, 1),
                "several_faces_fraction": max(
                    track.n_crowded / max(track.n_searches, 1), company.fraction
                ),
                "face_scenes": float(company.n_scenes),
                "brightness": _mean_of(seconds, "brightness"),
            },
        )

    def _cues(
        self, frames: Iterable[Frame], track: FaceTrack, company: Company
    ) -> Iterator[tuple[float, Array]]:
        """Time and (len(FRAME_NAMES),) cues of each frame."""
        before: Shot | None = None
        for number, frame in enumerate(frames):
            gray = cv2.cvtColor(frame.image, cv2.COLOR_RGB2GRAY)
            box = track.update(gray, frame.time_s)
            company.update(frame.image, gray, frame.time_s, box)
            now = Shot(gray, frame.time_s, box, seen_face(gray, box) if box else None)
            yield (
                now.time_s,
                _frame_cues(now, before, eyes=not self.steady and number % EYES_EVERY == 0),
            )
            before = now


class Shot(NamedTuple):
    """A grey frame, its time, and the face in it if there is one."""

    gray: Array
    time_s: float
    box: Box | None
    face: Array | None


def _frame_cues(now: Shot, before: Shot | None, *, eyes: bool) -> Array:
    """In the order of ``FRAME_NAMES``, NaN where there is nothing to see."""
    cues = np.full(len(FRAME_NAMES), np.nan)
    cues[0] = float(now.box is not None)
    if now.box is not None and now.face is not None:
        height, width = now.gray.shape
        x, y = now.box.centre
        cues[1:4] = x / width, y / height, now.box.side / min(height, width)
        cues[4 : 4 + len(FACE_NAMES)] = _face_cues(now.face, eyes=eyes)
    if before is not None and before.gray.shape == now.gray.shape:
        cues[-len(MOTION_NAMES) :] = _motion(now, before)
    return cues


def _face_cues(face: Array, *, eyes: bool) -> list[float]:
    """In the order of ``FACE_NAMES``; the costly search for eyes only where it is wanted."""
    return [
        smile_strength(face),
        *mouth_shape(face),
        visible_eyes(face) if eyes else np.nan,
        eye_openness(face),
        *light(face),
    ]


def _motion(now: Shot, before: Shot) -> list[float]:
    """Movement since the frame before, per second."""
    box, face = now.box, now.face
    per_s = 1.0 / max(now.time_s - before.time_s, 1e-3)
    body = motion_outside(now.gray, before.gray, box) * per_s
    if box is None or face is None:
        return [np.nan] * 5 + [body]
    dx, dy = head_shift(now.gray, before.gray, box)
    # the head's own shift is taken out, so that what is left moved inside the face
    then_face = seen_face(before.gray, Box(box.x - dx * box.side, box.y - dy * box.side, box.side))
    half = len(face) // 2
    return [
        float(np.hypot(dx, dy)) * per_s,
        dx * per_s,
        dy * per_s,
        change(face, then_face) * per_s,
        change(face[half:], then_face[half:]) * per_s,
        body,
    ]


def _summarise(cues: Array) -> Array:
    """(n, C) cues of one token to means and spreads, in ``feature_names`` order."""
    chosen = [FRAME_NAMES.index(name) for name in (*SPREAD_OF, *SHIFTS)]
    means = [i for i, name in enumerate(FRAME_NAMES) if name not in SHIFTS]
    return np.concatenate([nan_mean(cues[:, means]), nan_std(cues[:, chosen])])


def _filled(values: Array | None, dim: int) -> Array:
    if values is None:
        return np.zeros((0, dim), dtype=np.float32)
    return fill_with_column_means(values).astype(np.float32)


def _mean_of(seconds: list[tuple[int, Array]], name: str) -> float:
    """Mean of a cue over all frames that have it; 0 where none has."""
    column = [rows[:, 1 + FRAME_NAMES.index(name)] for _, rows in seconds]
    seen = np.concatenate(column) if column else np.zeros(0)
    return float(seen[np.isfinite(seen)].mean()) if np.isfinite(seen).any() else 0.0
