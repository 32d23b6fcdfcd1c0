"""Occlusion adds up; deletion tests against known games."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.scoring.attribution.attribution import occlusion
from trifold.scoring.attribution.faithfulness import against_random, area_between, random_area

GROUPS = ["text", "text", "audio", "audio", "audio", "video"]
WEIGHTS = np.array([[1.0, 0], [2, 0], [0, 3], [-1, 0], [0, 0], [0.5, -2]])


def additive(shown: np.ndarray) -> np.ndarray:
    return 4 + shown @ WEIGHTS


def entangled(shown: np.ndarray) -> np.ndarray:
    """Pieces that say the same, pieces that need each other, and one that says nothing."""
    x = shown.astype(float)
    first = np.tanh(x[:, 0] + x[:, 1]) + x[:, 2] * x[:, 5]
    second = np.maximum(x[:, 0], x[:, 3]) - x[:, 5] * x[:, 1] * x[:, 2]
    return np.stack([first, second], axis=1)


def ends(value) -> tuple[np.ndarray, np.ndarray]:
    none, every = value(np.array([[False] * 6, [True] * 6]))
    return none, every


def test_occlusion_of_additive_scores_gives_their_weights() -> None:
    found = occlusion(additive, GROUPS, ends=ends(additive))
    np.testing.assert_allclose(found.values, WEIGHTS)
    np.testing.assert_array_equal(found.error, 0)


def test_occlusion_adds_up_whatever_the_game() -> None:
    none, every = ends(entangled)
    found = occlusion(entangled, GROUPS, ends=(none, every))
    np.testing.assert_allclose(found.values.sum(axis=0), every - none, atol=1e-12)


def test_the_right_order_beats_random_and_the_reverse_loses() -> None:
    right = area_between(additive, WEIGHTS)
    assert (right > 0).all()
    np.testing.assert_allclose(area_between(additive, -WEIGHTS), -right)
    random = random_area(additive, WEIGHTS, draws=400, seed=0)
    assert np.abs(random).max() < 0.1 * right.min()


def test_deletion_curves_are_read_by_hand() -> None:
    """Two pieces of 1 and −1: hiding the first leaves −1, hiding the second leaves 1."""

    def value(shown: np.ndarray) -> np.ndarray:
        return shown @ np.array([[1.0], [-1.0]])

    assert area_between(value, np.array([[1.0], [-1.0]])) == pytest.approx([2.0])
    assert area_between(value, np.ones((1, 1))) == pytest.approx([0.0])


def test_the_paired_test_sees_a_difference_and_no_difference() -> None:
    generator = np.random.default_rng(0)
    random, gain = generator.normal(size=40), generator.normal(0.5, 1, size=40)
    found = against_random(random + gain, random)
    assert found.p_value < 0.01
    assert found.better == pytest.approx(np.mean(gain > 0))
    assert found.n == 40
    assert against_random(random, random).p_value == 1.0
