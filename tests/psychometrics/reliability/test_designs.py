"""Design formulas and the cells that they make."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.errors import InputError
from trifold.psychometrics.reliability.generalizability.formula import design
from trifold.psychometrics.reliability.generalizability.observations import observe


@pytest.mark.parametrize(
    ("formula", "effects"),
    [
        ("p x i", ["p", "i", "pi"]),
        ("i:p", ["p", "i:p"]),
        ("p x i x r", ["p", "i", "r", "pi", "pr", "ir", "pir"]),
        ("p x (r:i)", ["p", "i", "r:i", "pi", "pr:i"]),
        ("p\u00d7r:i", ["p", "i", "r:i", "pi", "pr:i"]),
        ("(r:p) x i", ["p", "i", "r:p", "pi", "ri:p"]),
        ("(i:p) x m", ["p", "m", "i:p", "pm", "im:p"]),
        ("i:(p x o)", ["p", "o", "po", "i:po"]),
    ],
)
def test_effects_are_those_of_the_textbook(formula: str, effects: list[str]) -> None:
    found = design(formula)
    assert set(found.names) == set(effects)
    assert found.effects[-1].facets == set(found.facets)
    assert design(found.formula).names == found.names


@pytest.mark.parametrize(
    ("formula", "got"),
    [
        ("i x r", "no p"),
        ("p x", "an end"),
        ("p x p", "'p'"),
        ("p:i", "a person nested in something"),
        ("p x (i", "a bracket without its end"),
        ("p x i)", r"'\)' after its end"),
        ("p + i", r"'\+' after its end"),
        ("", "an end"),
        ("p x a x b x c x d x e x f", "7 facets"),
    ],
)
def test_what_is_no_design_is_named(formula: str, got: str) -> None:
    with pytest.raises(InputError, match=f"expected a design such as .*got {got} in"):
        design(formula)


def test_a_balanced_table_is_told_from_one_with_a_hole() -> None:
    person, item = np.indices((5, 4)).reshape(2, -1)
    scores = np.arange(20.0)
    assert observe(design("p x i"), {"p": person, "i": item}, scores).balanced
    scores[7] = np.nan
    holed = observe(design("p x i"), {"p": person, "i": item}, scores)
    assert not holed.balanced
    assert holed.connected
    assert len(holed.scores) == 19


def test_parts_that_share_no_question_are_noticed() -> None:
    person = np.repeat(np.arange(6), 2)
    item = np.where(person < 3, 0, 2) + np.tile([0, 1], 6)
    assert not observe(design("p x i"), {"p": person, "i": item}, np.arange(12.0)).connected
    assert observe(design("i:p"), {"p": person, "i": item}, np.arange(12.0)).connected


def test_order_of_rows_does_not_matter() -> None:
    person, item = np.indices((5, 4)).reshape(2, -1)
    order = np.random.default_rng(0).permutation(20)
    one = observe(design("p x i"), {"p": person, "i": item}, np.arange(20.0))
    two = observe(design("p x i"), {"p": person[order], "i": item[order]}, np.arange(20.0)[order])
    assert one.people == two.people
    assert sorted(one.scores[:4]) == sorted(two.scores[:4])


@pytest.mark.parametrize(
    ("labels", "scores", "message"),
    [
        ({"p": [1, 1], "i": [1, 1]}, [1, 2], r"one score for each .* p, i, got 2 .*session is mis"),
        ({"p": [1, 1]}, [1, 2], r"expected 2 labels of facet i.*got facets \['p'\]"),
        ({"p": [1, 1], "i": [1]}, [1, 2], r"expected 2 labels of facet i, one a score, got 1"),
        ({"p": [1, 2], "i": [1, None]}, [1, 2], r"expected a label of facet i.*got none for some"),
        ({"p": [1, 2], "i": [1, 2]}, [np.nan, np.nan], r"expected scores, got none among 2 rows"),
    ],
)
def test_tables_that_are_no_design_are_refused(labels, scores, message: str) -> None:
    with pytest.raises(InputError, match=message):
        observe(design("p x i"), labels, np.array(scores, dtype=float))
