"""Requests are understood or refused with the field that is wrong."""

from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.parsing.asked import ANONYMOUS, BODY
from trifold.serve.worker.parsing.reading import DUPLICATED, read_request

LIMITS = Settings(max_files=3, max_candidates=2, max_file_mib=1, max_text_chars=100)
JSON = "application/json; charset=utf-8"


def order(fields: dict[str, bytes], content_type: str = "multipart/form-data"):
    return read_request(fields, content_type, LIMITS)


def of_json(facts: object):
    return order({BODY: json.dumps(facts).encode()}, JSON)


def test_a_form_of_several_answers() -> None:
    (wanted,) = order(
        {"media_2": b"two", "media": b"one", "transcript_2": "Grüße".encode(), "question_2": b"Q",
         "question_id_2": b"q2", "clip_id": b"first", "candidate_id": b"ann", "explain": b"true"}
    ).candidates  # fmt: skip
    assert (wanted.candidate_id, wanted.explain, wanted.retain) == ("ann", True, False)
    first, second = wanted.answers
    assert (first.name, first.media, first.clip_id) == ("media_1", b"one", "first")
    assert (second.media, second.transcript, second.question_id) == (b"two", "Grüße".encode(), "q2")


def test_a_bare_body_is_one_media_file() -> None:
    (wanted,) = order({BODY: b"\x00\x01"}, "video/mp4").candidates
    assert (wanted.candidate_id, wanted.answers[0].media) == (ANONYMOUS, b"\x00\x01")


def test_json_of_one_and_of_many() -> None:
    one = {"candidate_id": "ann", "answers": [{"path": "a.mp4", "question": None}]}
    assert of_json(one).candidates[0].answers[0].path == "a.mp4"
    many = of_json({"candidates": [one, one]})
    assert many.many
    assert len(many.candidates) == 2
    assert of_json({"forget": "ann"}).forget == "ann"


@pytest.mark.parametrize(
    ("fields", "field", "message"),
    [
        ({}, "media_1", "expected a media file, got none"),
        ({"candidate_id": b"a"}, "media_1", "expected a media file, got none"),
        ({"media_0": b"x"}, "media_0", "a field that the description"),
        ({"media_1000": b"x"}, "media_1000", "a field that the description"),
        ({"age": b"40"}, "age", "a field that the description"),
        ({"media": b"x", "media_1": b"y"}, "media_1", "every field once"),
        ({"media_1": b"x", DUPLICATED: b"media_1"}, "media_1", "every field once"),
        ({"media": b"x", "explain": b"yes"}, "explain", "expected true or false, got 'yes'"),
        ({"media": b"x", "speaker": b"\xff"}, "speaker", "expected UTF-8 text"),
        ({"media": b"x", "candidate_id": b"a\nb"}, "candidate_id", "printable characters"),
        ({"media": b"x", "candidate_id": b"a" * 201}, "candidate_id", "at most 200"),
        ({"question_2": b"Why?"}, "media_2", "a media file or a transcript, got neither"),
        ({"media": b"x", "clip_id": b"c", "media_2": b"y", "clip_id_2": b"c"}, "clip_id",
         "one answer per clip_id"),
        ({"media": b"x", "clip_id": b"media_2", "media_2": b"y"}, "clip_id", "'media_2' twice"),
    ],
)  # fmt: skip
def test_wrong_form_fields(fields, field, message) -> None:
    with pytest.raises(Problem, match=message) as raised:
        order(fields)
    assert (raised.value.status, raised.value.code) == (400, "BAD_FIELD")
    assert raised.value.field == field


@pytest.mark.parametrize(
    ("body", "message"),
    [
        (b"{", "expected JSON, got JSONDecodeError"),
        (b"\xff", "expected JSON, got UnicodeDecodeError"),
        (b"[" * 100_000, "expected JSON, got RecursionError"),
        (b'{"answers": NaN}', "expected JSON, got ValueError"),
        (b"[]", "expected a JSON object, got list"),
        (b"{}", "expected a list of objects, got nothing"),
        (b'{"candidates": {}}', "expected a list of objects, got an object"),
        (b'{"candidates": [1]}', "expected an object, got a number"),
        (b'{"answers": [{"path": 3}]}', "expected text, got a number"),
        (b'{"answers": [{"file": "a"}]}', "expected fields among clip_id, path"),
        (b'{"answers": [{"path": "a"}], "explain": 1}', "expected true or false, got a number"),
        (b'{"answers": [{"path": "a"}], "candidate_id": {}}', "expected text, got an object"),
        (b'{"forget": ""}', "expected a candidate id, got none"),
        (b'{"answers": [{"path": "a"}], "forget": "ann"}', "expected fields among answers"),
    ],
)
def test_wrong_json(body, message) -> None:
    with pytest.raises(Problem, match=message) as raised:
        order({BODY: body}, JSON)
    assert raised.value.status == 400


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({f"media_{i}": b"x" for i in range(1, 5)}, "TOO_MANY_FILES"),
        ({"media": bytes((1 << 20) + 1)}, "FILE_TOO_LARGE"),
        ({"transcript": b"x" * 101}, "TOO_LONG"),
        ({"media": b"x", "question": b"x" * 2001}, "TOO_LONG"),
    ],
)
def test_too_much_is_413(fields, code) -> None:
    with pytest.raises(Problem) as raised:
        order(fields)
    assert (raised.value.status, raised.value.code) == (413, code)


def test_too_many_candidates_are_413() -> None:
    with pytest.raises(Problem, match="at most 2 candidates, got 3") as raised:
        of_json({"candidates": [{"answers": [{"path": "a"}]}] * 3})
    assert raised.value.status == 413


def test_what_came_is_cut_and_cleaned_before_it_is_shown() -> None:
    with pytest.raises(Problem) as raised:
        order({"x\u202e" + "y" * 500: b""})
    assert raised.value.field is not None
    assert len(raised.value.field) <= 60
    assert raised.value.body().isascii()


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["candidates", "answers", "path", "forget", "explain", "candidate_id"]),
            inner,
            max_size=3,
        )
    ),
    max_leaves=8,
)


@settings(max_examples=300, deadline=None)
@given(json_values)
def test_any_json_is_understood_or_a_problem(facts) -> None:
    try:
        found = of_json(facts)
    except Problem as problem:
        assert problem.status in (400, 413)  # noqa: PT017
    else:
        assert found.forget or all(wanted.answers for wanted in found.candidates)


@pytest.mark.parametrize(
    "name",
    ["path", "transcript", "transcript_path", "speaker", "question", "question_id", "clip_id"],
)
@pytest.mark.parametrize("text", ["\ud800", "plan \udfff b", "\udc00\ud800"])
def test_half_a_character_is_refused_in_any_text(name, text) -> None:
    with pytest.raises(Problem, match="expected Unicode text, got half a character") as raised:
        of_json({"answers": [{"transcript": "I plan."} | {name: text}]})
    assert (raised.value.status, raised.value.field) == (400, f"answers[0].{name}")
    for facts in ({"candidate_id": text, "answers": [{"path": "a"}]}, {"forget": text}):
        with pytest.raises(Problem, match="printable characters"):
            of_json(facts)


def test_more_fields_than_any_request_has_are_refused_before_they_are_read() -> None:
    fields = {f"media_{i}": b"" for i in range(1, 30)}
    with pytest.raises(Problem, match="expected at most 21 fields") as raised:
        order(fields)
    assert (raised.value.status, raised.value.code) == (413, "TOO_MANY_FIELDS")
