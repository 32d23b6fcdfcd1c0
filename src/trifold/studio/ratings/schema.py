"""What is rated: targets with their scale, poles in words and behavioural anchors."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from functools import cache, cached_property
from typing import Any

from trifold.contracts import TargetSchema
from trifold.corpora.targets import make_schema
from trifold.errors import InputError, TrifoldError, unknown
from trifold.media.files.manifest_columns import KNOWN as COLUMNS
from trifold.studies.columns import ALIASES
from trifold.studio.web.wording import mark
from trifold.tables.headers import key

LOWEST, HIGHEST = 0, 9  # a digit key sets a level
LONGEST, LONGEST_NAME = 400, 80  # characters of an anchor or pole, and of a name
MOST = 30  # targets of a project
MODES = ("ratings", "pairs")


@dataclass(frozen=True)
class RatingSettings:
    """How a project is rated.

    Attributes:
        mode: ``ratings`` of one candidate at a time, or ``pairs``: which of two shows more.
        show_names: whether raters see candidates' names; a number otherwise.

    Raises:
        InputError: for another mode.
    """

    mode: str = "ratings"
    show_names: bool = False

    def __post_init__(self) -> None:
        if self.mode not in MODES:
            raise unknown(self.mode, MODES, what="ways to rate")

    def as_json(self) -> dict[str, Any]:
        """Plain values."""
        return asdict(self)


@dataclass(frozen=True)
class RatedTarget:
    """One competency or trait as raters see it.

    Attributes:
        name: lower-case identifier that tables and models know it by; it never changes.
        label: as people read it.
        low, high: ends of the scale, whole numbers.
        low_pole, high_pole: what the ends mean, in words.
        anchors: level to the behaviour that shows it; both ends have one.
    """

    name: str
    label: str
    low: int
    high: int
    low_pole: str
    high_pole: str
    anchors: Mapping[int, str] = field(default_factory=dict)

    @cached_property
    def levels(self) -> tuple[int, ...]:
        """From low to high."""
        return tuple(range(self.low, self.high + 1))

    def as_json(self) -> dict[str, Any]:
        """As a project keeps it; ``name`` to ``polarity`` are those of a target schema."""
        return {
            "name": self.name,
            "low": self.low,
            "high": self.high,
            "source": "observer",
            "polarity": 1,
            "label": self.label,
            "low_pole": self.low_pole,
            "high_pole": self.high_pole,
            "anchors": {str(level): text for level, text in sorted(self.anchors.items())},
        }


def targets_of(kept: Iterable[Mapping[str, Any]]) -> tuple[RatedTarget, ...]:
    """Targets as a project keeps them; what is optional may be absent."""
    return tuple(
        RatedTarget(
            str(one["name"]),
            str(one.get("label") or one["name"].replace("_", " ").capitalize()),
            int(one["low"]),
            int(one["high"]),
            str(one.get("low_pole", "")),
            str(one.get("high_pole", "")),
            {int(level): str(text) for level, text in (one.get("anchors") or {}).items()},
        )
        for one in kept
    )


def schema_of(name: str, targets: Sequence[RatedTarget]) -> TargetSchema:
    """What models and readers take.

    Raises:
        CorpusError: when there is no target, or two have one name.
    """
    return make_schema(schema_values(name, targets))


def schema_values(name: str, targets: Sequence[RatedTarget]) -> dict[str, Any]:
    """Content of a schema file."""
    fields = ("name", "low", "high", "source", "polarity")
    entries = [{key: one.as_json()[key] for key in fields} for one in targets]
    return {"name": name, "targets": entries}


def identifier(label: str, taken: Iterable[str]) -> str:
    """A name for tables and models that nobody has yet."""
    plain = unicodedata.normalize("NFKD", label).encode("ascii", "ignore").decode().lower()
    stem = re.sub(r"[^a-z0-9]+", "_", plain).strip("_")[:LONGEST_NAME] or "target"
    stem = stem if stem[0].isalpha() else f"target_{stem}"
    others, number, name = set(taken), 2, stem
    while name in others or key(name) in _reserved():
        name, number = f"{stem}_{number}", number + 1
    return name


@cache
def _reserved() -> frozenset[str]:
    """What tables call other things: a target of such a name would be read as them."""
    from trifold.corpora.readers.manifest import RATER_NAMES  # which loads scikit-learn

    aliases = (other for others in ALIASES.values() for other in others)
    names = (*COLUMNS, *RATER_NAMES, *ALIASES, *aliases, "rater", "split", "source")
    return frozenset(key(name) for name in names)


def check_targets(targets: Sequence[RatedTarget]) -> None:
    """Whether people can rate these.

    Raises:
        InputError: naming the target and what it lacks.
    """
    if len(targets) > MOST:
        raise InputError(expected=f"at most {MOST} targets", got=str(len(targets)))
    labels = [one.label.casefold() for one in targets]
    for one in targets:
        _check(one)
        if labels.count(one.label.casefold()) > 1:
            raise InputError(expected="each target once", got=f"'{one.label}' twice")
    if targets:
        schema_of("targets", targets)


def _check(one: RatedTarget) -> None:
    texts = (one.low_pole, one.high_pole, *one.anchors.values())
    checks = {
        f"a name of 1 to {LONGEST_NAME} characters": 0 < len(one.label) <= LONGEST_NAME,
        f"whole ends from {LOWEST} to {HIGHEST}, the lower one first": LOWEST
        <= one.low
        < one.high
        <= HIGHEST,
        "both ends of the scale in words": bool(one.low_pole and one.high_pole),
        "a behaviour that shows the lowest level and one that shows the highest": {
            one.low,
            one.high,
        }
        <= set(one.anchors),
        "behaviours of levels of the scale alone": set(one.anchors) <= set(one.levels),
        f"texts of at most {LONGEST} characters": all(len(text) <= LONGEST for text in texts),
    }
    for expected, met in checks.items():
        if not met:
            raise InputError(
                expected=expected, got=f"'{one.label}', {one.low} to {one.high}", where="targets"
            )


class FixedTargetError(TrifoldError):
    """A change would make ratings that exist mean something else."""


def refuse_new_meanings(
    before: Sequence[RatedTarget], after: Sequence[RatedTarget], rated: Mapping[str, int]
) -> None:
    """Whatever raters read when they rated stays as it was.

    Args:
        before: targets so far.
        after: as they are to be.
        rated: target to the number of its ratings and comparisons.

    Raises:
        FixedTargetError: naming the target, how many ratings it has and what can be done instead.
    """
    new = {one.name: one for one in after}
    for old in before:
        count = rated.get(old.name, 0)
        if count and new.get(old.name) != old:
            what = mark("goes") if old.name not in new else mark("changes")
            raise FixedTargetError(
                expected="targets with ratings as their raters read them: a new target under "
                "another name can have another scale or other behaviours",
                got=f"'{old.label}', which has {count} ratings and {what}",
            )
