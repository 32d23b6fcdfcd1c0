"""Losses against references, and their laws."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from torch.nn import functional as F

from trifold.psychometrics.metrics import ccc
from trifold.training.gradient.losses import ccc_loss, consistency_loss, huber_loss, rank_loss


def make(rows: int = 40) -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(0)
    target = torch.randn(rows, 3, generator=generator)
    return 0.5 * target + torch.randn(rows, 3, generator=generator), target


def test_ccc_loss_is_one_minus_the_metric() -> None:
    preds, target = make()
    expected = np.mean([1 - ccc(preds[:, k].numpy(), target[:, k].numpy()) for k in range(3)])
    assert ccc_loss(preds, target).item() == pytest.approx(expected, abs=1e-5)


def test_huber_matches_torch_without_holes() -> None:
    preds, target = make()
    torch.testing.assert_close(huber_loss(preds, target), F.huber_loss(preds, target))


@pytest.mark.parametrize("loss", [ccc_loss, huber_loss])
def test_unlabelled_entries_change_nothing_and_give_finite_gradients(loss) -> None:
    preds, target = make()
    holes = torch.cat([target, torch.full((5, 3), torch.nan)])
    padded = torch.cat([preds, torch.randn(5, 3)]).requires_grad_()
    value = loss(padded, holes)
    torch.testing.assert_close(value, loss(preds, target))
    value.backward()
    assert padded.grad is not None
    assert padded.grad.isfinite().all()
    assert (padded.grad[-5:] == 0).all()


def test_ccc_loss_punishes_shrinkage_that_correlation_ignores() -> None:
    _, target = make()
    assert ccc_loss(target, target).item() == pytest.approx(0.0, abs=1e-5)
    assert ccc_loss(0.2 * target, target).item() > 0.5


def test_ccc_loss_of_a_single_row_or_equal_labels_is_finite() -> None:
    assert ccc_loss(torch.ones(1, 2), torch.zeros(1, 2)).item() == 0.0
    assert ccc_loss(torch.zeros(4, 2), torch.zeros(4, 2)).isfinite()


def test_gradients_are_right() -> None:
    preds, target = make(8)
    target[0, 0] = torch.nan
    inputs = preds.double().requires_grad_()
    assert torch.autograd.gradcheck(lambda x: huber_loss(x, target.double()), (inputs,))
    assert torch.autograd.gradcheck(lambda x: ccc_loss(x, target.double()), (inputs,))


def test_rank_loss_equals_a_loop_over_pairs() -> None:
    generator = torch.Generator().manual_seed(3)
    preds, target = torch.randn(7, 2, generator=generator), torch.randn(7, 2, generator=generator)
    target[2, 0] = torch.nan
    group = torch.tensor([0, 0, 0, 1, 1, 1, 1])
    total, weights = 0.0, 0.0
    for k in range(2):
        for i in range(7):
            for j in range(7):
                gap = target[i, k] - target[j, k]
                if group[i] == group[j] and gap > 0.25:
                    weight = min(float(gap), 2.0)
                    total += weight * torch.nn.functional.softplus(preds[j, k] - preds[i, k])
                    weights += weight
    torch.testing.assert_close(rank_loss(preds, target, group), total / weights)


def test_rank_loss_knows_order_alone() -> None:
    target = torch.tensor([[0.0], [1.0], [3.0]])
    assert rank_loss(target + 50, target) == pytest.approx(float(rank_loss(target, target)))
    assert rank_loss(10 * target, target) < rank_loss(target, target) < rank_loss(-target, target)
    assert rank_loss(target, torch.full((3, 1), torch.nan)) == 0


def test_consistency_moves_the_masked_scores_only() -> None:
    masked, full = torch.ones(3, 2, requires_grad=True), torch.zeros(3, 2, requires_grad=True)
    consistency_loss(masked, full).backward()
    assert (masked.grad != 0).all()
    assert full.grad is None
