"""Tracks of several faces in one picture, each with its mouth."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.factories.media import CALM, face_frames
from trifold.contracts import Frame
from trifold.encoders.video.mesh.faces import FaceTracks, face_tracks
from trifold.pretrained.packaged import packaged

RATE_HZ, FOLDER = 10, packaged("faces")
IMAGES = [face_frames(2.0, like=CALM, rate_hz=RATE_HZ, seed=seed) for seed in (0, 1)]


def frames(images) -> list[Frame]:
    return [Frame(image, i / RATE_HZ) for i, image in enumerate(images)]


def side_by_side(left, right) -> list[np.ndarray]:
    return [np.hstack(pair) for pair in zip(left, right, strict=True)]


def test_each_face_has_a_track_with_its_own_mouth() -> None:
    calm = [IMAGES[1][0]] * 20
    speaks, still = face_tracks(frames(side_by_side(IMAGES[0], calm)), FOLDER)
    if speaks[0].box.x > 320:
        speaks, still = still, speaks
    assert len(speaks) == len(still) == 20
    assert [s.time_s for s in speaks] == pytest.approx(np.arange(20) / RATE_HZ)
    assert max(s.box.centre[0] for s in speaks) < 320 < min(s.box.centre[0] for s in still)
    moves, rests = (np.std([s.mouth_opening for s in track]) for track in (speaks, still))
    assert moves > 0.02
    assert rests < moves / 4


def test_one_face_alone_has_the_same_track_as_beside_another() -> None:
    (alone,) = face_tracks(frames(IMAGES[0]), FOLDER)
    beside = face_tracks(frames(side_by_side(*IMAGES)), FOLDER)
    left = next(track for track in beside if track[0].box.centre[0] < 320)
    opening = [[s.mouth_opening for s in track] for track in (alone, left)]
    np.testing.assert_allclose(*opening, atol=0.03)


def test_a_face_that_comes_back_keeps_its_track_and_a_new_one_gets_its_own() -> None:
    empty = np.full_like(IMAGES[0][0], 128)
    away = [*IMAGES[0][:6], *[empty] * 8, *IMAGES[0][6:12]]
    (track,) = face_tracks(frames(away), FOLDER)
    assert sum(0.6 <= s.time_s < 1.4 for s in track) == 0
    assert track[-1].time_s == pytest.approx(1.9)
    moved = [np.roll(np.hstack([image, empty]), shift, axis=1)
             for image, shift in zip(IMAGES[0], [0] * 10 + [320] * 10, strict=True)]  # fmt: skip
    assert len(face_tracks(frames(moved), FOLDER)) == 2


def test_no_more_faces_are_followed_than_asked_for() -> None:
    both = side_by_side(*IMAGES)[0]
    assert [len(FaceTracks(FOLDER, most=most).update(both, 0.0)) for most in (1, 2, 3)] == [1, 2, 2]
    larger = cv2.resize(both, None, fx=1.5, fy=1.5)
    tracks = FaceTracks(FOLDER)
    assert [len(tracks.update(image, i / 10)) for i, image in enumerate([both, larger])] == [2, 2]


def test_no_face_has_no_track() -> None:
    assert face_tracks(frames([np.zeros((120, 160, 3), np.uint8)] * 5), FOLDER) == []
    assert face_tracks([], FOLDER) == []
