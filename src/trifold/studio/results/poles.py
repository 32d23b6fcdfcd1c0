"""What the ends of scales mean in words: as the project says, else as schemas of ours do."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from trifold.contracts import Target
from trifold.reports.wording import label
from trifold.studio.ratings.starting_sets import shipped_words
from trifold.studio.web.wording import mark

PLAIN = mark("less of it"), mark("more of it")  # where nobody wrote words


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


def scales_of(
    targets: Iterable[Target],
    said: Sequence[Mapping[str, Any]],
    language: str,
    told: Callable[[str], str],
) -> tuple[Scale, ...]:
    """Targets of a model with their words.

    Args:
        targets: of the model.
        said: the project's targets, as it keeps them; each may lack any words.
        language: of words that the project lacks.
        told: a message in that language.
    """
    of_project = {str(one["name"]): one for one in said}
    ours = shipped_words(language)
    plain = tuple(told(one) for one in PLAIN)
    return tuple(
        _scale(
            target,
            {"label": told(label(target.name)), **ours.get(target.name, {})}
            | {k: v for k, v in of_project.get(target.name, {}).items() if v},
            plain if target.polarity > 0 else plain[::-1],
        )
        for target in targets
    )


def _scale(target: Target, words: Mapping[str, Any], plain: Sequence[str]) -> Scale:
    anchors = sorted((words.get("anchors") or {}).items(), key=lambda one: float(one[0]))
    return Scale(
        target,
        str(words["label"]),
        str(words.get("low_pole") or plain[0]),
        str(words.get("high_pole") or plain[1]),
        tuple((str(level), str(text)) for level, text in anchors),
    )


def in_words_of(scales: Iterable[Scale], values: Any) -> Any:
    """Values of a page of reports, in which each target has its label and poles of here.

    Args:
        scales: of the model.
        values: what pages are made of; whatever has a ``name`` and a ``label`` is a target.
    """
    ours = {
        scale.name: {"label": scale.label, "poles": (scale.low_pole, scale.high_pole)}
        for scale in scales
    }

    def told(value: Any) -> Any:
        if isinstance(value, Mapping):
            own = {key: told(one) for key, one in value.items()}
            known = "label" in own and own.get("name") in ours
            return own | ours[own["name"]] if known else own
        return [told(one) for one in value] if isinstance(value, list) else value

    return told(values)
