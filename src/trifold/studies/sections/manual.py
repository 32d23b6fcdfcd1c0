"""The technical manual: headings of the SIOP Principles (2018), with evidence or none yet."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from trifold.errors import InputError
from trifold.psychometrics.norms.table import NormTable
from trifold.studies.document import Section, Table
from trifold.studies.sections.parts import words

STATED = {
    "purpose": "Purpose, and its link to an analysis of the job",
    "constructs": "What is measured: definitions of the targets",
    "development": "Development and scoring",
    "cut_scores": "Cut scores, and how they were set",
    "administration": "Administration",
    "accommodation": "Accommodation: other ways for those who cannot be recorded",
    "limits": "Limits of use",
    "review": "Date of the next review",
}
BEFORE = ("purpose", "constructs", "sample", "development")
AFTER = ("cut_scores", "administration", "accommodation", "limits", "review")
ASKED = "Nothing is stated: write it under '{key}' in the file of facts=."


def stated_sections(facts: Mapping[str, str], keys: Sequence[str]) -> list[Section]:
    """What the tool's owner states in words; a heading without any says so.

    Args:
        facts: heading's key to text, as the user's file holds them.
        keys: of ``STATED``, in order.
    """
    return [
        Section(key, STATED[key], tuple(facts[key].splitlines()))
        if facts.get(key, "").strip()
        else Section(key, STATED[key], refused=ASKED.format(key=key))
        for key in keys
        if key in STATED
    ]


def titled(sections: Sequence[Section], heading: str, key: str, missing: str) -> list[Section]:
    """Sections under a common heading, or the heading with what is missing."""
    if not sections:
        return [Section(key, heading, refused=missing)]
    return [
        one if one.title == heading else replace(one, title=f"{heading}: {one.title}")
        for one in sections
    ]


def norm_section(norm: NormTable | None) -> Section:
    """Against whom scores are read."""
    if norm is None:
        return Section("norms", "Norms", refused="There is no norm table: trifold norms makes one.")
    sample = norm.sample
    sentence = (
        f"{sample.norm_id}: {sample.name}, {sample.population} ({sample.language}, "
        f"{sample.country}), collected {sample.collected_from} to {sample.collected_to}, scored "
        f"by {sample.model}."
    )
    rows = tuple((words(n), one.n, one.mean, one.sd, one.skew) for n, one in norm.targets.items())
    table = Table("norms", "Norm group", ("target", "people", "mean", "SD", "skew"), rows)
    return Section("norms", "Norms", (sentence,), (table,))


def robustness_section(folder: Path | None) -> Section:
    """What moves scores that should not, as ``trifold panel`` found it.

    Raises:
        InputError: when the folder holds no panel.
    """
    title = "Robustness"
    if folder is None:
        return Section("robustness", title, refused="No panel was run: trifold panel runs one.")
    try:
        study: dict[str, Any] = json.loads((folder / "study.json").read_text(encoding="utf-8"))
        found = study["sections"]["summary"]
        sentences = (*study["lead"], *found["sentences"])
    except (OSError, ValueError, KeyError) as error:
        raise InputError(
            expected="a folder that trifold panel wrote", got=type(error).__name__, where=folder
        ) from error
    return Section("robustness", title, sentences, facts=found["facts"])


def read_facts(path: Path | None) -> dict[str, str]:
    """What the tool's owner states, from a YAML file of headings and text.

    Raises:
        InputError: when it cannot be read, or has a heading that the manual does not.
    """
    import yaml

    if path is None:
        return {}
    try:
        found = yaml.safe_load(path.read_text(encoding="utf-8")) or {}
    except (OSError, ValueError, yaml.YAMLError) as error:
        got = str(error).splitlines()[0]
        raise InputError(expected="headings and text in YAML", got=got, where=path) from error
    known = ", ".join(STATED)
    if not isinstance(found, dict) or not set(map(str, found)) <= set(STATED):
        raise InputError(expected=f"headings among {known}", got=str(list(found)), where=path)
    return {str(key): str(text) for key, text in found.items()}
