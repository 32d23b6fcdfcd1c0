"""Tensors of the Open Inference Protocol: what they ask for, what is wrong with some, answers."""

from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.serve.gateway.bodies import checked_type
from trifold.serve.inference_protocol.tensors import CONTENT_TYPE, answer_to
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.parsing.asked import ANONYMOUS, BODY, ScoreRequest
from trifold.serve.worker.parsing.reading import read_request

LIMITS = Settings(max_files=3, max_file_mib=1, max_text_chars=100)
WORDS = {"name": "transcript", "shape": [1], "datatype": "BYTES", "data": ["I plan."]}


def text(name: str, *elements: object, **other: object) -> dict[str, object]:
    return {"name": name, "shape": [len(elements)], "datatype": "BYTES",
            "data": list(elements)} | other  # fmt: skip


def read(facts: object) -> ScoreRequest:
    body = {BODY: json.dumps(facts).encode()}
    return read_request(body, f"{CONTENT_TYPE};trifold", LIMITS)


@given(st.lists(st.tuples(st.binary(min_size=1, max_size=40), st.text(max_size=20)), min_size=1,
                max_size=3))  # fmt: skip
def test_elements_at_the_same_place_are_one_answer_to_the_byte(answers) -> None:
    media = [base64.b64encode(one).decode() for one, _ in answers]
    questions = [question for _, question in answers]
    found = read({"inputs": [text("question", *questions), text("media", *media)]})
    (wanted,) = found.candidates
    assert [(a.name, bytes(a.media or b""), a.question or "") for a in wanted.answers] == [
        (f"media_{n}", *one) for n, one in enumerate(answers, start=1)
    ]
    assert wanted.candidate_id == ANONYMOUS


def test_switches_ids_and_wishes_are_read_and_nested_data_too() -> None:
    switch = {"name": "explain", "shape": [1], "datatype": "BOOL", "data": [True]}
    nested = text("transcript", "a", "b", shape=[1, 2], data=[["a", "b"]])
    facts = {"id": "42", "inputs": [switch, nested, text("candidate_id", "ann")],
             "outputs": [{"name": "upper"}, {"name": "names"}]}  # fmt: skip
    found = read(facts)
    (wanted,) = found.candidates
    assert (wanted.candidate_id, wanted.explain, wanted.retain) == ("ann", True, False)
    assert [answer.transcript for answer in wanted.answers] == [b"a", b"b"]
    assert found.tensors is not None
    assert (found.tensors.model, found.tensors.request_id) == ("trifold", "42")
    assert found.tensors.outputs == ("upper", "names")


@pytest.mark.parametrize(
    ("inputs", "field", "message"),
    [
        (None, "inputs", "expected a list of tensors, got nothing"),
        ([], "inputs", "expected a list of tensors, got none"),
        (["x"], "inputs[0]", "expected a tensor, got text"),
        ([text("age", "40")], "inputs[0].name", "expected one of media"),
        ([WORDS, WORDS], "transcript", "every tensor once"),
        ([WORDS | {"datatype": "FP32"}], "transcript.datatype", "expected BYTES, got another"),
        ([WORDS | {"shape": [2]}], "transcript.shape", "as many elements as data"),
        ([WORDS | {"shape": [True]}], "transcript.shape", "as many elements as data"),
        ([WORDS | {"data": [1]}], "transcript.data", "expected text, got a number"),
        ([WORDS | {"data": ["\ud800"]}], "transcript.data", "half a character"),
        ([text("media", "%")], "media.data", "expected base64, got another text"),
        ([text("media", "eA=="), text("question", "a", "b")], "question.shape", "as many answers"),
        ([text("candidate_id", "ann")], "inputs", "media or a transcript, got neither"),
        ([WORDS, text("candidate_id", "a", "b")], "candidate_id.data", "1 element, got 2"),
        ([WORDS, {"name": "retain", "shape": [1], "datatype": "BOOL", "data": ["true"]}],
         "retain.data", "expected true or false, got text"),
        ([text("transcript", *"abcd", shape=[2, 2])], "transcript.shape", "one candidate"),
        ([text("transcript", "a", "b", shape=[2, 2])], "transcript.shape", "as many elements"),
        ([text("transcript", "a", "b", "c", data=[["a", "b"], ["c"]])], "transcript.data",
         "one candidate"),
        ([text("question", "Who?")], "media_1", "a media file or a transcript, got neither"),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_tensor_is_said(inputs, field, message) -> None:
    with pytest.raises(Problem) as raised:
        read({"inputs": inputs})
    assert (raised.value.status, raised.value.field) == (400, field)
    assert message in raised.value.detail


def test_limits_of_a_request_hold_for_tensors() -> None:
    for inputs, code in (
        ([text("transcript", *"abcd")], "TOO_MANY_FILES"),
        ([text("transcript", "x" * 101)], "TOO_LONG"),
        ([text("media", base64.b64encode(bytes((1 << 20) + 1)).decode())], "FILE_TOO_LARGE"),
    ):
        with pytest.raises(Problem) as raised:
            read({"inputs": inputs})
        assert (raised.value.status, raised.value.code) == (413, code)
    with pytest.raises(Problem, match="some of names"):
        read({"inputs": [WORDS], "outputs": [{"name": "hired"}]})
    for wrong in ({}, "", False):
        with pytest.raises(Problem, match="expected a list"):
            read({"inputs": [WORDS], "outputs": wrong})


def test_nobody_sends_a_body_as_tensors_past_their_address() -> None:
    """A job's answer in tensors would not be found when its candidate is forgotten."""
    for kind in (CONTENT_TYPE, f"{CONTENT_TYPE.upper()} ; trifold"):
        with pytest.raises(Problem, match="/v2/models/MODEL/infer"):
            checked_type(b"{}", kind, LIMITS)


def test_an_answer_has_the_numbers_of_the_row_and_what_was_wanted_alone() -> None:
    row = {"candidate_id": "ann", "status": "scored", "drive": 3.1000000000000001,
           "drive_low": 2.0, "drive_high": 4.25, "drive_spread": None, "drive_rank": None,
           "drive_rank_low": None, "drive_rank_high": None}  # fmt: skip
    answer = {"candidate": row, "answers": [], "bundle_id": "b", "model_version": "2.0"}
    wanted = {"inputs": [WORDS], "id": "7"}
    found = answer_to(read(wanted), answer)
    assert (found["model_name"], found["model_version"], found["id"]) == ("trifold", "2.0", "7")
    tensors = {tensor["name"]: (tensor["shape"], tensor["data"]) for tensor in found["outputs"]}
    assert json.loads(tensors.pop("response")[1][0]) == answer
    assert tensors == {"names": ([1], ["drive"]), "scores": ([1, 1], [3.1]),
                       "lower": ([1, 1], [2.0]), "upper": ([1, 1], [4.25]),
                       "status": ([1], ["scored"])}  # fmt: skip
    (one,) = answer_to(read(wanted | {"outputs": [{"name": "upper"}]}), answer)["outputs"]
    assert one["name"] == "upper"
    assert answer_to(ScoreRequest(), answer) is answer
