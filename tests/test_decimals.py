"""Numbers for people: the value that was given, with a sign that is one."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.decimals import MINUS, decimal, general, probability, with_symbols

NUMBERS = st.floats(-1e9, 1e9)
WAYS = st.fixed_dictionaries({name: st.booleans() for name in ("signed", "grouped", "bare")})


def read(text: str) -> float:
    """Back from what people read."""
    return float(text.replace(MINUS, "-").replace(",", ""))


@given(NUMBERS, st.integers(0, 4), WAYS)
def test_a_number_is_told_to_its_last_place_without_a_hyphen(value, places, ways) -> None:
    text = decimal(value, places, **ways)
    assert read(text) == float(f"{value:.{places}f}")
    assert "-" not in text
    assert text.startswith(MINUS) == (read(text) < 0)
    assert text.startswith("+") == (ways["signed"] and read(text) > 0)


@given(NUMBERS, st.integers(1, 9), st.booleans())
def test_a_general_number_is_told_to_its_last_digit_without_a_hyphen(value, digits, bare) -> None:
    text = general(value, digits, bare=bare)
    assert read(text) == float(f"{value:.{digits}g}")
    assert "-" not in text


@pytest.mark.parametrize(("text", "said"), [
    (decimal(-0.004, 2, signed=True), "0.00"), (decimal(-0.11, 2, bare=True), f"{MINUS}.11"),
    (decimal(-1204.5, 1, grouped=True), f"{MINUS}1,204.5"), (decimal(10.5, 1, bare=True), "10.5"),
    (general(7.0), "7"), (general(-2.5), f"{MINUS}2.5"), (general(1e-5), f"1e{MINUS}05"),
    (general(-0.0), "0"),
])  # fmt: skip
def test_numbers_as_pages_write_them(text: str, said: str) -> None:
    assert text == said


@pytest.mark.parametrize(("text", "said"), [
    ("1,204.5", "1.204,5"), ("2,000 draws of 12", "2.000 draws of 12"), ("0.5", "0,5"),
    ("a 1,204,000 b", "a 1.204.000 b"), ("1, 2, 3", "1, 2, 3"), ("12,34", "12,34"),
    ("2026-11-30", "2026-11-30"), ("v1.", "v1."), ("", ""),
])  # fmt: skip
def test_numbers_in_a_text_take_the_symbols_of_a_language(text: str, said: str) -> None:
    assert with_symbols(text, point=",", group=".") == said
    assert with_symbols(text, point=".", group=",") == text


def test_no_probability_is_nothing() -> None:
    assert [probability(p) for p in (0.0321, 0.0005, 0.0004, 0.0)] == [
        "0.032", "0.001", "< 0.001", "< 0.001",
    ]  # fmt: skip
