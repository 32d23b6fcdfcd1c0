"""Terms say what they forbid, to people and to programs."""

from __future__ import annotations

import pytest

from trifold.errors import InputError
from trifold.terms import PURPOSES, cleared, forbidden, terms

STATED = terms("Somebody's data: research only", forbids=("commercial", "hiring"))


def test_terms_are_one_readable_line() -> None:
    assert STATED == "Somebody's data: research only [forbids: commercial, hiring]"
    assert forbidden(STATED) == ("commercial", "hiring")
    assert forbidden("own recordings") == ()


def test_research_is_always_cleared() -> None:
    for stated in (STATED, "unstated", "own recordings"):
        assert cleared("research", stated) == stated


@pytest.mark.parametrize("purpose", ["commercial", "hiring"])
def test_forbidden_purposes_are_refused_with_the_reason(purpose: str) -> None:
    message = rf"expected terms that allow {purpose} .* got Somebody's data: research only"
    with pytest.raises(InputError, match=message):
        cleared(purpose, STATED)


@pytest.mark.parametrize("stated", ["unstated", "", " Unstated "])
def test_unstated_terms_allow_research_alone(stated: str) -> None:
    with pytest.raises(InputError, match=r"got unstated terms \(say with corpora.terms=… what"):
        cleared("hiring", stated)
    assert cleared("hiring", "own recordings, consent for hiring") == (
        "own recordings, consent for hiring"
    )


def test_stated_rights_are_logged_and_hold_for_their_purpose_alone() -> None:
    given = cleared("hiring", STATED, rights="contract [7]\nof May")
    assert given == STATED + " [rights stated for hiring: contract (7) of May]"
    assert cleared("hiring", given) == given
    with pytest.raises(InputError, match="expected terms that allow commercial"):
        cleared("commercial", given)
    assert cleared("research", STATED, rights="not needed") == STATED


def test_unknown_purposes_are_named() -> None:
    with pytest.raises(InputError, match="expected purpose among research, commercial, hiring"):
        cleared("fun", STATED)
    assert set(PURPOSES) == {"research", "commercial", "hiring"}
