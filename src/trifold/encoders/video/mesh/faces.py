"""Every face of a video, each by its own track: where it is and how far its mouth is open."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trifold.contracts import Array, Frame
from trifold.encoders.video.detect import Box
from trifold.encoders.video.mesh.blaze import FaceSearch
from trifold.encoders.video.mesh.landmarks import Landmarks, Mesh, apart
from trifold.encoders.video.mesh.pose import head_axes, straightened
from trifold.encoders.video.mesh.shape import face_shape

SEARCH_EVERY_S = 1.0  # for faces that come
SAME_FACE = 0.5  # sides between places of one face
FORGOTTEN_S = 5.0  # a face that comes back to its place before is the same track


class Sighting(NamedTuple):
    """A face in one frame.

    Attributes:
        time_s: of the frame.
        box: the square around the face, in pixels of the frame.
        mouth_opening: between the inner edges of the lips, in distances between the eyes, with the
            head's turn taken out.
    """

    time_s: float
    box: Box
    mouth_opening: float


class FaceTracks:
    """Follows several faces; ``Mesh.run`` is the number of a face's track.

    Args:
        folder: of the packaged weights ``faces``.
        most: faces that are followed at once, the largest.
    """

    def __init__(self, folder: Path, *, most: int = 2) -> None:
        self._search, self._landmarks, self.most = FaceSearch(folder), Landmarks(folder), most
        self._now: list[Mesh] = []
        self._seen: dict[int, tuple[float, Box]] = {}  # when and where each track was last seen
        self._shape: tuple[int, ...] = ()
        self._searched_s = -np.inf
        self._count = 0

    def update(self, image: Array, time_s: float) -> list[Mesh]:
        """The faces of this frame.

        Args:
            image: (H, W, 3) uint8 RGB.
            time_s: of the frame, later than that of the one before.
        """
        if image.shape != self._shape:  # calls change their resolution; old places mean nothing
            self._shape, self._now, self._searched_s = image.shape, [], -np.inf
            self._seen.clear()
        before = self._now
        followed = (self._landmarks.follow(image, mesh) for mesh in before)
        self._now = _distinct([mesh for mesh in followed if mesh is not None])
        lost = len(self._now) < len(before)
        if lost or time_s - self._searched_s >= SEARCH_EVERY_S:
            self._searched_s = time_s
            self._find_more(image, time_s)
        self._seen |= {mesh.run: (time_s, mesh.box) for mesh in self._now}
        return self._now

    def _find_more(self, image: Array, time_s: float) -> None:
        for found in self._search.find(image)[: 2 * self.most]:
            if len(self._now) >= self.most:
                return
            if all(apart(found.square, mesh.box) >= SAME_FACE for mesh in self._now):
                mesh = self._landmarks.settle(image, found.region, 0)
                if mesh is not None:
                    track = self._track_at(mesh.box, time_s)
                    self._now = _distinct([*self._now, Mesh(mesh.points, track)])

    def _track_at(self, box: Box, time_s: float) -> int:
        """The track that was last seen in this place, or a new one."""
        followed = {mesh.run for mesh in self._now}
        for track, (seen_s, place) in self._seen.items():
            recent = track not in followed and time_s - seen_s <= FORGOTTEN_S
            if recent and apart(box, place) < SAME_FACE:
                return track
        self._count += 1
        return self._count


def face_tracks(frames: Iterable[Frame], folder: Path, *, most: int = 2) -> list[list[Sighting]]:
    """The sightings of each face, in the order of time; the face that is seen most comes first.

    Frames in which a face is not found are absent from its track. Nobody is recognised: a track is
    a place in the picture that a face stays at or moves from without a jump.

    Args:
        frames: of one video; mouths of speakers need ten or more a second.
        folder: of the packaged weights ``faces``, as ``packaged("faces")`` gives it.
        most: faces that are followed at once.

    Raises:
        EncoderError: when LiteRT is not installed or the weights are missing.
    """
    tracks, follow = dict[int, list[Sighting]](), FaceTracks(folder, most=most)
    for frame in frames:
        for mesh in follow.update(frame.image, frame.time_s):
            opening = face_shape(straightened(mesh.points, head_axes(mesh.points))).mouth_opening
            tracks.setdefault(mesh.run, []).append(Sighting(frame.time_s, mesh.box, float(opening)))
    return sorted(tracks.values(), key=lambda track: -len(track))


def _distinct(meshes: list[Mesh]) -> list[Mesh]:
    """Meshes on faces of their own: two that slid onto one face are one, the first."""
    kept: list[Mesh] = []
    for mesh in meshes:
        if all(apart(mesh.box, other.box) >= SAME_FACE / 2 for other in kept):
            kept.append(mesh)
    return kept
