"""Attributions against their axioms and against Captum; deletion tests against known games."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues

from src.scoring.evidence.attribution import occlusion, shapley
from src.scoring.evidence.faithfulness import against_random, area_between, random_area

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


def ends(game) -> tuple[np.ndarray, np.ndarray]:
    none, every = game(np.array([[False] * 6, [True] * 6]))
    return none, every


def test_additive_scores_give_their_weights() -> None:
    found = shapley(additive, GROUPS, ends=ends(additive), rounds=1)
    np.testing.assert_allclose(found, WEIGHTS, atol=1e-12)
    np.testing.assert_allclose(occlusion(additive, GROUPS, ends=ends(additive)), WEIGHTS)


@pytest.mark.parametrize("method", ["shapley", "occlusion"])
def test_contributions_add_up_whatever_the_game(method: str) -> None:
    none, every = ends(entangled)
    if method == "shapley":
        found = shapley(entangled, GROUPS, ends=(none, every), rounds=1)
        np.testing.assert_allclose(found[4], 0)  # piece 4 never changes anything
    else:
        found = occlusion(entangled, GROUPS, ends=(none, every))
    np.testing.assert_allclose(found.sum(axis=0), every - none, atol=1e-12)


def test_sums_by_modality_are_captums_exact_shapley_values() -> None:
    found = shapley(entangled, GROUPS, ends=ends(entangled), rounds=1)
    names = list(dict.fromkeys(GROUPS))
    mask = torch.tensor([[names.index(group) for group in GROUPS]])
    for k in range(2):
        oracle = ShapleyValues(lambda x, k=k: torch.as_tensor(entangled(x.numpy() > 0)[:, k]))
        theirs = oracle.attribute(torch.ones(1, 6), baselines=0, feature_mask=mask)[0]
        ours = [found[np.array(GROUPS) == name, k].sum() for name in names]
        first = [GROUPS.index(name) for name in names]
        np.testing.assert_allclose(ours, theirs[first], atol=1e-6)


def test_inside_one_modality_they_come_near_captums() -> None:
    oracle = ShapleyValues(lambda x: torch.as_tensor(entangled(x.numpy() > 0)[:, 0]))
    theirs = oracle.attribute(torch.ones(1, 6), baselines=0)[0]
    found = shapley(entangled, ["text"] * 6, ends=ends(entangled), rounds=300)
    np.testing.assert_allclose(found[:, 0], theirs, atol=0.03)


def test_one_piece_takes_it_all() -> None:
    def game(shown: np.ndarray) -> np.ndarray:
        return shown * 3.0

    found = shapley(game, ["text"], ends=(np.zeros(1), np.full(1, 3.0)), rounds=1)
    np.testing.assert_allclose(found, [[3.0]])


def test_the_right_order_beats_random_and_the_reverse_loses() -> None:
    right = area_between(additive, WEIGHTS)
    assert (right > 0).all()
    np.testing.assert_allclose(area_between(additive, -WEIGHTS), -right)
    random = random_area(additive, WEIGHTS, draws=400, seed=0)
    assert np.abs(random).max() < 0.1 * right.min()


def test_deletion_curves_are_read_by_hand() -> None:
    """Two pieces of 1 and −1: hiding the first leaves −1, hiding the second leaves 1."""

    def game(shown: np.ndarray) -> np.ndarray:
        return shown @ np.array([[1.0], [-1.0]])

    assert area_between(game, np.array([[1.0], [-1.0]])) == pytest.approx([2.0])
    assert area_between(game, np.ones((1, 1))) == pytest.approx([0.0])


def test_the_paired_test_sees_a_difference_and_no_difference() -> None:
    generator = np.random.default_rng(0)
    random, gain = generator.normal(size=40), generator.normal(0.5, 1, size=40)
    found = against_random(random + gain, random)
    assert found.p_value < 0.01
    assert found.better == pytest.approx(np.mean(gain > 0))
    assert found.n == 40
    assert against_random(random, random).p_value == 1.0
