"""Compiled templates are kept where that can be, and a page never depends on it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest
from jinja2 import DictLoader, Environment

from trifold.templates import _CompiledTemplates


def page(folder: Path, text: str = "Hello {{ name }}") -> str:
    """A page of a new environment, as a new process would make it."""
    environment = Environment(
        loader=DictLoader({"a": text}), bytecode_cache=_CompiledTemplates(folder), autoescape=True
    )
    return environment.get_template("a").render(name="<Ann>")


@pytest.fixture(autouse=True)
def _bytecode_is_wanted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", False)


def test_a_compiled_template_is_kept_and_a_changed_one_is_compiled_anew(tmp_path: Path) -> None:
    assert page(tmp_path) == page(tmp_path) == "Hello &lt;Ann&gt;"
    assert len(list(tmp_path.iterdir())) == 1
    assert page(tmp_path, "Bye {{ name }}") == "Bye &lt;Ann&gt;"


@pytest.mark.parametrize("keep", [0, 10, 60])
def test_a_damaged_one_is_compiled_anew(tmp_path: Path, keep: int) -> None:
    page(tmp_path)
    (kept,) = tmp_path.iterdir()
    kept.write_bytes(kept.read_bytes()[:keep])
    assert page(tmp_path) == "Hello &lt;Ann&gt;"


def test_a_folder_that_cannot_be_written_costs_nothing_but_time(tmp_path: Path) -> None:
    assert page(tmp_path / "missing") == "Hello &lt;Ann&gt;"
    (tmp_path / "file").write_bytes(b"")
    assert page(tmp_path / "file") == "Hello &lt;Ann&gt;"


def test_nothing_is_kept_where_python_keeps_no_bytecode(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "dont_write_bytecode", True)
    assert page(tmp_path) == "Hello &lt;Ann&gt;"
    assert not list(tmp_path.iterdir())
