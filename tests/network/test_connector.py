"""Laws of connectors, enhancer and trait routing."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from trifold.network.blocks.attention import AttentionPool, HeadGate, MultiHeadAttention
from trifold.network.blocks.connector import (
    AttentionConnector,
    Connector,
    HeadGateConnector,
    JointConnector,
    PooledConnector,
)
from trifold.network.blocks.enhancer import TextEnhancer
from trifold.network.blocks.routing import (
    PATHS,
    SinglePathRouting,
    SoftRouting,
    StaticRouting,
    TraitRouting,
    UniformRouting,
)

ASKS = [(True, False), (False, True), (True, True)]
CONNECTORS: list[tuple[type[Connector], dict[str, object]]] = [
    (PooledConnector, {}),
    (JointConnector, {}),
    *((HeadGateConnector, {"heads": 2, "text_asks": t, "other_asks": o}) for t, o in ASKS),
    *((AttentionConnector, {"heads": 2, "text_asks": t, "other_asks": o, "layers": 2})
      for t, o in ASKS),
]  # fmt: skip


def tokens(n: int = 4, length: int = 5, width: int = 8) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(n + length)
    mask = torch.rand(n, length) < 0.6
    mask[:, 0] = True
    return torch.randn(n, length, width), mask


def test_attention_equals_torch() -> None:
    torch.manual_seed(0)
    ours, theirs = MultiHeadAttention(8, 2), torch.nn.MultiheadAttention(8, 2, batch_first=True)
    weight = torch.cat([ours.query.weight, ours.key_value.weight])
    bias = torch.cat([ours.query.bias, ours.key_value.bias])
    with torch.no_grad():
        theirs.in_proj_weight.copy_(weight)
        theirs.in_proj_bias.copy_(bias)
    theirs.out_proj.load_state_dict(ours.out.state_dict())
    (query, _), (keys, mask) = tokens(4, 3), tokens(4, 6)
    expected, _ = theirs(query, keys, keys, key_padding_mask=~mask)
    torch.testing.assert_close(ours(query, keys, mask), expected)


def test_fresh_pool_is_the_mean_of_what_is_there() -> None:
    x, mask = tokens()
    expected = torch.stack([row[keep].mean(dim=0) for row, keep in zip(x, mask, strict=True)])
    torch.testing.assert_close(AttentionPool(8)(x, mask), expected)


def test_head_gate_is_a_softmax_over_heads() -> None:
    torch.manual_seed(1)
    gate = HeadGate(8, heads=2).eval()
    query, key = torch.randn(3, 8), torch.randn(3, 8)
    q, k, v = gate.query(query), gate.key(key), gate.value(key)
    scores = torch.stack(
        [(q[:, h : h + 4] * k[:, h : h + 4]).sum(dim=1) / 2 for h in (0, 4)], dim=1
    )
    share = torch.softmax(scores, dim=1)
    mixed = torch.cat([share[:, :1] * v[:, :4], share[:, 1:] * v[:, 4:]], dim=1)
    torch.testing.assert_close(gate(query, key), gate.out(mixed))


@pytest.mark.parametrize(("made", "settings"), CONNECTORS, ids=str)
def test_masked_tokens_and_order_never_matter(made, settings: dict[str, object]) -> None:
    torch.manual_seed(0)
    connector = made(8, **settings).eval()
    (text, text_mask), (other, other_mask) = tokens(4, 5), tokens(4, 7)
    expected = connector(text, text_mask, other, other_mask)
    assert expected.shape == (4, 8)
    noisy = torch.where(other_mask[..., None], other, torch.full_like(other, 50.0))
    torch.testing.assert_close(connector(text, text_mask, noisy, other_mask), expected)
    turned = connector(text.flip(1), text_mask.flip(1), other.flip(1), other_mask.flip(1))
    torch.testing.assert_close(turned, expected)


@pytest.mark.parametrize("made", [AttentionConnector, HeadGateConnector])
def test_connectors_that_cannot_be_are_refused(made) -> None:
    with pytest.raises(ValueError, match="expected text_asks or other_asks, got neither"):
        made(8, text_asks=False)
    with pytest.raises(ValueError, match="expected a width that 3 heads divide, got 8"):
        made(8, heads=3)
    for heads in (True, 0, -1, 2.0):
        with pytest.raises(ValueError, match="expected a whole number of heads above 0, got"):
            made(8, heads=heads)


@pytest.mark.parametrize("made", [AttentionConnector, HeadGateConnector])
def test_where_both_ask_the_result_is_the_mean(made) -> None:
    both = made(8, heads=2, other_asks=True).eval()
    inputs = (*tokens(4, 5), *tokens(4, 7))
    apart = []
    for way in both.ways:
        alone = made(8, heads=2, text_asks=way == "text_query", other_asks=way == "av_query")
        alone.load_state_dict({name: both.state_dict()[name] for name in alone.state_dict()})
        apart.append(alone.eval()(*inputs))
    torch.testing.assert_close(both(*inputs), (apart[0] + apart[1]) / 2)


def test_enhancer_ignores_what_is_missing_but_never_the_text() -> None:
    torch.manual_seed(0)
    enhancer = TextEnhancer(8).eval()
    with torch.no_grad():
        enhancer.gate[0].weight[:, 8:] = 0  # the gate itself may look at everything
    text, audio, video = torch.randn(3, 2, 8)
    present = torch.tensor([[False, True, False], [True, False, False]])
    base = enhancer(text, audio, video, present)
    torch.testing.assert_close(enhancer(text, audio, video + 9, present), base)
    assert not torch.allclose(enhancer(text + 1, audio, video, present), base)
    assert not torch.allclose(enhancer(text, audio + 1, video, present)[0], base[0])
    torch.testing.assert_close(enhancer(text, audio + 1, video, present)[1], base[1])


class TestRouting:
    def routing(self, made: type[TraitRouting], **settings: object) -> TraitRouting:
        torch.manual_seed(0)
        return made(8, num_targets=3, trait_dim=4, **settings).eval()  # type: ignore[arg-type]

    def test_weights_sum_to_one_and_spare_missing_paths(self) -> None:
        mask = torch.rand(5, 6) < 0.5
        mask[:, -1] = True
        for made in (SoftRouting, StaticRouting, UniformRouting):
            _, weight = self.routing(made)(torch.randn(5, 6, 8), mask)
            torch.testing.assert_close(weight.sum(dim=-1), torch.ones(5, 3))
            assert (weight[~mask[:, None].expand_as(weight)] == 0).all()

    @pytest.mark.parametrize("path", PATHS)
    def test_a_single_path_is_that_path(self, path: str) -> None:
        routing = self.routing(SinglePathRouting, path=path)
        paths = torch.randn(5, 6, 8)
        r, weight = routing(paths, torch.ones(5, 6, dtype=torch.bool))
        chosen = PATHS.index(path)
        assert (weight[..., chosen] == 1).all()
        expected = F.layer_norm(paths[:, chosen], (8,)) @ routing.values[chosen]
        torch.testing.assert_close(r, expected[:, None].expand(-1, 3, -1))

    def test_a_prior_leads_each_trait_to_its_path(self) -> None:
        prior = torch.full((3, 6), -20.0)
        prior[torch.arange(3), torch.tensor([0, 2, 5])] = 20.0
        _, weight = self.routing(SoftRouting, prior=prior)(
            torch.randn(5, 6, 8), torch.ones(5, 6) > 0
        )
        assert weight.argmax(dim=-1).tolist() == [[0, 2, 5]] * 5

    def test_unknown_paths_and_priors_of_other_shapes_are_refused(self) -> None:
        with pytest.raises(ValueError, match=r"expected a path among text, .* got 'hard'"):
            self.routing(SinglePathRouting, path="hard")
        with pytest.raises(ValueError, match=r"expected a prior of shape \(3, 6\), got \(1, 2\)"):
            self.routing(UniformRouting, prior=[[0.0, 1.0]])
