"""The loss of an ensemble against a loop over its members."""

from __future__ import annotations

import pytest
import torch

from trifold.errors import InputError
from trifold.training.gradient.losses import ccc_loss, huber_loss, member_loss, rank_loss
from trifold.training.gradient.sampling import bootstrap_weights


def make() -> tuple[torch.Tensor, torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    members = torch.randn(9, 3, 5, generator=generator)
    target = torch.randn(9, 3, generator=generator)
    target[0, 0] = target[5, 1] = target[6, 1] = torch.nan
    return members, target


@pytest.mark.parametrize("loss", [huber_loss, ccc_loss, rank_loss])
@pytest.mark.parametrize("mix", [0.0, 0.3, 1.0])
def test_equals_a_loop_over_members(loss, mix: float) -> None:
    members, target = make()
    apart = torch.stack([loss(members[..., m], target) for m in range(5)]).mean()
    expected = mix * loss(members.mean(dim=-1), target) + (1 - mix) * apart
    torch.testing.assert_close(member_loss(loss, members, target, mix=mix), expected)


def test_weights_are_each_members_own() -> None:
    members, target = make()
    weight = bootstrap_weights(list("abcdefghi"), 5, seed=2)
    expected = 0.0
    for m in range(5):
        for b in range(9):
            for k in range(3):
                if torch.isfinite(target[b, k]):
                    error = abs(float(members[b, k, m] - target[b, k]))
                    huber = 0.5 * error**2 if error < 1 else error - 0.5
                    expected += float(weight[b, m]) * huber / (24 * 5)
    loss = member_loss(huber_loss, members, target, mix=0.0, weight=weight)
    assert loss.item() == pytest.approx(expected, rel=1e-5)


def test_weights_leave_the_mean_loss_alone_and_ones_change_nothing() -> None:
    members, target = make()
    none = member_loss(huber_loss, members, target, mix=1.0, weight=torch.zeros(9, 5))
    torch.testing.assert_close(none, huber_loss(members.mean(dim=-1), target))
    ones = member_loss(huber_loss, members, target, weight=torch.ones(9, 5))
    torch.testing.assert_close(ones, member_loss(huber_loss, members, target))


def test_bootstrap_losses_average_to_the_plain_one() -> None:
    members, target = make()
    draws = [
        member_loss(
            huber_loss, members, target, weight=bootstrap_weights(list("abcdefghi"), 5, seed=seed)
        )
        for seed in range(400)
    ]
    plain = member_loss(huber_loss, members, target)
    assert torch.stack(draws).mean().item() == pytest.approx(plain.item(), rel=0.02)


def test_a_row_of_weight_0_sends_nothing_to_that_member() -> None:
    members, target = make()
    members.requires_grad_()
    weight = torch.ones(9, 5)
    weight[2, 3] = 0
    member_loss(huber_loss, members, target, mix=0.0, weight=weight).backward()
    assert (members.grad[2, :, 3] == 0).all()
    assert (members.grad[2, :, 2] != 0).all()


def test_agreeing_members_lose_what_their_mean_loses() -> None:
    members, target = make()
    same = members[..., :1].expand_as(members)
    torch.testing.assert_close(
        member_loss(huber_loss, same, target), huber_loss(same[..., 0], target)
    )


def test_gradient_by_finite_differences() -> None:
    members, target = make()
    weight = bootstrap_weights(list("abcdefghi"), 5, seed=0).double()
    scores, labels = members.double().requires_grad_(), target.double()
    assert torch.autograd.gradcheck(
        lambda x: member_loss(huber_loss, x, labels, weight=weight), (scores,)
    )
    assert torch.autograd.gradcheck(lambda x: member_loss(ccc_loss, x, labels), (scores,))


@pytest.mark.parametrize(
    ("members", "target"),
    [
        (torch.randn(1, 2, 3), torch.randn(1, 2)),
        (torch.randn(4, 2, 3), torch.full((4, 2), torch.nan)),
        (torch.ones(4, 2, 3), torch.ones(4, 2)),
    ],
)
def test_degenerate_batches_are_finite(members: torch.Tensor, target: torch.Tensor) -> None:
    def all_three(x: torch.Tensor, y: torch.Tensor) -> torch.Tensor:
        return huber_loss(x, y) + ccc_loss(x, y) + rank_loss(x, y)

    scores = members.clone().requires_grad_()
    loss = member_loss(all_three, scores, target)
    loss.backward()
    assert loss.isfinite()
    assert scores.grad.isfinite().all()


def test_half_precision_members_are_averaged_in_float32() -> None:
    members, target = make()
    low = members.bfloat16()
    torch.testing.assert_close(
        member_loss(huber_loss, low, target), member_loss(huber_loss, low.float(), target)
    )


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"mix": 1.5}, r"member_loss: expected mix between 0 and 1, got 1.5"),
        ({"members": torch.zeros(9, 4, 5)}, r"\(B, K\) = \(9, 3\), got \(9, 4, 5\)"),
        ({"weight": torch.ones(9)}, r"expected weight \(B, M\) = \(9, 5\), got \(9,\)"),
    ],
)
def test_wrong_arguments_are_named(change: dict, message: str) -> None:
    members, target = make()
    with pytest.raises(InputError, match=message):
        member_loss(huber_loss, **{"members": members, "target": target, **change})
