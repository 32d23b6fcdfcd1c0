"""Policy files: what is read, inherited, and refused with the field that is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from trifold.errors import InputError
from trifold.policy.deployment import FIELDS, Deployment, read_deployment
from trifold.policy.reading import read_policy, read_profile
from trifold.shipped import CONFIGS

RULE = {"id": "r", "hook": "serve", "check": "oversight", "on_fail": "warn", "message": "m"}


def written(folder: Path, name: str = "mine", **changes: object) -> Path:
    facts = {"id": name, "version": "1", "checked_on": "DAY", "rules": [RULE], **changes}
    text = yaml.safe_dump(facts).replace("DAY", "2026-11-29")
    text = text.replace("'2026-11-29'", "2026-11-29")
    path = folder / f"{name}.yaml"
    path.write_text(text)
    return path


def test_common_always_holds_and_comes_first(tmp_path) -> None:
    assert [p.id for p in read_policy([]).profiles] == ["common"]
    assert [p.id for p in read_policy("eu").profiles] == ["common", "eu"]
    mine = read_policy(["us-il", str(written(tmp_path, inherits=["eu"]))])
    assert mine.names == ("common@1", "us-il@1", "eu@1", "mine@1")
    ids = [(rule.profile, rule.id) for rule in mine.rules]
    assert len(ids) == len(set(ids))


@pytest.mark.parametrize("name", ["common", "eu", "us-nyc", "us-il", "us-ca", "research"])
def test_shipped_profiles_have_all_that_the_specification_asks_for(name: str) -> None:
    facts = yaml.safe_load((CONFIGS / f"policies/{name}.yaml").read_text())
    assert set(facts) == {"id", "version", "checked_on", "sources", "inherits", "rules"}
    profile = read_profile(CONFIGS / f"policies/{name}.yaml")
    assert profile.inherits == (() if name == "common" else ("common",))
    for rule in profile.rules:
        assert rule.source or rule.confidence == "house", rule.id
    text = (CONFIGS / f"policies/{name}.yaml").read_text().lower()
    assert "legal advice" in text or name == "research"


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"rules": [RULE | {"hook": "lunch"}]}, "rule r: expected hook among load, train"),
        ({"rules": [RULE | {"on_fail": "shout"}]}, "expected on_fail among log, warn, refuse"),
        ({"rules": [RULE | {"check": "oversihgt"}]}, "did you mean oversight?"),
        ({"rules": [RULE | {"hook": "load"}]}, "expected hooks of the check oversight among serve"),
        ({"rules": [RULE | {"params": {"x": 1}}]}, "expected params of oversight among"),
        ({"rules": [RULE | {"check": "not_older_than"}]}, "a param days of not_older_than, got no"),
        ({"rules": [RULE | {"message": " "}]}, "expected text at message"),
        ({"rules": [RULE | {"from": "soon"}]}, "a date such as 2026-11-29 at from, got 'soon'"),
        ({"rules": [RULE, RULE]}, "expected each rule once, got 'r' twice"),
        ({"rules": [RULE | {"note": 1}]}, "expected fields among .*, got 'note'"),
        ({"rules": "none"}, "expected a rule with an id, got 'none'"),
        ({"rulez": []}, "did you mean rules?"),
        ({"checked_on": "lately"}, "a date such as 2026-11-29 at checked_on"),
        ({"inherits": ["mine"]}, "expected policies among .*got 'mine'"),
    ],
)
def test_what_is_wrong_in_a_policy_file_is_named(tmp_path, change, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_policy(str(written(tmp_path, **change)))


def test_profiles_that_inherit_in_a_circle_are_refused(tmp_path) -> None:
    one = written(tmp_path, "one", inherits=[str(tmp_path / "two.yaml")])
    written(tmp_path, "two", inherits=[str(one)])
    with pytest.raises(InputError, match="inherit in no circle, got one → two → one"):
        read_policy(str(one))


@pytest.mark.parametrize("content", [b"", b"[1]", b"\xff\xfe", b"a: [", b"id: x"])
def test_files_that_are_no_policy_are_refused(tmp_path, content: bytes) -> None:
    (tmp_path / "p.yaml").write_bytes(content)
    with pytest.raises(InputError, match=r"p\.yaml: expected a"):
        read_policy(str(tmp_path / "p.yaml"))


def test_a_deployment_file_is_read_field_by_field(tmp_path) -> None:
    path = tmp_path / "ours.yaml"
    path.write_text("dpia: {id: D7, dated: 2026-11-01}\nbackups: {names: []}\n")
    found = read_deployment(path)
    assert found.get("dpia", "id") == "D7"
    assert found.missing("dpia") == []
    assert found.missing("ethics") == ["ethics.id"]
    assert found.get("backups", "names") == []
    assert read_deployment(None) == Deployment()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("dpja: {}", "expected sections among .*did you mean dpia?"),
        ("dpia: {ids: x}", "expected fields of dpia among id, dated"),
        ("dpia: {id: 3}", r"dpia\.id: expected text \(of the data protection.*, got 3"),
        ("dpia: {dated: today}", r"dpia\.dated: expected a date"),
        ("screening: {ai_alone: 1}", r"screening\.ai_alone: expected true or false"),
        ("dpia: x", "expected fields of dpia, got 'x'"),
        ("- 1", "expected sections by name, got list"),
    ],
)
def test_what_is_wrong_in_a_deployment_file_is_named(tmp_path, text: str, message: str) -> None:
    (tmp_path / "d.yaml").write_text(text)
    with pytest.raises(InputError, match=message):
        read_deployment(tmp_path / "d.yaml")


def test_yaml_reads_no_field_name_as_something_else() -> None:
    """``on`` is true in YAML 1.1, so no field may be called so."""
    for section, fields in FIELDS.items():
        for name in (section, *fields):
            assert yaml.safe_load(f"{name}: 1") == {name: 1}
