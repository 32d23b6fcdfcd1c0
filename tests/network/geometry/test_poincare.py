"""The ball against geoopt, and the laws of its geometry."""

from __future__ import annotations

import geoopt
import pytest
import torch

from trifold.network.geometry.poincare import (
    LONGEST_TANGENT,
    MAX_RADIUS,
    bounded_curvature,
    clip_norm,
    dist,
    exp0,
    gyromidpoint,
    log0,
    mobius_add,
    project,
)

CURVATURES = [0.1, 1.0, 2.0]
DTYPES = [torch.float32, torch.float64]


def tangent(c: float, dtype: torch.dtype, seed: int = 0, longest: float = 2.4) -> torch.Tensor:
    """(64, 8) tangent vectors at 0 with √c‖u‖ spread up to ``longest``."""
    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(64, 8, generator=generator, dtype=torch.float64)
    lengths = torch.linspace(1e-4, longest, 64, dtype=torch.float64) / c**0.5
    return (u / u.norm(dim=-1, keepdim=True) * lengths[:, None]).to(dtype)


def scalar(c: float, dtype: torch.dtype) -> torch.Tensor:
    return torch.tensor(c, dtype=dtype)


@pytest.fixture(params=[(c, d, s) for c in CURVATURES for d in DTYPES for s in (0, 1)])
def case(request):
    c, dtype, seed = request.param
    k = scalar(c, dtype)
    ball = geoopt.PoincareBall(c=c).to(dtype)
    u, v = tangent(c, dtype, seed), tangent(c, dtype, seed + 9).flip(0)
    tolerance = 5e-4 if dtype == torch.float32 else 1e-5  # geoopt's artanh is the coarser
    return k, ball, u, v, tolerance


