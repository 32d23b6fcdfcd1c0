"""All that is shipped has a licence that is on the list, and its bill of materials says so."""

from __future__ import annotations

import json
import site
from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from license_expression import get_spdx_licensing
from rfc3986_validator import validate_rfc3986

from release.libraries import GPL, OF, libraries
from release.licences import BY_HAND, NOT_IN_IMAGE, licence_of, locked, refused, table
from release.sbom import IMAGE, WHEEL, document, locked_for

PACKAGES = Path(site.getsitepackages()[0])
SHIPPED = {package.name for package in locked("run")}


def test_every_locked_package_has_a_licence_that_is_allowed() -> None:
    licences = table()
    assert set(licences) == SHIPPED, "python -m release.licences"
    assert {name: expression for name, expression in licences.items() if refused(expression)} == {}


def test_the_table_says_what_the_packages_say() -> None:
    for name, expression in table().items():
        if name not in BY_HAND:
            try:
                own = licence_of(distribution(name))
            except PackageNotFoundError:  # of another system
                continue
            assert own == expression, name


@pytest.mark.parametrize(
    ("expression", "wrong"),
    [
        ("MIT", []),
        ("GPL-3.0-only", ["GPL-3.0-only"]),
        ("MIT OR GPL-3.0-only", []),
        ("MIT AND GPL-3.0-only", ["GPL-3.0-only"]),
        ("AGPL-3.0-only OR SSPL-1.0", ["AGPL-3.0-only", "SSPL-1.0"]),
        ("", [""]),
    ],
)
def test_what_is_on_no_list_is_refused(expression: str, wrong: list[str]) -> None:
    assert refused(expression) == wrong


def test_expressions_are_those_of_spdx() -> None:
    spdx = get_spdx_licensing()
    own = {name for name in {*OF.values(), *table().values()} if "LicenseRef-NVIDIA" not in name}
    for expression in own:
        spdx.parse(expression, validate=True)


def test_every_native_library_in_a_wheel_is_in_the_table() -> None:
    shipped = [one for one in libraries(PACKAGES) if one.wheel.replace("_", "-") in SHIPPED]
    assert {one.wheel for one in shipped} >= {"av", "numpy", "opencv_python_headless"}
    assert [one.path.name for one in shipped if not one.licence] == []
    files = {p for one in shipped for p in one.path.parent.iterdir() if ".so" in p.name}
    assert files == {one.path for one in shipped}


def test_copyleft_that_reaches_what_links_it_is_in_pyav_alone() -> None:
    strong = {(one.wheel, one.name) for one in libraries(PACKAGES) if one.name in GPL}
    assert strong <= {("av", "x264"), ("av", "x265")}


def addresses_in(facts: object) -> Iterator[str]:
    """Of everything that a bill of materials says of itself and its parts."""
    if isinstance(facts, dict):
        yield from (facts[name] for name in ("url", "purl") if isinstance(facts.get(name), str))
    if isinstance(facts, dict | list):
        for part in facts.values() if isinstance(facts, dict) else facts:
            yield from addresses_in(part)


@pytest.mark.parametrize("kind", [WHEEL, IMAGE])
def test_a_bill_of_materials_is_valid_complete_and_the_same_again(kind, monkeypatch) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1700000000")
    text = document(kind, PACKAGES)
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    facts = json.loads(text)
    named = {(part["name"], part.get("version")) for part in facts["components"]}
    assert {(one.name, one.version) for one in locked_for(kind)} <= named
    assert facts["metadata"]["timestamp"] == "2023-11-14T22:13:20+00:00"
    assert all(part.get("licenses") for part in facts["components"])
    addresses = list(addresses_in(facts))
    assert addresses
    assert [one for one in addresses if not validate_rfc3986(one, rule="URI_reference")] == []
    assert document(kind, PACKAGES) == text


def test_nothing_proprietary_is_in_an_image(tmp_path: Path) -> None:
    licences = table()
    assert not {licences[one.name] for one in locked_for(IMAGE)} & NOT_IN_IMAGE
    status = tmp_path / "status"
    status.write_text(
        "Package: libc6\nStatus: install ok installed\nVersion: 2.36-9\nDepends: x\n\n"
        "Package: dash\nVersion: 0.5\n"
    )
    facts = json.loads(document(IMAGE, status=status))
    assert {"pkg:deb/debian/libc6@2.36-9", "pkg:deb/debian/dash@0.5"} <= {
        part["purl"] for part in facts["components"]
    }
