"""Lines of groups: Cleary's steps, d_mod, regions, errors in variables."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate, stats

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.impact.prediction.cleary import differential_prediction
from trifold.psychometrics.impact.prediction.errors_in_variables import intercept_gap
from trifold.psychometrics.impact.prediction.lines import Line, crossing, d_mod
from trifold.psychometrics.validity.corrections import Reliability

FEW = settings(max_examples=30, deadline=None)
# R's mtcars: miles per gallon, weight, transmission
MPG = """21 21 22.8 21.4 18.7 18.1 14.3 24.4 22.8 19.2 17.8 16.4 17.3 15.2 10.4 10.4 14.7 32.4 30.4
33.9 21.5 15.5 15.2 13.3 19.2 27.3 26 30.4 15.8 19.7 15 21.4"""
WT = """2.62 2.875 2.32 3.215 3.44 3.46 3.57 3.19 3.15 3.44 3.44 4.07 3.73 3.78 5.25 5.424 5.345 2.2
1.615 1.835 2.465 3.52 3.435 3.84 3.845 1.935 2.14 1.513 3.17 2.77 3.57 2.78"""
AM = "1 1 1 0 0 0 0 0 0 0 0 0 0 0 0 0 0 1 1 1 0 0 0 0 0 1 1 1 1 1 1 1"


def cars(**settings: float) -> object:
    y, x = (np.array(text.split(), dtype=float) for text in (MPG, WT))
    return differential_prediction(y, x, AM.split(), referent="0", least=5, **settings)


def test_cleary_on_mtcars() -> None:
    found = cars(origin=0.0)
    assert (found.omnibus.df1, found.omnibus.df2) == (2, 28)
    assert (found.omnibus.f, found.omnibus.p) == pytest.approx((6.72526, 0.004119), abs=5e-6)
    assert (found.slopes.f, found.slopes.p) == pytest.approx((13.45018, 0.001017), abs=5e-6)
    assert found.slopes_differ
    assert found.intercepts.f == pytest.approx(12.17505, abs=5e-6)
    assert found.intercepts_equal_slopes.f == pytest.approx(0.00023, abs=5e-6)
    assert found.intercepts_equal_slopes.df2 == 29
    assert found.r2 == pytest.approx((0.752833, 0.752835, 0.833037), abs=5e-7)
    a, b = found.groups["0"].line, found.groups["1"].line
    assert (a.intercept, a.slope) == pytest.approx((31.416055, -3.785908), abs=5e-7)
    assert (b.intercept - a.intercept, b.slope - a.slope) == pytest.approx(
        (14.878423, -5.298360), abs=5e-7
    )
    assert found.groups["1"].crossing == pytest.approx(2.80812, abs=5e-6)
    residuals = [found.groups[g].mean_residual.estimate for g in "01"]
    assert residuals == pytest.approx([0.00499, -0.00730], abs=5e-6)
    json.dumps(found.as_json(), allow_nan=False)


def test_intercepts_are_compared_at_the_mean_unless_told() -> None:
    found = cars()
    assert found.origin == pytest.approx(3.21725)
    assert found.slopes.f == pytest.approx(13.45018, abs=5e-6)
    assert found.intercepts.f != pytest.approx(12.17505, abs=1)
    region = found.groups["1"].region
    assert region.outside
    assert region.low < found.groups["1"].crossing < region.high


def test_at_the_ends_of_the_region_the_group_effect_has_p_05() -> None:
    region = cars().groups["1"].region
    for end in (region.low, region.high):
        there = cars(origin=end)
        assert there.intercepts.p == pytest.approx(0.05, abs=1e-9)
    assert 0 < region.share < 1


@pytest.mark.parametrize(
    ("focal", "mean", "signed", "unsigned"),
    [
        (Line(0.05, 0.5), -0.5, -0.1, 0.1),
        (Line(0.0, 0.3), 0.0, -0.05, 0.164538),
        (Line(-0.05, 0.3), -0.5, -0.1, 0.179119),
    ],
)
def test_d_mod_of_psychmeta(focal: Line, mean: float, signed: float, unsigned: float) -> None:
    found = d_mod(Line(-0.05, 0.5), focal, mean=mean, sd=1, sd_y=1)
    assert (found.signed, found.unsigned) == pytest.approx((signed, unsigned), abs=5e-7)


@FEW
@given(*[st.floats(-2, 2) for _ in range(5)])
def test_d_mod_is_the_integral(a: float, b: float, c: float, d: float, mean: float) -> None:
    found = d_mod(Line(a, b), Line(c, d), mean=mean, sd=1.3, sd_y=2)
    x = np.linspace(mean - 12, mean + 12, 200_001)
    apart = (a - c + (b - d) * x) * stats.norm.pdf(x, mean, 1.3) / 2
    assert found.signed == pytest.approx(integrate.trapezoid(apart, x), abs=1e-6)
    assert found.unsigned == pytest.approx(integrate.trapezoid(np.abs(apart), x), abs=1e-6)


@FEW
@given(st.floats(-2, 2), st.floats(-2, 2), st.floats(-2, 2))
def test_equal_lines_do_not_differ(intercept: float, slope: float, mean: float) -> None:
    line = Line(intercept, slope)
    found = d_mod(line, line, mean=mean, sd=1, sd_y=1)
    assert (found.signed, found.unsigned) == (0, 0)
    assert np.isnan(crossing(line, line))


def drawn(
    n: int = 400, *, gap: float = 0.0, slope: float = 0.5, noise: float = 1.0, seed: int = 0
) -> tuple[np.ndarray, np.ndarray, list[str]]:
    generator = np.random.default_rng(seed)
    groups = np.where(np.arange(n) % 2, "f", "m")
    x = generator.normal(size=n)
    mine = groups == "f"
    y = np.where(mine, gap + slope * x, 0.5 * x)
    return y + np.where(mine, noise, 1.0) * generator.normal(size=n), x, list(groups)


def test_sentences_follow_the_steps() -> None:
    apart = differential_prediction(*drawn(gap=-0.8), referent="m")
    assert apart.sentence.startswith("intercepts differ")
    assert "; the common line overpredicts f by 0." in apart.sentence
    assert apart.groups["f"].d_mod is not None
    steeper = differential_prediction(*drawn(slope=1.2))
    assert steeper.sentence.startswith("slopes differ")
    same = differential_prediction(*drawn())
    assert same.sentence.startswith("no difference of the lines was found")
    assert "with a power of .80" in same.sentence


def test_cautions_of_small_and_unequal_groups() -> None:
    assert Code.IMPRECISE in differential_prediction(*drawn(120)).flags
    assert Code.UNEQUAL_VARIANCES in differential_prediction(*drawn(noise=2)).flags
    with pytest.raises(InputError, match=r"30 people of each group, got 25 of \w: TOO_FEW"):
        differential_prediction(*drawn(50))
    y, x, _ = drawn()
    with pytest.raises(InputError, match="ONE_GROUP"):
        differential_prediction(y, x, ["m"] * len(y))
    with pytest.raises(InputError, match="a referent among f, m, got w"):
        differential_prediction(*drawn(), referent="w")


@FEW
@given(st.floats(0.1, 5), st.floats(-5, 5))
def test_tests_of_lines_do_not_see_the_scale(scale: float, shift: float) -> None:
    y, x, groups = drawn(120, gap=0.3)
    one = differential_prediction(y, x, groups)
    other = differential_prediction(scale * y + shift, scale * x - shift, groups)
    for name in ("omnibus", "slopes", "intercepts"):
        assert getattr(one, name).f == pytest.approx(getattr(other, name).f, rel=1e-6, abs=1e-9)
        assert getattr(one, name).p_hc3 == pytest.approx(getattr(other, name).p_hc3, rel=1e-5)


def test_three_groups_have_two_degrees_of_freedom() -> None:
    y, x, _ = drawn(300)
    found = differential_prediction(y, x, [str(i % 3) for i in range(300)])
    assert (found.omnibus.df1, found.slopes.df1) == (4, 2)
    assert [g.d_mod is None for g in found.groups.values()] == [True, False, False]


def test_an_unreliable_score_overpredicts_the_lower_group_and_the_correction_undoes_it() -> None:
    generator = np.random.default_rng(1)
    n = 6000
    focal = np.arange(n) % 2 == 1
    truth = generator.normal(size=n) - 1.0 * focal
    y = truth + generator.normal(size=n) * 0.5
    score = truth + generator.normal(size=n)
    rho = truth.var() / score.var()
    reliability = Reliability(float(rho), "retest", "this simulation")
    found = intercept_gap(y, score, focal, reliability=reliability, resamples=200)
    assert found.observed.high < -0.3
    assert found.corrected.low < 0 < found.corrected.high
    with pytest.raises(InputError, match="the share of variance that lies between groups"):
        intercept_gap(y, score, focal, reliability=Reliability(0.05, "retest", "a guess"))
