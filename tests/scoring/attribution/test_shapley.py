"""Owen values against all orders and Captum; their errors against what they are errors of."""

from __future__ import annotations

from collections.abc import Callable
from itertools import permutations, product

import numpy as np
import pytest
import torch
from captum.attr import ShapleyValues

from trifold.scoring.attribution.record import NORMAL_95
from trifold.scoring.attribution.shapley import ORDERS, shapley

K = 12
EVERY_ORDER = 10**9  # so many that coalitions are enumerated
ROUNDING = 1e-12
LONG = ["text"] * 10
WIDE = ["text"] * 8 + ["audio"] * 7 + ["video"] * 9


def entangled(n: int, seed: int) -> Callable[[np.ndarray], np.ndarray]:
    """K scores of n pieces: saturating sums, means as of pooled tokens, and threes that interact.

    Twos would not do: an order and its reverse tell all about them.
    """
    generator = np.random.default_rng(seed)
    weights, pairs = generator.normal(size=(n, K)), generator.normal(size=(n, n, K))

    def value(shown: np.ndarray) -> np.ndarray:
        x = shown.astype(float)
        total, number = x @ weights, x.sum(axis=1, keepdims=True)
        both = np.einsum("ci,cj,ijk->ck", x, x, pairs, optimize=True) / n
        return np.choose(np.arange(K) % 3, [np.tanh(total), total / (1 + number), total * both / 9])

    return value


def found_in(value, groups: list[str], **options):
    none, every = value(np.array([[False] * len(groups), [True] * len(groups)]))
    return shapley(value, groups, ends=(none, every), **options)


def over_all_orders(value, groups: list[str]) -> np.ndarray:
    """By the definition: the mean gain over all orders that keep modalities together."""
    names = list(dict.fromkeys(groups))
    inside = [list(permutations(np.flatnonzero(np.array(groups) == name))) for name in names]
    orders = [sum(o, ()) for i in product(*inside) for o in permutations(i)]
    values = np.zeros((len(groups), K))
    for order in orders:
        place = np.argsort(order)
        steps = value(place < np.arange(len(order) + 1)[:, None])
        values += np.diff(steps, axis=0)[place] / len(orders)
    return values


@pytest.mark.parametrize("groups", ["t", "tt", "ttttt", "tttta", "ttaaa", "tav", "tttav", "ttaav"])
def test_few_pieces_have_exact_values_and_no_error(groups: str) -> None:
    for seed in range(5):
        value = entangled(len(groups), seed)
        found = found_in(value, list(groups))
        np.testing.assert_allclose(
            found.values, over_all_orders(value, list(groups)), atol=ROUNDING
        )
        np.testing.assert_array_equal(found.error, 0)


@pytest.mark.parametrize("groups", [LONG, ["text"] * 7 + ["audio"] * 6, ["text"] * 7 + ["a", "v"]])
def test_errors_hold_exact_values_at_their_nominal_rate(groups: list[str]) -> None:
    held = []
    for seed in range(25):
        value = entangled(len(groups), seed)
        exact = found_in(value, groups, orders=EVERY_ORDER)
        found = found_in(value, groups, seed=seed)
        sampled = found.error > ROUNDING
        assert sampled.any()
        assert not exact.error.any()
        off = np.abs(found.values - exact.values)
        np.testing.assert_allclose(off[~sampled], 0, atol=ROUNDING)
        held.append((off <= NORMAL_95 * found.error)[sampled])
    assert 0.9 < np.concatenate(held).mean() < 0.98


def test_errors_shrink_with_the_root_of_the_orders() -> None:
    groups, off, said = ["text"] * 12, [], []
    games = [entangled(len(groups), seed) for seed in range(30)]
    exact = [found_in(value, groups, orders=EVERY_ORDER).values for value in games]
    for orders in (24, 72, 216):
        found = [found_in(value, groups, orders=orders, seed=7) for value in games]
        away = [(f.values - e) ** 2 for f, e in zip(found, exact, strict=True)]
        off.append(np.sqrt(np.mean(away)))
        said.append(np.sqrt(np.mean([f.error**2 for f in found])))
    np.testing.assert_allclose([off[0] / off[1], off[1] / off[2]], np.sqrt(3), rtol=0.2)
    np.testing.assert_allclose([said[0] / said[1], said[1] / said[2]], np.sqrt(3), rtol=0.2)


