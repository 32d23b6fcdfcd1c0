"""Increasing maps of one variable and what is fitted for them; branch-free, so they export."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array


def moments(values: Array) -> tuple[float, float]:
    """Mean and standard deviation; 1 where values are equal."""
    deviation = float(values.std())
    return float(values.mean()), deviation if deviation > 1e-6 else 1.0


def residual_levels(residuals: Array, count: int) -> Array:
    """Means over ``count`` equal shares of the sorted residuals (n,); zeros without any."""
    n = len(residuals)
    if n == 0:
        return np.zeros(count)
    total = np.concatenate([[0.0], np.cumsum(np.sort(residuals))])
    at = np.linspace(0, n, count + 1)
    return np.diff(np.interp(at, np.arange(n + 1), total)) * count / n


def knot_places(normal: Array, count: int) -> Array:
    """``count`` increasing places along n points, evenly in ``normal`` where n is larger.

    Fewer points are all kept, and their gaps divided.
    """
    last = len(normal) - 1
    if last >= count:
        even = np.linspace(normal[0], normal[-1], count)
        return np.interp(even, normal, np.arange(len(normal)))
    share = np.full(last, (count - 1) // last)
    share[: (count - 1) % last] += 1
    start = np.repeat(np.arange(last), share)
    step = np.arange(count - 1) - np.repeat(np.cumsum(share) - share, share)
    return np.append(start + step / np.repeat(share, share), last)


def piecewise(x: Tensor, knots: Tensor, values: Tensor) -> Tensor:
    """Linear interpolation of (..., K) in K tables (K, Q), going on at the slope of the ends."""
    columns = x.movedim(-1, 0).reshape(knots.shape[0], -1).to(knots.dtype)  # (K, n)
    right = torch.searchsorted(knots, columns.contiguous()).clamp(1, knots.shape[1] - 1)
    x0, x1 = knots.gather(1, right - 1), knots.gather(1, right)
    y0, y1 = values.gather(1, right - 1), values.gather(1, right)
    y = y0 + (columns - x0) / (x1 - x0).clamp(min=1e-12) * (y1 - y0)
    return y.reshape(x.movedim(-1, 0).shape).movedim(0, -1)


def power_transform(x: Tensor, power: Tensor) -> Tensor:
    """ψ of Yeo & Johnson (2000), elementwise: sgn(x) ((1 + |x|)^p − 1)/p.

    p = λ for x ≥ 0 and 2 − λ below. ``power`` is λ, off 0 and 2; see ``off_the_limits``.
    """
    p = torch.where(x >= 0, power, 2 - power)
    return torch.sign(x) * torch.expm1(p * torch.log1p(x.abs())) / p


def power_inverse(y: Tensor, power: Tensor) -> Tensor:
    """ψ⁻¹, elementwise; very large beyond the bound of ψ, not NaN."""
    p = torch.where(y >= 0, power, 2 - power)
    inside = torch.log1p((p * y.abs()).clamp(min=-1 + 1e-6)) / p
    return torch.sign(y) * torch.expm1(inside.clamp(max=40.0))


def off_the_limits(power: float) -> float:
    """λ at least 1e-4 from 0 and 2, where ψ is a logarithm and its formula divides by 0."""
    for limit in (0.0, 2.0):
        if abs(power - limit) < 1e-4:
            power = limit + 1e-4
    return power
