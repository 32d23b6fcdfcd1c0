"""Transforms of skewed or heavy-tailed labels to the network's targets and back.

Each takes the place of ``StandardTargets``, is saved with the weights and exported with the
network. All are increasing in every target:
rank metrics such as Spearman's ρ are unaffected, except where scores meet the ends of the rating
scale.
"""

from __future__ import annotations

from abc import abstractmethod

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, TargetSchema
from trifold.errors import InputError
from trifold.network.targets.base import TargetTransform
from trifold.network.targets.monotone import (
    knot_places,
    moments,
    off_the_limits,
    piecewise,
    power_inverse,
    power_transform,
    residual_levels,
)
from trifold.network.targets.standard import StandardTargets

RESIDUALS = 31  # R, levels of the residuals' distribution
KNOTS = 129  # Q, of the rank-Gaussian transform
STEEPEST = 3.0  # |λ − 1| of Yeo-Johnson


class SmearedTargets(TargetTransform):
    """Base of the transforms g: labels y to targets z = g(y), and scores from predicted targets.

    g⁻¹ of a mean target is not the mean score where g is curved. Scores are therefore Duan's (1983)
    smearing estimate, the mean over i of g⁻¹(z + e_i) with residuals e_i of the targets, kept as R
    levels per target. Until ``set_residuals`` is called all are 0 and scores are g⁻¹(z).

    Args:
        schema: the K targets.
        smear: False leaves the residuals at 0, for comparison.
    """

    low: Tensor
    high: Tensor
    residual: Tensor

    def __init__(self, schema: TargetSchema, *, smear: bool = True) -> None:
        super().__init__()
        self.smear = smear
        lows, highs = zip(*((target.low, target.high) for target in schema.targets), strict=True)
        self.register_buffer("low", torch.tensor(lows, dtype=torch.float32))
        self.register_buffer("high", torch.tensor(highs, dtype=torch.float32))
        self.register_buffer("residual", torch.zeros(RESIDUALS, len(lows)))

    def fit(self, labels: Array) -> None:
        """Learn g from (B, K) training labels, NaN where unlabelled, and forget the residuals.

        A target without labels, or with equal ones, is shifted and not scaled.

        Raises:
            InputError: when there are not K columns.
        """
        self._check(labels, "labels")
        for k in range(labels.shape[1]):
            seen = labels[np.isfinite(labels[:, k]), k].astype(np.float64)
            self._fit_one(k, seen if len(seen) else (self.low + self.high)[k : k + 1].numpy() / 2)
        self.residual.zero_()

    def set_residuals(self, residuals: Array) -> None:
        """Smear scores over these residuals, targets minus predicted targets.

        The R levels are means over equal shares of the sorted residuals, so their mean is kept and
        with it a constant bias of the predictions is taken out.

        Args:
            residuals: (n, K), NaN where unlabelled; of candidates that were not trained on, as
                residuals on the training rows are too small.

        Raises:
            InputError: when there are not K columns.
        """
        self._check(residuals, "residuals")
        if not self.smear:
            return
        for k in range(residuals.shape[1]):
            seen = residuals[np.isfinite(residuals[:, k]), k]
            self.residual[:, k] = torch.as_tensor(residual_levels(seen, RESIDUALS))

    def forward(self, standardized: Tensor) -> Tensor:
        """(..., K) predicted targets to scores, kept inside the rating scale."""
        shape = (RESIDUALS, *(1,) * (standardized.ndim - 1), self.low.numel())
        spread = self._inverse(standardized.unsqueeze(0) + self.residual.reshape(shape))
        return self._clip(self._clip(spread).mean(dim=0))  # the mean may round past an end

    @abstractmethod
    def _fit_one(self, k: int, seen: Array) -> None:
        """Learn the transform of target k from its (n,) labels, none of them NaN."""

    @abstractmethod
    def _inverse(self, targets: Tensor) -> Tensor:
        """(..., K) targets to labels, which may lie outside the rating scale."""

    def _clip(self, scores: Tensor) -> Tensor:
        return torch.minimum(torch.maximum(scores, self.low), self.high)

    def _check(self, values: Array, where: str) -> None:
        if values.ndim != 2 or values.shape[1] != self.low.numel():
            raise InputError(
                expected=f"an array of shape (n, {self.low.numel()})",
                got=f"shape {values.shape}",
                where=where,
            )


