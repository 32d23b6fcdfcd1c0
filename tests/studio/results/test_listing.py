"""Lists: everybody once, in order, and ties that hold both ways."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.reports.report_factory import NAMES
from trifold.studio.results.listing import Wish, find
from trifold.studio.results.ties import Score, difference, score_of

NAME = NAMES[0]


def everybody(studio, run, wish: Wish, tied_with: Score | None = None) -> list:
    """All pages one after the other."""
    with studio.studio.database.reading() as session:
        pages = find(session, run.id, wish, tied_with).pages
        found = [
            find(session, run.id, Wish(**{**vars(wish), "page": page}), tied_with)
            for page in range(1, pages + 1)
        ]
        assert all(0 < len(one.people) <= wish.size or not one.n for one in found)
        assert {one.n for one in found} == {sum(len(one.people) for one in found)}
        return [person for one in found for person in one.people]


@pytest.mark.parametrize("size", [1, 7, 25, 100])
@pytest.mark.parametrize(("sort", "order"), [("", "high"), (NAME, "high"), (NAME, "low")])
def test_everybody_is_on_exactly_one_page(studio, run, size: int, sort: str, order: str) -> None:
    found = everybody(studio, run, Wish(sort=sort, order=order, size=size))
    names = [person.candidate for person in found]
    assert sorted(names) == [f"person_{number:05}" for number in range(70)]
    assert names == sorted(names, key=lambda name: (*place_of(found, name, sort, order), name))


def place_of(people, name: str, sort: str, order: str) -> tuple[bool, float]:
    """What people are sorted by before their names: who has no score stands last."""
    value = next(person.row[NAME] for person in people if person.candidate == name)
    if not sort or value is None:
        return value is None and bool(sort), 0.0
    return False, -value if order == "high" else value


def test_a_page_behind_the_last_is_the_last(studio, run) -> None:
    with studio.studio.database.reading() as session:
        found = find(session, run.id, Wish(page=99, size=50))
    assert (found.page, found.pages, len(found.people)) == (2, 2, 20)


@pytest.mark.parametrize("search", ["PERSON_0001", "_", "%", "0000", "\\", "nobody", "n_0"])
def test_a_search_takes_every_sign_as_it_is(studio, run, search: str) -> None:
    found = everybody(studio, run, Wish(search=search, size=100))
    names = [f"person_{number:05}" for number in range(70)]
    assert [p.candidate for p in found] == [name for name in names if search.lower() in name]


@pytest.mark.parametrize("code", ["NO_FACE", "NOISY_SOUND", "OUT_OF_DISTRIBUTION", "NO", "%"])
@pytest.mark.parametrize("status", ["", "scored", "withheld", "error"])
def test_filters_leave_who_has_the_code_and_the_status(studio, run, code: str, status: str) -> None:
    found = {p.candidate for p in everybody(studio, run, Wish(code=code, status=status, size=100))}
    rows = everybody(studio, run, Wish(size=100))
    assert found == {
        p.candidate for p in rows if code in p.codes.split() and status in ("", p.status)
    }


@pytest.mark.parametrize("with_errors", [True, False])
def test_ties_hold_both_ways_and_are_as_many_as_the_row_says(
    studio, run, with_errors: bool
) -> None:
    people = [p for p in everybody(studio, run, Wish(size=100)) if p.status == "scored"]
    scores = {p.candidate: score_of(p.row, NAME) for p in people}
    for person in people[::9]:
        own = scores[person.candidate]
        asked = own if with_errors else own._replace(sem=None)
        found = {p.candidate for p in everybody(studio, run, Wish(sort=NAME, size=100), asked)}
        tied = {name for name, other in scores.items() if not difference(asked, other).told_apart}
        assert found == tied
        assert all(not difference(scores[name], asked).told_apart for name in tied)
        if with_errors:
            low, high = (person.row[f"{NAME}_rank_{end}"] for end in ("low", "high"))
            assert len(tied) - 1 == high - low


SCORES = st.builds(
    lambda value, reach, sem: Score(value, value - reach, value + reach, sem),
    st.floats(1, 7),
    st.floats(0, 3),
    st.none() | st.floats(0, 2),
)


@settings(max_examples=60)
@given(SCORES, SCORES)
def test_a_difference_turned_round_is_the_same_difference(a: Score, b: Score) -> None:
    one, other = difference(a, b), difference(b, a)
    assert one.value == -other.value
    assert (one.reach, one.told_apart) == (other.reach, other.told_apart)
    assert not difference(a, a).told_apart
    if one.reach is not None and abs(abs(one.value) - one.reach) > 1e-9:
        assert one.told_apart == (abs(one.value) > one.reach)


@settings(max_examples=60)
@given(st.dictionaries(st.sampled_from(list(vars(Wish()))), st.text(max_size=300)))
def test_any_address_is_a_wish_and_its_address_gives_it_again(asked: dict[str, str]) -> None:
    from urllib.parse import parse_qsl

    wish = Wish.of(asked, NAMES)
    assert Wish.of(dict(parse_qsl(wish.address()[1:])), NAMES) == wish
    assert wish.page >= 1
