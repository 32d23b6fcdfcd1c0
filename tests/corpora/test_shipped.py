"""Schemas and maps are found by name from any folder; a user's own file goes first."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.cli.values import check
from trifold.corpora.maps import read_map
from trifold.corpora.targets import read_schema
from trifold.errors import CorpusError, InputError
from trifold.shipped import MAPS, SCHEMAS, names_of


@pytest.fixture(autouse=True)
def _elsewhere(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("name", names_of(SCHEMAS))
def test_schemas_by_name_and_by_the_path_in_the_repository(name: str) -> None:
    assert read_schema(name) == read_schema(f"configs/corpora/schemas/{name}.yaml")


@pytest.mark.parametrize("name", names_of(MAPS))
def test_maps_by_name(name: str) -> None:
    assert read_map(name) == read_map(f"configs/corpora/maps/{name}.yaml")


def test_a_file_of_ones_own_goes_first(tmp_path: Path) -> None:
    (tmp_path / "big_five").write_text("name: mine\ntargets: [{name: calm, low: 1, high: 5}]\n")
    assert read_schema("big_five").name == "mine"


def test_what_is_neither_is_named_with_the_nearest() -> None:
    with pytest.raises(CorpusError, match="expected a target schema in YAML"):
        read_schema("big_fve")
    with pytest.raises(
        InputError, match=r"corpora\.schema: expected a YAML file .* did you mean big_f"
    ):
        check({"corpora.schema": "big_fve"}, "train")
