"""Streams that nobody trained on shows: a network is told to keep off them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import torch

from trifold.contracts import QUESTION
from trifold.errors import InputError
from trifold.network.base import FusionNetwork
from trifold.network.wrappers.blind import BlindNetwork
from trifold.training.dataset import Dataset
from trifold.training.learners.wrapping import wrap


def streams_never_shown(data: Dataset) -> list[str]:
    """Streams of which no training row has a token.

    Raises:
        InputError: when that is all of what candidates show.
    """
    rows = torch.as_tensor(data.train_rows)
    shown = {s: m for s, m in data.stream_modality.items() if m != QUESTION}
    unseen = [s for s in shown if not bool(data.batch.token_mask[s][rows].any())]
    if len(unseen) == len(shown):
        raise InputError(
            expected="training candidates with something to read",
            got=f"{len(rows)} without a token in any of the streams {', '.join(shown)}",
        )
    return unseen


def without_streams(
    spec: Mapping[str, Any], network: FusionNetwork, unseen: list[str], data: Dataset
) -> tuple[dict[str, Any], FusionNetwork]:
    """The trained network, told to keep off what it never saw."""
    return wrap(BlindNetwork, spec, network, data, unseen=unseen)