@pytest.mark.parametrize("groups", [LONG, WIDE])
def test_what_changes_nothing_has_nothing_and_no_error(groups: list[str]) -> None:
    inner = entangled(len(groups) - 1, 3)
    found = found_in(lambda shown: inner(np.delete(shown, 4, axis=1)), groups)
    np.testing.assert_allclose([found.values[4], found.error[4]], 0, atol=ROUNDING)
    assert (np.delete(found.error, 4, axis=0) > 0).any()


def test_pieces_that_say_the_same_get_the_same() -> None:
    inner = entangled(len(LONG) - 1, 5)

    def value(shown: np.ndarray) -> np.ndarray:
        return inner(np.column_stack([shown[:, 0] | shown[:, 1], shown[:, 2:]]))

    exact, found = found_in(value, LONG, orders=EVERY_ORDER), found_in(value, LONG)
    np.testing.assert_allclose(exact.values[0], exact.values[1], atol=ROUNDING)
    apart = np.abs(found.values[0] - found.values[1])
    assert (apart < 3 * (found.error[0] + found.error[1])).all()


@pytest.mark.parametrize("groups", [LONG, WIDE])
def test_additive_scores_give_their_weights_without_error(groups: list[str]) -> None:
    weights = np.random.default_rng(0).normal(size=(len(groups), K))
    found = found_in(lambda shown: 4 + shown @ weights, groups)
    np.testing.assert_allclose(found.values, weights, atol=ROUNDING)
    np.testing.assert_allclose(found.error, 0, atol=ROUNDING)


@pytest.mark.parametrize("groups", [LONG, WIDE, ["text"] * 9 + ["video"] * 3, ["audio"]])
def test_contributions_add_up_and_sums_by_modality_are_captums(groups: list[str]) -> None:
    value = entangled(len(groups), 1)
    found = found_in(value, groups)
    none, every = value(np.array([[False] * len(groups), [True] * len(groups)]))
    np.testing.assert_allclose(found.values.sum(axis=0), every - none, atol=ROUNDING)
    names = list(dict.fromkeys(groups))
    mask = torch.tensor([[names.index(group) for group in groups]])
    first = [groups.index(name) for name in names]
    for k in range(K):
        oracle = ShapleyValues(lambda x, k=k: torch.as_tensor(value(x.numpy() > 0)[:, k]))
        theirs = oracle.attribute(torch.ones(1, len(groups)), baselines=0, feature_mask=mask)[0]
        ours = [found.values[np.array(groups) == name, k].sum() for name in names]
        np.testing.assert_allclose(ours, theirs[first], atol=1e-5)


@pytest.mark.parametrize("modalities", [1, 2, 3])
def test_the_number_of_scores_does_not_depend_on_the_number_of_modalities(modalities: int) -> None:
    groups = [
        name for name in ("text", "audio", "video")[:modalities] for _ in range(24 // modalities)
    ]
    inner, asked = entangled(len(groups), 2), []

    def value(shown: np.ndarray) -> np.ndarray:
        asked.extend(row.tobytes() for row in shown)
        return inner(shown)

    shapley(value, groups, ends=(np.zeros(K), np.ones(K)))
    assert 0.7 * ORDERS * len(groups) < len(asked) < ORDERS * len(groups)
    assert len(set(asked)) == len(asked)  # nobody is scored twice
    assert not {bytes(len(groups)), bytes([1] * len(groups))} & set(asked)  # the ends are known


def test_a_seed_decides() -> None:
    value = entangled(len(WIDE), 6)
    first, again, other = (found_in(value, WIDE, seed=seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first.values - other.values).max() > 1e-3


def test_the_strongest_piece_is_the_same_over_seeds_more_often_than_from_four_orders() -> None:
    """Four orders are what words alone once got."""

    def same(orders: int) -> float:
        games = [entangled(len(LONG), seed) for seed in range(20)]
        tops = [
            [
                np.abs(found_in(value, LONG, orders=orders, seed=s).values).argmax(axis=0)
                for value in games
            ]
            for s in (1, 2)
        ]
        return float(np.mean(np.array(tops[0]) == np.array(tops[1])))

    assert same(ORDERS) > same(4) + 0.05
