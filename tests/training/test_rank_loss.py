"""The rank loss: what it is invariant to, its limits and its gradients."""

from __future__ import annotations

import math

import pytest
import torch

from trifold.training.gradient.losses import rank_loss


def make(rows: int = 12, targets: int = 3) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    preds = torch.randn(rows, targets, generator=generator)
    target = torch.randn(rows, targets, generator=generator)
    target[1, 0] = target[4, 2] = torch.nan
    return preds, target, torch.arange(rows) % 4


def test_a_constant_per_group_changes_nothing() -> None:
    preds, target, group = make()
    shift = torch.randn(4, 3)[group]
    torch.testing.assert_close(
        rank_loss(preds + shift, target, group), rank_loss(preds, target, group)
    )
    torch.testing.assert_close(
        rank_loss(preds, target + shift, group), rank_loss(preds, target, group)
    )


def test_rows_in_any_order_and_groups_by_any_name() -> None:
    preds, target, group = make()
    order = torch.randperm(12)
    shuffled = rank_loss(preds[order], target[order], 100 - 7 * group[order])
    torch.testing.assert_close(shuffled, rank_loss(preds, target, group))


def test_one_group_is_no_group() -> None:
    preds, target, _ = make()
    one = torch.zeros(12, dtype=torch.int64)
    torch.testing.assert_close(rank_loss(preds, target, one), rank_loss(preds, target))


def test_an_unlabelled_row_changes_nothing_and_gets_no_gradient() -> None:
    preds, target, group = make()
    more = torch.cat([preds, torch.full((1, 3), 50.0)]).requires_grad_()
    holes = torch.cat([target, torch.full((1, 3), torch.nan)])
    value = rank_loss(more, holes, torch.cat([group, group[:1]]))
    torch.testing.assert_close(value, rank_loss(preds, target, group))
    value.backward()
    assert (more.grad[-1] == 0).all()
    assert (more.grad[1, 0], more.grad[4, 2]) == (0, 0)


def test_constant_scores_cost_ln_2_per_pair_and_pull_towards_the_order() -> None:
    preds = torch.zeros(3, 1, requires_grad=True)
    loss = rank_loss(preds, torch.tensor([[0.0], [1.0], [3.0]]))
    assert loss.item() == pytest.approx(math.log(2))
    loss.backward()
    assert preds.grad[0] > 0 > preds.grad[2]  # descent lowers the lowest and lifts the highest


def test_pairs_within_the_gap_do_not_count() -> None:
    target = torch.tensor([[0.0], [0.2], [0.3]])
    assert rank_loss(torch.tensor([[9.0], [0.0], [0.0]]), target, min_gap=0.25).item() > 8
    assert rank_loss(torch.tensor([[9.0], [0.0], [0.0]]), target, min_gap=0.35).item() == 0


def test_one_wild_label_weighs_no_more_than_the_cap() -> None:
    preds, target, group = make()
    far, farther = target.clone(), target.clone()
    far[0], farther[0] = 50.0, 5000.0
    torch.testing.assert_close(rank_loss(preds, far, group), rank_loss(preds, farther, group))


@pytest.mark.parametrize(
    ("preds", "target"),
    [
        (torch.randn(1, 2), torch.randn(1, 2)),
        (torch.randn(4, 2), torch.full((4, 2), torch.nan)),
        (torch.randn(4, 2), torch.ones(4, 2)),
    ],
)
def test_no_pair_costs_nothing(preds: torch.Tensor, target: torch.Tensor) -> None:
    scores = preds.clone().requires_grad_()
    loss = rank_loss(scores, target)
    loss.backward()
    assert loss == 0
    assert (scores.grad == 0).all()


def test_gradient_by_finite_differences() -> None:
    preds, target, group = make()
    scores = preds.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: rank_loss(x, target.double(), group), (scores,))


def test_half_precision_is_computed_in_float32() -> None:
    preds, target, group = make()
    low = rank_loss(preds.bfloat16(), target, group)
    assert low.dtype == torch.float32
    torch.testing.assert_close(low, rank_loss(preds.bfloat16().float(), target, group))
