"""What a bundle knows of how scores vary over answers."""

from __future__ import annotations

import math

import pytest

from trifold.psychometrics.answer_variance import AnswerVariance

KNOWN = AnswerVariance(0.3, 0.7, 50)


@pytest.mark.parametrize("times", [4, 9, 25])
def test_the_error_shrinks_with_the_root_of_the_answers(times: int) -> None:
    for n in (1, 2, 3):
        assert KNOWN.error(n) == pytest.approx(math.sqrt(times) * KNOWN.error(times * n))


@pytest.mark.parametrize("reliability", [0.5, 0.7, 0.8, 0.95])
def test_answers_needed_are_the_fewest_that_reach_a_reliability(reliability: float) -> None:
    def reached(n: int) -> float:
        return KNOWN.persons / (KNOWN.persons + KNOWN.error(n) ** 2)

    n = KNOWN.needed(reliability)
    assert n is not None
    assert reached(n) >= reliability - 1e-9
    assert n == 1 or reached(n - 1) < reliability


def test_nothing_is_said_where_it_cannot_be() -> None:
    withheld = AnswerVariance(0.3, 0.7, 50, "no mean of answers")
    assert math.isnan(withheld.error(3))
    assert withheld.needed(0.7) is None
    assert math.isnan(KNOWN.error(0))
    assert AnswerVariance(0.0, 0.7, 50).needed(0.7) is None  # people do not differ
    assert AnswerVariance(0.3, 0.0, 50).needed(0.7) == 1  # answers do not differ
