"""People mixed in pairs: a whole share is nobody else, tokens and labels go together."""

from __future__ import annotations

import pytest
import torch

from tests.network.network_factory import MODALITY, make_batch
from trifold.errors import InputError
from trifold.training.gradient.augment import Mixture, draw_mixture, mix_labels, mix_tokens
from trifold.training.gradient.module import ScoreRegression

PARTNER = torch.tensor([3, 2, 5, 0, 1, 4])


def mixture(share: float) -> Mixture:
    return Mixture(PARTNER, torch.full((6,), share))


def test_a_whole_share_is_the_candidate_alone() -> None:
    tokens, mask, _ = make_batch()
    labels = torch.randn(6, 2)
    labels[3] = torch.nan
    mixed = mix_tokens(tokens, mask, MODALITY, mixture(1.0))
    assert all(torch.equal(mixed[stream], tokens[stream]) for stream in tokens)
    torch.testing.assert_close(
        mix_labels(labels, mixture(1.0)), labels, rtol=0, atol=0, equal_nan=True
    )


def test_tokens_and_labels_are_mixed_in_the_same_shares_and_only_where_both_have_them() -> None:
    tokens, mask, _ = make_batch()
    tokens = {stream: x.clone() for stream, x in tokens.items()}
    tokens["face"][~mask["face"]] = torch.nan  # whatever padding holds must not leak
    mixed = mix_tokens(tokens, mask, MODALITY, mixture(0.75))
    both = mask["face"] & mask["face"][PARTNER]
    expected = 0.75 * tokens["face"] + 0.25 * tokens["face"][PARTNER]
    torch.testing.assert_close(mixed["face"][both], expected[both])
    alone = mask["face"] & ~both
    assert both.any()
    assert torch.equal(mixed["face"][alone], tokens["face"][alone])
    assert torch.equal(mixed["question"], tokens["question"])
    labels = torch.randn(6, 2)
    labels[3, 0] = torch.nan  # whom the first is mixed with
    found = mix_labels(labels, mixture(0.75))
    torch.testing.assert_close(found[1], 0.75 * labels[1] + 0.25 * labels[2])
    assert found[0].isnan().tolist() == [True, False]


def test_the_own_share_is_the_greater_and_partners_are_a_permutation() -> None:
    torch.manual_seed(0)
    drawn = draw_mixture(500, alpha=0.4, device=torch.device("cpu"))
    assert ((drawn.share >= 0.5) & (drawn.share <= 1)).all()
    assert sorted(drawn.partner.tolist()) == list(range(500))
    nearly_whole = draw_mixture(500, alpha=0.01, device=torch.device("cpu")).share
    assert nearly_whole.mean() > drawn.share.mean() > 0.7


def test_a_negative_mixup_is_refused() -> None:
    with pytest.raises(InputError, match="expected mixup of 0"):
        ScoreRegression(torch.nn.Identity(), torch.nn.Identity(), stream_modality={}, mixup=-1)
