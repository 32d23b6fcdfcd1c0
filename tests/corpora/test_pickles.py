"""Pickles are programs: ours run nothing."""

from __future__ import annotations

import collections
import datetime
import os
import pickle
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from src.corpora.pickles import read_plain_pickle, repaired
from src.errors import CorpusError

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
     Path, print, b"x".join],
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
    monkeypatch.setattr("src.corpora.pickles.LARGEST_BYTES", 3)
    with pytest.raises(CorpusError, match="expected at most 3 bytes, got "):
        read_plain_pickle(write(tmp_path, pickle.dumps([1, 2, 3])))


@pytest.mark.parametrize("text", ["plain", "naïve café", "漢字", ""])
def test_utf8_that_python_2_tore_apart_is_mended(text: str) -> None:
    assert repaired(text.encode("utf-8").decode("latin-1")) == text
    assert repaired(text) == text
