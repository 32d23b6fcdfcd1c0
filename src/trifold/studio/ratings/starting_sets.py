"""Sets of targets that come with Trifold, to start from: poles and anchors in several languages.

A language has files of the same names in a folder of its own below that of the English ones. What
a project has taken from a set is the project's own: it stays as it is whatever people read later.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from trifold.corpora.targets import read_schema
from trifold.errors import unknown
from trifold.shipped import CONFIGS
from trifold.studio.ratings.schema import RatedTarget, targets_of

ANCHORS = CONFIGS / "corpora/anchors"  # schema name to words of its targets, in English
Words = dict[str, dict[str, Any]]  # target name to poles, anchors and, outside English, its label


def starting_sets() -> list[str]:
    """Names of target schemas that come with poles and anchors."""
    return sorted(path.stem for path in ANCHORS.glob("*.yaml"))


def starting_set(name: str, language: str = "en") -> tuple[RatedTarget, ...]:
    """Targets of a schema that comes with Trifold, with poles and anchors.

    Args:
        name: of the schema.
        language: of the words; English where there are none in it.

    Raises:
        InputError: when there is none of that name.
    """
    if name not in starting_sets():
        raise unknown(name, starting_sets(), what="sets of targets")
    words, fields = _words(_file(name, language)), ("name", "low", "high")
    return targets_of(
        {key: getattr(target, key) for key in fields} | words[target.name]
        for target in read_schema(name).targets
    )


def shipped_words(language: str = "en") -> Words:
    """Target name to label, poles and anchors of all sets; of the first set that has it."""
    found: Words = {}
    for name in starting_sets():
        found = _words(_file(name, language)) | found
    return found


def _file(name: str, language: str) -> Path:
    own = ANCHORS / language / f"{name}.yaml"
    return own if own.is_file() else ANCHORS / f"{name}.yaml"


@lru_cache(maxsize=32)
def _words(path: Path) -> Words:
    found: Words = yaml.safe_load(path.read_text(encoding="utf-8"))
    return found
