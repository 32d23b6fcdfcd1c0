"""Two scores of each person: Bland and Altman's data, and laws."""

from __future__ import annotations

import json

import numpy as np
import pytest

from tests.factories.published_scores import MINI, WRIGHT, WRIGHT_AGAIN
from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.reliability.retest import retest


def test_two_meters_are_bland_and_altmans() -> None:
    found = retest(WRIGHT, MINI)
    low, high = found.limits
    assert found.bias.estimate == pytest.approx(-2.117647, abs=5e-7)
    assert (low.estimate, high.estimate) == pytest.approx((-78.097, 73.862), abs=5e-4)
    assert (high.estimate - low.estimate) / (2 * 1.96) == pytest.approx(38.765130, abs=5e-7)
    assert low.low < low.estimate < low.high < high.low


def test_one_meter_twice_is_bland_and_altmans() -> None:
    found = retest(WRIGHT, WRIGHT_AGAIN, days=1)
    assert found.within_sd.estimate == pytest.approx(15.306669, abs=5e-7)
    assert found.repeatability.estimate == pytest.approx(42.428, abs=5e-4)
    one = found.absolute
    assert (one.estimate, one.low, one.high) == pytest.approx(
        (0.983164, 0.955217, 0.993819), abs=5e-7
    )
    assert found.as_json()["days"] == 1
    assert json.dumps(found.as_json(), allow_nan=False)


def test_a_change_of_everybody_lowers_agreement_and_not_consistency() -> None:
    same, moved = (retest(WRIGHT, WRIGHT_AGAIN + shift) for shift in (0, 200))
    assert moved.absolute.estimate < same.absolute.estimate
    assert moved.consistency.estimate == pytest.approx(same.consistency.estimate)
    assert moved.pearson.estimate == pytest.approx(same.pearson.estimate)
    assert moved.bias.estimate == pytest.approx(same.bias.estimate - 200)


def test_who_has_no_second_score_is_left_out() -> None:
    gone = np.where(np.arange(17) < 2, np.nan, WRIGHT_AGAIN)
    assert retest(WRIGHT, gone).bias == retest(WRIGHT[2:], WRIGHT_AGAIN[2:]).bias


def test_other_questions_are_told_from_the_same() -> None:
    assert retest(WRIGHT, MINI).kind == "stability"
    assert retest(WRIGHT, MINI, same_questions=False).kind == "stability and equivalence"


def test_too_few_people_have_no_retest() -> None:
    found = retest(WRIGHT[:5], MINI[:5])
    for one in (found.absolute, found.bias, found.pearson, *found.limits):
        assert one.flags == (Code.TOO_FEW_PERSONS,)


def test_two_lengths_are_refused() -> None:
    with pytest.raises(InputError, match="two scores a person, got 17 and 5"):
        retest(WRIGHT, MINI[:5])
