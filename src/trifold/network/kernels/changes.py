"""What happens to a fitted Gram matrix when training candidates show less."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import torch
from torch import Tensor

from trifold.contracts import FeatureBatch
from trifold.network.kernels.additive_gp import AdditiveGaussianProcess
from trifold.network.kernels.summary import AnswerSums, slot_features
from trifold.network.kernels.views import RbfView


@torch.no_grad()
def gram_changes(
    process: AdditiveGaussianProcess,
    train: FeatureBatch,
    sums: Mapping[str, AnswerSums],
    *,
    shown: Mapping[str, Tensor],
    there: Sequence[Tensor],
    grams: Tensor,
) -> Tensor:
    """What is to be added to Gram rows when training candidates show less.

    Args:
        process: fitted on them.
        train: the n candidates; of it only the questions and answers count.
        sums: ``process.sums`` of everything.
        shown: stream name to (n, T) bool, the answers in which it is still shown.
        there: presence (n, Q) in each view in the fit.
        grams: (J, n, n) of the fit, J over views and their slots.

    Returns:
        (J, n, n), to be added: row i is of candidate i showing less, with all as they were.
    """
    every = train.answer_mask.unsqueeze(1)
    question = process.question_of(train.tokens, train.answer_mask)
    by_question = process.slots(question, train.answer_mask)
    found = torch.zeros_like(grams)
    j = 0
    for view, spec, was in zip(process.views, process.specs, there, strict=True):
        slots = by_question if spec["by_question"] else every
        kept = [_kept(sums[s], slots, shown[s]) for s in spec["streams"]]
        some, less = (torch.stack(x) for x in zip(*kept, strict=True))
        still, fewer = some.all(dim=0), less.any(dim=0)  # (n, Q)
        for slot, seen in enumerate(was.mT):
            gone, rows = seen & ~still[:, slot], seen & (still & fewer)[:, slot]
            found[j, gone] = -grams[j, gone]
            if rows.any():
                of_rows = {s: sums[s].rows(rows) for s in spec["streams"]}
                left = {s: slots[rows, slot, None] & shown[s][rows, None] for s in of_rows}
                values = _side_by_side(of_rows, left, spec)[:, 0].double()
                found[j, rows] = cast(RbfView, view).cross(values, seen, slot) - grams[j, rows]
            j += 1
    return found


def _kept(sums: AnswerSums, slots: Tensor, shown: Tensor) -> tuple[Tensor, Tensor]:
    """(n, Q) bool each: whether any token of a slot is still shown, and whether some are not."""
    tokens = slots & (sums.tokens > 0).unsqueeze(1)
    kept = tokens & shown.unsqueeze(1)
    return kept.any(dim=-1), (tokens & ~kept).any(dim=-1)


def _side_by_side(
    sums: Mapping[str, AnswerSums], slots: Mapping[str, Tensor], view: Mapping[str, Any]
) -> Tensor:
    """(B, Q, D) of all streams of a view, each with its own (B, Q, T) slots."""
    parts = [slot_features(sums[s], slots[s], view)[0] for s in view["streams"]]
    return torch.cat(parts, dim=-1)
