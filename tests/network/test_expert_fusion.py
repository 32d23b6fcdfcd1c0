"""The router and fusions against formulas, and what curvature can learn from."""

from __future__ import annotations

import geoopt
import pytest
import torch

from trifold.network.blocks.experts.curved import HyperbolicExpert, SphericalExpert
from trifold.network.blocks.experts.fusion import ConcatFusion, GyromidpointFusion, ScoreFusion
from trifold.network.blocks.experts.router import AdaptiveRouter
from trifold.network.blocks.heads import FullEnsembleHead
from trifold.network.geometry.poincare import clip_norm

R = torch.randn(7, 5, 24, generator=torch.Generator().manual_seed(0))


def curvature_gradient(scale: float, **settings: object) -> float:
    torch.manual_seed(0)
    expert = HyperbolicExpert(24, dim=6, **settings)  # type: ignore[arg-type]
    (expert(scale * R) * torch.randn(7, 5, 64)).sum().backward()
    gradient = expert.curvature_free.grad
    assert gradient is not None
    return abs(gradient.item())


def test_without_bias_and_distances_curvature_has_nothing_to_learn_from() -> None:
    # Long inputs are shortened by √c, so only inputs far below that length tell geometry apart.
    assert curvature_gradient(0.01, bias=False, readout="log") < 1e-3
    for settings in ({}, {"bias": False, "readout": "both"}, {"readout": "log"}):
        assert curvature_gradient(0.01, **settings) > 1e-2, settings


def test_adaptive_router_equals_one_map_of_input_and_trait() -> None:
    torch.manual_seed(0)
    router = AdaptiveRouter(24, num_experts=3, trait_dim=4)
    trait = torch.randn(5, 4)
    joint = torch.cat([router.from_input.weight, router.from_trait.weight], dim=1)
    for n, k in ((0, 0), (3, 2), (6, 4)):
        expected = joint @ torch.cat([R[n, k], trait[k]]) + router.from_trait.bias
        torch.testing.assert_close(router(R, trait)[n, k], expected)


def test_gyromidpoint_fusion_agrees_with_geoopt() -> None:
    torch.manual_seed(0)
    fusion = GyromidpointFusion(24, feature_dim=6, num_experts=3)
    phi, weight = torch.randn(7, 5, 3, 6), torch.softmax(torch.randn(7, 5, 3), dim=-1)
    ball = geoopt.PoincareBall(c=1.0)
    points = ball.expmap0(clip_norm(phi, torch.tensor(1.0)))
    middle = ball.logmap0(ball.weighted_midpoint(points, weight, reducedim=[-2], dim=-1))
    torch.testing.assert_close(
        fusion(R, phi, weight) - fusion.residual(R), middle, atol=2e-3, rtol=2e-3
    )


def test_concat_fusion_is_one_map_of_the_weighted_features() -> None:
    torch.manual_seed(0)
    fusion = ConcatFusion(24, feature_dim=6, num_experts=3)
    phi, weight = torch.randn(7, 5, 3, 6), torch.rand(7, 5, 3)
    blocks = fusion.join.weight.split(6, dim=1)
    expected = fusion.residual(R) + fusion.join.bias
    for g in range(3):
        expected = expected + weight[..., g, None] * (phi[:, :, g] @ blocks[g].mT)
    torch.testing.assert_close(fusion(R, phi, weight), expected, atol=1e-5, rtol=1e-5)


def test_experts_that_are_scored_apart_are_averaged_by_weight() -> None:
    torch.manual_seed(0)
    fusion = ScoreFusion(24, feature_dim=6, num_experts=3)
    head = FullEnsembleHead(6, num_targets=5, members=2).eval()
    phi, weight = torch.randn(7, 5, 3, 6), torch.softmax(torch.randn(7, 5, 3), dim=-1)
    got = fusion.read(head, fusion(R, phi, weight), weight)
    each = [head(fusion.residual(R) + phi[:, :, g]) for g in range(3)]
    expected = sum(weight[..., g, None] * scores for g, scores in enumerate(each))
    torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-5)
    alone = fusion.read(head, fusion(R, None, None), None)
    torch.testing.assert_close(alone, head(fusion.residual(R)))


def test_unknown_readouts_and_curvatures_are_refused() -> None:
    with pytest.raises(ValueError, match="expected a readout among both, log, dist, got 'cos'"):
        HyperbolicExpert(8, readout="cos")
    with pytest.raises(ValueError, match="expected a readout among both, log, cos, got 'dist'"):
        SphericalExpert(8, readout="dist")
    for curvature in (0.0, -1.0, float("nan"), "fixed"):
        with pytest.raises(ValueError, match="expected curvature learnable or a number above 0"):
            HyperbolicExpert(8, curvature=curvature)
