"""What a teacher says of the people that a network trains on."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from trifold.training.dataset import Dataset, subset
from trifold.training.learners.base import build_learner, fitted_scaler, minus_mean_of_others


def taught(teacher: Mapping[str, Any], data: Dataset, *, seed: int, out: Path) -> dict[str, Tensor]:
    """Training candidate's id to (K,) standardised scores, each by models not shown their label.

    Around the mean of other people's labels, see ``minus_mean_of_others``.

    Args:
        teacher: specification of a learner, which is fitted on the training rows alone.
        data: whose validation rows the teacher does not see.
        seed: of the teacher.
        out: folder of its checkpoints.
    """
    part = subset(data, data.train_rows)
    fitted = build_learner(teacher).fit(part, seed=seed, out=out)
    scores = torch.as_tensor(
        minus_mean_of_others(fitted_scaler(part), fitted.held_out, part)
    ).float()
    return dict(zip(part.batch.candidate_ids, scores, strict=True))
