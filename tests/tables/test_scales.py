"""Ratings of another scale than the stated one are told; ratings of the stated one never are."""

from __future__ import annotations

import math

import numpy as np
import pytest

from trifold.tables.scales import corner_of, whole_scale_of

ONE_TO_SEVEN = [1.0, 4, 7, 3, 5, 2, 6, 4]
Z_SCORES = np.random.default_rng(0).normal(size=400).tolist()


@pytest.mark.parametrize(("values", "low", "high", "found"), [
    (ONE_TO_SEVEN, 0, 100, (1, 7)),
    ([1.33, 4.67, math.nan, 2, 3, 4.5], 0, 100, (1, 5)),
    ([8.0, 2, 3, 9, 4, 5], 0, 100, (1, 9)),
    ([0.0, 2, 3, 10, 4, 5], 1e-9 - 100, 100, (0, 10)),
    ([-3.0, 2, 3, 1, 0, -1], -100, 100, (-3, 3)),
    ([0.2, 0.9, 0.4, 0.5, 0.8], 0, 10, (0, 1)),
    (ONE_TO_SEVEN, 1, 7, None),
    (ONE_TO_SEVEN, 1, 10, None),
    ([1.0, 2, 3, 4, 5], 1, 7, None),
    (Z_SCORES, -12, 12, None),
    ([1.0, 4, 7, 11, 5], 0, 100, None),
    ([3.0] * 9, 0, 100, None),
    (ONE_TO_SEVEN[:4], 0, 100, None),
])  # fmt: skip
def test_a_corner_of_the_scale_is_another_scale(values, low, high, found) -> None:
    assert corner_of(values, low, high) == found


@pytest.mark.parametrize(("values", "high", "found"), [
    ([1.0, 2, 3, 4, 5] * 4, 7, (1, 5)),
    ([1.0, 2, 3, 4, 5] * 4, 10, (1, 5)),
    ([1.0, 2, 3, 4, 5] * 4, 5, None),
    ([2.0, 3, 4, 5] * 5, 7, None),
    ([1.0, 2, 3, 4, 5, 4.5] * 4, 7, None),
    ([1.0, 2, 3, 4, 5] * 3, 7, None),
])  # fmt: skip
def test_all_points_of_a_narrower_scale_raise_a_question(values, high, found) -> None:
    assert whole_scale_of(values, 1, high) == found
