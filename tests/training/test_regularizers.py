"""Laws of the terms on experts and their router."""

from __future__ import annotations

import math

import pytest
import torch

from src.training.regularizers import expert_overlap_loss, load_balance_loss

MASK = torch.tensor([[True, True], [True, False]])


def weights(rows: list[list[float]]) -> torch.Tensor:
    """(2, 2, 1, E): the same mixture for every answer of a candidate."""
    return torch.tensor(rows)[:, None, None].expand(2, 2, 1, -1)


def test_even_load_costs_nothing_however_it_is_reached() -> None:
    even = torch.full((2, 2, 1, 3), 1 / 3)
    assert load_balance_loss(even, MASK) == pytest.approx(0.0, abs=1e-6)
    apart = weights([[1.0, 0.0], [0.0, 1.0]])
    everyone = torch.ones(2, 2, dtype=torch.bool)
    assert load_balance_loss(apart, everyone) == pytest.approx(0.0, abs=1e-6)


def test_one_expert_for_all_costs_most() -> None:
    collapsed = weights([[1.0, 0.0, 0.0], [1.0, 0.0, 0.0]])
    assert load_balance_loss(collapsed, MASK) == pytest.approx(math.log(3))


def test_absent_answers_do_not_count() -> None:
    one = torch.rand(2, 2, 4, 3)
    other = torch.where(MASK[..., None, None], one, torch.rand(2, 2, 4, 3))
    torch.testing.assert_close(load_balance_loss(one, MASK), load_balance_loss(other, MASK))
    features = torch.randn(2, 2, 4, 3, 5)
    noisy = torch.where(MASK[..., None, None, None], features, torch.full_like(features, 9.0))
    torch.testing.assert_close(
        expert_overlap_loss(features, MASK), expert_overlap_loss(noisy, MASK)
    )


def test_overlap_is_the_mean_squared_correlation() -> None:
    torch.manual_seed(0)
    x = torch.randn(40, 1, 2, 2, 3, dtype=torch.float64)
    everyone = torch.ones(40, 1, dtype=torch.bool)
    a, b = (x[..., g, :].reshape(-1, 3).T.numpy() for g in (0, 1))
    import numpy as np

    cross = np.corrcoef(a, b)[:3, 3:]
    assert float(expert_overlap_loss(x, everyone)) == pytest.approx((cross**2).mean(), rel=1e-4)
    copied = x[..., :1, :].expand_as(x)
    assert expert_overlap_loss(copied, everyone) > 5 * expert_overlap_loss(x, everyone)


def test_gradients_are_finite_for_degenerate_batches() -> None:
    features = torch.zeros(1, 1, 1, 3, 4, requires_grad=True)
    expert_overlap_loss(features, torch.ones(1, 1) > 0).backward()
    assert torch.isfinite(features.grad).all()
