"""Laws of a deep network beside a plain one."""

from __future__ import annotations

import pytest
import torch

from tests.network.network_factory import DIMS, MODALITY, make_batch
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.network.wrappers.shortcut import ShortcutNetwork
from trifold.testing.contract import check_network

DEEP = {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 3}
PLAIN = {"_target_": "trifold.network.pooled.PooledFusion", "width": 8}
SPEC = {
    "_target_": "trifold.network.wrappers.shortcut.ShortcutNetwork",
    "network": DEEP,
    "plain": PLAIN,
}


def make(**settings: object) -> ShortcutNetwork:
    torch.manual_seed(0)
    network = build_network(
        {**SPEC, **settings}, stream_dims=DIMS, stream_modality=MODALITY, num_targets=4
    )
    assert isinstance(network, ShortcutNetwork)
    return network.eval()


def test_a_closed_gate_leaves_the_plain_scores() -> None:
    network, batch = make(gate=0.0), make_batch()
    found, plain = network(*batch), network.plain(*batch)
    torch.testing.assert_close(found.candidate, plain.candidate)
    torch.testing.assert_close(found.answer, plain.answer)


def test_an_open_gate_adds_both() -> None:
    network, batch = make(gate=1.0), make_batch()
    both = network.plain(*batch).candidate + network.inner(*batch).candidate
    torch.testing.assert_close(network(*batch).candidate, both)


def test_the_score_is_the_mean_of_members() -> None:
    found = make()(*make_batch())
    assert found.members is not None
    torch.testing.assert_close(found.members.mean(dim=-1), found.candidate)


def test_both_are_fitted_and_both_learn() -> None:
    network, (tokens, mask, answers) = make(), make_batch()
    network.train()(tokens, mask, answers).candidate.square().sum().backward()
    still = [
        name
        for part in (network.inner, network.plain)
        for name, p in part.named_parameters()
        if p.grad is None
    ]
    assert not still
    assert network.gate.grad is not None


def test_whitens_the_streams_of_both() -> None:
    network = make()
    before = [s.mean.clone() for s in _standardizers(network)]
    tokens, mask, answers = make_batch()
    batch = _Batch(tokens, mask, answers)
    network.fit_standardizers(batch)  # type: ignore[arg-type]
    for old, now in zip(before, _standardizers(network), strict=True):
        assert not torch.equal(old, now.mean)


def test_keeps_the_contract_of_networks() -> None:
    def built(**sizes: object) -> FusionNetwork:
        return build_network(SPEC, **sizes)  # type: ignore[arg-type]

    check_network(built)


@pytest.mark.parametrize("streams", [["prosody"], ["prosody", "face"]])
def test_reads_what_either_reads(streams: list[str]) -> None:
    deep = {**DEEP, "streams": streams}
    assert set(make(network=deep).streams) == set(DIMS) - {"question"}


class _Batch:
    def __init__(self, tokens: dict, token_mask: dict, answer_mask: torch.Tensor) -> None:
        self.tokens, self.token_mask, self.answer_mask = tokens, token_mask, answer_mask


def _standardizers(network: ShortcutNetwork) -> list:
    return [s for part in (network.inner, network.plain) for s in part.standardizers().values()]
