"""The hyperboloid against the ball, to which it is isometric, and against geoopt."""

from __future__ import annotations

import geoopt
import pytest
import torch

from trifold.network.geometry import lorentz, poincare

CURVATURES = [0.1, 0.7, 2.0]


def tangents(rows: int = 40, *, c: float, dtype=torch.float64, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(rows, 5, generator=generator, dtype=torch.float64)
    return (
        u / u.norm(dim=-1, keepdim=True) * torch.linspace(0.01, 2.0, rows)[:, None] / c**0.5
    ).to(dtype)


@pytest.mark.parametrize("curvature", CURVATURES)
def test_is_the_ball_in_other_coordinates(curvature: float) -> None:
    c = torch.tensor(curvature, dtype=torch.float64)
    u, v = tangents(c=curvature), tangents(c=curvature, seed=1).flip(0)
    p, q = poincare.exp0(u, c), poincare.exp0(v, c)
    x, y = lorentz.exp0(u, c), lorentz.exp0(v, c)
    torch.testing.assert_close(lorentz.from_ball(p, c), x)
    torch.testing.assert_close(lorentz.log0(x, c), u)
    torch.testing.assert_close(lorentz.dist(x, y, c), poincare.dist(p, q, c))
    short_p, short_q = poincare.exp0(0.3 * u, c), poincare.exp0(0.3 * v, c)
    moved = poincare.mobius_add(short_p, short_q, c)
    torch.testing.assert_close(
        lorentz.mobius_add(lorentz.exp0(0.3 * u, c), lorentz.exp0(0.3 * v, c), c),
        lorentz.from_ball(moved, c),
    )


@pytest.mark.parametrize("curvature", CURVATURES)
def test_agrees_with_geoopt(curvature: float) -> None:
    c = torch.tensor(curvature, dtype=torch.float64)
    oracle = geoopt.Lorentz(k=1 / curvature)
    u, v = tangents(c=curvature), tangents(c=curvature, seed=1)
    ours = [lorentz.exp0(w, c) for w in (u, v)]
    theirs = [
        oracle.expmap0(torch.cat([torch.zeros(len(w), 1, dtype=w.dtype), 2 * w], dim=-1))
        for w in (u, v)
    ]
    torch.testing.assert_close(ours[0], theirs[0][:, 1:])
    torch.testing.assert_close(lorentz.dist(*ours, c), oracle.dist(*theirs))


def test_small_distances_survive_float32() -> None:
    c = torch.tensor(1.0)
    x = lorentz.exp0(tangents(c=1.0, dtype=torch.float32), c)
    step = 1e-3 * torch.nn.functional.normalize(torch.ones_like(x), dim=-1)
    exact = lorentz.dist(x.double(), (x + step).double(), c.double())
    torch.testing.assert_close(lorentz.dist(x, x + step, c).double(), exact, rtol=1e-2, atol=1e-6)


def test_gradients_are_right_and_finite_at_coincident_points() -> None:
    c = torch.tensor(0.8, dtype=torch.float64, requires_grad=True)
    u, v = (tangents(4, c=0.8, seed=s).requires_grad_() for s in (0, 1))
    assert torch.autograd.gradcheck(
        lambda a, b, k: lorentz.dist(lorentz.mobius_add(lorentz.exp0(a, k), lorentz.exp0(b, k), k),
                                     lorentz.exp0(b, k), k), (u, v, c)
    )  # fmt: skip
    x = lorentz.exp0(tangents(4, c=0.8), c.detach()).requires_grad_()
    lorentz.dist(x, x.detach(), c.detach()).sum().backward()
    assert torch.isfinite(x.grad).all()
    zero = torch.zeros(2, 5, requires_grad=True)
    lorentz.log0(lorentz.exp0(zero, torch.tensor(1.0)), torch.tensor(1.0)).sum().backward()
    assert torch.isfinite(zero.grad).all()
