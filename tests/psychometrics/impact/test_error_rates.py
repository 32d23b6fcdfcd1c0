"""The benchmark's simulations, small: tests reject and intervals cover as often as they say."""

from __future__ import annotations

import pytest

from benchmarks import impact
from benchmarks.impact import (
    difference_coverage,
    null_cleary,
    ratio_coverage,
    simulated_flags,
    standard_error,
    sweep,
)
from trifold.psychometrics.impact.two_groups.chance import false_flags


def test_cleary_rejects_one_line_in_twenty() -> None:
    for share in null_cleary((60, 60), draws=200):
        assert share == pytest.approx(0.05, abs=3 * standard_error(0.05, 200))


@pytest.mark.parametrize("sizes", [(50, 50), (20, 80)])
def test_simulated_flags_are_as_many_as_the_exact_chance(sizes: tuple[int, int]) -> None:
    exact = false_flags(*sizes, rate=0.30)
    for share, told in zip(simulated_flags(sizes, draws=2000), (exact.either, exact.focal),
                           strict=True):  # fmt: skip
        assert share == pytest.approx(told, abs=3 * standard_error(told, 2000))


def test_intervals_cover() -> None:
    for share in (ratio_coverage(draws=1000), difference_coverage(draws=1000)):
        assert share == pytest.approx(0.95, abs=3 * standard_error(0.95, 1000))


def test_a_sweep_has_a_row_per_cut_and_group() -> None:
    assert sweep(500, groups=4, cuts=20)[2] == 80


def test_the_benchmark_prints_every_table(
    capsys: pytest.CaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(impact, "PEOPLE", 800)
    impact.main(["draws=3"])
    told = capsys.readouterr().out
    for part in ("Cleary", "four-fifths", "covers", "800 people in 8 groups, 1000 cuts"):
        assert part in told
