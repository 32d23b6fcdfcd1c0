"""Several people in one picture, or one after the other, are noticed; one person alone is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

import cv2
import numpy as np
import pytest

from tests.factories.media import face_frames
from trifold.contracts import Frame
from trifold.encoders.video.company import Company, FaceScenes
from trifold.encoders.video.detect import Box
from trifold.encoders.video.face import FaceMotion
from trifold.encoders.video.face_mesh import FaceMesh

RATE_HZ, SECONDS = 5, 8.0


def faces(seed: int) -> list[np.ndarray]:
    return face_frames(SECONDS, rate_hz=RATE_HZ, seed=seed)


def frames(images: Sequence[np.ndarray]) -> Iterator[Frame]:
    return (Frame(image, i / RATE_HZ) for i, image in enumerate(images))


@pytest.fixture(params=[FaceMesh, FaceMotion])
def quality(request: pytest.FixtureRequest) -> Callable[[Sequence[np.ndarray]], dict[str, float]]:
    encoder = request.param()
    return lambda images: dict(encoder.encode(frames(images)).quality)


def beside(large: np.ndarray, small: np.ndarray, share: float) -> np.ndarray:
    """Picture in picture: the small one in the upper right corner."""
    height, width = (round(share * side) for side in large.shape[:2])
    shown = large.copy()
    shown[6 : 6 + height, -width - 6 : -6] = cv2.resize(
        small, (width, height), interpolation=cv2.INTER_AREA
    )
    return shown


@pytest.mark.parametrize("seed", range(2))
def test_one_person_alone_is_alone(quality, seed: int) -> None:
    found = quality(faces(seed))
    assert found["several_faces_fraction"] <= 0.5
    assert found["face_scenes"] == 1


@pytest.mark.parametrize("share", [0.22, 0.3])
def test_picture_in_picture_shows_several(quality, share: float) -> None:
    both = [beside(a, b, share) for a, b in zip(faces(0), faces(1), strict=True)]
    assert quality(both)["several_faces_fraction"] > 0.5


def test_a_gallery_shows_several(quality) -> None:
    tiles = [
        np.hstack([cv2.resize(a, (160, 120)), cv2.resize(b, (160, 120))])
        for a, b in zip(faces(0), faces(1), strict=True)
    ]
    assert quality(tiles)["several_faces_fraction"] > 0.5


def test_a_view_that_follows_the_speaker_has_scenes(quality) -> None:
    one, other = faces(0), faces(3)
    turns = [one[:15], other[15:30], one[30:]]
    assert quality([image for turn in turns for image in turn])["face_scenes"] == 2


def test_slides_in_between_are_no_person() -> None:
    scenes, face = FaceScenes(), Box(100, 60, 90)
    slide = np.tile(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], (240, 1, 3))
    for i, image in enumerate([*faces(0)[:10], *[slide] * 10, *faces(0)[20:30]]):
        scenes.update(image, i / RATE_HZ, None if 10 <= i < 20 else face)
    assert scenes.count == 1


def test_a_light_that_goes_on_is_no_new_scene() -> None:
    scenes, face = FaceScenes(), Box(100, 60, 90)
    for i, image in enumerate(faces(0)[:30]):
        lit = image if i < 15 else np.clip(image * 0.5, 0, 255).astype(np.uint8)
        scenes.update(lit, i / RATE_HZ, face)
    assert scenes.count == 1


def test_nothing_is_nobody() -> None:
    company = Company()
    assert (company.fraction, company.n_scenes) == (0.0, 0)
