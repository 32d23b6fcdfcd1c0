"""Hyperbolic and spherical experts: manifold-valued parameters, read in tangent coordinates.

Manifold-valued parameters are geoopt ``ManifoldParameter``s for Riemannian optimisers; the maps
themselves are the branch-free functions of ``trifold.network.geometry``, which export and compile.
Geometry runs in float32 with autocast off.
"""

from __future__ import annotations

from types import ModuleType

import geoopt
import torch
from torch import Tensor, nn

from trifold.network.blocks.experts.base import Expert
from trifold.network.geometry import flat, lorentz, poincare
from trifold.network.geometry.poincare import bounded_curvature, clip_norm
from trifold.network.geometry.spaces import flat_dist
from trifold.network.geometry.sphere import log_map, to_sphere

MODELS = {"poincare": poincare, "lorentz": lorentz}
SPACES = {**MODELS, "flat": flat}


class HyperbolicExpert(Expert):
    """Two Möbius layers in a space of learnable negative curvature, read by log0 and distances.

    p1 = exp0(clip(W1 r)) ⊕ b1, p2 = exp0(clip(W2 log0 p1)) ⊕ b2, φ = LN(W[2 log0 p2; d(p2, P_j)]).
    After Ganea et al. (2018). Without biases and distances this is a Euclidean network: exp0 and
    log0 cancel. Biases and prototypes are points of the unit ball, scaled by 1/√c to the ball of
    curvature −c. The factor 2 is the metric at 0.

    Kept for bundles and comparisons. As weights undo what the curvature does, c is no more than a
    step size; see ``prototypes`` for experts whose geometry cannot be undone.

    Args:
        width: D.
        feature_dim: F.
        dim: of the ball.
        prototypes: points to which distances are read.
        curvature: ``learnable`` within 0.1 and 2, or a fixed c > 0.
        readout: ``both``, ``log`` or ``dist``.
        bias: False leaves the Möbius biases out.
        model: ``poincare`` or ``lorentz``: the same function in other coordinates.

    Raises:
        ValueError: for an unknown readout or model, or a curvature that is not positive.
    """

    geometry = "hyperbolic"

    def __init__(
        self,
        width: int,
        *,
        feature_dim: int = 64,
        dim: int = 32,
        prototypes: int = 8,
        curvature: str | float = "learnable",
        readout: str = "both",
        bias: bool = True,
        model: str = "poincare",
    ) -> None:
        super().__init__()
        if model not in MODELS:
            raise ValueError(f"expected a model among {', '.join(MODELS)}, got {model!r}")
        self.model = model  # by name: modules cannot be copied or pickled
        read = _read_width(readout, {"both": dim + prototypes, "log": dim, "dist": prototypes})
        ball = geoopt.PoincareBall(c=1.0)
        self.w1, self.w2 = nn.Linear(width, dim, bias=False), nn.Linear(dim, dim, bias=False)
        self.readout = readout
        if bias:
            self.bias1 = geoopt.ManifoldParameter(_ball_points(1, dim)[0], manifold=ball)
            self.bias2 = geoopt.ManifoldParameter(_ball_points(1, dim)[0], manifold=ball)
        if readout != "log":
            self.prototypes = geoopt.ManifoldParameter(_ball_points(prototypes, dim), manifold=ball)
        self.has_bias = bias
        self.learnable = curvature == "learnable"
        if self.learnable:
            self.curvature_free = nn.Parameter(torch.zeros(()))
        else:
            self.register_buffer("curvature_fixed", torch.tensor(_positive(curvature)))
        self.read, self.norm = nn.Linear(read, feature_dim), nn.LayerNorm(feature_dim)

    def flatten(self) -> None:
        """Add and measure in tangent coordinates at the origin."""
        self.model = "flat"

    def curvature(self) -> Tensor:
        """The magnitude c of the curvature −c."""
        if self.learnable:
            return bounded_curvature(self.curvature_free)
        fixed: Tensor = self.get_buffer("curvature_fixed")
        return fixed

    def forward(self, r: Tensor) -> Tensor:
        """(..., D) to (..., F)."""
        with torch.autocast(r.device.type, enabled=False):
            c = self.curvature()
            p = self._layer(self.w1(r.float()), "bias1", c)
            p = self._layer(self.w2(self._space.log0(p, c)), "bias2", c)
            features: Tensor = self.norm(self.read(torch.cat(self._read(p, c), dim=-1)))
            return features

    @property
    def _space(self) -> ModuleType:
        return SPACES[self.model]

    def _layer(self, u: Tensor, bias: str, c: Tensor) -> Tensor:
        p = self._space.exp0(clip_norm(u, c), c)
        if not self.has_bias:
            return p
        return self._space.mobius_add(p, self._points(getattr(self, bias), c), c)

    def _points(self, unit: Tensor, c: Tensor) -> Tensor:
        """Points of the unit ball to those of the model's space of curvature −c."""
        return self._space.from_ball(unit / c.sqrt(), c)

    def _read(self, p: Tensor, c: Tensor) -> list[Tensor]:
        parts = [] if self.readout == "dist" else [2 * self._space.log0(p, c)]
        if self.readout != "log":
            parts.append(self._space.dist(p.unsqueeze(-2), self._points(self.prototypes, c), c))
        return parts


