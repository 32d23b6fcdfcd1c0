"""What the geometries of the experts must and must not do."""

from __future__ import annotations

import geoopt
import pytest
import torch

from trifold.network.base import trained_numbers
from trifold.network.blocks.experts.curved import HyperbolicExpert, SphericalExpert
from trifold.network.blocks.experts.euclidean import EuclideanExpert, MatchedEuclideanExpert
from trifold.network.blocks.experts.fusion import GyromidpointFusion, TangentFusion
from trifold.network.blocks.experts.router import AdaptiveRouter, StaticRouter, UniformRouter
from trifold.network.geometry.poincare import LONGEST_TANGENT, gyromidpoint

R = torch.randn(7, 5, 24, generator=torch.Generator().manual_seed(0))


def hyperbolic(**settings: object) -> HyperbolicExpert:
    torch.manual_seed(0)
    return HyperbolicExpert(24, dim=6, prototypes=4, **settings)  # type: ignore[arg-type]


def euclidean_twin(expert: HyperbolicExpert, r: torch.Tensor) -> torch.Tensor:
    """The same layers with no geometry: only the smooth shortening of long vectors is left."""
    c = expert.curvature()

    def shorten(u: torch.Tensor) -> torch.Tensor:
        length = u.norm(dim=-1, keepdim=True) * c.sqrt()
        return u * LONGEST_TANGENT * torch.tanh(length / LONGEST_TANGENT) / length

    return expert.norm(expert.read(2 * shorten(expert.w2(shorten(expert.w1(r))))))


def test_without_bias_and_distances_the_ball_is_no_geometry() -> None:
    expert = hyperbolic(bias=False, readout="log")
    torch.testing.assert_close(expert(R), euclidean_twin(expert, R), atol=1e-4, rtol=1e-4)


def test_bias_and_distances_make_it_one() -> None:
    biased = hyperbolic(bias=True, readout="log")
    assert (biased(R) - euclidean_twin(biased, R)).abs().max() > 0.05
    assert hyperbolic().read.in_features == 6 + 4


def test_curvature_learns_only_through_bias_or_distance() -> None:
    with_both = hyperbolic()
    with_both(R).square().sum().backward()
    assert with_both.curvature_free.grad.abs() > 1e-4
    fixed = hyperbolic(curvature=0.5)
    assert fixed.curvature() == 0.5
    assert "curvature_free" not in dict(fixed.named_parameters())


def test_small_curvature_is_the_euclidean_limit() -> None:
    c = 1e-4
    expert = hyperbolic(curvature=c, readout="log")
    with torch.no_grad():
        expert.bias1.mul_(c**0.5)  # points of the unit ball; on the large ball they stay where
        expert.bias2.mul_(c**0.5)  # they were
    first = expert.w1(R) + expert.bias1 / c**0.5
    second = expert.w2(first) + expert.bias2 / c**0.5
    expected = expert.norm(expert.read(2 * second))
    torch.testing.assert_close(expert(R), expected, atol=5e-3, rtol=5e-3)


def test_the_sphere_reads_directions_only() -> None:
    torch.manual_seed(0)
    expert = SphericalExpert(24, dim=6, directions=4)
    torch.testing.assert_close(expert(R), expert(R * 37.0), atol=1e-4, rtol=1e-4)
    assert not torch.allclose(expert(R), expert(-R))


def test_riemannian_steps_stay_on_their_manifolds() -> None:
    torch.manual_seed(0)
    experts = [hyperbolic(), SphericalExpert(24, dim=6, directions=4)]
    points = [p for e in experts for p in e.parameters() if isinstance(p, geoopt.ManifoldParameter)]
    assert len(points) == 5
    before = [p.detach().clone() for p in points]
    optimizer = geoopt.optim.RiemannianAdam(points, lr=0.1)
    for _ in range(30):
        optimizer.zero_grad()
        sum(e(R).square().mean() + e(R)[..., 0].mean() for e in experts).backward()
        optimizer.step()
    for point, start in zip(points, before, strict=True):
        assert point.manifold.check_point_on_manifold(point.detach(), atol=1e-5)
        assert (point - start).abs().max() > 1e-2


def test_bf16_autocast_leaves_the_geometry_in_fp32() -> None:
    for expert in (hyperbolic(), SphericalExpert(24)):
        with torch.autocast("cpu", dtype=torch.bfloat16):
            got = expert(R * 100)
        assert got.dtype == torch.float32
        torch.testing.assert_close(got, expert(R * 100))


@pytest.mark.parametrize("width", [64, 192, 256])
def test_controls_have_as_many_parameters(width: int) -> None:
    for model in (HyperbolicExpert(width), SphericalExpert(width)):
        control = MatchedEuclideanExpert(width, stands_for=model)
        assert trained_numbers(control) == pytest.approx(trained_numbers(model), rel=0.03)
        assert control.geometry == "euclidean"


def test_gyromidpoint_agrees_with_geoopt() -> None:
    generator = torch.Generator().manual_seed(0)
    points = torch.randn(9, 3, 5, generator=generator) * 0.2
    weight = torch.rand(9, 3, generator=generator)
    for c in (0.3, 1.0):
        ball = geoopt.PoincareBall(c=c)
        expected = ball.weighted_midpoint(points, weight, reducedim=[-2], dim=-1)
        got = gyromidpoint(points, weight, torch.tensor(c))
        torch.testing.assert_close(got, expected, atol=1e-5, rtol=1e-4)


class TestFusion:
    def test_tangent_fusion_is_the_weighted_sum_beside_a_residual(self) -> None:
        torch.manual_seed(0)
        fusion = TangentFusion(24, feature_dim=6, num_experts=3)
        phi, weight = torch.randn(7, 5, 3, 6), torch.rand(7, 5, 3)
        expected = fusion.residual(R) + sum(weight[:, :, g, None] * phi[:, :, g] for g in range(3))
        torch.testing.assert_close(fusion(R, phi, weight), expected)
        torch.testing.assert_close(fusion(R, None, None), fusion.residual(R))

    def test_one_expert_alone_is_its_own_gyromidpoint(self) -> None:
        fusion = GyromidpointFusion(24, feature_dim=6, num_experts=1)
        phi = torch.randn(7, 5, 1, 6) * 0.1
        got = fusion(R, phi, torch.ones(7, 5, 1)) - fusion.residual(R)
        torch.testing.assert_close(got, phi[:, :, 0], atol=2e-3, rtol=2e-2)

    @pytest.mark.parametrize(
        ("made", "sizes"),
        [(AdaptiveRouter, {"width": 24, "trait_dim": 4}), (StaticRouter, {"num_targets": 5}),
         (UniformRouter, {})],
    )  # fmt: skip
    def test_router_logits_and_temperature(self, made, sizes: dict[str, int]) -> None:
        torch.manual_seed(0)
        router = made(num_experts=3, **sizes)
        trait = torch.randn(5, 4)
        warm = router(R, trait)
        router.temperature.fill_(2.0)
        torch.testing.assert_close(router(R, trait), warm / 2)
        assert warm.shape == (7, 5, 3)

    def test_a_router_needs_experts(self) -> None:
        with pytest.raises(ValueError, match="expected experts to choose among, got none"):
            UniformRouter(num_experts=0)


def test_euclidean_expert_is_normalised() -> None:
    got = EuclideanExpert(24)(R)
    torch.testing.assert_close(got.mean(dim=-1), torch.zeros(7, 5), atol=1e-5, rtol=0)
