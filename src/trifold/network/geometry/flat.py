"""Flat space in tangent coordinates of ``poincare``: what is left of a ball without curvature.

The same names and units as ``poincare`` and ``lorentz``, so that a trained network can be asked
what it would say if its space were flat; see ``trifold.network.flattening``.
"""

from __future__ import annotations

from torch import Tensor

from trifold.network.geometry import poincare
from trifold.network.geometry.poincare import clip_norm
from trifold.network.geometry.spaces import flat_dist

__all__ = ["clip_norm", "dist", "exp0", "from_ball", "log0", "mobius_add"]


def exp0(u: Tensor, c: Tensor) -> Tensor:
    """Itself: points are tangent vectors."""
    return u


def log0(x: Tensor, c: Tensor) -> Tensor:
    """Itself."""
    return x


def mobius_add(x: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """The sum."""
    return x + y


def dist(x: Tensor, y: Tensor, c: Tensor) -> Tensor:
    """2‖x − y‖: the metric at the origin is 2."""
    return 2 * flat_dist(x, y)


def from_ball(p: Tensor, c: Tensor) -> Tensor:
    """Tangent coordinates of a point of the ball of curvature −c."""
    return poincare.log0(p, c)
