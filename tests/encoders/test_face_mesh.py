"""Face tokens by mesh on drawn faces whose behaviour is known."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from tests.factories.media import CALM, face_frames
from trifold.contracts import Frame
from trifold.encoders.video.face_mesh import FaceMesh
from trifold.encoders.video.mesh.eyes import look_at_eyes
from trifold.encoders.video.mesh.landmarks import Mesh
from trifold.encoders.video.mesh.measures import GAZE, GEOMETRY, measure
from trifold.encoders.video.mesh.track import MeshTrack
from trifold.errors import EncoderError, InputError
from trifold.pretrained.packaged import VARIABLE

RATE_HZ = 10
ENCODER = FaceMesh(frame_rate_hz=RATE_HZ)


def faces(seconds: float = 3.0, seed: int = 0, **changes: float) -> list[np.ndarray]:
    return face_frames(seconds, like=replace(CALM, **changes), rate_hz=RATE_HZ, seed=seed)


def encode(images):
    return ENCODER.encode(Frame(image, i / RATE_HZ) for i, image in enumerate(images))


def column(sequence, name: str) -> np.ndarray:
    return sequence.values[:, ENCODER.feature_names.index(name)]


def measured(image: np.ndarray) -> dict[str, float]:
    mesh = MeshTrack(ENCODER.folder).update(image, 0.0)
    assert mesh is not None
    geometry = geometry_of(image, mesh)
    gaze = look_at_eyes(image, mesh.points, ENCODER.folder)
    return dict(zip((*GEOMETRY, *GAZE), (*geometry, *gaze), strict=True))


def geometry_of(image: np.ndarray, mesh: Mesh) -> np.ndarray:
    return measure(mesh.points[None], np.array([image.shape[1::-1]], float))[0]


@pytest.mark.parametrize("seed", range(6))
def test_drawn_faces_are_found_in_every_frame(seed: int) -> None:
    sequence = encode(faces(0.8, seed=seed)[::2])
    assert sequence.quality["face_fraction"] == 1.0
    assert sequence.quality["several_faces_fraction"] == 0.0


@pytest.mark.parametrize(
    ("field", "low", "high", "name"),
    [("smile", 0.2, 0.9, "corner_lift"), ("smile", 0.2, 0.9, "mouth_width"),
     ("head_amplitude", 0.04, 0.3, "head_speed"),
     ("closeness", 0.6, 0.78, "face_size"), ("gesture_amplitude", 0.02, 0.25, "body_motion")],
)  # fmt: skip
def test_what_the_face_does_is_what_is_measured(field, low, high, name) -> None:
    small, large = (column(encode(faces(2, **{field: v})), name).mean() for v in (low, high))
    assert large > small + 0.1 * abs(small)


def test_a_still_picture_does_not_move() -> None:
    sequence = encode([faces(0.1)[0]] * 30)
    limits = dict.fromkeys(n for n in ENCODER.feature_names if n.endswith(("_speed", "_range")))
    for name in (*limits, "turning", "nodding", "body_motion"):
        turns = name in ("yaw_speed", "pitch_speed", "roll_speed", "turning", "nodding")
        assert column(sequence, name).max() < (0.5 if turns else 0.02), name  # degrees, eye widths
    assert column(sequence, "blink_rate").max() == 0


def test_size_and_place_of_the_picture_change_nothing_else() -> None:
    image = faces(0.1)[0]
    plain = measured(image)
    large = cv2.resize(image, None, fx=1.6, fy=1.6, interpolation=cv2.INTER_CUBIC)
    wall = np.full((480, 700, 3), image[5, 5], np.uint8)
    wall[60 : 60 + 240, 200 : 200 + 320] = image
    for other in (measured(large), measured(wall)):
        for name in ("yaw", "pitch", "roll"):
            assert other[name] == pytest.approx(plain[name], abs=2.5), name
        for name in ("mouth_opening", "mouth_width", "corner_lift", "brow_raise", "gaze_x"):
            assert other[name] == pytest.approx(plain[name], abs=0.03), name


def test_a_mirrored_picture_has_its_turns_and_gaze_mirrored() -> None:
    image = faces(0.1)[0]
    corners = np.float32([[60, 20], [260, 20], [260, 220], [60, 220]])
    away = np.float32([[60, 20], [230, 45], [230, 195], [60, 220]])  # the right side lies further
    turned = cv2.warpPerspective(
        image,
        cv2.getPerspectiveTransform(corners, away),
        (320, 240),
        borderMode=cv2.BORDER_REPLICATE,
    )
    one, other = measured(turned), measured(np.ascontiguousarray(np.fliplr(turned)))
    assert abs(one["yaw"]) > 3
    for name, most in {"yaw": 3.0, "roll": 2.0, "gaze_x": 0.03}.items():
        assert other[name] == pytest.approx(-one[name], abs=most), name
    for name, most in {"pitch": 3.0, "mouth_opening": 0.03, "brow_raise": 0.03}.items():
        assert other[name] == pytest.approx(one[name], abs=most), name
    assert other["face_x"] == pytest.approx(1 - one["face_x"], abs=0.02)


def test_a_picture_on_its_side_is_measured_upright() -> None:
    image = cv2.copyMakeBorder(faces(0.1)[0], 40, 40, 0, 0, cv2.BORDER_REPLICATE)
    track = MeshTrack(ENCODER.folder)
    for step, degrees in enumerate(range(0, 61, 10)):
        turn = cv2.getRotationMatrix2D((160, 160), -degrees, 1)  # OpenCV counts the other way
        turned = cv2.warpAffine(image, turn, (320, 320), borderMode=cv2.BORDER_REPLICATE)
        mesh = track.update(turned, step / RATE_HZ)
        assert mesh is not None
        roll = geometry_of(turned, mesh)[GEOMETRY.index("roll")]
        assert roll == pytest.approx(degrees, abs=4)


def test_blinks_are_seen() -> None:
    sequence = encode(faces(6.0, seed=3, head_amplitude=0.02))
    assert column(sequence, "blink_rate").max() > 3
    assert column(sequence, "eye_closure").max() > 0.04


@pytest.mark.parametrize("level", [0, 128])
def test_no_face_gives_no_token_but_quality(level: int) -> None:
    sequence = encode([np.full((120, 160, 3), level, np.uint8)] * 12)
    assert sequence.values.shape == (0, ENCODER.dim)
    assert sequence.quality["face_fraction"] == 0
    assert sequence.quality["n_frames"] == 12


def test_noise_and_nothing_are_no_face() -> None:
    noise = np.random.default_rng(0).integers(0, 255, (12, 120, 160, 3)).astype(np.uint8)
    assert encode(noise).values.shape == (0, ENCODER.dim)
    assert encode([]).values.shape == (0, ENCODER.dim)


def test_a_grey_picture_shows_the_same_face() -> None:
    image = faces(0.1)[0]
    gray = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_RGB2GRAY), cv2.COLOR_GRAY2RGB)
    plain, other = measured(image), measured(gray)
    assert other["roll"] == pytest.approx(plain["roll"], abs=2)
    assert other["mouth_width"] == pytest.approx(plain["mouth_width"], abs=0.06)


def test_a_passing_face_is_not_the_candidates() -> None:
    images = faces(0.8)
    sequence = encode([np.full_like(images[0], 128)] * 100 + images)
    assert 0 < sequence.quality["face_fraction"] < 0.1
    assert len(sequence.values) == 0


def test_seconds_without_a_face_take_the_clips_mean() -> None:
    images = faces()
    sequence = encode(images[:10] + [np.full_like(images[0], 128)] * 10 + images[20:])
    size = column(sequence, "face_size")
    assert column(sequence, "face_present")[1] < 0.3
    assert size[1] == pytest.approx(size[[0, 2]].mean(), rel=0.2)
    assert np.isfinite(sequence.values).all()


def test_a_change_of_resolution_is_no_movement() -> None:
    image = faces(0.1)[0]
    large = cv2.resize(image, (640, 480), interpolation=cv2.INTER_CUBIC)
    sequence = encode([image] * 15 + [large] * 15)
    size = column(sequence, "face_size")
    np.testing.assert_allclose(size, size[0], rtol=0.05)
    assert column(sequence, "head_speed").max() < 0.1


def test_the_larger_of_two_faces_is_followed_and_both_are_counted() -> None:
    small = cv2.resize(faces(0.1, seed=1)[0], None, fx=0.7, fy=0.7, interpolation=cv2.INTER_AREA)
    both = np.full((240, 640, 3), 150, np.uint8)
    both[:, :320] = faces(0.1)[0]
    both[: small.shape[0], 320 : 320 + small.shape[1]] = small
    sequence = encode([both] * 20)
    assert sequence.quality["several_faces_fraction"] == 1.0
    assert column(sequence, "face_x").max() < 0.5


def test_times_repeat_and_one_frame() -> None:
    images = faces(2.6)
    sequence = encode(images)
    np.testing.assert_allclose(sequence.start_s, [0, 1, 2])
    np.testing.assert_allclose(sequence.end_s, [1, 2, 2.6], atol=0.05)
    np.testing.assert_array_equal(sequence.values, encode(images).values)
    single = encode(images[:1])
    assert single.values.shape == (1, ENCODER.dim)
    assert np.isfinite(single.values).all()


def test_settings_are_checked_and_fingerprinted() -> None:
    assert FaceMesh(frame_rate_hz=5).fingerprint != ENCODER.fingerprint
    assert len(ENCODER.resolution) == ENCODER.dim
    assert min(ENCODER.resolution) > 0
    with pytest.raises(InputError, match="expected positive frame_rate_hz"):
        FaceMesh(frame_rate_hz=0)


def test_missing_weights_name_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(VARIABLE, str(tmp_path))
    with pytest.raises(EncoderError, match=r"short_range\.tflite: .*trifold weights names=faces"):
        FaceMesh()
