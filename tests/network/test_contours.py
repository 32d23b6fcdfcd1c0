"""The contour path: the LSTM of the literature, no padding in its states, part of the network."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor, nn
from torch.export import Dim, export
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from tests.network.network_factory import DIMS, make_batch, make_network
from trifold.errors import InputError
from trifold.network.blocks.streams.contours import ContourPath, reversal

LENGTHS = [5, 1, 3, 0]


@pytest.fixture
def path() -> ContourPath:
    torch.manual_seed(0)
    return ContourPath(6, width=8, hidden=4).eval()


def series() -> tuple[Tensor, Tensor]:
    tokens = torch.randn(len(LENGTHS), 5, 6, generator=torch.Generator().manual_seed(1))
    return tokens, torch.arange(5) < torch.tensor(LENGTHS).unsqueeze(1)


def test_states_are_those_of_a_packed_bidirectional_lstm(path: ContourPath) -> None:
    reference = nn.LSTM(6, 4, batch_first=True, bidirectional=True)
    for name, parameter in path.forth.named_parameters():
        getattr(reference, name).data = parameter.data
        getattr(reference, f"{name}_reverse").data = path.back.state_dict()[name]
    tokens, mask = series()
    tokens, mask = tokens[:3], mask[:3]
    packed = pack_padded_sequence(
        tokens, torch.tensor(LENGTHS[:3]), batch_first=True, enforce_sorted=False
    )
    states, _ = pad_packed_sequence(reference(packed)[0], batch_first=True)
    logits = path.score(states).squeeze(-1).masked_fill(~mask, float("-inf"))
    expected = path.out((torch.softmax(logits, -1).unsqueeze(-1) * states).sum(1, keepdim=True))
    torch.testing.assert_close(path(tokens, mask), expected)


def test_padding_and_its_place_change_nothing(path: ContourPath) -> None:
    tokens, mask = series()
    expected = path(tokens, mask)
    wider = torch.cat([tokens, torch.full((4, 3, 6), 7.0)], dim=1)
    longer = torch.cat([mask, torch.zeros(4, 3, dtype=torch.bool)], dim=1)
    torch.testing.assert_close(path(wider, longer), expected)
    torch.testing.assert_close(path(wider.roll(2, 1), longer.roll(2, 1)), expected)
    alone = torch.cat([path(tokens[i : i + 1], mask[i : i + 1]) for i in range(4)])
    torch.testing.assert_close(alone, expected)


def test_order_matters(path: ContourPath) -> None:
    tokens, mask = series()
    assert (path(tokens.flip(1), mask)[0] - path(tokens, mask)[0]).abs().max() > 1e-3


def test_a_row_without_sentences_is_finite_and_masked(path: ContourPath) -> None:
    tokens, mask = series()
    out = path(tokens.requires_grad_(), mask)
    assert path.token_mask(mask).squeeze(1).tolist() == [True, True, True, False]
    torch.testing.assert_close(out[3, 0], path.out.bias)
    out.sum().backward()
    assert torch.isfinite(tokens.grad).all()
    assert (tokens.grad[3] == 0).all()
    assert (tokens.grad[1, 1:] == 0).all()


def test_reversal_is_its_own_inverse() -> None:
    _, mask = series()
    index = reversal(mask)
    assert index[2].tolist() == [2, 1, 0, 3, 4]
    torch.testing.assert_close(index.gather(1, index), torch.arange(5).expand(4, 5))


def test_the_network_reads_contours_by_it() -> None:
    network = make_network(contour_streams=["contours"]).train()
    tokens, mask, answer_mask = make_batch(rows=12)
    mask["contours"][0] = False
    output = network(tokens, mask, answer_mask)
    output.candidate.square().sum().backward()
    found = {n: p.grad for n, p in network.named_parameters() if "projectors.contours" in n}
    assert any("back.weight_hh" in name for name in found)
    assert all(torch.isfinite(g).all() and g.abs().max() > 0 for g in found.values())
    network.eval()
    turned = dict(tokens, contours=tokens["contours"].flip(2))
    same = dict(mask, contours=torch.ones_like(mask["contours"]))
    first, second = (network(t, same, answer_mask).candidate for t in (tokens, turned))
    assert (first - second).abs().max() > 1e-5
    assert "contours" in network.standardizers()
    with pytest.raises(InputError, match="expected streams among"):
        make_network(contour_streams=["hands"])


def test_the_network_with_it_can_be_exported() -> None:
    network = make_network(contour_streams=["contours"])
    batch = Dim("B", min=2, max=64)
    shapes = ({s: {0: batch} for s in DIMS}, {s: {0: batch} for s in DIMS}, {0: batch})
    program = export(network, make_batch(rows=4), dynamic_shapes=shapes)
    inputs = make_batch(rows=7, seed=7)
    for got, expected in zip(program.module()(*inputs), network(*inputs), strict=True):
        torch.testing.assert_close(got, expected)
