"""Face and motion tokens on drawn faces whose behaviour is known."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest

from tests.factories.media import CALM, face_frames
from trifold.contracts import Frame
from trifold.encoders.video.cues import change, head_shift, motion_outside, mouth_shape
from trifold.encoders.video.detect import Box, crop_face, find_faces
from trifold.encoders.video.face import UNSTEADY, FaceMotion
from trifold.errors import InputError


def at_rate(images, rate_hz: float = 5.0) -> list[Frame]:
    step = round(15 / rate_hz)
    return [Frame(image, i * step / 15) for i, image in enumerate(images[::step])]


def encode(images):
    return FaceMotion().encode(at_rate(images))


def column(name: str, *, seconds: float = 3.0, **changes: float) -> float:
    values = [
        encode(face_frames(seconds, like=replace(CALM, **changes), seed=seed)).values
        for seed in (0, 1)
    ]
    return float(np.mean([v[:, FaceMotion().feature_names.index(name)].mean() for v in values]))


def test_drawn_faces_are_found_where_they_are() -> None:
    for seed in range(6):
        for image in face_frames(0.4, seed=seed)[::3]:
            (box,) = find_faces(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY))
            assert box.centre == pytest.approx((160, 110), abs=25)
            assert 90 < box.side < 190


@pytest.mark.parametrize(
    ("field", "low", "high", "name"),
    [("smile", 0.2, 0.9, "smile_strength"), ("head_amplitude", 0.04, 0.3, "head_speed"),
     ("head_amplitude", 0.04, 0.3, "face_motion"), ("closeness", 0.6, 0.78, "face_size"),
     ("gesture_amplitude", 0.02, 0.25, "body_motion")],
)  # fmt: skip
def test_what_the_face_does_is_what_is_measured(field, low, high, name) -> None:
    assert column(name, **{field: high}) > 1.1 * column(name, **{field: low})


def test_a_still_picture_does_not_move() -> None:
    sequence = encode([face_frames(0.1)[0]] * 45)
    names = FaceMotion().feature_names
    for name in ("head_speed", "face_motion", "mouth_motion", "body_motion"):
        assert sequence.values[:, names.index(name)].max() < 0.05, name
    assert sequence.quality["face_fraction"] == 1.0


def test_light_is_not_movement() -> None:
    image = face_frames(0.1)[0]
    brighter = np.clip(image.astype(int) + 12, 0, 255).astype(np.uint8)
    gray = [cv2.cvtColor(i, cv2.COLOR_RGB2GRAY) for i in (image, brighter)]
    assert change(gray[1], gray[0]) < 0.02
    assert motion_outside(gray[1], gray[0], None) < 0.02


def test_a_mirrored_video_moves_as_much() -> None:
    images = face_frames(3)
    names = FaceMotion().feature_names
    plain, mirrored = (
        encode(v).values.mean(axis=0) for v in (images, [np.fliplr(i).copy() for i in images])
    )
    for name in ("head_speed", "face_motion", "body_motion", "face_size"):
        k = names.index(name)
        assert mirrored[k] == pytest.approx(plain[k], rel=0.2), name
    k = names.index("face_x")
    assert mirrored[k] == pytest.approx(1 - plain[k], abs=0.03)


def test_a_steady_encoder_leaves_columns_out_and_changes_none() -> None:
    images = face_frames(3)
    whole, steady = FaceMotion(), FaceMotion(steady=True)
    kept = [whole.feature_names.index(name) for name in steady.feature_names]
    assert set(whole.feature_names) - set(steady.feature_names) == set(UNSTEADY)
    frames = [Frame(image, i / 5) for i, image in enumerate(images)]
    every, some = whole.encode(iter(frames)), steady.encode(iter(frames))
    np.testing.assert_array_equal(some.values, every.values[:, kept])
    assert some.quality == every.quality
    assert steady.fingerprint != whole.fingerprint


@pytest.mark.parametrize("shift", [(5, 0), (0, -4), (3, 2)])
def test_head_shift_measures_the_shift(shift) -> None:
    gray = cv2.cvtColor(face_frames(0.1)[0], cv2.COLOR_RGB2GRAY)
    moved = np.roll(gray, (shift[1], shift[0]), axis=(0, 1))
    dx, dy = head_shift(moved, gray, Box(90, 40, 130))
    assert (dx * 130, dy * 130) == pytest.approx(shift, abs=0.5)


def test_mouth_corners_up_is_positive_curvature() -> None:
    face = np.full((96, 96), 180, np.uint8)
    up, down = face.copy(), face.copy()
    cv2.ellipse(up, (48, 70), (18, 8), 0, 0, 180, 30, 3)
    cv2.ellipse(down, (48, 80), (18, 8), 0, 180, 360, 30, 3)
    assert mouth_shape(up)[0] > 0.02
    assert mouth_shape(down)[0] < -0.02
    assert mouth_shape(face) == (0.0, 0.0, 0.0)


def test_crop_is_square_also_at_the_border() -> None:
    assert crop_face(np.zeros((240, 320), np.uint8), Box(-20, 200, 90)).shape == (96, 96)


def test_no_face_gives_no_token_but_quality() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (20, 120, 160, 3)).astype(np.uint8)
    sequence = FaceMotion().encode(Frame(image, i / 5) for i, image in enumerate(noise))
    assert sequence.values.shape == (0, FaceMotion().dim)
    assert sequence.quality["face_fraction"] == 0
    assert sequence.quality["n_frames"] == 20
    assert FaceMotion().encode([]).values.shape == (0, FaceMotion().dim)


def test_a_passing_face_is_not_the_candidates() -> None:
    images = face_frames(3)
    wall = np.full_like(images[0], 128)
    sequence = encode([wall] * 150 + images[:12])
    assert 0 < sequence.quality["face_fraction"] < 0.1
    assert len(sequence.values) == 0


def test_seconds_without_a_face_take_the_clips_mean() -> None:
    images = face_frames(3)
    wall = np.full_like(images[0], 128)
    sequence = encode(images[:15] + [wall] * 15 + images[30:])
    k = FaceMotion().feature_names.index("face_size")
    assert sequence.values[1, 0] < 0.3
    assert sequence.values[1, k] == pytest.approx(sequence.values[[0, 2], k].mean(), rel=0.2)
    assert np.isfinite(sequence.values).all()


def test_times_deterministic_and_one_frame() -> None:
    images = face_frames(2.6)
    sequence = encode(images)
    np.testing.assert_allclose(sequence.start_s, [0, 1, 2])
    np.testing.assert_allclose(sequence.end_s, [1, 2, 2.6], atol=0.05)
    np.testing.assert_array_equal(sequence.values, encode(images).values)
    single = FaceMotion().encode([Frame(images[0], 0.0)])
    assert single.values.shape == (1, FaceMotion().dim)
    assert np.isfinite(single.values).all()


def test_settings_are_checked_and_fingerprinted() -> None:
    assert FaceMotion(frame_rate_hz=3).fingerprint != FaceMotion().fingerprint
    with pytest.raises(InputError, match="expected positive frame_rate_hz"):
        FaceMotion(frame_rate_hz=0)


def test_a_frame_over_the_last_second_is_no_token_of_its_own() -> None:
    images = face_frames(3.2)
    sequence = FaceMotion().encode(at_rate(images)[:16])
    np.testing.assert_allclose(sequence.start_s, [0, 1, 2])
    np.testing.assert_allclose(sequence.end_s, [1, 2, 3.2], atol=0.01)
