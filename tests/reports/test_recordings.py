"""Cards of recordings say what their rows do, in words and units, and mark what is doubtful."""

from __future__ import annotations

import pytest

from tests.reports.report_factory import CARD, answer, broken
from trifold.codes import Code
from trifold.contracts import MEASURES
from trifold.decimals import MINUS
from trifold.features.quality import LIMITS
from trifold.reports.recordings import recordings, shown

SHOWN = [
    (0.724, "share", "72 %"), (0.004, "share", "0.4 %"), (0.0, "share", "0 %"),
    (3.21, "s", "3.2 s"), (42.4, "s", "42 s"), (125.0, "s", "2:05 min"), (3725.0, "s", "1:02:05 h"),
    (-23.4, "dBFS", f"{MINUS}23 dB"), (-0.2, "dB", "0 dB"), (25.6, "dB", "26 dB"),
    (71.0, "count", "71"),
]  # fmt: skip


@pytest.mark.parametrize(("value", "unit", "text"), SHOWN)
def test_numbers_have_units(value: float, unit: str, text: str) -> None:
    assert shown(value, unit) == text


def test_a_card_has_every_number_that_is_there_in_one_order() -> None:
    (card,) = recordings([answer("ann", 0, 0)])
    there = [one.title for one in MEASURES if CARD[one.name] is not None]
    assert [line["title"] for line in card["lines"]] == ["length", *there]
    assert len({one.title for one in MEASURES}) == len(MEASURES)


@pytest.mark.parametrize("name", LIMITS)
def test_what_passes_a_limit_is_marked_and_told(name: str) -> None:
    code = LIMITS[name].code
    (card,) = recordings([answer("ann", 0, 0, flags=str(code))])
    marked = {line["title"] for line in card["lines"] if line["doubtful"]}
    assert marked == {one.title for one in MEASURES
                      if one.name in LIMITS and LIMITS[one.name].code == code}  # fmt: skip
    assert [flag["meaning"] for flag in card["flags"]] == [code.meaning]


def test_of_two_numbers_behind_one_code_the_one_that_passes_is_marked() -> None:
    seen = {"several_faces_fraction": 0.0, "face_scenes": 2.0}
    (card,) = recordings([answer("ann", 0, 0, flags=str(Code.SEVERAL_FACES), **seen)])
    assert [one["title"] for one in card["lines"] if one["doubtful"]] == ["scenes with a face"]


def test_a_file_that_cannot_be_read_has_a_card_that_says_why() -> None:
    (card,) = recordings([broken("ann")])
    assert (card["lines"], card["status"]) == ([], "error")
    assert [flag["code"] for flag in card["flags"]] == [Code.DECODE_ERROR]
    assert card["message"].startswith("broken/q9.mp4: expected a media file")


def test_notes_are_without_codes() -> None:
    said = "SPEAKER: the words of 'Ann' were taken | ENCODING: cp1252 was guessed"
    (card,) = recordings([answer("ann", 0, 0, remarks=said)])
    assert card["notes"] == [
        "words were recognised, not given", "the words of 'Ann' were taken", "cp1252 was guessed",
    ]  # fmt: skip
