"""What the ends of scales mean in words: as the project says, else as schemas of ours do."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import yaml

from trifold.contracts import Target
from trifold.reports.wording import label
from trifold.shipped import CONFIGS

ANCHORS = CONFIGS / "corpora/anchors"  # schema name to poles and anchors of its targets
PLAIN = ("less of it", "more of it")  # where nobody wrote words


@dataclass(frozen=True)
class Scale:
    """A target as lists and pages show it.

    Attributes:
        target: with the ends of its scale.
        label: as people read it.
        low_pole, high_pole: what the ends mean, in words.
        anchors: level to the behaviour that shows it, where the project has some.
    """

    target: Target
    label: str
    low_pole: str
    high_pole: str
    anchors: tuple[tuple[str, str], ...] = ()

    @property
    def name(self) -> str:
        """Of the target."""
        return self.target.name

    @property
    def ends(self) -> tuple[float, float]:
        """Of the scale."""
        return self.target.low, self.target.high


def scales_of(targets: Iterable[Target], said: Sequence[Mapping[str, Any]]) -> tuple[Scale, ...]:
    """Targets of a model with their words.

    Args:
        targets: of the model.
        said: the project's targets, as it keeps them; each may lack any words.
    """
    of_project = {str(one["name"]): one for one in said}
    return tuple(_scale(target, of_project.get(target.name, {})) for target in targets)


def _scale(target: Target, said: Mapping[str, Any]) -> Scale:
    words = {**shipped_words().get(target.name, {}), **{k: v for k, v in said.items() if v}}
    plain = PLAIN if target.polarity > 0 else PLAIN[::-1]
    anchors = sorted((words.get("anchors") or {}).items(), key=lambda one: float(one[0]))
    return Scale(
        target,
        str(words.get("label") or label(target.name)),
        str(words.get("low_pole") or plain[0]),
        str(words.get("high_pole") or plain[1]),
        tuple((str(level), str(text)) for level, text in anchors),
    )


@lru_cache(maxsize=1)
def shipped_words() -> dict[str, dict[str, Any]]:
    """Target name to poles and anchors of the schemas that come with Trifold."""
    found: dict[str, dict[str, Any]] = {}
    for path in sorted(ANCHORS.glob("*.yaml")):
        for name, words in yaml.safe_load(path.read_text(encoding="utf-8")).items():
            found.setdefault(name, words)
    return found
