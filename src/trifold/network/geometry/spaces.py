"""Three spaces of constant curvature with one interface, so that experts differ in nothing else.

Curvature is −1, +1 or 0, and what is learnt is how far points lie from the origin. A curvature that
is learnt beside free weights says nothing: points of the ball of curvature −c are those of the unit
ball times 1/√c, so weights undo whatever c does. A radius in units of the curvature cannot be
undone. Tangent vectors at the origin are as long as the way that ``exp`` goes.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from typing import ClassVar

import geoopt
import torch
from torch import Tensor

from trifold.network.geometry import poincare
from trifold.network.geometry.sphere import SMALL, exp_map, log_map, to_sphere


def flat_dist(u: Tensor, v: Tensor) -> Tensor:
    """(...,) Euclidean distance of (..., d), with finite gradient at 0."""
    return ((u - v).square().sum(dim=-1) + SMALL**2).sqrt()


class Space(ABC):
    """Points, and how they relate.

    Attributes:
        geometry: what it is called.
        longest: radius that points keep within; see ``poincare.clip_norm``.
        extra: coordinates of a point beyond the space's dimensions.
    """

    geometry: ClassVar[str]
    longest: ClassVar[float] = 2 * poincare.LONGEST_TANGENT
    extra: ClassVar[int] = 0

    @abstractmethod
    def manifold(self) -> geoopt.Manifold:
        """Where geoopt's optimisers keep points."""

    @abstractmethod
    def exp(self, u: Tensor) -> Tensor:
        """(..., d) tangent vectors at the origin to (..., d + extra) points."""

    @abstractmethod
    def log(self, p: Tensor) -> Tensor:
        """The inverse of ``exp``."""

    @abstractmethod
    def dist(self, p: Tensor, q: Tensor) -> Tensor:
        """(...,) length of the shortest way between points."""

    @abstractmethod
    def midpoint(self, p: Tensor, weight: Tensor) -> Tensor:
        """(..., n, d + extra) points and (..., n) weights to (..., d + extra)."""


class Ball(Space):
    """Hyperbolic space as the Poincaré ball of curvature −1; ``longest`` is float32's."""

    geometry = "hyperbolic"

    def manifold(self) -> geoopt.Manifold:
        """The unit ball."""
        return geoopt.PoincareBall(c=1.0)

    def exp(self, u: Tensor) -> Tensor:
        """Half of ``u`` through ``poincare.exp0``: the metric there is 2."""
        return poincare.exp0(u / 2, _one(u))

    def log(self, p: Tensor) -> Tensor:
        """Twice ``poincare.log0``."""
        return 2 * poincare.log0(p, _one(p))

    def dist(self, p: Tensor, q: Tensor) -> Tensor:
        """See ``poincare.dist``."""
        return poincare.dist(p, q, _one(p))

    def midpoint(self, p: Tensor, weight: Tensor) -> Tensor:
        """The gyromidpoint."""
        return poincare.gyromidpoint(p, weight, _one(p))


class Sphere(Space):
    """The unit sphere around 0; its origin is the pole (1, 0, …, 0).

    Points keep within 3 of the pole, a little less than half the way around: farther on, ``exp``
    would come back.
    """

    geometry = "spherical"
    longest = 3.0
    extra = 1

    def manifold(self) -> geoopt.Manifold:
        """Unit vectors."""
        return geoopt.Sphere()

    def exp(self, u: Tensor) -> Tensor:
        """Along great circles from the pole."""
        across = torch.cat([torch.zeros_like(u[..., :1]), u], dim=-1)
        return exp_map(_pole(across), across)

    def log(self, p: Tensor) -> Tensor:
        """The way from the pole."""
        return log_map(_pole(p), p)[..., 1:]

    def dist(self, p: Tensor, q: Tensor) -> Tensor:
        """The angle 2 atan2(‖p − q‖, ‖p + q‖), exact at both ends (Kahan)."""
        return 2 * torch.atan2(flat_dist(p, q), flat_dist(p, -q))

    def midpoint(self, p: Tensor, weight: Tensor) -> Tensor:
        """The mean vector's direction."""
        return to_sphere((weight.unsqueeze(-1) * p).sum(dim=-2))


class Flat(Space):
    """Euclidean space."""

    geometry = "euclidean"

    def manifold(self) -> geoopt.Manifold:
        """Vectors, as points that optimisers step with one length for all coordinates."""
        return geoopt.Euclidean(ndim=1)

    def exp(self, u: Tensor) -> Tensor:
        """Itself."""
        return u

    def log(self, p: Tensor) -> Tensor:
        """Itself."""
        return p

    def dist(self, p: Tensor, q: Tensor) -> Tensor:
        """See ``flat_dist``."""
        return flat_dist(p, q)

    def midpoint(self, p: Tensor, weight: Tensor) -> Tensor:
        """The weighted mean."""
        return (weight.unsqueeze(-1) * p).sum(dim=-2) / weight.sum(dim=-1, keepdim=True)


def _one(x: Tensor) -> Tensor:
    return torch.ones((), device=x.device, dtype=x.dtype)


def _pole(points: Tensor) -> Tensor:
    pole = torch.zeros_like(points)
    pole[..., 0] = 1
    return pole
