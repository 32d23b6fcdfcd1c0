"""What a child that was taken over may say is an error of its file, and never anything else."""

from __future__ import annotations

import json
import socket

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.media.container.facts import FileFacts, StreamFacts, read_facts
from trifold.media.decoder.line import BadStepError, failure_of, receive_step, send_step
from trifold.media.decoder.operations import Step
from trifold.media.sound.levels import ChannelLevels
from trifold.media.sound.measuring import packed, unpacked
from trifold.runtime.framing import HEAD

STREAM = StreamFacts(1, "sound", "aac", "Mic", "eng", 1, True, channels=2, rate_hz=44100, end_s=2.5)


def said(facts: object, body: bytes) -> Step:
    """What is understood of some bytes."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        text = json.dumps(facts).encode()
        theirs.sendall(HEAD.pack(len(text), len(body)) + text + body)
        theirs.close()
        return receive_step(ours)


@pytest.mark.parametrize("dtype", ["uint8", "float32", "float64"])
@pytest.mark.parametrize("shape", [(0,), (3, 2), (2, 3, 3)])
def test_arrays_arrive_as_they_were_sent(dtype: str, shape: tuple[int, ...]) -> None:
    array = np.arange(np.prod(shape)).reshape(shape).astype(dtype)
    ours, theirs = socket.socketpair()
    with ours, theirs:
        send_step(theirs, Step({"time_s": 0.1}, [array.T, array]))
        found = receive_step(ours)
    assert found.facts == {"time_s": 0.1}
    for one, sent in zip(found.arrays, (array.T, array), strict=True):
        np.testing.assert_array_equal(one, sent)
        assert one.dtype == sent.dtype


@pytest.mark.parametrize(
    "arrays",
    [
        [["object", [1]]],
        [["float32", [3]]],
        [["float32", [-2]]],
        [["float32", [2.0]]],
        [["float32", 2]],
        [["float32", [2]], ["uint8", [0]]],
        [[["float32"], [2]]],
        {"float32": [2]},
        None,
    ],
)
def test_arrays_of_other_kinds_and_sizes_than_they_say_are_refused(arrays: object) -> None:
    with pytest.raises(BadStepError):
        said({"sizes": [8], "arrays": arrays}, bytes(8))


@pytest.mark.parametrize("shape", [[1] * 100, [0, 2**53, 2**53]])
def test_arrays_of_shapes_that_none_has_are_refused(shape: list[int]) -> None:
    body = bytes(int(np.prod(shape[:1])))
    with pytest.raises(BadStepError):
        said({"sizes": [len(body)], "arrays": [["uint8", shape]]}, body)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=9),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=9), inner),
    max_leaves=12,
)


@given(JSON, st.binary(max_size=32))
def test_whatever_a_child_says_is_understood_or_refused(facts: object, body: bytes) -> None:
    try:
        step = said(facts, body)
        failure_of(step.facts)
    except (BadStepError, EOFError):
        pass


@given(JSON)
def test_whatever_is_said_of_a_file_is_facts_or_refused(value: object) -> None:
    good = json.loads(json.dumps(FileFacts([STREAM], 2.5, None, "").to_dict()))
    assert read_facts(good) == FileFacts([STREAM], 2.5, None, "")
    for broken in (value, {**good, "streams": value}, {**good, "streams": [value]},
                   {**good, "duration_s": value}):  # fmt: skip
        try:
            found = read_facts(broken)  # type: ignore[arg-type]
        except (ValueError, AttributeError):
            continue
        assert all(isinstance(stream, StreamFacts) for stream in found.streams)


def test_levels_arrive_as_they_were_measured() -> None:
    products, energies = np.eye(2), np.arange(6.0).reshape(3, 2)
    numbers, arrays = packed({4: ChannelLevels(products, [energies[:1], energies[1:]], 512, 0.5)})
    found = unpacked(numbers, arrays)[4]
    np.testing.assert_array_equal(found.envelope(1, 20)[16:19], energies[:, 1])
    np.testing.assert_array_equal(found.powers(), np.ones(2) / 512)
    for wrong in ([], [products], [products, energies[:, :1]]):
        with pytest.raises(ValueError, match=r"levels|zip"):
            unpacked(numbers, wrong)
    with pytest.raises(ValueError, match="no start"):
        unpacked([[4, 512, "nan"]], arrays)
