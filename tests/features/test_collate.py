"""Padding keeps what is there and marks what is not."""

from __future__ import annotations

import numpy as np
import torch

from trifold.contracts import TokenSequence
from trifold.features.collate import CandidateSample, collate, select
from trifold.features.pooling import pooled_features

DIMS = {"words": 2, "voice": 3}


def sequence(length: int, dim: int, value: float) -> TokenSequence:
    values = np.full((length, dim), value, dtype=np.float32)
    times = np.arange(length, dtype=np.float32)
    return TokenSequence(values, times, times + 1, "text", "f")


def samples() -> list[CandidateSample]:
    both = {"words": sequence(2, 2, 1.0), "voice": sequence(4, 3, 2.0)}
    silent = {"words": sequence(1, 2, 4.0)}
    empty = {"words": sequence(0, 2, 0.0), "voice": sequence(1, 3, 5.0)}
    return [
        CandidateSample("a", (both, silent), np.array([1.0, np.nan])),
        CandidateSample("b", (empty,), np.array([2.0, 3.0])),
    ]


def test_masks_count_exactly_the_tokens() -> None:
    batch = collate(samples(), DIMS)
    assert batch.tokens["voice"].shape == (2, 2, 4, 3)
    assert batch.token_mask["words"].sum(dim=-1).tolist() == [[2, 1], [0, 0]]
    assert batch.token_mask["voice"].sum(dim=-1).tolist() == [[4, 0], [1, 0]]
    assert batch.answer_mask.tolist() == [[True, True], [True, False]]
    for stream, mask in batch.token_mask.items():
        assert (batch.tokens[stream][~mask] == 0).all()
    assert batch.targets is not None
    assert batch.targets.isnan().tolist() == [[False, True], [False, False]]


def test_streams_outside_the_bundle_are_ignored_and_absent_ones_are_missing() -> None:
    batch = collate(samples(), {"voice": 3, "other": 4})
    assert set(batch.tokens) == {"voice", "other"}
    assert not batch.token_mask["other"].any()


def test_select_is_collate_of_the_selected() -> None:
    batch = select(collate(samples(), DIMS), torch.tensor([1]))
    assert batch.candidate_ids == ("b",)
    assert batch.targets is not None
    assert batch.targets.tolist() == [[2.0, 3.0]]


def test_scoring_has_no_targets() -> None:
    assert collate([CandidateSample("a", ({},))], DIMS).targets is None


def test_pooled_features_average_over_tokens_of_all_answers() -> None:
    pooled = pooled_features(collate(samples(), DIMS))
    assert set(pooled) == {"words", "voice"}
    np.testing.assert_allclose(pooled["words"][0], [2.0, 2.0])  # (1 + 1 + 4) / 3 words
    np.testing.assert_allclose(pooled["voice"][0], [2.0, 2.0, 2.0])
    assert np.isnan(pooled["words"][1]).all()
    np.testing.assert_allclose(pooled["voice"][1], 5.0)


def test_questions_and_very_wide_streams_are_not_pooled() -> None:
    wide = {"words": sequence(1, 4096, 1.0), "question": sequence(1, 2, 1.0)}
    batch = collate([CandidateSample("p", (wide,))], {"words": 4096, "question": 2})
    assert pooled_features(batch) == {}