class SphericalExpert(Expert):
    """Directions on a unit sphere, read by the logarithm at a learned pole and by cosines.

    y = W r/‖W r‖, φ = LN(W[log_μ(y); ⟨y, d_j⟩]); the length of r does not matter.

    Args:
        width: D.
        feature_dim: F.
        dim: ambient dimension of the sphere.
        directions: unit vectors to which cosines are read.
        readout: ``both``, ``log`` or ``cos``.

    Raises:
        ValueError: for an unknown readout.
    """

    geometry = "spherical"

    def __init__(
        self,
        width: int,
        *,
        feature_dim: int = 64,
        dim: int = 32,
        directions: int = 8,
        readout: str = "both",
    ) -> None:
        super().__init__()
        self.is_flattened = False
        read = _read_width(readout, {"both": dim + directions, "log": dim, "cos": directions})
        sphere = geoopt.Sphere()
        self.project = nn.Linear(width, dim, bias=False)
        self.readout = readout
        if readout != "cos":
            self.pole = geoopt.ManifoldParameter(_unit(1, dim)[0], manifold=sphere)
        if readout != "log":
            self.directions = geoopt.ManifoldParameter(_unit(directions, dim), manifold=sphere)
        self.read, self.norm = nn.Linear(read, feature_dim), nn.LayerNorm(feature_dim)

    def forward(self, r: Tensor) -> Tensor:
        """(..., D) to (..., F)."""
        with torch.autocast(r.device.type, enabled=False):
            y = to_sphere(self.project(r.float()))
            parts = [] if self.readout == "cos" else [log_map(self.pole, y)]
            if self.readout != "log":
                parts.append(self._cosines(y))
            features: Tensor = self.norm(self.read(torch.cat(parts, dim=-1)))
            return features

    def flatten(self) -> None:
        """Take angles to the directions as distances in tangent coordinates at the pole."""
        self.is_flattened = True

    def _cosines(self, y: Tensor) -> Tensor:
        """(..., directions); without a pole of its own the tangent is at the mean direction."""
        if not self.is_flattened:
            return y @ self.directions.mT
        pole = to_sphere(self.directions.mean(dim=0)) if self.readout == "cos" else self.pole
        u, v = log_map(pole, y).unsqueeze(-2), log_map(pole, self.directions)
        return flat_dist(u, v).cos()


def _read_width(readout: str, widths: dict[str, int]) -> int:
    if readout not in widths:
        raise ValueError(f"expected a readout among {', '.join(widths)}, got {readout!r}")
    return widths[readout]


def _positive(curvature: str | float) -> float:
    if isinstance(curvature, str) or not curvature > 0:
        raise ValueError(f"expected curvature learnable or a number above 0, got {curvature!r}")
    return float(curvature)


def _ball_points(n: int, dim: int) -> Tensor:
    """(n, dim) points of the unit ball, about 0.3 from its centre."""
    return 0.3 * dim**-0.5 * torch.randn(n, dim)


def _unit(n: int, dim: int) -> Tensor:
    x = torch.randn(n, dim)
    return x / x.norm(dim=-1, keepdim=True)
