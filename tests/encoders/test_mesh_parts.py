"""Anchors, crops, pose, gaze and series of the face mesh: pure functions against other formulas."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.ndimage import gaussian_filter1d
from scipy.spatial.transform import Rotation

from trifold.encoders.video.mesh.blaze import FULL, SHORT, anchors, decode, merge, overlap
from trifold.encoders.video.mesh.crop import Region, around, cut, to_picture
from trifold.encoders.video.mesh.eyes import gaze
from trifold.encoders.video.mesh.litert import load_model
from trifold.encoders.video.mesh.pose import angles, head_axes
from trifold.encoders.video.mesh.shape import eye_distance, face_shape
from trifold.encoders.video.mesh.smoothing import (
    blink_rate,
    blinks,
    closure,
    filled,
    ranges,
    smoothed,
    speeds,
)
from trifold.errors import EncoderError


@pytest.fixture(scope="module")
def straight() -> np.ndarray:
    """(468, 3) a head that looks into the camera, by its own axes."""
    generator = np.random.default_rng(0)
    points = generator.normal(0, 3, (468, 3))
    points[[33, 133, 21, 127, 234], 0] -= 40
    points[[263, 362, 251, 356, 454], 0] += 40
    points[[10, 109, 338], 1] -= 60
    points[2, 1] += 30
    return points @ head_axes(points).T


@pytest.mark.parametrize("kind", [SHORT, FULL])
def test_anchors_are_the_middles_of_cells_row_by_row(kind) -> None:
    expected = [
        ((column + 0.5) / cells, (row + 0.5) / cells)
        for cells, each in kind.grids
        for row in range(cells)
        for column in range(cells)
        for _ in range(each)
    ]
    np.testing.assert_allclose(anchors(kind.grids), expected)
    assert len(expected) == {SHORT: 896, FULL: 2304}[kind]


def test_a_detection_lies_where_its_anchor_and_offsets_say() -> None:
    centres = anchors(SHORT.grids)
    raw, logits = np.zeros((896, 16)), np.full(896, -9.0)
    logits[100] = 2.0
    raw[100, :6] = 4, -2, 32, 16, 8, 8
    scores, boxes = decode(raw, logits, centres, 0.5, 128)
    assert scores == pytest.approx([1 / (1 + np.exp(-2))])
    x, y = centres[100] + (4 / 128, -2 / 128)
    np.testing.assert_allclose(boxes[0, :2], [[x - 0.125, y - 0.0625], [x + 0.125, y + 0.0625]])
    np.testing.assert_allclose(boxes[0, 2], centres[100] + 8 / 128)


def test_detections_of_one_face_become_one_and_others_stay() -> None:
    def at(x: float) -> np.ndarray:
        return np.array([[x, 0.1], [x + 0.2, 0.3], *[[x, 0.1]] * 6])

    scores, boxes = merge(np.array([0.9, 0.6, 0.8]), np.stack([at(0.1), at(0.13), at(0.7)]))
    assert scores.tolist() == [0.9, 0.8]
    assert boxes[0, 0, 0] == pytest.approx((0.9 * 0.1 + 0.6 * 0.13) / 1.5)
    assert overlap(at(0.1), at(0.1)[None]) == pytest.approx([1.0])
    assert overlap(at(0.1), at(0.5)[None]) == pytest.approx([0.0])


@given(x=st.floats(50, 250), y=st.floats(50, 150), side=st.floats(20, 400), angle=st.floats(-3, 3))
def test_a_square_around_turned_points_has_them_level(x, y, side, angle) -> None:
    corners = np.array([[-1, -1], [1, -1], [1, 1], [-1, 1]]) * side / 2
    turn = Rotation.from_euler("z", angle).as_matrix()[:2, :2]
    points = corners @ turn.T + (x, y)
    found = around(points, points[0], points[1], scale=1.0)
    assert (found.x, found.y, found.side) == pytest.approx((x, y, side), abs=1e-6)
    assert np.cos(found.angle - angle) == pytest.approx(1.0)


@pytest.mark.parametrize(
    "region",
    [
        Region(80, 60, 40, 0.0),
        Region(80, 60, 90, 0.5),
        Region(75, 50, 260, -0.3),
        Region(90, 70, 500, 0.2),
    ],
)
def test_a_point_of_a_crop_is_found_in_the_picture(region: Region) -> None:
    image = np.zeros((120, 160, 3), np.uint8)
    image[58:63, 78:83] = 255
    crop = cut(image, region, 96)
    y, x = np.argwhere(crop[..., 0] >= 0.9 * crop.max()).mean(axis=0)
    np.testing.assert_allclose(to_picture(np.array([[x, y, 0.0]]), region, 96)[0, :2], [80, 60],
                               atol=0.6 * max(1, region.side / 96))  # fmt: skip
    assert crop.max() <= 1.0


@pytest.mark.parametrize("yaw", [-40, 0, 25])
@pytest.mark.parametrize("pitch", [-20, 0, 30])
@pytest.mark.parametrize("roll", [-30, 0, 15])
def test_the_pose_of_a_turned_head_is_its_turn(straight, yaw, pitch, roll) -> None:
    turn = Rotation.from_euler("YXZ", [-yaw, -pitch, roll], degrees=True).as_matrix()
    turned = 1.7 * straight @ turn.T + (300, 200, 5)
    assert angles(head_axes(turned)) == pytest.approx((yaw, pitch, roll), abs=1e-6)
    mirrored = turned * (-1, 1, 1)
    swapped = mirrored.copy()
    for left, right in zip((33, 133, 21, 127, 234), (263, 362, 251, 356, 454), strict=True):
        swapped[[left, right]] = mirrored[[right, left]]
    swapped[[109, 338]] = mirrored[[338, 109]]
    assert angles(head_axes(swapped)) == pytest.approx((-yaw, pitch, -roll), abs=1e-6)
    np.testing.assert_allclose(
        face_shape(turned @ head_axes(turned).T), face_shape(straight), atol=1e-9
    )
    assert eye_distance(turned) == pytest.approx(1.7 * eye_distance(straight))


def eye(x: float = 0.0, y: float = 0.0, opening: float = 0.3) -> tuple[np.ndarray, np.ndarray]:
    """Contour and iris of an eye one wide, its outer corner on the right."""
    contour = np.zeros((71, 2))
    contour[:9, 0] = contour[[0, *range(9, 16), 8], 0] = np.linspace(-0.5, 0.5, 9)
    contour[1:8, 1], contour[9:16, 1] = opening / 2, -opening / 2
    return contour, np.array([[x, y], [x + 0.1, y], [x, y + 0.1], [x - 0.1, y], [x, y - 0.1]])


@pytest.mark.parametrize("turn", [0.0, 0.4])
def test_gaze_is_told_in_widths_of_the_eye(turn: float) -> None:
    matrix = 30 * Rotation.from_euler("z", turn).as_matrix()[:2, :2]
    contour, iris = (points @ matrix.T + (32, 30) for points in eye(0.1, -0.05))
    np.testing.assert_allclose(gaze(contour, iris), (0.1, -0.05), atol=1e-9)


def series(shut: list[tuple[float, float]], seconds: float = 60.0, rate_hz: float = 10.0):
    times = np.arange(0, seconds, 1 / rate_hz)
    opening = 0.3 + np.random.default_rng(0).normal(0, 0.012, len(times))
    for start, length in shut:
        opening[(times >= start - 1e-6) & (times < start + length - 1e-6)] = 0.05
    return times, opening


def test_blinks_are_counted_and_long_closures_and_wavering_are_none() -> None:
    times, opening = series([(3, 0.2), (10, 0.3), (20, 3.0), (40, 0.1)])
    found = blinks(closure(opening, times), times)
    assert [moment for moment, _ in found] == pytest.approx([3, 10, 40])
    assert min(share for _, share in found) > 0.9
    wavering = np.where(np.arange(len(times)) % 2, 0.23, 0.17)
    assert blinks(wavering, times) == []
    rate = blink_rate(found, times, np.ones(len(times), bool), sigma_s=1e4)
    assert rate == pytest.approx(np.full(len(times), 3.0), rel=1e-3)
    assert blinks(closure(np.full(5, np.nan), times[:5]), times[:5]) == []


def test_smoothing_is_gaussian_and_stops_at_breaks() -> None:
    times = np.arange(60) / 10
    values = np.random.default_rng(0).normal(size=(60, 2))
    expected = gaussian_filter1d(values, 1.5, axis=0, mode="nearest", radius=4)
    found = smoothed(values, times, np.ones(60), sigma_s=0.15)
    np.testing.assert_allclose(found[4:-4], expected[4:-4], atol=1e-9)
    step = np.where(times < 3, 0.0, 10.0)[:, None]
    runs = np.where(times < 3, 1, 2)
    np.testing.assert_allclose(smoothed(step, times, runs, sigma_s=0.15), step)
    assert np.nanmax(speeds(step, times, runs)) == 0
    assert np.nanmax(speeds(step, times, np.ones(60))) == pytest.approx(50)


def test_holes_stay_holes_and_speeds_do_not_hang_on_the_frame_rate() -> None:
    times = np.arange(50) / 10
    wave = np.sin(times)[:, None]
    wave[20:25] = np.nan
    found = smoothed(wave, times, np.ones(50), sigma_s=0.15)
    np.testing.assert_array_equal(np.isnan(found), np.isnan(wave))
    for rate_hz in (8, 25):
        fine = np.arange(0, 5, 1 / rate_hz)
        speed = speeds(np.sin(fine)[:, None], fine, np.ones(len(fine)))[1:-1, 0]
        np.testing.assert_allclose(speed, np.abs(np.cos(fine[1:-1])), atol=0.01)


def test_ranges_look_as_far_as_they_say() -> None:
    times = np.arange(40) / 10
    values = np.zeros((40, 1))
    values[20] = 3.0
    found = ranges(values, times, reach_s=0.5)[:, 0]
    assert found.tolist() == [3.0 if abs(i - 20) <= 5 else 0.0 for i in range(40)]


def test_who_looks_down_for_long_has_open_eyes_and_blinks_all_the_same() -> None:
    times, opening = series([(10, 0.2), (45, 0.2)], rate_hz=5)
    opening[times >= 30] *= 0.6
    shut = closure(opening, times)
    assert np.nanmean(shut[times > 35]) < 0.1
    assert [moment for moment, _ in blinks(shut, times) if not 25 < moment < 35] == [10, 45]


def test_holes_are_filled_on_the_line_between_within_runs_alone() -> None:
    times = np.arange(8) / 5
    values = np.array([1, np.nan, 3, np.nan, np.nan, 7, np.nan, np.nan])[:, None]
    runs = np.array([1, 1, 1, 1, 0, 2, 2, 3])
    found = filled(values, times, runs)[:, 0]
    np.testing.assert_allclose(found, [1, 2, 3, 3, np.nan, 7, 7, np.nan])
    np.testing.assert_array_equal(filled(found[:4, None], times[:4], runs[:4])[:, 0], found[:4])


@pytest.mark.parametrize("n", [0, 1, 2])
def test_short_series_are_no_trouble(n: int) -> None:
    times, values = np.arange(n) / 10, np.ones((n, 2))
    for found in (
        smoothed(values, times, np.ones(n), sigma_s=0.15),
        speeds(values, times, np.ones(n)),
        filled(values, times, np.ones(n)),
        ranges(values, times, reach_s=1.0),
    ):
        assert found.shape == (n, 2)  # fmt: skip


def test_a_file_that_is_no_model_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "x.tflite"
    path.write_bytes(b"no model")
    with pytest.raises(EncoderError, match=r"x\.tflite: expected a TFLite model, got"):
        load_model(path)
