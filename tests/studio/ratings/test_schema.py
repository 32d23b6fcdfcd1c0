"""Targets: what may be rated, on which scale, and what stays once somebody has rated."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.contracts import TargetSchema
from trifold.corpora.targets import read_schema
from trifold.errors import InputError, TrifoldError
from trifold.studio.ratings.permitted import refuse_forbidden
from trifold.studio.ratings.schema import (
    FixedTargetError,
    RatedTarget,
    RatingSettings,
    check_targets,
    identifier,
    refuse_new_meanings,
    schema_of,
    targets_of,
)
from trifold.studio.ratings.starting_sets import starting_set, starting_sets
from trifold.studio.web.wording import Wording

DAY = date(2026, 11, 29)
GOOD = RatedTarget(
    "clarity", "Clarity", 1, 5, "vague", "clear", {1: "Wanders.", 5: "To the point."}
)


@pytest.mark.parametrize("language", Wording().languages)
@pytest.mark.parametrize("name", starting_sets())
def test_sets_to_start_from_are_the_schemas_of_their_names_with_words(
    name: str, language: str
) -> None:
    targets = starting_set(name, language)
    check_targets(targets)
    refuse_forbidden(targets, ["eu"], today=DAY)
    assert schema_of(name, targets) == read_schema(name)


@pytest.mark.parametrize("language", Wording().languages[1:])
@pytest.mark.parametrize("name", starting_sets())
def test_every_text_of_a_set_has_one_in_each_language(name: str, language: str) -> None:
    for ours, theirs in zip(starting_set(name), starting_set(name, language), strict=True):
        assert ours.anchors.keys() == theirs.anchors.keys()
        texts = [(ours.low_pole, theirs.low_pole), (ours.high_pole, theirs.high_pole)]
        texts += [(ours.anchors[level], theirs.anchors[level]) for level in ours.anchors]
        assert all(text and text != english for english, text in texts)
        assert theirs.label == Wording().told(ours.label, language)  # as reports call it


def test_a_language_without_words_of_its_own_starts_with_english_ones() -> None:
    assert starting_set("hexaco", "tlh") == starting_set("hexaco")


def test_a_project_keeps_targets_as_they_are() -> None:
    targets = starting_set("hexaco")
    assert targets_of([one.as_json() for one in targets]) == targets
    assert isinstance(schema_of("x", targets), TargetSchema)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"label": ""}, "a name of 1 to 80 characters"),
        ({"high": 1}, "whole ends from 0 to 9, the lower one first"),
        ({"high": 11}, "whole ends from 0 to 9"),
        ({"low_pole": ""}, "both ends of the scale in words"),
        ({"anchors": {1: "Wanders."}}, "a behaviour that shows the lowest level"),
        ({"anchors": {1: "a", 5: "b", 7: "c"}}, "behaviours of levels of the scale alone"),
        ({"high_pole": "x" * 401}, "texts of at most 400 characters"),
    ],
)
def test_targets_without_a_scale_that_raters_can_use_are_refused(change, message) -> None:
    with pytest.raises(InputError, match=message):
        check_targets([replace(GOOD, **change)])


def test_two_targets_of_one_label_are_refused() -> None:
    with pytest.raises(InputError, match="each target once"):
        check_targets([GOOD, replace(GOOD, name="other", label="CLARITY")])


@pytest.mark.parametrize(
    ("label", "message"),
    [
        ("Age", "never a protected characteristic"),
        ("Religion", "never a protected characteristic"),
        ("Gender identity", "never a protected characteristic"),
        ("Hire", "a verdict"),
        ("Hireability", "a verdict"),
        ("Reject or invite", "a verdict"),
        ("Suitability for the job", "a verdict"),
        ("Eignung", "a verdict"),
        ("Psychopathy", "no type, disorder or verdict"),
        ("INTJ", "no type, disorder or verdict"),
    ],
)
def test_verdicts_and_protected_characteristics_are_no_targets(label: str, message: str) -> None:
    target = replace(GOOD, name=identifier(label, ()), label=label)
    with pytest.raises(InputError, match=message):
        refuse_forbidden([target], [], today=DAY)


def test_what_a_profile_refuses_is_refused_with_its_source() -> None:
    target = replace(GOOD, name="joy", label="Joy")
    refuse_forbidden([target], [], today=DAY)
    with pytest.raises(TrifoldError, match=r"AI Act, Art. 5"):
        refuse_forbidden([target], ["eu"], today=DAY)


CHANGES = [
    {"low": 0},
    {"high": 7},
    {"label": "Other"},
    {"low_pole": "clear", "high_pole": "vague"},
    {"anchors": {1: "Wanders.", 5: "Else."}},
]


@pytest.mark.parametrize("change", CHANGES)
def test_what_raters_read_stays_once_they_have_rated(change) -> None:
    after = [replace(GOOD, **change)]
    refuse_new_meanings([GOOD], after, {})
    refuse_new_meanings([GOOD], after, {"other": 9})
    with pytest.raises(FixedTargetError, match="'Clarity', which has 3 ratings and changes"):
        refuse_new_meanings([GOOD], after, {"clarity": 3})


def test_a_rated_target_stays_and_others_may_come_and_go() -> None:
    other = replace(GOOD, name="warmth", label="Warmth")
    refuse_new_meanings([GOOD, other], [other, GOOD], {"clarity": 3, "warmth": 1})
    refuse_new_meanings([GOOD, other], [GOOD], {"clarity": 3})
    with pytest.raises(FixedTargetError, match="3 ratings and goes"):
        refuse_new_meanings([GOOD], [other], {"clarity": 3})


@given(st.text(max_size=60), st.sets(st.sampled_from(["target", "a", "a_2", "clarity"])))
def test_names_are_identifiers_that_nobody_has(label: str, taken: set[str]) -> None:
    name = identifier(label, taken)
    assert name.isascii()
    assert name.isidentifier()
    assert name == name.lower()
    assert name not in taken


@pytest.mark.parametrize("label", ["Question", "Path", "Rater", "Split", "Score", "Candidate"])
def test_no_target_goes_by_the_name_of_a_column(label: str) -> None:
    assert identifier(label, ()) == f"{label.lower()}_2"


def test_another_way_to_rate_is_refused() -> None:
    with pytest.raises(InputError, match="ways to rate"):
        RatingSettings("ranks")
