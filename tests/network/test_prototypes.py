"""Experts of prototypes use curvature, can be told so, and start where people are."""

from __future__ import annotations

from copy import deepcopy

import geoopt
import pytest
import torch

from trifold.network.base import trained_numbers
from trifold.network.blocks.experts.curved import HyperbolicExpert, SphericalExpert
from trifold.network.blocks.experts.euclidean import EuclideanExpert
from trifold.network.blocks.experts.fusion import GyromidpointFusion, TangentFusion
from trifold.network.blocks.experts.prototypes import (
    EuclideanPrototypes,
    HyperbolicPrototypes,
    PrototypeExpert,
    SphericalPrototypes,
)
from trifold.network.flattening import flattened, is_curved, prototypes_moved

CURVED = [HyperbolicPrototypes, SphericalPrototypes]
KINDS = [*CURVED, EuclideanPrototypes]
ROWS = 2.0 + 3.0 * torch.randn(60, 24, generator=torch.Generator().manual_seed(0))
each_kind = pytest.mark.parametrize("kind", KINDS, ids=lambda k: k.geometry)
each_curved = pytest.mark.parametrize("kind", CURVED, ids=lambda k: k.geometry)


def make(kind: type[PrototypeExpert], **settings: object) -> PrototypeExpert:
    torch.manual_seed(0)
    expert = kind(24, feature_dim=6, dim=3, prototypes=5, **settings)  # type: ignore[arg-type]
    expert.initialise(ROWS)
    return expert


def change(expert: PrototypeExpert) -> float:
    """Largest change of a distance by flattening, in units of the radius."""
    flat = flattened(expert).distances(ROWS)
    return float((expert.distances(ROWS) - flat).abs().max() / expert.log_scale.exp())


@each_kind
@pytest.mark.parametrize("radius", [0.3, 1.0])
def test_training_starts_with_people_at_the_radius_and_prototypes_among_them(kind, radius) -> None:
    expert = make(kind, radius=radius)
    reach = expert.embed(ROWS).square().sum(dim=-1).mean().sqrt()
    assert float(reach) == pytest.approx(radius, rel=0.1)  # long ones are shortened a little
    torch.testing.assert_close(expert.distances(ROWS).mean(dim=0), expert.middle)
    nearest = expert.distances(ROWS).amin(dim=0)
    assert (nearest < 1.5 * radius).all()
    assert expert.moved().max() < 1e-5


@each_curved
def test_flattening_changes_nothing_near_the_origin_and_much_far_from_it(kind) -> None:
    assert change(make(kind, radius=1e-2)) < 1e-3
    assert change(make(kind, radius=1.0)) > 0.02
    assert change(make(EuclideanPrototypes, radius=1.0)) == 0


@each_kind
def test_only_in_curved_space_a_radius_cannot_be_undone(kind) -> None:
    expert = make(kind, radius=0.5)
    larger = deepcopy(expert)
    with torch.no_grad():
        larger.log_scale += torch.tensor(2.0).log()
        larger.prototypes.copy_(kind.space.exp(2 * kind.space.log(expert.prototypes)))
    both = larger.distances(ROWS) / 2, expert.distances(ROWS)
    off = float((both[0] - both[1]).abs().max())
    assert (off < 0.05) == (kind is EuclideanPrototypes), off


@each_kind
def test_everything_learns(kind) -> None:
    expert = make(kind)
    (expert(ROWS) * torch.randn(60, 6)).sum().backward()
    assert all(p.grad.abs().sum() > 1e-3 for p in expert.parameters())