def test_agrees_with_geoopt(case) -> None:
    k, ball, u, v, tolerance = case
    x, y = exp0(u, k), exp0(v, k)
    torch.testing.assert_close(x, ball.expmap0(u), atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(log0(x, k), ball.logmap0(x), atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(
        mobius_add(x, y, k), ball.mobius_add(x, y), atol=tolerance, rtol=tolerance
    )
    torch.testing.assert_close(dist(x, y, k), ball.dist(x, y), atol=tolerance, rtol=5e-3)


def test_exp_and_log_are_inverse(case) -> None:
    k, _, u, _, tolerance = case
    torch.testing.assert_close(log0(exp0(u, k), k), u, atol=2 * tolerance, rtol=2 * tolerance)


def test_distance_is_a_metric_and_doubles_the_tangent(case) -> None:
    k, _, u, v, tolerance = case
    x, y, z = exp0(u, k), exp0(v, k), exp0(u.roll(7, 0), k)
    zero = torch.zeros_like(x)
    torch.testing.assert_close(dist(x, y, k), dist(y, x, k))
    assert (dist(x, z, k) <= dist(x, y, k) + dist(y, z, k) + 1e-3).all()
    assert dist(x, x, k).max() <= 2e-6 / k.sqrt()
    torch.testing.assert_close(dist(zero, x, k), 2 * u.norm(dim=-1), atol=20 * tolerance, rtol=5e-3)


def test_mobius_addition_has_zero_and_inverse(case) -> None:
    k, _, u, v, tolerance = case
    x, y = exp0(u, k), exp0(v, k)
    torch.testing.assert_close(mobius_add(torch.zeros_like(x), x, k), x)
    if tolerance < 1e-4:  # left cancellation loses digits near the boundary in float32
        torch.testing.assert_close(mobius_add(-x, mobius_add(x, y, k), k), y, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize("dtype", DTYPES)
def test_flat_limit(dtype) -> None:
    k = scalar(1e-6, dtype)
    u, v = tangent(1.0, dtype), tangent(1.0, dtype, 3)
    x, y = exp0(u, k), exp0(v, k)
    torch.testing.assert_close(x, u, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(mobius_add(x, y, k), u + v, atol=1e-3, rtol=1e-3)
    torch.testing.assert_close(dist(x, y, k), 2 * (u - v).norm(dim=-1), atol=2e-3, rtol=2e-3)


def test_clip_keeps_direction_and_bounds_the_length() -> None:
    k = scalar(2.0, torch.float64)
    u = tangent(2.0, torch.float64, longest=100.0)
    clipped = clip_norm(u, k)
    assert (clipped.norm(dim=-1) * k.sqrt()).max() <= LONGEST_TANGENT + 1e-9
    torch.testing.assert_close(
        torch.nn.functional.cosine_similarity(u, clipped), torch.ones(64, dtype=torch.float64)
    )
    torch.testing.assert_close(clip_norm(1e-3 * u / 100, k), 1e-3 * u / 100, rtol=1e-5, atol=0)


@pytest.mark.parametrize("function", ["exp0", "log0", "mobius_add", "dist", "clip_norm"])
@pytest.mark.parametrize("c", CURVATURES)
def test_gradients(function: str, c: float) -> None:
    u = tangent(c, torch.float64)[8:40:4].clone().requires_grad_()
    v = tangent(c, torch.float64, 5)[8:40:4].clone().requires_grad_()
    k = scalar(c, torch.float64).requires_grad_()
    calls = {
        "exp0": lambda a, b, k: exp0(a, k),
        "log0": lambda a, b, k: log0(0.3 * a / (1 + a.norm(dim=-1, keepdim=True)), k),
        "mobius_add": lambda a, b, k: mobius_add(exp0(a, k), exp0(b, k), k),
        "dist": lambda a, b, k: dist(exp0(a, k), exp0(b, k), k),
        "clip_norm": lambda a, b, k: clip_norm(a, k),
    }
    assert torch.autograd.gradcheck(calls[function], (u, v, k), atol=1e-4, rtol=1e-3)


@pytest.mark.parametrize("scale", [0.0, 1e-8, 1.0, 50.0, 1e6])
def test_finite_with_finite_gradients_everywhere(scale: float) -> None:
    k = scalar(1.0, torch.float32).requires_grad_()
    u = (scale * torch.randn(16, 4, generator=torch.Generator().manual_seed(0))).requires_grad_()
    x = exp0(clip_norm(u, k), k)
    total = dist(x, mobius_add(x, x.flip(0), k), k).sum() + log0(x, k).sum()
    total.backward()
    assert total.isfinite()
    assert u.grad is not None
    assert u.grad.isfinite().all()
    assert k.grad is not None
    assert k.grad.isfinite()


def test_gyromidpoint_agrees_with_geoopt(case) -> None:
    k, ball, u, v, tolerance = case
    points = torch.stack([exp0(u, k), exp0(v, k), exp0(u.roll(7, 0), k)], dim=-2)
    weight = torch.rand(64, 3, generator=torch.Generator().manual_seed(4)).to(u.dtype)
    expected = ball.weighted_midpoint(points, weight, reducedim=[-2], dim=-1)
    got = gyromidpoint(points, weight, k)
    torch.testing.assert_close(got, expected, atol=4 * tolerance, rtol=4 * tolerance)


def test_gyromidpoint_is_a_mean_on_the_ball() -> None:
    k = scalar(1.0, torch.float64)
    x, y = exp0(tangent(1.0, torch.float64), k), exp0(tangent(1.0, torch.float64, 3), k)
    pair = torch.stack([x, y], dim=-2)
    even = torch.ones(64, 2, dtype=torch.float64)
    middle = gyromidpoint(pair, even, k)
    torch.testing.assert_close(dist(middle, x, k), dist(middle, y, k), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(2 * dist(middle, x, k), dist(x, y, k), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gyromidpoint(pair.flip(-2), even, k), middle)
    torch.testing.assert_close(gyromidpoint(pair, 7 * even, k), middle)  # weights need no sum
    only = torch.tensor([1.0, 0.0], dtype=torch.float64).expand(64, 2)
    torch.testing.assert_close(gyromidpoint(pair, only, k), x, atol=1e-6, rtol=1e-6)


def test_gradients_of_the_gyromidpoint() -> None:
    u = tangent(1.0, torch.float64)[8:40:4].unflatten(0, (4, 2)).clone().requires_grad_()
    weight = torch.rand(4, 2, dtype=torch.float64).add(0.1).requires_grad_()
    k = scalar(1.0, torch.float64).requires_grad_()
    assert torch.autograd.gradcheck(
        lambda a, w, k: gyromidpoint(exp0(a, k), w, k), (u, weight, k), atol=1e-4, rtol=1e-3
    )


def test_project_moves_only_what_lies_outside() -> None:
    k = scalar(1.0, torch.float64)
    x = torch.tensor([[0.5, 0.0], [3.0, 4.0]], dtype=torch.float64)
    got = project(x, k)
    torch.testing.assert_close(got[0], x[0])
    assert got[1].norm().item() == pytest.approx(MAX_RADIUS)


def test_curvature_stays_in_its_bounds() -> None:
    free = torch.tensor([-50.0, 0.0, 50.0])
    got = bounded_curvature(free, low=0.1, high=2.0)
    torch.testing.assert_close(got, torch.tensor([0.1, 1.05, 2.0]))


def test_half_precision_input_is_widened_under_autocast() -> None:
    k = scalar(1.0, torch.float32)
    u = tangent(1.0, torch.float32)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        x = exp0(u.bfloat16(), k)
        y = log0(x, k)
    assert x.dtype == y.dtype == torch.float32
    assert (x.norm(dim=-1) < 1).all()


def test_compiles_and_exports_whole() -> None:
    class Chain(torch.nn.Module):
        def forward(self, u: torch.Tensor, v: torch.Tensor, k: torch.Tensor) -> torch.Tensor:
            x = exp0(clip_norm(u, k), k)
            return dist(mobius_add(x, exp0(v, k), k), x, k) + log0(x, k).sum(dim=-1)

    k, u, v = scalar(1.0, torch.float32), *(tangent(1.0, torch.float32, s) for s in (0, 1))
    rows = torch.export.Dim("rows", min=2, max=4096)
    shapes = {"u": {0: rows}, "v": {0: rows}, "k": None}
    exported = torch.export.export(Chain(), (u, v, k), dynamic_shapes=shapes).module()
    torch.testing.assert_close(exported(u[:9], v[:9], k), Chain()(u[:9], v[:9], k))
