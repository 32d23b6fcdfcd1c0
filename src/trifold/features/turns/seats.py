"""Faces of a video by where they sit: places in scenes, followed through cuts, and their mouths.

Nobody is recognised. A seat is a place in a scene; a scene that is cut away and comes back is known
by the whole picture.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np

from trifold.contracts import Array, Frame, Span
from trifold.encoders.video.company import ALIKE, SIGNATURE, is_cut, likeness
from trifold.encoders.video.mesh.faces import FaceTracks
from trifold.encoders.video.mesh.pose import head_axes
from trifold.encoders.video.mesh.shape import face_shape

FACES = 4  # that are followed at once
SAME_SEAT = 0.7  # sides between the places of a face before and after a cut
LEAST_S = 1.0  # that a seat is seen; less is a mistake or somebody passing by
LONGEST_STEP_S = 0.35  # between sightings whose mouths are compared
FEWEST = 8  # sightings that say how much a mouth moves
MOVES = 0.15  # change of the mouth's opening per second, in distances between the eyes
STANDS_OUT = 1.4  # of a mouth's movement in its voice's turns, over that in other times


class Sighted(NamedTuple):
    """A face in a frame: when, in which shot, middle and side as shares, the mouth's opening."""

    time_s: float
    shot: int
    x: float
    y: float
    side: float
    opening: float


@dataclass
class Shot:
    """Frames between two cuts: when, how the picture looks, and which scene it shows."""

    start_s: float
    end_s: float
    look: Array
    scene: int = -1


@dataclass(frozen=True)
class Seats:
    """All seats of a video.

    Attributes:
        shots: in order.
        seats: sightings of each face, in order of time; the one that is seen most comes first.
        aspect: width over height of the picture.
        n_frames: that were looked at.
    """

    shots: Sequence[Shot]
    seats: Sequence[Sequence[Sighted]]
    aspect: float
    n_frames: int


@dataclass
class _Watch:
    shots: list[Shot] = field(default_factory=list)
    aspect: float = 1.0
    n_frames: int = 0


def find_seats(frames: Iterable[Frame], folder: Path) -> Seats:
    """The seats of a video.

    Args:
        frames: of one video, ten a second.
        folder: of the packaged weights ``faces``.
    """
    watch = _Watch()
    parts: dict[tuple[int, int], list[Sighted]] = {}
    for sighted, run in _sighted(frames, FaceTracks(folder, most=FACES), watch):
        parts.setdefault((sighted.shot, run), []).append(sighted)
    _name_scenes(watch.shots)
    seats: list[list[Sighted]] = []
    for part in parts.values():
        known = [s for s in seats if _same_seat(s, part, watch)]
        if known:
            known[0].extend(part)
        else:
            seats.append(list(part))
    step_s = _step_s(watch)
    long = [sorted(s) for s in seats if len(s) * step_s >= LEAST_S]
    return Seats(watch.shots, sorted(long, key=len, reverse=True), watch.aspect, watch.n_frames)


def _sighted(
    frames: Iterable[Frame], tracks: FaceTracks, watch: _Watch
) -> Iterator[tuple[Sighted, int]]:
    for frame in frames:
        height, width = frame.image.shape[:2]
        look = cv2.resize(frame.image, SIGNATURE, interpolation=cv2.INTER_AREA).astype(np.float32)
        if not watch.shots or is_cut(watch.shots[-1].look, look):
            watch.shots.append(Shot(frame.time_s, frame.time_s, look))
        watch.shots[-1].end_s, watch.shots[-1].look = frame.time_s, look
        watch.aspect, watch.n_frames = width / height, watch.n_frames + 1
        for mesh in tracks.update(frame.image, frame.time_s):
            (x, y), side = mesh.box.centre, mesh.box.side
            opening = face_shape(mesh.points @ head_axes(mesh.points).T).mouth_opening
            shot = len(watch.shots) - 1
            place = (x / width, y / height, side / width)
            seen = Sighted(frame.time_s, shot, *place, float(opening))
            yield seen, mesh.run


def _name_scenes(shots: Sequence[Shot]) -> None:
    """Give shots that look alike the number of one scene."""
    known: list[Array] = []
    for shot in shots:
        alike = [k for k, look in enumerate(known) if likeness(shot.look, look) >= ALIKE]
        shot.scene = alike[0] if alike else len(known)
        known += [] if alike else [shot.look]


def _same_seat(seat: Sequence[Sighted], part: Sequence[Sighted], watch: _Watch) -> bool:
    """Whether two parts of tracks are a face in the same place of the same scene, one at a time."""
    if watch.shots[seat[-1].shot].scene != watch.shots[part[0].shot].scene:
        return False
    if {s.time_s for s in seat} & {s.time_s for s in part}:
        return False
    a, b = (
        np.median([(s.x, s.y / watch.aspect, s.side) for s in s_], axis=0) for s_ in (seat, part)
    )
    return bool(np.hypot(*(a[:2] - b[:2])) < SAME_SEAT * max(a[2], b[2]))


def _step_s(watch: _Watch) -> float:
    if watch.n_frames < 2:
        return 0.0
    return (watch.shots[-1].end_s - watch.shots[0].start_s) / (watch.n_frames - 1)


def voice_of(seat: Sequence[Sighted], voices: Sequence[Sequence[Span]]) -> int | None:
    """The voice in whose turns the mouth moves, and not in other times; None where none stands out.

    Args:
        seat: sightings of a face.
        voices: spans of the turns of each voice.
    """
    times, speeds = _mouth_speeds(seat)
    within = [_within(times, spans) for spans in voices]
    moved = np.array([speeds[w].mean() if w.sum() >= FEWEST else np.nan for w in within])
    if np.isnan(moved).all():
        return None
    best = int(np.nanargmax(moved))
    others = [m for k, m in enumerate(moved.tolist()) if k != best and np.isfinite(m)]
    rest = max(others, default=0.0)
    if not others and within[best].mean() < 0.5:  # seen in other times, in which nobody speaks
        rest = float(speeds[~within[best]].mean())
    stands_out = moved[best] >= MOVES and moved[best] >= STANDS_OUT * rest
    return best if stands_out else None


def _mouth_speeds(seat: Sequence[Sighted]) -> tuple[Array, Array]:
    """(n,) times and absolute changes of the mouth's opening per second."""
    times = np.array([s.time_s for s in seat])
    openings, shots = np.array([s.opening for s in seat]), np.array([s.shot for s in seat])
    steps = np.diff(times)
    near = (steps < LONGEST_STEP_S) & (steps > 1e-3) & (np.diff(shots) == 0)
    speeds = np.abs(np.diff(openings))[near] / steps[near]
    return times[1:][near], speeds


def _within(times: Array, spans: Sequence[Span]) -> Array:
    inside = np.zeros(len(times), bool)
    for start, end in spans:
        inside |= (times >= start) & (times < end)
    return inside
