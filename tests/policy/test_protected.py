"""Names that tell a group are found however they are written; names that only look so are not."""

from __future__ import annotations

from dataclasses import replace
from importlib.metadata import requires
from pathlib import Path

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tests.policy.policy_factory import TODAY, good
from trifold.policy.collecting import dependencies, names_in
from trifold.policy.facts import LoadFacts, StreamFact
from trifold.policy.findings import examine
from trifold.policy.protected import WORDS, group_names, zip_names
from trifold.policy.reading import read_policy

CONFIGS = Path(__file__).parents[2] / "configs"
GROUPS = (
    "sex", "Gender", "self_reported_gender", "RACE", "ethnicity", "ageYears", "age", "Age (years)",
    "date of birth", "dateOfBirth", "birth_year", "DOB", "religion", "Nationality", "disability",
    "marital status", "sexual_orientation", "skin-colour", "Alter", "Geschlecht", "género",
    "national origin", "age_group", "trade union",
)  # fmt: skip
PLAIN = (
    "path", "language", "page", "sexton", "message", "average", "image", "trace", "racetrack",
    "stage", "candidate_id", "development orientation", "social_versatility", "coverage", "agenda",
    "interface", "origin_time", "colour_depth", "union", "honesty_humility", "emotionality",
)  # fmt: skip


@pytest.mark.parametrize("name", GROUPS)
def test_groups_are_found(name: str) -> None:
    assert group_names([name]) == [name]


@pytest.mark.parametrize("name", PLAIN)
def test_other_names_pass(name: str) -> None:
    assert group_names([name]) == []


@pytest.mark.parametrize("name", ["zip", "ZIP-Code", "zipCode", "postcode", "Postal code", "PLZ"])
def test_postcodes_are_found(name: str) -> None:
    assert zip_names([name]) == [name]


@pytest.mark.parametrize("name", ["zipper", "gzip_size", "code", "capital", "post"])
def test_what_is_no_postcode_passes(name: str) -> None:
    assert zip_names([name]) == []


@given(st.sampled_from(sorted(WORDS["words"])), st.text("_ -./", max_size=3),
       st.sampled_from(["", "self", "reported", "q1"]))  # fmt: skip
def test_a_word_is_found_whatever_stands_around_it(word: str, gap: str, other: str) -> None:
    for name in (f"{other}{gap or '_'}{word}", f"{word}{gap or ' '}{other}", word.upper()):
        assert group_names([name]) == [name]


@given(st.text())
def test_any_name_can_be_asked(name: str) -> None:
    assert group_names([name]) in ([], [name])
    assert zip_names([name]) in ([], [name])


def _specs(path: Path) -> dict:
    text = "\n".join(line for line in path.read_text().splitlines() if "${" not in line)
    facts = yaml.safe_load(text.replace("# @package", "#")) or {}
    return {k: v for k, v in facts.items() if isinstance(v, dict) and "_target_" in v}


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "encoders").rglob("*.yaml")), ids=lambda p: p.stem
)
def test_shipped_encoders_prompts_and_questionnaires_name_no_group(path: Path) -> None:
    facts = yaml.safe_load("\n".join(
        line for line in path.read_text().splitlines() if "${" not in line)) or {}  # fmt: skip
    names = names_in({"file": facts})
    assert group_names(names["the prompts"]) == []


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "encoders").glob("*.yaml")), ids=lambda p: p.stem
)
def test_shipped_encoders_pass_every_profile(path: Path) -> None:
    streams = tuple(
        StreamFact(
            name, spec["_target_"].split(".")[2], spec["_target_"], str(spec.get("model", ""))
        )
        for name, spec in _specs(path).items()
    )
    facts = replace(good("load"), streams=streams, packages=dependencies())
    assert examine(read_policy(["eu", "us-il"]), "load", facts, TODAY).found == ()


@pytest.mark.parametrize(
    "path", sorted((CONFIGS / "corpora/schemas").glob("*.yaml")), ids=lambda p: p.stem
)
def test_shipped_targets_are_no_groups_and_recruitview_is_refused_with_faces(path: Path) -> None:
    targets = yaml.safe_load(path.read_text())["targets"]
    names = tuple(targets) if isinstance(targets, dict) else tuple(
        t["name"] if isinstance(t, dict) else t for t in targets)  # fmt: skip
    assert group_names(names) == []
    found = examine(read_policy("eu"), "load", replace(good("load"), targets=names), TODAY).found
    refused = ["the target 'facial_expression' with video"]
    assert [one.breach.got for one in found] == (refused if "facial_expression" in names else [])


def test_nothing_that_trifold_depends_on_tells_groups() -> None:
    """Extras for development and documentation included."""
    dependencies.cache_clear()  # whoever asked first may have stood in another folder
    assert len(dependencies()) == len(requires("trifold") or [])
    assert {"torch", "av"} <= set(dependencies())
    facts = replace(good("load"), packages=dependencies())
    assert examine(read_policy("eu"), "load", facts, TODAY).found == ()
    facts = LoadFacts("research", "free", packages=("gender-guesser", "deepface", "torch"))
    said = [one.breach.got for one in examine(read_policy("eu"), "load", facts, TODAY).found]
    assert said == ["the package gender-guesser", "the package deepface"]
