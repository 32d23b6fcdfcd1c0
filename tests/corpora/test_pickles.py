"""Pickles are programs: ours run nothing."""

from __future__ import annotations

import collections
import datetime
import os
import pickle
import resource
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.corpora.pickles import read_plain_pickle, repaired
from trifold.errors import CorpusError

PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner) | st.tuples(inner, inner),
    max_leaves=10,
)


class Bomb:
    """Makes a file when it is unpickled."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self):
        return os.system, (f"touch {self.path}",)


def write(root: Path, content: bytes) -> Path:
    path = root / "a.pkl"
    path.write_bytes(content)
    return path


@given(PLAIN, st.integers(0, 5))
def test_plain_data_come_back(tmp_path_factory, content, protocol: int) -> None:
    path = write(tmp_path_factory.mktemp("p"), pickle.dumps(content, protocol=protocol))
    assert read_plain_pickle(path) == content


@pytest.mark.parametrize("protocol", range(6))
def test_nothing_is_run(tmp_path: Path, protocol: int) -> None:
    victim = tmp_path / "pwned"
    content = {"openness": {"a.mp4": Bomb(victim)}}
    path = write(tmp_path, pickle.dumps(content, protocol=protocol))
    with pytest.raises(CorpusError, match=r"plain containers, .* got one that asks for \w+.system"):
        read_plain_pickle(path)
    assert not victim.exists()


@pytest.mark.parametrize(
    "content",
    [datetime.date(2020, 1, 1), collections.OrderedDict(a=1), np.float64(0.5), np.zeros(2), {1, 2},
     Path, len, b"x".join],
)  # fmt: skip
def test_no_other_objects_either(tmp_path: Path, content) -> None:
    if isinstance(content, set):  # the oldest protocols need a name for sets
        path = write(tmp_path, pickle.dumps(content, protocol=2))
    else:
        path = write(tmp_path, pickle.dumps(content))
    with pytest.raises(CorpusError, match="got one that asks for"):
        read_plain_pickle(path)


@pytest.mark.parametrize(
    "content",
    [b"", b"not a pickle", b"\x80\x04", b"cos\nsystem\n(S'true'\ntR.", b"Pid\n.", b"\x80\x02q\xff.",
     b"(lp0\nI1\na", b"\x80\xff.", b"r\xff\xff\xff\x7f.", b"0.", b"\x80\x04\x8d\xff\xff\xff\x7f."],
)  # fmt: skip
def test_damaged_and_hostile_bytes_give_one_clear_error(tmp_path: Path, content: bytes) -> None:
    with pytest.raises(CorpusError, match="expected a ") as caught:
        read_plain_pickle(write(tmp_path, content))
    assert "a.pkl" in str(caught.value)


@given(st.binary(max_size=80))
def test_no_bytes_do_anything_else(tmp_path_factory, content: bytes) -> None:
    path = write(tmp_path_factory.mktemp("f"), content)
    try:
        read_plain_pickle(path)
    except CorpusError as error:
        assert "a.pkl" in str(error)  # noqa: PT017 (either outcome is right, nothing else is)


def test_missing_and_huge_files(tmp_path: Path, monkeypatch) -> None:
    with pytest.raises(CorpusError, match="expected a readable pickle, got No such file"):
        read_plain_pickle(tmp_path / "none.pkl")
    monkeypatch.setattr("trifold.corpora.pickles.LARGEST_BYTES", 3)
    with pytest.raises(CorpusError, match="expected at most 3 bytes, got "):
        read_plain_pickle(write(tmp_path, pickle.dumps([1, 2, 3])))


@pytest.mark.parametrize("text", ["plain", "naïve café", "漢字", ""])
def test_utf8_that_python_2_tore_apart_is_mended(text: str) -> None:
    assert repaired(text.encode("utf-8").decode("latin-1")) == text
    assert repaired(text) == text


def doubled(depth: int, last: bytes) -> bytes:
    """A tuple of itself twice, so often; small to write and for ever to hash."""
    return b"\x80\x04}" + b"K\x01" + b"2\x86" * depth + last


BOMBS = {
    "a place far away": (b"\x80\x02]r\xff\xff\xff\x7f.", "place 2147483647 after 2 operations"),
    "a place in words": (b"(lp99999999999\n.", "place 99999999999 after 2 operations"),
    "a negative place": (b"(lp-1\n.", "place -1"),
    "an empty place": (b"\x80\x02h\x05.", "place 5, which is empty"),
    "a key that doubles": (doubled(60, b"Ns."), "a container as a key"),
    "a key that doubles, at once": (b"\x80\x04}(" + b"K\x01" + b"2\x86" * 60 + b"Nu.",
                                    "a container as a key"),
    "a key that doubles, kept": (b"\x80\x04}K\x01" + b"2\x86" * 60 + b"\x940h\x00Ns.", ""),
    "millions of dictionaries": (b"(" + b"}" * 4_000_000 + b"t.", "more than 3000000 operations"),
    "a text that is not there": (b"\x80\x04\x8d" + (2**60).to_bytes(8, "little"), "ValueError"),
    "bytes that are not there": (b"\x80\x04\x8e" + (2**40).to_bytes(8, "little"), "ValueError"),
    "a buffer to fill": (b"\x80\x05\x96" + (2**40).to_bytes(8, "little"), "ValueError"),
    "a frame that is not there": (b"\x80\x04\x95" + (2**50).to_bytes(8, "little") + b"N.", ""),
    "a long number": (b"I" + b"9" * 100_000 + b"\n.", "ValueError"),
    "marks": (b"(" * 1_000_000 + b"1." , ""),
    "a set": (b"\x80\x04\x8f(K\x01\x90.", "asks for EMPTY_SET"),
}  # fmt: skip


def bounded(path: Path) -> object:
    """What reading gives, or its refusal; it takes little memory and time."""
    memory, start_s = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    try:
        found = read_plain_pickle(path)
    except CorpusError as error:
        found = error
    assert time.process_time() - start_s < 30
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < 200 << 10
    return found


@pytest.mark.parametrize("name", BOMBS)
def test_small_pickles_take_little(tmp_path: Path, name: str) -> None:
    content, message = BOMBS[name]
    found = bounded(write(tmp_path, content))
    assert isinstance(found, CorpusError)
    assert message in str(found)


PIECES = st.sampled_from(
    [b"(", b"]", b"}", b")", b"K\x01", b"X\x01\0\0\0a", b"N", b"2", b"0", b"1", b"\x85", b"\x86",
     b"\x87", b"t", b"l", b"d", b"a", b"e", b"s", b"u", b"\x94", b"h\0", b"q\0", b"r\0\0\0\x7f",
     b"j\0\0\0\x7f", b"\x80\x04", b"p9\n", b"g9\n", b"\x8f", b"cos\nsystem\n", b"R", b"b", b"."]
)  # fmt: skip


@given(st.lists(PIECES, max_size=60), st.binary(max_size=8))
def test_no_order_of_operations_takes_much(tmp_path_factory, pieces, rest: bytes) -> None:
    path = write(tmp_path_factory.mktemp("o"), b"".join(pieces) + b"." + rest)
    found = bounded(path)
    assert isinstance(found, CorpusError | dict | list | tuple | str | int | float | None)


@given(PLAIN, st.integers(0, 5), st.data())
def test_changed_pickles_are_data_or_refused(
    tmp_path_factory, content, protocol: int, data
) -> None:
    some = bytearray(pickle.dumps(content, protocol=protocol))
    for _ in range(data.draw(st.integers(1, 4))):
        some[data.draw(st.integers(0, len(some) - 1))] = data.draw(st.integers(0, 255))
    bounded(write(tmp_path_factory.mktemp("c"), bytes(some)))