@each_kind
def test_prototypes_move_and_stay_on_their_manifold(kind) -> None:
    expert = make(kind)
    step = geoopt.optim.RiemannianAdam([expert.prototypes], lr=0.05)
    for _ in range(20):
        step.zero_grad()
        (expert(ROWS)[:, 0] - ROWS[:, 0]).square().mean().backward()
        step.step()
    points = expert.prototypes
    assert points.manifold.check_point_on_manifold(points.detach(), atol=1e-5)
    assert prototypes_moved(torch.nn.ModuleList([expert])) > 0.1
    restored = kind(24, feature_dim=6, dim=3, prototypes=5)
    restored.load_state_dict(expert.state_dict())
    torch.testing.assert_close(restored(ROWS), expert(ROWS))
    torch.testing.assert_close(restored.moved(), expert.moved())


def test_the_three_have_as_many_degrees_of_freedom() -> None:
    count = {kind.geometry: trained_numbers(make(kind)) for kind in KINDS}
    assert count["hyperbolic"] == count["euclidean"]
    assert count["spherical"] == count["euclidean"] + 5  # of unit length, so one less each


@each_kind
def test_any_number_gives_finite_features_in_fp32(kind) -> None:
    expert = make(kind)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        got = expert(torch.cat([ROWS * 1e6, torch.zeros(1, 24), ROWS * 0]))
    assert got.dtype == torch.float32
    assert got.isfinite().all()


@each_kind
def test_equal_rows_start_finite(kind) -> None:
    expert = make(kind)
    expert.initialise(ROWS[:1])
    expert.initialise(ROWS[:1].expand(7, -1))
    assert all(value.isfinite().all() for value in expert.state_dict().values())
    assert expert(ROWS).isfinite().all()


@pytest.mark.parametrize("wrong", [{"dim": 0}, {"prototypes": 0}, {"radius": 0.0}], ids=str)
def test_sizes_below_one_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="expected a dimension, a prototype and a radius above 0"):
        HyperbolicPrototypes(24, **wrong)  # type: ignore[arg-type]


class TestFormerExperts:
    def test_the_ball_without_curvature_adds_and_measures_in_tangents(self) -> None:
        torch.manual_seed(0)
        expert = HyperbolicExpert(24, dim=6, prototypes=4, curvature=1e-6)
        with torch.no_grad():
            for point in (expert.bias1, expert.bias2, expert.prototypes):
                point.mul_(1e-3)  # where they were, on a ball that has grown
            rows = ROWS[:9] * 0.1
        torch.testing.assert_close(flattened(expert)(rows), expert(rows), atol=2e-2, rtol=1e-2)

    @pytest.mark.parametrize("readout", ["both", "cos", "log"])
    def test_the_sphere_flattens(self, readout: str) -> None:
        torch.manual_seed(0)
        expert = SphericalExpert(24, dim=6, directions=4, readout=readout)
        shift = (flattened(expert)(ROWS) - expert(ROWS)).abs().max()
        assert (shift > 0.01) == (readout != "log")

    def test_the_gyromidpoint_becomes_a_mean(self) -> None:
        torch.manual_seed(0)
        fusion = GyromidpointFusion(24, feature_dim=6, num_experts=2)
        r, phi, weight = torch.randn(7, 5, 24), torch.randn(7, 5, 2, 6), torch.full((7, 5, 2), 0.5)
        tangent = TangentFusion(24, feature_dim=6, num_experts=2)
        tangent.load_state_dict(fusion.state_dict())
        near = flattened(fusion)(r, 0.01 * phi, weight)
        torch.testing.assert_close(near, tangent(r, 0.01 * phi, weight), atol=1e-5, rtol=1e-4)
        assert (flattened(fusion)(r, phi, weight) - fusion(r, phi, weight)).abs().max() > 0.02


def test_what_is_curved_is_known_and_flattening_leaves_the_original() -> None:
    torch.manual_seed(0)
    assert not is_curved(torch.nn.ModuleList([EuclideanExpert(24), make(EuclideanPrototypes)]))
    expert = make(HyperbolicPrototypes)
    before = expert(ROWS)
    assert is_curved(torch.nn.ModuleList([expert]))
    assert not torch.allclose(flattened(expert)(ROWS), before)
    torch.testing.assert_close(expert(ROWS), before)
