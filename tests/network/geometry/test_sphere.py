"""The sphere against geoopt, and its laws."""

from __future__ import annotations

import geoopt
import pytest
import torch

from trifold.network.geometry.sphere import exp_map, log_map, to_sphere


def points(n: int = 64, dim: int = 8, seed: int = 0, dtype=torch.float64) -> torch.Tensor:
    return to_sphere(
        torch.randn(n, dim, generator=torch.Generator().manual_seed(seed), dtype=dtype)
    )


def test_agrees_with_geoopt_and_inverts() -> None:
    pole, y = points(1, seed=3)[0], points()
    ours = log_map(pole, y)
    reference = geoopt.Sphere().logmap(pole.expand_as(y), y)
    torch.testing.assert_close(ours, reference, atol=1e-6, rtol=1e-6)
    torch.testing.assert_close(exp_map(pole, ours), y, atol=1e-6, rtol=1e-6)


def test_log_is_tangent_and_as_long_as_the_angle() -> None:
    pole, y = points(1, seed=3)[0], points()
    v = log_map(pole, y)
    assert (v * pole).sum(dim=-1).abs().max() < 1e-9
    torch.testing.assert_close(v.norm(dim=-1), torch.arccos(y @ pole), atol=1e-6, rtol=1e-6)


@pytest.mark.parametrize("angle", [1e-5, 1e-3, 1.0, 3.0, 3.1415])
def test_small_and_large_angles_keep_their_digits(angle: float) -> None:
    pole = torch.tensor([1.0, 0.0, 0.0])
    y = torch.tensor([[torch.cos(torch.tensor(angle)), torch.sin(torch.tensor(angle)), 0.0]])
    assert log_map(pole, y).norm().item() == pytest.approx(angle, rel=2e-2, abs=2e-6)


def test_gradients_also_at_the_pole_and_at_zero() -> None:
    pole = points(1, seed=3)[0]
    assert torch.autograd.gradcheck(log_map, (pole.requires_grad_(), points(6).requires_grad_()))
    x = torch.zeros(3, 8, requires_grad=True)
    to_sphere(x).sum().backward()
    assert x.grad is not None
    assert x.grad.isfinite().all()
    y = pole.detach().float()[None].clone().requires_grad_()
    log_map(pole.detach().float(), y).sum().backward()
    assert y.grad is not None
    assert y.grad.isfinite().all()


def test_rotating_both_rotates_the_tangent() -> None:
    rotation, _ = torch.linalg.qr(torch.randn(8, 8, dtype=torch.float64))
    pole, y = points(1, seed=3)[0], points()
    torch.testing.assert_close(log_map(pole @ rotation, y @ rotation), log_map(pole, y) @ rotation)
