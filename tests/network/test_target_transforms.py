"""Target transforms: laws of each, unbiased ways back, saving and export."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn.preprocessing import PowerTransformer

from trifold.contracts import Target, TargetSchema
from trifold.errors import InputError
from trifold.network.targets.monotone import (
    knot_places,
    power_inverse,
    power_transform,
    residual_levels,
)
from trifold.network.targets.standard import StandardTargets
from trifold.network.targets.transforms import (
    KNOTS,
    TARGETS,
    RankGaussTargets,
    SmearedTargets,
    WinsorTargets,
    YeoJohnsonTargets,
)

NAMES = ("right", "left", "tails")
EACH = pytest.mark.parametrize("kind", [RankGaussTargets, YeoJohnsonTargets, WinsorTargets])
CURVED = pytest.mark.parametrize("kind", [RankGaussTargets, YeoJohnsonTargets])


def schema(low: float = -20.0, high: float = 20.0) -> TargetSchema:
    return TargetSchema("s", tuple(Target(name, low, high) for name in NAMES))


def labels(rows: int = 500, seed: int = 0) -> np.ndarray:
    """(rows, 3): right-skewed, left-skewed and heavy-tailed, all well inside -20 to 20."""
    draw = np.random.default_rng(seed)
    right = draw.gamma(2.0, 1.0, rows)
    left = 5 - draw.gamma(3.0, 0.5, rows)
    return np.stack([right, left, np.clip(draw.standard_t(4, rows), -19, 19)], axis=1)


def fitted(kind: type[SmearedTargets], values: np.ndarray | None = None) -> SmearedTargets:
    module = kind(schema())
    module.fit(labels() if values is None else values)
    return module


@CURVED
def test_back_and_forth_is_the_identity_within_the_range(kind) -> None:
    module, y = fitted(kind), torch.as_tensor(labels(), dtype=torch.float32)
    torch.testing.assert_close(module(module.standardize(y)), y, rtol=1e-4, atol=1e-4)
    z = torch.linspace(-2.5, 2.5, 101)[:, None].expand(-1, 3)
    torch.testing.assert_close(module.standardize(module(z)), z, rtol=1e-3, atol=1e-3)


def test_winsorising_keeps_what_lies_inside_and_pulls_in_the_rest() -> None:
    module, y = fitted(WinsorTargets), labels()
    mean, deviation = y.mean(axis=0), y.std(axis=0)
    expected = np.clip(y, mean - 3 * deviation, mean + 3 * deviation)
    standard = module.standardize(torch.as_tensor(y, dtype=torch.float32))
    np.testing.assert_allclose(module(standard).numpy(), expected, rtol=1e-4, atol=1e-5)
    np.testing.assert_allclose(standard.mean(dim=0), 0, atol=1e-5)
    np.testing.assert_allclose(standard.std(dim=0, correction=0), 1, rtol=1e-4)
    assert (expected != y).any()


@EACH
@pytest.mark.parametrize("smeared", [False, True])
def test_increasing_so_ranks_are_unaffected(kind, smeared: bool) -> None:
    module = fitted(kind)
    if smeared:
        module.set_residuals(0.7 * np.random.default_rng(1).standard_normal((200, 3)))
    z = torch.linspace(-2.8, 2.8, 400)[:, None].expand(-1, 3)
    assert (module(z).diff(dim=0) > 0).all()
    y = torch.as_tensor(np.sort(labels(), axis=0), dtype=torch.float32)
    steps = module.standardize(y).diff(dim=0)
    assert (steps >= 0).all()
    if kind is not WinsorTargets:
        assert (steps[y.diff(dim=0) > 1e-3] > 0).all()


@EACH
def test_other_rows_do_not_matter(kind) -> None:
    train, test = labels(300), torch.as_tensor(1e3 * labels(50, seed=9))
    module = fitted(kind, train)
    state = {name: value.clone() for name, value in module.state_dict().items()}
    alone = module.standardize(torch.as_tensor(train))
    together = module.standardize(torch.cat([torch.as_tensor(train), test]))
    torch.testing.assert_close(together[:300], alone, rtol=0, atol=0)
    torch.testing.assert_close(dict(module.state_dict()), state, rtol=0, atol=0)


@CURVED
def test_training_targets_are_close_to_normal(kind) -> None:
    y = labels(2000)
    z = fitted(kind, y).standardize(torch.as_tensor(y, dtype=torch.float32)).numpy()
    np.testing.assert_allclose(z.mean(axis=0), 0, atol=0.02)
    np.testing.assert_allclose(z.std(axis=0), 1, atol=0.03)
    assert (abs(stats.skew(z))[:2] < 0.1 * abs(stats.skew(y))[:2]).all()  # the skewed two


def test_rank_gauss_equals_scipy_ranks_with_ties_averaged() -> None:
    y = np.round(labels(90) * 2) / 2  # a half-point rating scale: fewer values than knots
    expected = stats.norm.ppf((stats.rankdata(y, axis=0) - 0.5) / 90)
    z = fitted(RankGaussTargets, y).standardize(torch.as_tensor(y, dtype=torch.float32))
    np.testing.assert_allclose(z.numpy(), expected, atol=2e-4)


def test_rank_gauss_of_many_labels_is_near_their_ranks() -> None:
    y = labels(3000)
    expected = stats.norm.ppf((stats.rankdata(y, axis=0) - 0.5) / 3000)
    z = fitted(RankGaussTargets, y).standardize(torch.as_tensor(y, dtype=torch.float32))
    assert abs(z.numpy() - expected).max() < 0.06  # a step between knots


def test_rank_gauss_does_not_care_about_the_units() -> None:
    y = labels(200)
    curved = np.exp(y / 8)
    one = fitted(RankGaussTargets, y).standardize(torch.as_tensor(y, dtype=torch.float32))
    other = fitted(RankGaussTargets, curved).standardize(torch.as_tensor(curved).float())
    torch.testing.assert_close(one, other, rtol=0, atol=0.06)


def test_rank_gauss_goes_on_in_a_straight_line() -> None:
    module = fitted(RankGaussTargets)
    ends = module.normal[:, [0, -1]].T
    beyond = module(ends + torch.tensor([[-0.1], [0.1]])) - module(ends)
    inside = module(ends) - module(ends + torch.tensor([[1e-2], [-1e-2]]))
    torch.testing.assert_close(beyond, 10 * inside, rtol=1e-2, atol=1e-4)


@pytest.mark.parametrize("points", [2, 3, 60, KNOTS - 1, KNOTS, KNOTS + 1, 1000])
def test_knots_increase_and_keep_all_points_where_there_is_room(points: int) -> None:
    normal = stats.norm.ppf((np.arange(points) + 0.5) / points)
    at = knot_places(normal, KNOTS)
    assert at.shape == (KNOTS,)
    assert (np.diff(at) > 0).all()
    assert (at[0], at[-1]) == (0, points - 1)
    if points <= KNOTS:
        assert set(range(points)) <= set(at.tolist())


def test_yeo_johnson_equals_scikit_learn() -> None:
    y = labels()
    x = (y - y.mean(axis=0)) / y.std(axis=0)
    reference = PowerTransformer(method="yeo-johnson").fit(x)
    module = fitted(YeoJohnsonTargets, y)
    np.testing.assert_allclose(module.power.numpy(), reference.lambdas_, rtol=1e-3, atol=1e-3)
    z = module.standardize(torch.as_tensor(y)).numpy()
    np.testing.assert_allclose(z, reference.transform(x), rtol=5e-3, atol=5e-3)


@pytest.mark.parametrize("power", [-2.0, -0.5, 1e-4, 0.5, 1.0, 1.5, 2 - 1e-4, 2.5, 4.0])
def test_power_transform_equals_scipy_and_its_inverse(power: float) -> None:
    x = torch.linspace(-3, 3, 61, dtype=torch.float64)
    at = torch.tensor(power, dtype=torch.float64)
    psi = power_transform(x, at)
    np.testing.assert_allclose(psi, stats.yeojohnson(x.numpy(), power), rtol=1e-6, atol=1e-9)
    torch.testing.assert_close(power_inverse(psi, at), x, rtol=1e-4, atol=1e-6)


@EACH
@pytest.mark.parametrize("z", [-1e4, 1e4])
def test_targets_far_out_give_the_ends_of_the_scale(kind, z: float) -> None:
    end = 20.0 if z > 0 else -20.0
    assert torch.equal(fitted(kind)(torch.full((2, 3), z)), torch.full((2, 3), end))


# --- smearing -----------------------------------------------------------------------------------


def skewed(seed: int, rows: int = 40_000) -> tuple[np.ndarray, np.ndarray]:
    """Labels (rows, 3), skewed right, left and right, and signals that explain half of each."""
    draw = np.random.default_rng(seed)
    signal = np.sqrt(0.5) * draw.standard_normal((rows, 3))
    z = torch.as_tensor(signal + np.sqrt(0.5) * draw.standard_normal((rows, 3)))
    return power_inverse(z, torch.tensor([0.2, 1.8, 0.5])).numpy(), signal


def biases(kind: type[SmearedTargets], seed: int) -> tuple[np.ndarray, np.ndarray]:
    """Mean score minus mean label of unseen rows, in SDs of the label: plain, and smeared."""
    y, signal = skewed(seed)
    train, held, test = slice(0, 10_000), slice(10_000, 20_000), slice(20_000, None)
    module = fitted(kind, y[train])
    z = module.standardize(torch.as_tensor(y, dtype=torch.float32)).numpy()
    lines = [np.polyfit(signal[train, k], z[train, k], 1) for k in range(3)]
    preds = np.stack([np.polyval(line, signal[:, k]) for k, line in enumerate(lines)], axis=1)

    def bias() -> np.ndarray:
        scores = module(torch.as_tensor(preds[test], dtype=torch.float32)).numpy()
        return (scores - y[test]).mean(axis=0) / y[test].std(axis=0)

    plain = bias()
    module.set_residuals(z[held] - preds[held])
    return plain, bias()


@CURVED
def test_smearing_takes_out_the_bias_of_the_way_back(kind) -> None:
    plain, smeared = np.mean([biases(kind, seed) for seed in range(4)], axis=0)
    assert (plain * [-1, 1, -1] > 0.05).all()  # too near the mode
    assert (abs(smeared) < 0.015).all()
    assert (abs(smeared) < 0.15 * abs(plain)).all()


def test_smearing_equals_a_loop_over_the_residuals() -> None:
    module = fitted(YeoJohnsonTargets)
    residuals = 0.5 * np.random.default_rng(3).standard_normal((31, 3))
    z = torch.linspace(-1, 1, 5)[:, None].repeat(1, 3)
    expected = torch.stack([module(z + torch.as_tensor(e).float()) for e in residuals]).mean(dim=0)
    module.set_residuals(residuals)  # as many as levels, so each is one
    torch.testing.assert_close(module(z), expected, rtol=1e-4, atol=1e-4)


def test_a_constant_residual_shifts_the_target() -> None:
    module = fitted(WinsorTargets)
    z = torch.zeros(1, 3)
    shifted = module(z + 0.4)
    module.set_residuals(np.full((7, 3), 0.4))
    torch.testing.assert_close(module(z), shifted)


def test_fitting_anew_forgets_the_residuals() -> None:
    module = fitted(RankGaussTargets)
    module.set_residuals(np.ones((5, 3)))
    module.fit(labels())
    assert (module.residual == 0).all()


@pytest.mark.parametrize("count", [1, 10, 31, 500])
def test_levels_keep_the_mean_and_increase(count: int) -> None:
    residuals = np.random.default_rng(0).exponential(size=count)
    levels = residual_levels(residuals, 31)
    assert levels.mean() == pytest.approx(residuals.mean())
    assert (np.diff(levels) >= -1e-12).all()


# --- holes, saving, export ----------------------------------------------------------------------


@EACH
def test_holes_stay_holes_and_change_nothing_else(kind) -> None:
    y = labels()
    holes = np.concatenate([y, np.full((40, 3), np.nan)])
    module, reference = fitted(kind, holes), fitted(kind, y)
    torch.testing.assert_close(dict(module.state_dict()), dict(reference.state_dict()))
    z = module.standardize(torch.as_tensor(holes))
    assert z[-40:].isnan().all()
    assert z[:-40].isfinite().all()
    residuals = np.random.default_rng(0).standard_normal((20, 3))
    module.set_residuals(np.concatenate([residuals, np.full((4, 3), np.nan)]))
    reference.set_residuals(residuals)
    torch.testing.assert_close(module.residual, reference.residual)


@EACH
@pytest.mark.filterwarnings("error")
def test_targets_without_spread_or_labels_stay_finite(kind) -> None:
    y = np.stack([np.full(6, 3.0), np.full(6, np.nan), [np.nan] * 5 + [1.0]], axis=1)
    module = fitted(kind, y)
    centre = torch.tensor([3.0, 0.0, 1.0])  # constant, middle of the scale, the one label
    torch.testing.assert_close(module(torch.zeros(1, 3))[0], centre, rtol=0, atol=1e-5)
    torch.testing.assert_close(module.standardize(centre[None])[0], torch.zeros(3))
    module.set_residuals(np.full((4, 3), np.nan))
    assert (module.residual == 0).all()
    assert (module(torch.ones(1, 3))[0] > centre).all()


@EACH
def test_before_fitting_the_middle_of_the_scale_is_0(kind) -> None:
    assert torch.equal(kind(schema(1, 7))(torch.zeros(2, 3)), torch.full((2, 3), 4.0))


@pytest.mark.parametrize("shape", [(3,), (4, 3), (2, 5, 3)])
@EACH
def test_any_leading_shape(kind, shape: tuple[int, ...]) -> None:
    module, z = fitted(kind), torch.randn(shape)
    rows = torch.stack([module(row[None])[0] for row in z.reshape(-1, 3)]).reshape(shape)
    torch.testing.assert_close(module(z), rows)


@EACH
def test_state_survives_a_round_trip(kind) -> None:
    module, other = fitted(kind), kind(schema())
    module.set_residuals(np.random.default_rng(0).standard_normal((50, 3)))
    assert not list(module.parameters())
    assert all(value.dtype == torch.float32 for value in module.state_dict().values())
    other.load_state_dict(module.state_dict())
    z = torch.randn(6, 3)
    torch.testing.assert_close(other(z), module(z), rtol=0, atol=0)
    y = torch.as_tensor(labels(20))
    torch.testing.assert_close(other.standardize(y), module.standardize(y), rtol=0, atol=0)


@EACH
def test_exports_with_any_number_of_rows(kind) -> None:
    module = fitted(kind)
    module.set_residuals(np.random.default_rng(0).standard_normal((50, 3)))
    rows = torch.export.Dim("rows", min=1, max=512)
    program = torch.export.export(module, (torch.randn(4, 3),), dynamic_shapes=({0: rows},))
    z = 2 * torch.randn(9, 3)
    torch.testing.assert_close(program.module()(z), module(z), rtol=1e-6, atol=1e-6)


@EACH
def test_the_way_back_has_finite_gradients(kind) -> None:
    module = fitted(kind)
    z = torch.linspace(-6, 6, 41)[:, None].repeat(1, 3).requires_grad_()
    module(z).sum().backward()
    assert z.grad.isfinite().all()


def test_all_take_the_place_of_the_target_scaler() -> None:
    y = labels()
    for kind in TARGETS.values():
        module = kind(schema())
        module.fit(y)
        z = module.standardize(torch.as_tensor(y, dtype=torch.float32))
        assert np.corrcoef(module(z)[:, 0].detach(), y[:, 0])[0, 1] > 0.98
    assert TARGETS["none"] is StandardTargets


@EACH
def test_wrong_columns_are_named(kind) -> None:
    with pytest.raises(InputError, match=r"labels: expected .* \(n, 3\), got shape \(4, 2\)"):
        kind(schema()).fit(np.zeros((4, 2)))
    with pytest.raises(InputError, match=r"residuals: expected .* \(n, 3\), got shape \(3,\)"):
        kind(schema()).set_residuals(np.zeros(3))
