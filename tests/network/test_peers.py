"""The winners' networks: their published sizes, and the interface they share with ours."""

from __future__ import annotations

import pytest
import torch

from tests.network.network_factory import DIMS, MODALITY, make_batch
from trifold.contracts import FeatureBatch
from trifold.network.base import trained_numbers
from trifold.network.published.aspects_365 import SharedCompressionEnsemble
from trifold.network.published.traits_run_deep import ManyNetworks, TraitsRunDeep

THEIRS = {"t": "text", "a": "audio", "v": "video"}


def test_published_sizes() -> None:
    wide = TraitsRunDeep(stream_dims={"t": 4096, "a": 4096, "v": 4096}, stream_modality=THEIRS,
                         num_targets=1)  # fmt: skip
    assert trained_numbers(wide) == 6_625_255
    shared = SharedCompressionEnsemble(
        stream_dims={"t": 4096, "a": 768, "v": 1152}, stream_modality=THEIRS, num_targets=5
    )
    assert trained_numbers(shared) == 73_078_432


@pytest.mark.parametrize("peer", [TraitsRunDeep, SharedCompressionEnsemble])
@pytest.mark.parametrize("missing", [None, "text", "audio", "video"])
def test_score_finitely_and_learn(peer, missing) -> None:
    torch.manual_seed(0)
    network = peer(stream_dims=DIMS, stream_modality=MODALITY, num_targets=4, width=24, members=3)
    tokens, mask, answer_mask = make_batch()
    mask = {s: m & (MODALITY[s] != missing) for s, m in mask.items()}
    network.fit_standardizers(FeatureBatch(tokens, mask, answer_mask, None, ("x",) * 6))
    output = network(tokens, mask, answer_mask)
    assert output.candidate.shape == (6, 4)
    assert torch.isfinite(output.candidate).all()
    torch.testing.assert_close(output.candidate[0], output.answer[0, 0])  # its only answer
    output.candidate.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("peer", [TraitsRunDeep, SharedCompressionEnsemble])
def test_work_without_a_modality_at_all(peer) -> None:
    network = peer(stream_dims={"sentences": 12}, stream_modality=MODALITY, num_targets=2,
                   width=24, members=3)  # fmt: skip
    tokens, mask, answer_mask = make_batch()
    assert network(tokens, mask, answer_mask).candidate.shape == (6, 2)


def test_many_networks_equal_a_loop() -> None:
    torch.manual_seed(0)
    head = ManyNetworks(8, num_targets=2, members=3)
    x = torch.randn(5, 8)
    got = head(x)
    for m in range(3):
        h = torch.relu(x @ head.weights[0][m] + head.biases[0][m])
        h = torch.relu(h @ head.weights[1][m] + head.biases[1][m])
        torch.testing.assert_close(got[..., m], h @ head.weights[2][m] + head.biases[2][m])