class RankGaussTargets(SmearedTargets):
    """Φ⁻¹((rank − ½)/n) of each label among n training labels, ties averaged; rankit, Bliss (1967).

    Kept as Q knots per target: g is linear between them and goes on at the slope of the ends.
    """

    labels: Tensor
    normal: Tensor

    def __init__(self, schema: TargetSchema, *, smear: bool = True) -> None:
        super().__init__(schema, smear=smear)
        line = torch.linspace(-1, 1, KNOTS).repeat(len(schema.targets), 1)  # (K, Q)
        self.register_buffer("labels", line + ((self.low + self.high) / 2)[:, None])
        self.register_buffer("normal", line.clone())

    def standardize(self, labels: Tensor) -> Tensor:
        """(B, K) labels to targets; NaN stays NaN."""
        return piecewise(labels, self.labels, self.normal)

    def _inverse(self, targets: Tensor) -> Tensor:
        return piecewise(targets, self.normal, self.labels)

    def _fit_one(self, k: int, seen: Array) -> None:
        from scipy import stats  # only to fit: scoring starts half a second sooner without

        step = 1e-5 * float(self.high[k] - self.low[k])  # labels closer than this are ties
        values, counts = np.unique(np.round(seen / step) * step, return_counts=True)
        rank = np.cumsum(counts) - (counts - 1) / 2
        normal = stats.norm.ppf((rank - 0.5) / len(seen))
        if len(values) == 1:
            values, normal = values + np.array([-1.0, 1.0]), np.array([-1.0, 1.0])
        at = knot_places(normal, KNOTS)
        whole = np.arange(len(values))
        self.labels[k] = torch.as_tensor(np.interp(at, whole, values))
        self.normal[k] = torch.as_tensor(np.interp(at, whole, normal))


class YeoJohnsonTargets(SmearedTargets):
    """Yeo & Johnson's (2000) power transform of the standardised labels, standardised again.

    ψ(x) = sgn(x) ((1 + |x|)^p − 1)/p with p = λ for x ≥ 0 and 2 − λ below; λ by maximum likelihood
    on the training labels, per target, kept within 1 ± 3. λ = 1 changes nothing. Labels are
    standardised first, so that λ depends on their shape and not on where the rating scale starts.
    λ outside [0, 2] bounds ψ on one side; targets beyond the bound give the end of the scale.
    """

    mean: Tensor
    scale: Tensor
    power: Tensor
    centre: Tensor
    spread: Tensor

    def __init__(self, schema: TargetSchema, *, smear: bool = True) -> None:
        super().__init__(schema, smear=smear)
        one = torch.ones_like(self.low)
        self.register_buffer("mean", (self.low + self.high) / 2)
        self.register_buffer("scale", one.clone())
        self.register_buffer("power", one.clone())
        self.register_buffer("centre", torch.zeros_like(one))
        self.register_buffer("spread", one.clone())

    def standardize(self, labels: Tensor) -> Tensor:
        """(B, K) labels to targets; NaN stays NaN."""
        x = (labels - self.mean) / self.scale
        return (power_transform(x, self.power) - self.centre) / self.spread

    def _inverse(self, targets: Tensor) -> Tensor:
        x = power_inverse(targets * self.spread + self.centre, self.power)
        return x * self.scale + self.mean

    def _fit_one(self, k: int, seen: Array) -> None:
        from scipy import stats  # only to fit, as above

        mean, scale = moments(seen)
        x = (seen - mean) / scale
        power = 1.0 if np.ptp(x) == 0 else float(stats.yeojohnson_normmax(x))
        power = off_the_limits(float(np.clip(power, 1 - STEEPEST, 1 + STEEPEST)))
        psi = power_transform(torch.as_tensor(x), torch.tensor(power, dtype=torch.float64)).numpy()
        facts = (mean, scale, power, *moments(psi))
        buffers = (self.mean, self.scale, self.power, self.centre, self.spread)
        for buffer, fact in zip(buffers, facts, strict=True):
            buffer[k] = fact


class WinsorTargets(SmearedTargets):
    """Labels pulled in to mean ± 3 standard deviations, then standardised.

    What lies outside is not recovered by the way back: scores of such candidates are too near the
    mean.
    """

    least: Tensor
    most: Tensor
    mean: Tensor
    scale: Tensor

    def __init__(self, schema: TargetSchema, *, limit: float = 3.0, smear: bool = True) -> None:
        super().__init__(schema, smear=smear)
        self.limit = limit
        self.register_buffer("least", self.low.clone())
        self.register_buffer("most", self.high.clone())
        self.register_buffer("mean", (self.low + self.high) / 2)
        self.register_buffer("scale", torch.ones_like(self.low))

    def standardize(self, labels: Tensor) -> Tensor:
        """(B, K) labels to targets; NaN stays NaN."""
        inside = torch.minimum(torch.maximum(labels, self.least), self.most)
        return (inside - self.mean) / self.scale

    def _inverse(self, targets: Tensor) -> Tensor:
        return targets * self.scale + self.mean

    def _fit_one(self, k: int, seen: Array) -> None:
        mean, scale = moments(seen)
        least, most = mean - self.limit * scale, mean + self.limit * scale
        self.least[k], self.most[k] = least, most
        self.mean[k], self.scale[k] = moments(np.clip(seen, least, most))


TARGETS: dict[str, type[TargetTransform]] = {
    "none": StandardTargets,
    "rankgauss": RankGaussTargets,
    "yeojohnson": YeoJohnsonTargets,
    "winsor": WinsorTargets,
}
