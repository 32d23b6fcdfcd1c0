"""What few people do to a number is said, with the figures."""

from __future__ import annotations

import numpy as np
import pytest

from tests.training.degenerate_factory import (
    CASES,
    MODALITY,
    corpus_of,
    extracted,
)
from trifold.contracts import Target, TargetSchema
from trifold.training.results.cautions import (
    of_intervals,
    of_measuring,
    of_short_forms,
    of_stopping,
)
from trifold.training.results.data_cautions import of_people

SCHEMA = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 1, 7)))
IDS = [f"p{i}" for i in range(60)]


def labels(n: int) -> np.ndarray:
    return np.random.default_rng(0).normal(4, 1, size=(n, 2))


def test_few_people_widen_a_correlation() -> None:
    (said,) = of_measuring(labels(12), IDS[:12], SCHEMA)
    assert said == (
        "12 people were measured: the 95 % interval of a correlation of .3 spans "
        "\N{MINUS SIGN}.33 to .75."
    )
    (said,) = of_measuring(labels(3), IDS[:3], SCHEMA)
    assert said == "3 people were measured: a correlation of so few says nothing."
    assert of_measuring(labels(60), IDS, SCHEMA) == []


def test_answers_of_one_person_are_one_person() -> None:
    ids = [f"p{i % 6}" for i in range(60)]
    assert of_measuring(labels(60), ids, SCHEMA)[0].startswith("6 people were measured")


def test_targets_that_cannot_be_measured_are_named() -> None:
    given = labels(60)
    given[:, 0] = np.nan
    given[:, 1] = 2.0
    assert of_measuring(given, IDS, SCHEMA, constant=np.array([False, True])) == [
        "'warmth': nobody measured is rated on it, so nothing is known of it.",
        "'drive': all 60 measured people have the same rating: no correlation.",
        "'drive': the model gives everybody the same score, so it tells nobody apart and there is "
        "no correlation.",
    ]
    given = labels(60)
    given[7:, 1] = np.nan
    (said,) = of_measuring(given, IDS, SCHEMA)
    assert said.startswith("'drive': 7 of 60 measured people are rated: the 95 % interval")


@pytest.mark.parametrize(
    ("n", "coverage", "expected"),
    [
        (4, 0.9, "Score intervals rest on 4 held-out people and cannot promise 90 %, which takes "
                 "9: none is given. 4 people promise 80 % at most (coverage=0.8)."),
        (12, 0.95, "Score intervals rest on 12 held-out people and cannot promise 95 %, which "
                   "takes 19: none is given. 12 people promise 92 % at most (coverage=0.92)."),
        (9, 0.9, "Score intervals rest on 9 held-out people: they cover 90 % on average over such "
                 "samples of people, and in one of twenty fewer than 71.7 %."),
        (0, 0.9, "No score interval, as nobody rated was held out; 90 % takes 9."),
    ],
)  # fmt: skip
def test_intervals_promise_what_their_people_allow(n: int, coverage: float, expected: str) -> None:
    width = np.full((1, n, 2), 1.0)
    errors = np.abs(labels(n))
    assert of_intervals(errors, width, SCHEMA, coverage) == [expected]
    if n == 12:  # what is offered instead holds
        said = of_intervals(errors, width, SCHEMA, 0.92)
        assert "cannot promise" not in said[0]


def test_intervals_of_single_targets_are_told_apart() -> None:
    errors = np.abs(labels(60))
    errors[4:, 1] = np.nan
    (said,) = of_intervals(errors, np.ones((1, 60, 2)), SCHEMA, 0.9)
    assert said.startswith("'drive': score intervals rest on 4 held-out people")
    assert of_intervals(np.abs(labels(60)), np.ones((1, 60, 2)), SCHEMA, 0.9) == []
    (said,) = of_intervals(np.abs(labels(60)), np.full((1, 60, 2), np.inf), SCHEMA, 0.9)
    assert said.startswith("How often score intervals cover was not measured")


def people_of(case: str) -> list[str]:
    people = CASES[case]()
    dims = {s: 6 + i for i, s in enumerate(MODALITY)}
    return of_people(extracted(people, corpus_of(people), dims))


def test_what_nobody_shows_is_said_to_be_ignored() -> None:
    (said,) = people_of("nobody with a picture")
    assert said == (
        "Video: nobody trained on shows any, so the model knows nothing of it and ignores it in "
        "whoever is scored."
    )
    assert [line.split(":")[0] for line in people_of("words only")] == ["Audio", "Video"]
    assert people_of("one without picture") == []


def test_damage_twins_and_many_targets_are_said() -> None:
    said = people_of("damaged features")
    assert (
        "2 tokens of stream 'prosody' hold no numbers and are left out, as of a damaged file."
        in said
    )
    assert people_of("identical targets")[0].startswith(
        "'warmth' and 'drive' have the same ratings"
    )
    assert people_of("more targets than people")[0].startswith("8 targets and 6 people")


def test_few_validation_people_are_said() -> None:
    assert of_stopping(2) == ["When to stop training was decided on 2 validation people alone."]
    assert of_stopping(10) == []


def test_shifts_and_bands_of_those_who_show_less_are_said() -> None:
    part = {"n": 450, "shift_sd": {"warmth": -0.31, "poise": 0.02},
            "bias_sd": {"warmth": -0.4, "poise": 0.3}, "coverage": {"0.8": 0.61}}  # fmt: skip
    few = part | {"n": 9}
    assert of_short_forms({"1": part, "6": part | {"coverage": {"0.8": 0.79}}}) == [
        "'warmth': people with 1 answer are scored 0.31 standard deviations low on average.",
        "Intervals of 80 % cover 61 % of people with 1 answer.",
        "'warmth': people with 6 answers are scored 0.31 standard deviations low on average.",
    ]
    (said,) = of_short_forms({"audio": part | {"shift_sd": {"poise": 0.2}, "coverage": {}}})
    assert (
        said
        == "'poise': people with audio alone are scored 0.20 standard deviations high on average."
    )
    assert of_short_forms({"1": few}) == []  # of nine people these may be chance
    nothing = {
        "n": 0,
        "shift_sd": {"warmth": None},
        "bias_sd": {"warmth": None},
        "coverage": {"0.8": None},
    }
    assert of_short_forms({"1": nothing}) == []
