"""Trait routing against a loop, and what each mode looks at."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from trifold.network.blocks.routing import (
    SoftRouting,
    StaticRouting,
    TraitRouting,
    UniformRouting,
)

EACH = (SoftRouting, StaticRouting, UniformRouting)


def make(made: type[TraitRouting]) -> tuple[TraitRouting, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    routing = made(8, num_targets=3, trait_dim=4)
    mask = torch.rand(5, 6) < 0.6
    mask[:, -1] = True
    return routing, torch.randn(5, 6, 8), mask


def test_soft_routing_equals_a_loop() -> None:
    routing, paths, mask = make(SoftRouting)
    torch.nn.init.normal_(routing.prior)
    r, weight = routing(paths, mask)
    for n in range(5):
        x = F.layer_norm(paths[n], (8,))
        keep = mask[n].nonzero().flatten()
        for k in range(3):
            logits = (routing.key(x) @ routing.trait[k]) / 4**0.5 + routing.prior[k]
            alpha = torch.softmax(logits[keep], dim=0)
            torch.testing.assert_close(weight[n, k, keep], alpha)
            expected = sum(a * (x[p] @ routing.values[p]) for a, p in zip(alpha, keep, strict=True))
            torch.testing.assert_close(r[n, k], expected, atol=1e-5, rtol=1e-5)


def test_only_soft_routing_looks_at_the_person() -> None:
    for made in EACH:
        routing, paths, _ = make(made)
        everything = torch.ones(5, 6, dtype=torch.bool)
        first = routing(paths, everything)[1]
        second = routing(paths.flip(0) * 3 + 1, everything)[1]
        assert torch.equal(first, second) == (made is not SoftRouting)


def test_uniform_is_even_over_what_is_there() -> None:
    routing, paths, mask = make(UniformRouting)
    share = mask / mask.sum(dim=1, keepdim=True)
    torch.testing.assert_close(routing(paths, mask)[1], share[:, None].expand(-1, 3, -1))


@pytest.mark.parametrize("made", EACH)
def test_nothing_at_all_stays_finite(made: type[TraitRouting]) -> None:
    routing, paths, mask = make(made)
    r, weight = routing(paths, torch.zeros_like(mask))
    assert r.isfinite().all()
    torch.testing.assert_close(weight.sum(dim=-1), torch.ones(5, 3))
