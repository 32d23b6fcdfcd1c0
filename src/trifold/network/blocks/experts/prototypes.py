"""Experts that say how far a person is from prototypes, in a space of few dimensions.

They differ in the space alone, which makes each the control of the others, and nothing in them can
undo what curvature does: no Möbius bias (it is an isometry, which free prototypes undo), no
coordinates beside the distances, no normalisation after them.
"""

from __future__ import annotations

from typing import ClassVar

import geoopt
import torch
from torch import Tensor, nn

from trifold.network.blocks.experts.base import Expert
from trifold.network.geometry.centres import centres
from trifold.network.geometry.poincare import clip_norm
from trifold.network.geometry.spaces import Ball, Flat, Space, Sphere, flat_dist


class PrototypeExpert(Expert):
    """u = s·W(r − m)/‖W‖, p = exp(u), φ = A·(dist(p, P_j) − a_j)/b + e; of a space.

    The radius s is learnt in units of the curvature, which is fixed. Training starts with the
    points of the training rows at a root mean square distance of ``radius`` from the origin and
    with prototypes at their centres, see ``initialise``; m, a and b are fixed there.

    Args:
        width: D of r.
        feature_dim: F.
        dim: d of the space.
        prototypes: J.
        radius: at which training starts.

    Raises:
        ValueError: for fewer than one dimension or prototype, or a radius that is not positive.
    """

    space: ClassVar[Space]
    centre: Tensor
    start: Tensor
    middle: Tensor
    spread: Tensor

    def __init__(
        self,
        width: int,
        *,
        feature_dim: int = 64,
        dim: int = 4,
        prototypes: int = 16,
        radius: float = 1.0,
    ) -> None:
        super().__init__()
        if dim < 1 or prototypes < 1 or not radius > 0:
            raise ValueError(
                "expected a dimension, a prototype and a radius above 0 at least, got "
                f"{dim}, {prototypes} and {radius}"
            )
        self.radius, self.is_flattened = radius, False
        self.project = nn.Linear(width, dim, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(radius).log())
        start = self.space.exp(radius * dim**-0.5 * torch.randn(prototypes, dim))
        self.prototypes = geoopt.ManifoldParameter(start, manifold=self.space.manifold())
        self.read = nn.Linear(prototypes, feature_dim)
        self.register_buffer("centre", torch.zeros(width))
        self.register_buffer("start", start.clone())
        self.register_buffer("middle", torch.zeros(prototypes))
        self.register_buffer("spread", torch.ones(()))

    def forward(self, r: Tensor) -> Tensor:
        """(..., D) to (..., F)."""
        with torch.autocast(r.device.type, enabled=False):
            features: Tensor = self.read((self.distances(r) - self.middle) / self.spread)
            return features

    def embed(self, r: Tensor) -> Tensor:
        """(..., D) to (..., d) tangent coordinates at the origin, within the space's reach."""
        u = self._aim(r) * self.log_scale.exp()
        return clip_norm(u, torch.ones((), device=u.device), longest=self.space.longest)

    def distances(self, r: Tensor) -> Tensor:
        """(..., D) to (..., J), in units of the curvature."""
        u = self.embed(r).unsqueeze(-2)
        if self.is_flattened:
            return flat_dist(u, self.space.log(self.prototypes))
        return self.space.dist(self.space.exp(u), self.prototypes)

    @torch.no_grad()
    def initialise(self, rows: Tensor) -> None:
        """Put origin, radius and prototypes where (n, D) training rows are."""
        rows = rows.float()
        self.centre.copy_(rows.mean(dim=0))
        reach = self._aim(rows).square().sum(dim=-1).mean().sqrt()
        self.log_scale.copy_((self.radius / reach.clamp(min=1e-6)).log())
        points = self.space.exp(self.embed(rows))
        self.prototypes.copy_(centres(self.space, points, len(self.prototypes)))
        self.start.copy_(self.prototypes)
        distances = self.distances(rows)
        self.middle.copy_(distances.mean(dim=0))
        self.spread.copy_(distances.std().nan_to_num(1.0).clamp(min=1e-6))

    @torch.no_grad()
    def moved(self) -> Tensor:
        """(J,) how far the prototypes are from where they started, in units of the curvature."""
        return self.space.dist(self.start, self.prototypes)

    def flatten(self) -> None:
        """Measure from now on straight in tangent coordinates at the origin."""
        self.is_flattened = True

    def _aim(self, r: Tensor) -> Tensor:
        """(..., d) of root mean square length 1 for white r."""
        return (r.float() - self.centre) @ (self.project.weight / self.project.weight.norm()).mT


class HyperbolicPrototypes(PrototypeExpert):
    """In hyperbolic space."""

    geometry, space = Ball.geometry, Ball()


class SphericalPrototypes(PrototypeExpert):
    """On the sphere."""

    geometry, space = Sphere.geometry, Sphere()


class EuclideanPrototypes(PrototypeExpert):
    """In flat space: the control of both."""

    geometry, space = Flat.geometry, Flat()
