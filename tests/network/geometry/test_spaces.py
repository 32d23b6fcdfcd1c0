"""The three spaces: one interface, and the laws that set them apart."""

from __future__ import annotations

import geoopt
import pytest
import torch

from trifold.network.geometry.centres import centres
from trifold.network.geometry.poincare import mobius_add
from trifold.network.geometry.spaces import Ball, Flat, Space, Sphere, flat_dist

SPACES = [Ball(), Sphere(), Flat()]
ONE = torch.ones((), dtype=torch.float64)
space_of = pytest.mark.parametrize("space", SPACES, ids=lambda s: s.geometry)


def tangents(n: int = 9, *, dim: int = 3, length: float = 1.0, seed: int = 0) -> torch.Tensor:
    generator = torch.Generator().manual_seed(seed)
    u = torch.randn(n, dim, generator=generator, dtype=torch.float64)
    return u * length / u.norm(dim=-1, keepdim=True)


@space_of
@pytest.mark.parametrize("length", [1e-3, 0.5, 2.5])
def test_log_undoes_exp_and_the_way_is_as_long_as_the_tangent(space: Space, length: float) -> None:
    u = tangents(length=length)
    p = space.exp(u)
    torch.testing.assert_close(space.log(p), u, atol=1e-5, rtol=1e-5)
    origin = space.exp(torch.zeros_like(u))
    torch.testing.assert_close(space.dist(origin, p), u.norm(dim=-1), atol=1e-5, rtol=1e-4)
    assert space.manifold().check_point_on_manifold(p, atol=1e-5)


@space_of
def test_distances_agree_with_geoopt(space: Space) -> None:
    p, q = space.exp(tangents(length=1.2)), space.exp(tangents(length=0.7, seed=1))
    oracle = {"hyperbolic": geoopt.PoincareBall(c=1.0), "spherical": geoopt.SphereExact(),
              "euclidean": geoopt.Euclidean(ndim=1)}[space.geometry]  # fmt: skip
    torch.testing.assert_close(space.dist(p, q), oracle.dist(p, q).double(), atol=1e-4, rtol=1e-4)


@space_of
def test_distances_and_midpoints_do_not_depend_on_the_frame(space: Space) -> None:
    p, q = space.exp(tangents(length=1.2)), space.exp(tangents(length=0.7, seed=1))
    turn = torch.linalg.qr(torch.randn(p.shape[1], p.shape[1], dtype=torch.float64))[0]

    def moved(x: torch.Tensor) -> torch.Tensor:
        x = x @ turn.mT
        if isinstance(space, Ball):
            return mobius_add(torch.full_like(x, 0.2), x, ONE)
        return x + 3.0 if isinstance(space, Flat) else x

    torch.testing.assert_close(space.dist(moved(p), moved(q)), space.dist(p, q), atol=1e-5, rtol=0)
    weight = torch.rand(len(p), dtype=torch.float64) + 0.1
    torch.testing.assert_close(
        moved(space.midpoint(p, weight)[None]), space.midpoint(moved(p), weight)[None],
        atol=1e-5, rtol=0,
    )  # fmt: skip


def test_curvature_spreads_or_gathers_what_parts() -> None:
    u, v = tangents(length=1.5), tangents(length=1.5, seed=1)
    ball, sphere, flat = (space.dist(space.exp(u), space.exp(v)) for space in SPACES)
    assert (ball > flat).all()
    assert (sphere < flat).all()


@space_of
def test_close_to_the_origin_every_space_is_flat(space: Space) -> None:
    u, v = tangents(length=1e-2), tangents(length=1e-2, seed=1)
    torch.testing.assert_close(
        space.dist(space.exp(u), space.exp(v)), flat_dist(u, v), atol=0, rtol=1e-3
    )


@space_of
def test_centres_find_what_is_clustered(space: Space) -> None:
    torch.manual_seed(0)
    truth = space.exp(tangents(4, dim=2, length=2.0))
    points = space.exp(space.log(truth).repeat_interleave(30, dim=0) + 0.03 * torch.randn(120, 2))
    found = centres(space, points, 4)
    assert space.dist(truth.unsqueeze(1), found).amin(dim=1).max() < 0.05
    assert space.manifold().check_point_on_manifold(found, atol=1e-5)


@space_of
def test_fewer_points_than_centres_are_no_trouble(space: Space) -> None:
    found = centres(space, space.exp(tangents(2)), 5)
    assert found.isfinite().all()
    assert len(found) == 5
