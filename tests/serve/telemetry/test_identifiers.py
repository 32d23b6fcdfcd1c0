"""Names of requests are taken over where they can be no word, and lines of logs quote nobody."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
import uuid

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.errors import InputError
from trifold.serve.settings_text import settings_of
from trifold.serve.telemetry.exposition import Family, Histogram, rendered
from trifold.serve.telemetry.identifiers import TraceParent, context_of, parent_in
from trifold.serve.telemetry.logs import FACTS, SafeFormatter
from trifold.serve.telemetry.observing import stages_in
from trifold.serve.telemetry.tracing import Tracer, tracer_for

PARENT = f"00-{'a' * 32}-{'b' * 16}-01"


@pytest.mark.parametrize(
    "name", [uuid.UUID(int=7 << 90).hex, str(uuid.UUID(int=5 << 99)), "01ARZ3NDEKTSV4RRFFQ69G5FAV"]
)
def test_an_id_that_can_be_no_word_is_kept(name: str) -> None:
    assert context_of({"X-Request-Id": name, "traceparent": PARENT}).request_id == name


@pytest.mark.parametrize("name", ["", "ann-smith", "Ann", "a b", "ab" * 40, "facade", "é" * 16])
def test_any_other_id_is_replaced_by_the_traces_or_a_fresh_one(name: str) -> None:
    assert context_of({"X-Request-Id": name, "traceparent": PARENT}).request_id == "a" * 32
    fresh = {context_of({"X-Request-Id": name}).request_id for _ in range(3)}
    assert len(fresh) == 3
    assert name not in fresh


@given(trace=st.integers(1, 2**128 - 1), span=st.integers(1, 2**64 - 1), flags=st.integers(0, 255))
def test_a_traceparent_is_read_as_it_is_written(trace: int, span: int, flags: int) -> None:
    here = TraceParent(f"{trace:032x}", f"{span:016x}", f"{flags:02x}")
    assert parent_in(str(here)) == here


@pytest.mark.parametrize(
    "value",
    ["", "x", PARENT[:-1], PARENT.upper().replace("00-", "00-", 1), f"ff{PARENT[2:]}",
     f"00-{'0' * 32}-{'b' * 16}-01", f"00-{'a' * 32}-{'0' * 16}-01", f"{PARENT}-more"],
)  # fmt: skip
def test_what_is_no_traceparent_is_none(value: str) -> None:
    assert parent_in(value) is None


def record(name: str, message: str, *arguments: object, **more) -> logging.LogRecord:
    made = logging.LogRecord(name, logging.ERROR, "x.py", 1, message, arguments, None)
    vars(made).update(more)
    return made


@pytest.mark.parametrize("as_json", [True, False])
def test_a_line_quotes_neither_other_libraries_nor_errors(as_json: bool) -> None:
    formatter = SafeFormatter(as_json=as_json)
    try:
        raise ValueError("Ann said so")
    except ValueError:
        caught = sys.exc_info()
    lines = [formatter.format(record("asyncio", "Task failed for %s", "Ann")),
             formatter.format(record("trifold.x", "it failed", exc_info=caught))]  # fmt: skip
    assert not any("Ann" in line or "\n" in line for line in lines)
    assert "ValueError at test_identifiers.py:" in lines[1]
    assert "it failed" in lines[1]


def test_a_line_of_json_has_the_facts_as_they_are() -> None:
    facts = {"caller": "ann", "status": 200, "stages_ms": {"read": 0.5}}
    line = SafeFormatter(as_json=True).format(record("trifold.requests", "request",
                                                     **{FACTS: facts}))  # fmt: skip
    assert facts.items() <= json.loads(line).items()


def test_stages_are_those_that_there_are() -> None:
    assert stages_in("read;dur=0.1, ann;dur=2, encode;dur=12.0") == {"read": 0.1, "encode": 12.0}


def test_labels_may_hold_anything_and_histograms_count_up_to_their_bounds() -> None:
    text = rendered([Family("a", "gauge", "A.", [("", {"b": 'x"\\\ny'}, 1.5)])])
    assert text == '# HELP a A.\n# TYPE a gauge\na{b="x\\"\\\\\\ny"} 1.5\n'
    times = Histogram("t_seconds", "T.", ("route",), (1, 2))
    for value in (0.5, 1, 1.5, 9):
        times.add(value, "/x")
    found = [(suffix, labels.get("le"), value) for suffix, labels, value in times.family().samples]
    assert found == [("_bucket", "1", 2), ("_bucket", "2", 3), ("_bucket", "+Inf", 4),
                     ("_count", None, 4), ("_sum", None, 12)]  # fmt: skip


def test_settings_that_name_nothing_are_refused_and_nothing_is_sent_by_default() -> None:
    assert type(tracer_for("")) is Tracer
    with pytest.raises(InputError, match=r"otlp: expected an address such as http"):
        tracer_for("localhost:4318")
    with pytest.raises(InputError, match="log_format: expected text or json, got 'xml'"):
        settings_of({"log_format": "xml"})


def test_a_gateway_loads_neither_opentelemetry_nor_pytorch() -> None:
    code = (
        "import sys, trifold.serve.gateway.app;"
        "sys.exit(str([m for m in ('opentelemetry', 'torch', 'jinja2') if m in sys.modules]))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.stderr.strip() == "[]"
