"""Laws of the terms on experts and their router."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
import torch

from trifold.training.gradient.regularizers import (
    expert_overlap_loss,
    load_balance_loss,
    router_z_loss,
)

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
    cross = np.corrcoef(a, b)[:3, 3:]
    assert float(expert_overlap_loss(x, everyone)) == pytest.approx((cross**2).mean(), rel=1e-4)
    copied = x[..., :1, :].expand_as(x)
    assert expert_overlap_loss(copied, everyone) > 5 * expert_overlap_loss(x, everyone)


def test_gradients_are_finite_for_degenerate_batches() -> None:
    features = torch.zeros(1, 1, 1, 3, 4, requires_grad=True)
    expert_overlap_loss(features, torch.ones(1, 1) > 0).backward()
    assert torch.isfinite(features.grad).all()


def made(loss: Callable, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    """Leaf input (3, 2, 4, E[, F]) of a term."""
    generator = torch.Generator().manual_seed(0)
    x = torch.randn(3, 2, 4, 3, 5, generator=generator, dtype=torch.float64)
    x = x if loss is expert_overlap_loss else x[..., 0]
    return (x.softmax(dim=-1) if loss is load_balance_loss else x).to(dtype).requires_grad_()


SOME = torch.tensor([[True, True], [True, False], [False, False]])
TERMS = pytest.mark.parametrize("loss", [load_balance_loss, router_z_loss, expert_overlap_loss])


@TERMS
def test_gradient_by_finite_differences(loss) -> None:
    assert torch.autograd.gradcheck(lambda x: loss(x, SOME), (made(loss),))


@TERMS
def test_whatever_masked_answers_hold_has_no_influence(loss) -> None:
    clean = made(loss)
    with torch.no_grad():
        wild = clean.clone()
        wild[~SOME] = torch.nan
    wild.requires_grad_()
    torch.testing.assert_close(loss(wild, SOME), loss(clean, SOME))
    loss(wild, SOME).backward()
    assert wild.grad.isfinite().all()
    assert (wild.grad[~SOME] == 0).all()


@TERMS
def test_padding_candidates_and_answers_changes_nothing(loss) -> None:
    x = made(loss).detach()
    more = torch.zeros(5, 4, *x.shape[2:], dtype=x.dtype)
    mask = torch.zeros(5, 4, dtype=torch.bool)
    more[:3, :2], mask[:3, :2] = x, SOME
    torch.testing.assert_close(loss(more, mask), loss(x, SOME))


@TERMS
def test_no_answer_at_all_costs_nothing(loss) -> None:
    x = made(loss)
    value = loss(x, torch.zeros(3, 2, dtype=torch.bool))
    value.backward()
    assert value == 0
    assert (x.grad == 0).all()


@TERMS
def test_half_precision_is_computed_in_float32(loss) -> None:
    low = made(loss, torch.bfloat16)
    assert loss(low, SOME).dtype == torch.float32
    torch.testing.assert_close(loss(low, SOME), loss(low.float(), SOME))


def test_balance_equals_a_loop_and_lies_within_its_bounds() -> None:
    weight = made(load_balance_loss).detach()
    load = [0.0, 0.0, 0.0]
    for b in range(3):
        for t in range(2):
            for k in range(4):
                for g in range(3):
                    load[g] += float(weight[b, t, k, g]) * bool(SOME[b, t]) / (3 * 4)
    expected = sum(p * math.log(3 * p) for p in load)
    value = float(load_balance_loss(weight, SOME))
    assert value == pytest.approx(expected)
    assert 0 <= value <= math.log(3)


def test_an_unused_expert_is_called_back() -> None:
    one = torch.zeros(2, 2, 1, 3)
    one[..., 0] = 1.0
    one.requires_grad_()
    load_balance_loss(one, MASK).backward()
    gradient = one.grad[MASK]
    assert gradient.isfinite().all()
    assert (gradient[..., 0] > gradient[..., 1]).all()  # descent takes from the used one


def test_z_loss_equals_a_loop() -> None:
    logits = made(router_z_loss).detach()
    values = [
        math.log(sum(math.exp(float(x)) for x in logits[b, t, k])) ** 2
        for b in range(3)
        for t in range(2)
        for k in range(4)
        if SOME[b, t]
    ]
    assert float(router_z_loss(logits, SOME)) == pytest.approx(np.mean(values))


def test_z_loss_of_large_logits_is_their_square() -> None:
    assert float(router_z_loss(torch.full((1, 1, 1, 3), 1e4), MASK[:1, :1])) == pytest.approx(
        (1e4 + math.log(3)) ** 2
    )


def test_overlap_ignores_scale_and_offset_of_each_feature() -> None:
    x = made(expert_overlap_loss).detach()
    scale, offset = 0.5 + torch.rand(3, 5).double(), torch.randn(3, 5).double()
    torch.testing.assert_close(
        expert_overlap_loss(10 * x * scale + offset, SOME),
        expert_overlap_loss(10 * x, SOME),
        rtol=1e-5,
        atol=0,
    )


def test_overlap_of_constant_features_a_single_row_or_one_expert_is_0() -> None:
    constant = torch.ones(3, 2, 4, 3, 5)
    assert expert_overlap_loss(constant, SOME) == 0
    assert expert_overlap_loss(torch.randn(1, 1, 1, 3, 5), torch.ones(1, 1) > 0) == 0
    assert expert_overlap_loss(torch.randn(3, 2, 4, 1, 5), SOME) == 0
