"""Losses on standardised targets; all ignore NaN labels and reduce to one scalar.

They compute in float32 at least and are finite for one row, no label or constant scores.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional as F

from trifold.errors import InputError


def huber_loss(
    preds: Tensor, target: Tensor, *, delta: float = 1.0, weight: Tensor | None = None
) -> Tensor:
    """Mean Huber loss, Huber (1964), over the labelled entries of (B, K).

    Args:
        preds: (B, K).
        target: (B, K), NaN where unlabelled.
        delta: where the loss turns linear.
        weight: (B, K) or (B, 1) of mean 1, such as bootstrap counts. The sum is divided by the
            number of labels, not by the weights in the batch, so that over bootstrap draws the
            loss is on average the unweighted one.
    """
    seen = torch.isfinite(target)
    labels = torch.where(seen, _precise(target), 0.0)
    error = F.huber_loss(_precise(preds), labels, delta=delta, reduction="none")
    counts = seen if weight is None else seen * weight
    return (error * counts).sum() / seen.sum().clamp(min=1)


def ccc_loss(preds: Tensor, target: Tensor, *, eps: float = 1e-6) -> Tensor:
    """1 − concordance correlation, Lin (1989), eq. 1, per target over the batch, then averaged.

    Counters the shrinkage to the mean that squared and Huber errors reward. Targets with fewer than
    two labelled rows do not count.

    Args:
        preds: (B, K).
        target: (B, K), NaN where unlabelled.
        eps: keeps a batch of equal labels finite.
    """
    seen = torch.isfinite(target)
    x, y = _precise(preds) * seen, _precise(target).nan_to_num() * seen
    count = seen.sum(dim=0)
    n = count.clamp(min=1)
    x_mean, y_mean = x.sum(dim=0) / n, y.sum(dim=0) / n
    dx, dy = (x - x_mean) * seen, (y - y_mean) * seen
    covariance = (dx * dy).sum(dim=0) / n
    spread = (dx.square() + dy.square()).sum(dim=0) / n + (x_mean - y_mean).square()
    loss = 1 - 2 * covariance / (spread + eps)
    usable = count >= 2
    return (loss * usable).sum() / usable.sum().clamp(min=1)


def rank_loss(
    preds: Tensor,
    target: Tensor,
    group: Tensor | None = None,
    *,
    min_gap: float = 0.25,
    max_weight: float = 2.0,
) -> Tensor:
    """Pairwise logistic loss over pairs whose targets differ by more than ``min_gap``.

    Σ w_ij softplus(−sgn(y_i − y_j)(ŷ_i − ŷ_j)) / Σ w_ij with w_ij = min(|y_i − y_j|, max_weight);
    RankNet, Burges et al. (2005), weighted. 0 without a comparable pair.

    Args:
        preds: (B, K).
        target: (B, K), NaN where unlabelled.
        group: (B,) int64; only pairs of one group count, such as answers to one question. None:
            all pairs.
        min_gap: in standard deviations of the target.
        max_weight: cap of a pair's weight.
    """
    scores, labels = _precise(preds), _precise(target)
    one, other = _pairs(len(preds), group, preds.device)
    gap = labels[one] - labels[other]  # (P, K), NaN where either is unlabelled
    weight = torch.where(gap.abs() > min_gap, gap.abs().clamp(max=max_weight), 0.0)
    # as an embedding: the gradients of pairs that share a row are summed in a fixed order
    lead = F.embedding(one, scores) - F.embedding(other, scores)
    order = F.softplus(-gap.nan_to_num().sign() * lead)
    return (weight * order).sum() / weight.sum().clamp(min=1e-6)


def consistency_loss(masked_preds: Tensor, full_preds: Tensor) -> Tensor:
    """Mean squared change of the scores when modalities are hidden; the full ones are fixed."""
    return (_precise(masked_preds) - _precise(full_preds).detach()).square().mean()


def member_loss(
    loss_fn: Callable[..., Tensor],
    members: Tensor,
    target: Tensor,
    *,
    mix: float = 0.5,
    weight: Tensor | None = None,
) -> Tensor:
    """The ensemble: mix · L(mean of members) + (1 − mix) · mean over members of L(member).

    A loss of the mean alone lets members drift apart or copy one another unseen. Members count as
    further targets of one call, so ``loss_fn`` must average over targets, as all losses here do.

    Args:
        loss_fn: takes scores (B, K) and targets (B, K), and a keyword ``weight`` (B, K) if a weight
            is given.
        members: (B, K, M).
        target: (B, K), NaN where unlabelled.
        mix: between 0 and 1.
        weight: (B, M) row weights of mean 1 that differ between members, as in bagging, e.g. the
            rows of ``sampling.bootstrap_weights``. The mean's loss takes none.

    Raises:
        InputError: when ``mix`` or the shapes are wrong.
    """
    _check_members(members, target, weight, mix)
    size = members.shape[-1]
    each = target.repeat_interleave(size, dim=1)  # (B, K·M), as members.flatten(1)
    weights = {} if weight is None else {"weight": weight.repeat(1, target.shape[1])}
    whole = loss_fn(_precise(members).mean(dim=-1), target)
    return mix * whole + (1 - mix) * loss_fn(members.flatten(1), each, **weights)


def _pairs(rows: int, group: Tensor | None, device: torch.device) -> tuple[Tensor, Tensor]:
    """Row numbers (P,) of the first and second of each pair within a group, every pair once."""
    if group is None:
        group = torch.zeros(rows, dtype=torch.int64, device=device)
    first, second = (group.unsqueeze(0) == group.unsqueeze(1)).triu(1).nonzero(as_tuple=True)
    return first, second


def _check_members(members: Tensor, target: Tensor, weight: Tensor | None, mix: float) -> None:
    if not 0 <= mix <= 1:
        raise InputError(expected="mix between 0 and 1", got=str(mix), where="member_loss")
    if members.ndim != 3 or members.shape[:2] != target.shape:
        raise InputError(
            expected=f"members (B, K, M) with (B, K) = {tuple(target.shape)}",
            got=str(tuple(members.shape)),
            where="member_loss",
        )
    if weight is not None and weight.shape != (len(members), members.shape[-1]):
        raise InputError(
            expected=f"weight (B, M) = {(len(members), members.shape[-1])}",
            got=str(tuple(weight.shape)),
            where="member_loss",
        )


def _precise(x: Tensor) -> Tensor:
    return x.to(torch.promote_types(x.dtype, torch.float32))
