"""What is said of addresses that will end, and cards of models as both engines store them."""

from __future__ import annotations

import json
import zipfile
from datetime import date
from pathlib import Path

import pytest

from tests.serve.interface.described import description
from trifold.errors import InputError
from trifold.serve.interface.cards import card_of
from trifold.serve.interface.deprecation import Deprecation, read_deprecations
from trifold.serve.interface.versions import SCHEMA_VERSION
from trifold.serve.problems import Problem

GOOD = "path: /predictions/trifold/1.0\n  deprecated: 2027-01-01\n"


def read(folder: Path, text: str) -> list[Deprecation]:
    (folder / "ends.yaml").write_text(text)
    return read_deprecations(str(folder / "ends.yaml"))


def test_the_description_has_the_version_that_answers_tell() -> None:
    assert description()["info"]["version"] == SCHEMA_VERSION


def test_an_address_and_what_is_below_it_will_end(tmp_path: Path) -> None:
    (found,) = read(tmp_path, f"- {GOOD}  sunset: 2027-07-01\n  link: https://a.test/x\n")
    assert found == Deprecation(
        "/predictions/trifold/1.0", date(2027, 1, 1), date(2027, 7, 1), "https://a.test/x"
    )
    assert found.covers("/predictions/trifold/1.0")
    assert found.covers("/predictions/trifold/1.0/x")
    assert not found.covers("/predictions/trifold/1.01")
    assert read(tmp_path, f"- {GOOD}")[0].headers == {"Deprecation": "@1798761600"}
    assert read_deprecations("") == []


@pytest.mark.parametrize(
    "text",
    ["5", "- path: /x", f"- {GOOD}  until: 2027-07-01", "- {path: x, deprecated: 2027-01-01}",
     "- {path: /x, deprecated: soon}", "- {path: /x, deprecated: 2027-01-01 10:00:00}",
     f"- {GOOD}  sunset: never", f"- {GOOD}  link: 'https://a.test/> x'", f"- {GOOD}  link: x",
     "{", "- 5"],
)  # fmt: skip
def test_what_is_no_list_of_such_is_refused_by_name(tmp_path: Path, text: str) -> None:
    with pytest.raises(InputError, match=r"ends\.yaml: expected a list of path: /…"):
        read(tmp_path, text)


def store(folder: Path) -> Path:
    for version in ("1.0", "2.0"):
        bundle = folder / f"trifold@{version}/bundle"
        bundle.mkdir(parents=True)
        (bundle / "card.md").write_text(f"# {version}")
    (folder / "trifold@2.0/bundle/card.json").write_text("{}")
    (folder / "defaults.json").write_text('{"trifold": "2.0"}')
    return folder


def test_the_card_is_that_of_the_version_that_is_meant(tmp_path: Path) -> None:
    folder = store(tmp_path)
    assert card_of(folder, "trifold", "", "md") == b"# 2.0"
    assert card_of(folder, "trifold", "1.0", "md") == b"# 1.0"
    assert card_of(folder, "trifold", "", "json") == b"{}"
    for name, version, kind in (("trifold", "1.0", "json"), ("trifold", "3.0", "md"),
                                ("other", "", "md")):  # fmt: skip
        with pytest.raises(Problem, match=r"no such model, or its bundle has no card\."):
            card_of(folder, name, version, kind)


def test_archives_have_cards_too_and_the_last_version_is_meant(tmp_path: Path) -> None:
    for version in ("9.0", "10.0"):
        facts = {"model": {"modelName": "trifold", "modelVersion": version}}
        with zipfile.ZipFile(tmp_path / f"t-{version}.mar", "w") as packed:
            packed.writestr("MAR-INF/MANIFEST.json", json.dumps(facts))
            packed.writestr("bundle/card.md", f"# {version}")
    assert card_of(tmp_path, "trifold", "", "md") == b"# 10.0"
    assert card_of(tmp_path, "trifold", "9.0", "md") == b"# 9.0"
