"""Overrides are appended, never change what stands there, and go with the person."""

from __future__ import annotations

import json
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.errors import InputError
from trifold.records.overrides import (
    NAME,
    Override,
    append_override,
    checked,
    forget_overrides,
    read_overrides,
)

ONE = Override("ann", "warmth", "The sound failed", "Kim", "4", "b1")


def test_each_line_is_added_behind_those_before(tmp_path) -> None:
    first = append_override(tmp_path, ONE)
    before = (tmp_path / NAME).read_bytes()
    second = append_override(tmp_path, Override("bob", "", "x", "Kim"))
    assert (tmp_path / NAME).read_bytes().startswith(before)
    assert read_overrides(tmp_path) == [first, second]
    assert read_overrides(tmp_path, "bob") == [second]
    assert first.time.endswith("+00:00")
    assert (tmp_path / NAME).stat().st_mode & 0o777 == 0o600


def test_lines_of_many_writers_do_not_mix(tmp_path) -> None:
    given_ = [Override(f"p{n:02}", "", "r" * 999, "Kim") for n in range(64)]
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda one: append_override(tmp_path, one), given_))
    assert sorted(read_overrides(tmp_path), key=lambda one: one.candidate_id) == made


@given(st.text(min_size=1, max_size=50).filter(lambda text: text.strip()))
def test_any_words_come_back(tmp_path_factory, words: str) -> None:
    folder = tmp_path_factory.mktemp("o")
    made = append_override(folder, Override("ann", "", words, "Kim"))
    assert read_overrides(folder) == [made]
    assert made.reason == words.strip()


def test_forgetting_takes_a_persons_lines_and_leaves_others_to_the_byte(tmp_path) -> None:
    for name in ("ann", "bob", "ann"):
        append_override(tmp_path, Override(name, "", f"of {name}", "Kim"))
    (others,) = [line for line in (tmp_path / NAME).read_bytes().splitlines(True) if b"bob" in line]
    assert forget_overrides(tmp_path, "ann") == 2
    assert (tmp_path / NAME).read_bytes() == others
    assert forget_overrides(tmp_path, "ann") == 0
    assert forget_overrides(tmp_path, "bob") == 1
    assert not (tmp_path / NAME).exists()
    assert forget_overrides(tmp_path, "bob") == 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"reason": "  "}, "reason: expected some text, got none"),
        ({"reviewer": ""}, "reviewer: expected some text"),
        ({"candidate_id": ""}, "candidate_id: expected some text"),
        ({"judgement": "x" * 2001}, "judgement: expected at most 2000 characters, got 2001"),
    ],
)
def test_an_override_without_reason_or_reviewer_is_refused(change, message: str) -> None:
    with pytest.raises(InputError, match=message):
        checked(Override(**vars(ONE) | change))


@pytest.mark.parametrize(
    "line", ["{", "[]", '{"candidate_id": "ann"}', json.dumps(vars(ONE) | {"x": 1})]
)
def test_a_damaged_line_is_named(tmp_path, line: str) -> None:
    append_override(tmp_path, ONE)
    with (tmp_path / NAME).open("a") as file:
        file.write(line + "\n")
    with pytest.raises(InputError, match=r"overrides\.jsonl:2: expected an override"):
        read_overrides(tmp_path)
