"""The Poincaré ball of curvature −c, by branch-free maps that export and compile.

All maps run in at least float32 with autocast off, because points near the boundary lose their
norm in half precision. Formulas follow Ganea, Bécigneul and Hofmann (2018), Hyperbolic Neural
Networks; the metric at 0 is λ = 2, so dist(0, exp0(u)) = 2‖u‖ for every c. Tangent vectors should
be bounded by ``clip_norm`` first: in float32 all tangents longer than 3.1 land on one sphere.
"""

from __future__ import annotations

import torch
from torch import Tensor

MAX_RADIUS = 0.996  # of √c‖x‖; the float32 projection radius
SMALL = 1e-6
LONGEST_TANGENT = 2.5  # √c‖u‖ that clip_norm approaches


def clip_norm(u: Tensor, c: Tensor, *, longest: float = LONGEST_TANGENT) -> Tensor:
    """Shorten tangent vectors smoothly: √c‖u‖ becomes R·tanh(√c‖u‖/R), direction kept.

    Args:
        u: (..., D) tangent vectors at 0.
        c: scalar curvature magnitude, positive.
        longest: R.
    """
    length = _norm(u) * c.sqrt()
    return u * (longest * torch.tanh(length / longest) / length)


def exp0(u: Tensor, c: Tensor) -> Tensor:
    """Exponential map at 0: tanh(√c‖u‖) u / (√c‖u‖); (..., D) to points inside the ball."""
    u = _wide(u)
    length = _norm(u) * c.sqrt()
    return torch.tanh(length).clamp(max=MAX_RADIUS) * u / length


def log0(x: Tensor, c: Tensor) -> Tensor:
    """Logarithm at 0: artanh(√c‖x‖) x / (√c‖x‖); the inverse of ``exp0`` up to √c‖u‖ = 3.1."""
    x = _wide(x)
    radius = _norm(x) * c.sqrt()
    return torch.atanh(radius.clamp(max=MAX_RADIUS)) * x / radius


def mobius_add(x: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """Möbius addition x ⊕ y, kept inside the ball.

    [(1 + 2c⟨x,y⟩ + c‖y‖²) x + (1 − c‖x‖²) y] / (1 + 2c⟨x,y⟩ + c²‖x‖²‖y‖²).
    """
    x, y = _wide(x), _wide(y)
    xy = (x * y).sum(dim=-1, keepdim=True)
    xx, yy = x.square().sum(dim=-1, keepdim=True), y.square().sum(dim=-1, keepdim=True)
    top = (1 + 2 * c * xy + c * yy) * x + (1 - c * xx) * y
    bottom = 1 + 2 * c * xy + c.square() * xx * yy
    return project(top / bottom.clamp(min=SMALL), c)


def dist(x: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """Geodesic distance, arcosh form: arcosh(1 + z)/√c, z = 2c‖x−y‖² / ((1−c‖x‖²)(1−c‖y‖²)).

    Written as log1p(z + √(z(z+2) + 1e-12)), whose gradient is finite at x = y and whose floor is
    1e-6/√c.

    Returns:
        (...,) non-negative.
    """
    x, y = _wide(x), _wide(y)
    gap = (x - y).square().sum(dim=-1)
    room = (1 - c * x.square().sum(dim=-1)) * (1 - c * y.square().sum(dim=-1))
    z = 2 * c * gap / room.clamp(min=SMALL)
    return torch.log1p(z + torch.sqrt(z * (z + 2) + 1e-12)) / c.sqrt()


def gyromidpoint(points: Tensor, weight: Tensor, c: Tensor) -> Tensor:
    """Weighted Möbius gyromidpoint, Ungar (2008): ½ ⊗ (Σ w λ_i x_i / Σ w (λ_i − 1)).

    Args:
        points: (..., E, D) in the ball.
        weight: (..., E) non-negative, not all zero.
        c: curvature magnitude.

    Returns:
        (..., D).
    """
    x, w = _wide(points), weight.unsqueeze(-1)
    factor = 2 / (1 - c * x.square().sum(dim=-1, keepdim=True)).clamp(min=SMALL)
    middle = (w * factor * x).sum(dim=-2) / (w * (factor - 1)).sum(dim=-2).clamp(min=SMALL)
    # ½ ⊗ m = m / (1 + √(1 − c‖m‖²)); by way of log0, tangents beyond 1.55 would be cut short
    room = (1 - c * middle.square().sum(dim=-1, keepdim=True)).clamp(min=SMALL**2)
    return project(middle / (1 + room.sqrt()), c)


def from_ball(p: Tensor, c: Tensor) -> Tensor:
    """Itself: points of this model are points of the ball; see ``lorentz``."""
    return p


def project(x: Tensor, c: Tensor) -> Tensor:
    """Pull points back to √c‖x‖ ≤ 0.996; points inside stay as they are."""
    radius = _norm(x) * c.sqrt()
    return x * (MAX_RADIUS / radius).clamp(max=1.0)


def bounded_curvature(free: Tensor, *, low: float = 0.1, high: float = 2.0) -> Tensor:
    """A free scalar to a curvature magnitude between ``low`` and ``high``, by a sigmoid."""
    return low + (high - low) * torch.sigmoid(free)


def _norm(x: Tensor) -> Tensor:
    """(..., 1) Euclidean norm, at least 1e-6."""
    return x.norm(dim=-1, keepdim=True).clamp(min=SMALL)


def _wide(x: Tensor) -> Tensor:
    """At least float32."""
    return x.to(torch.promote_types(x.dtype, torch.float32))
