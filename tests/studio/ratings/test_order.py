"""The order in which raters see people, and the numbers by which they know them."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from trifold.studio.ratings.order import number_of, own_order

IDS = st.lists(st.text("abcdefgh", min_size=3, max_size=8), unique=True, max_size=40)


@given(IDS, st.text("xyz", min_size=1))
def test_an_order_covers_everybody_once_and_does_not_depend_on_the_list(ids, rater) -> None:
    order = own_order(ids, rater=rater)
    assert sorted(order) == sorted(ids)
    assert own_order(reversed(ids), rater=rater) == order


@given(IDS, st.text("ij", min_size=9, max_size=9))
def test_who_joins_moves_nobody_else(ids, late) -> None:
    order = own_order([*ids, late], rater="r")
    assert [one for one in order if one != late] == own_order(ids, rater="r")


def test_raters_have_orders_of_their_own_and_begin_with_others() -> None:
    people = [f"c{n}" for n in range(12)]
    orders = [own_order(people, rater=f"r{n}") for n in range(40)]
    assert len({tuple(order) for order in orders}) == 40
    assert len({order[0] for order in orders}) > 8


def test_numbers_have_five_digits_and_tell_people_apart() -> None:
    numbers = [number_of(f"c{n}") for n in range(100)]
    assert all(10_000 <= one < 100_000 for one in numbers)
    assert len(set(numbers)) >= 99
