"""The hyperboloid of curvature −c, by branch-free maps; isometric to ``poincare``, same units.

A point is (x_0, x) with −x_0² + ‖x‖² = −1/c and x_0 > 0; only its space part x is passed around,
x_0 = √(1/c + ‖x‖²) follows. Tangent vectors are those of the ball, so that exp0(u) lies 2‖u‖ from
the origin in both models and a network can change the model and keep its weights. After Nickel and
Kiela (2018), Learning Continuous Hierarchies in the Lorentz Model.
"""

from __future__ import annotations

import torch
from torch import Tensor

from trifold.network.geometry.poincare import SMALL, clip_norm

__all__ = ["clip_norm", "dist", "exp0", "from_ball", "log0", "mobius_add"]


def exp0(u: Tensor, c: Tensor) -> Tensor:
    """Exponential map at the origin: sinh(2√c‖u‖) u / (√c‖u‖) as space part of (..., D)."""
    u = _wide(u)
    length = u.norm(dim=-1, keepdim=True).clamp(min=SMALL)
    return torch.sinh(2 * c.sqrt() * length) * u / (c.sqrt() * length)


def log0(x: Tensor, c: Tensor) -> Tensor:
    """Logarithm at the origin, the inverse of ``exp0``: arsinh(√c‖x‖) x / (2√c‖x‖)."""
    x = _wide(x)
    length = x.norm(dim=-1, keepdim=True).clamp(min=SMALL)
    return torch.asinh(c.sqrt() * length) * x / (2 * c.sqrt() * length)


def mobius_add(x: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """The boost that takes the origin to x, applied to y; Möbius addition in the ball.

    Space part: y + (√c y_0 + c⟨x, y⟩/(1 + √c x_0)) x.
    """
    x, y = _wide(x), _wide(y)
    inner = (x * y).sum(dim=-1, keepdim=True)
    return y + (c.sqrt() * _time(y, c) + c * inner / (1 + c.sqrt() * _time(x, c))) * x


def dist(x: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """Geodesic distance 2 arsinh(√c/2 · √(‖x − y‖² − (x_0 − y_0)²))/√c.

    Differences in place of −⟨x, y⟩, whose arcosh is off by a third at a distance of 1e-3 in
    float32. Gradients are finite at x = y; the floor is 1e-6.

    Returns:
        (...,) non-negative.
    """
    x, y = _wide(x), _wide(y)
    space = (x - y).square().sum(dim=-1)
    fraction = ((x + y) * (x - y)).sum(dim=-1) / (_time(x, c) + _time(y, c)).squeeze(-1)
    chord = (space - fraction.square()).clamp(min=0) + SMALL**2
    return 2 * torch.asinh(0.5 * (c * chord).sqrt()) / c.sqrt()


def from_ball(p: Tensor, c: Tensor) -> Tensor:
    """A point of the Poincaré ball of curvature −c to its space part: 2p/(1 − c‖p‖²)."""
    return 2 * p / (1 - c * p.square().sum(dim=-1, keepdim=True)).clamp(min=SMALL)


def _time(x: Tensor, c: Tensor) -> Tensor:
    """x_0 as (..., 1)."""
    return (1 / c + x.square().sum(dim=-1, keepdim=True)).sqrt()


def _wide(x: Tensor) -> Tensor:
    """At least float32."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
