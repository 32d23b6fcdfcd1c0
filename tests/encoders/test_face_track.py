"""Following one face through a video: who is kept, when it is given up, what is counted."""

from __future__ import annotations

import cv2
import numpy as np
import pytest

from tests.factories.media import face_frames
from trifold.contracts import Frame
from trifold.encoders.video.face import FaceMotion
from trifold.encoders.video.track import FaceTrack


def gray_face(seed: int = 0) -> np.ndarray:
    return cv2.cvtColor(face_frames(0.1, seed=seed)[0], cv2.COLOR_RGB2GRAY)


def beside(left: np.ndarray, right: np.ndarray, *, scale: float) -> np.ndarray:
    """Two people in one picture, the right one smaller."""
    small = cv2.resize(right, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    padded = np.full_like(left, int(right[0, 0]))
    padded[: small.shape[0], : small.shape[1]] = small
    return np.hstack([left, padded])


def test_the_larger_of_two_faces_is_followed_and_both_are_counted() -> None:
    both = beside(gray_face(0), gray_face(1), scale=0.7)
    track = FaceTrack()
    boxes = [track.update(both, i / 5) for i in range(15)]
    assert all(box is not None and box.centre[0] < 320 for box in boxes)
    assert track.n_crowded == track.n_searches > 0


def test_the_followed_face_is_kept_when_a_larger_one_joins() -> None:
    alone = np.hstack([np.full((240, 320), 150, np.uint8), gray_face(0)])
    alone = cv2.resize(alone, None, fx=0.8, fy=0.8, interpolation=cv2.INTER_AREA)
    joined = alone.copy()
    joined[:, :256] = cv2.resize(gray_face(1), (256, 192))
    track = FaceTrack()
    first = track.update(alone, 0.0)
    later = [track.update(joined, 0.2 * i) for i in range(1, 20)]
    assert first is not None
    assert all(box is not None and abs(box.centre[0] - first.centre[0]) < 15 for box in later)


def test_a_face_that_leaves_is_given_up_and_found_again() -> None:
    face, wall = gray_face(), np.full((240, 320), 128, np.uint8)
    track = FaceTrack()
    seen = [track.update(face if not 5 <= i < 15 else wall, i / 5) is not None for i in range(25)]
    assert all(seen[:5])
    assert not any(seen[5:15])
    assert all(seen[17:])  # an empty picture is searched every 0.4 s


def test_jitter_is_smoothed() -> None:
    noise = np.random.default_rng(0)
    face = gray_face().astype(np.int16)
    track = FaceTrack()
    boxes = [
        track.update(np.clip(face + noise.integers(-6, 7, face.shape), 0, 255).astype("u1"), i / 5)
        for i in range(20)
    ]
    centres = np.array([box.centre for box in boxes if box])
    assert len(centres) == 20
    assert centres.std(axis=0).max() < 2.0  # pixels, of a face some 130 wide


def test_a_change_of_resolution_is_no_movement() -> None:
    image = face_frames(0.1)[0]
    large = cv2.resize(image, (640, 480), interpolation=cv2.INTER_CUBIC)
    frames = [Frame(image if i < 10 else large, i / 5) for i in range(20)]
    encoder = FaceMotion()
    sequence = encoder.encode(frames)
    names = encoder.feature_names
    size = sequence.values[:, names.index("face_size")]
    assert size == pytest.approx(np.full(4, size[0]), rel=0.05)
    for name in ("face_motion", "mouth_motion", "head_speed"):
        assert sequence.values[:, names.index(name)].max() < 0.4, name


def test_a_still_head_in_a_grainy_picture_moves_far_less_than_a_moving_one() -> None:
    generator = np.random.default_rng(1)
    image = face_frames(0.1)[0].astype(np.int16)
    still = [
        np.clip(image + generator.integers(-5, 6, image.shape), 0, 255).astype(np.uint8)
        for _ in range(15)
    ]
    moving = face_frames(3.0)[::3]
    k = FaceMotion().feature_names.index("head_speed")
    speed = [
        FaceMotion().encode(Frame(v, i / 5) for i, v in enumerate(images)).values[:, k].mean()
        for images in (still, moving)
    ]
    assert speed[0] < 0.25 * speed[1]
