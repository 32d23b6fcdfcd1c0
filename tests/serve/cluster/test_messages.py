"""What goes between a gateway and a replica on another machine."""

from __future__ import annotations

import pickle

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.serve.access.identity import SCORE, Caller
from trifold.serve.cluster.messages import of_request, of_response, request_in, response_of
from trifold.serve.cluster.replicas import failure_in
from trifold.serve.gateway.upstream import UpstreamRequest, UpstreamResponse
from trifold.serve.problems import CONTENT_TYPE, Problem
from trifold.serve.worker.forgotten import ForgottenCandidate
from trifold.serve.worker.timings import Measured

RIGHTS = Caller("ann", frozenset([SCORE]), "büro 7").to_headers()
MEASURED = Measured({"read": 0.5}, 3.0, 1, ["BAD_FIELD"])


@given(st.binary(max_size=300), st.text(max_size=30))
def test_a_request_arrives_to_the_byte(body: bytes, kind: str) -> None:
    found = request_in(of_request(UpstreamRequest("/predictions/m", body, kind, "ann", RIGHTS)))
    assert (found.body, found.caller) == (body, "ann")
    assert found.content_type == kind
    assert found.rights == {name.lower(): value for name, value in RIGHTS.items()}


@given(st.binary(max_size=300), st.integers(200, 599), st.integers(0, 9))
def test_an_answer_arrives_with_what_was_measured(body: bytes, status: int, ends: int) -> None:
    forgotten = ForgottenCandidate("Änne 7", everyone=True)
    sent = UpstreamResponse(status, body, CONTENT_TYPE, {"Server-Timing": "read;dur=1"}, forgotten)
    answer, measured, ended = response_of(of_response(sent, [MEASURED, MEASURED], ends))
    assert isinstance(answer, UpstreamResponse)
    assert (answer.status, answer.body, answer.content_type) == (status, body, CONTENT_TYPE)
    assert answer.headers["Server-Timing"] == "read;dur=1"
    assert answer.forgotten == forgotten
    assert (measured, ended) == ([MEASURED, MEASURED], ends)


def test_a_problem_arrives_as_one() -> None:
    sent = Problem(422, "OUT_OF_TIME", "not done within 5 s")
    answer, measured, ends = response_of(of_response(sent, [], 1))
    assert isinstance(answer, Problem)
    assert (answer.status, answer.code, answer.detail) == (422, "OUT_OF_TIME", sent.detail)
    assert (measured, ends) == ([], 1)


class Bomb:
    """Says so when it is unpickled."""

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return pytest.fail, ("unpickled",)


GOOD = of_response(UpstreamResponse(200, b"{}", "application/json", {}), [MEASURED], 0)


@given(
    st.one_of(
        st.binary(max_size=80),
        st.integers(0, len(GOOD) - 1).map(lambda end: GOOD[:end]),
        st.tuples(st.integers(0, len(GOOD) - 1), st.integers(1, 255)).map(
            lambda at: GOOD[: at[0]] + bytes([GOOD[at[0]] ^ at[1]]) + GOOD[at[0] + 1 :]
        ),
        st.just(pickle.dumps(Bomb())),
    )
)
def test_whatever_else_comes_is_an_answer_or_refused(data: bytes) -> None:
    try:
        answer, _, _ = response_of(data)
    except ValueError:
        return
    assert isinstance(answer, UpstreamResponse | Problem)


def test_what_a_replica_says_is_found_in_what_ray_says_of_it() -> None:
    said = ('Deployment failed: RuntimeError: TRIFOLD_FAILED {"expected": "a bundle", '
            '"got": "none", "where": "x"}\n  at line 3\n')  # fmt: skip
    assert str(failure_in(said)) == "x: expected a bundle, got none"
    assert str(failure_in("trace\nno room")) == "ray: expected replicas that start, got no room"
    assert "got nothing" in str(failure_in(""))
