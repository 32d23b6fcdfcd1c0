"""How people lay in training, quantity by quantity: what a bundle carries to tell drift by.

A person counts once: measures are means over the answers, as those of one person are alike and
would pass for more people than there are.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trifold.contracts import MEASURES
from trifold.drift.bins import Bins, bins_of, category_bins, number_bins
from trifold.errors import BundleError
from trifold.runtime.strict_json import read_object

FILE, FORMAT = "profile.json", 1
LEAST = 30  # people, below which nothing is said
SCORE = "score."
OF_MODEL = ("codec_share",)  # says how the model was trained, not what came
QUALITY = tuple(one.name for one in MEASURES if one.name not in OF_MODEL)
NUMBERS = (*QUALITY, "duration_s", "n_answers")
CATEGORIES = ("modalities", "words_source", "outcome")
SCORED = "scored"  # the outcome of a person with scores; else it is a code
Observation = Mapping[str, float | str | None]


@dataclass(frozen=True)
class Profile:
    """Counts in bins, of each quantity.

    Attributes:
        n: people.
        bins: name to bins; scores are called ``score.TARGET``.
    """

    n: int
    bins: Mapping[str, Bins]

    def places(self, observation: Observation) -> dict[str, int]:
        """The bin of each quantity that is known of one person; scores only of who has some."""
        return {
            name: bins.place(observation[name])
            for name, bins in self.bins.items()
            if name in observation and (observation[name] is not None or SCORE not in name)
        }

    def write(self, path: Path) -> Path:
        """As JSON, for ``read_profile``."""
        facts = {
            "format": FORMAT,
            "n": self.n,
            "bins": {name: bins.to_dict() for name, bins in self.bins.items()},
        }
        path.write_text(json.dumps(facts, indent=1) + "\n", encoding="utf-8")
        return path


def profile_of(observations: Sequence[Observation]) -> Profile | None:
    """The profile of some people; None of fewer than 30.

    Args:
        observations: one of each.
    """
    if len(observations) < LEAST:
        return None
    names = dict.fromkeys(name for one in observations for name in one)
    bins: dict[str, Bins] = {}
    for name in names:
        values: list[Any] = [one.get(name) for one in observations]
        if name in CATEGORIES:
            bins[name] = category_bins(values)
        elif (found := number_bins(values)) is not None and not name.startswith(SCORE):
            bins[name] = found
    scored = {
        name.removeprefix(SCORE): [one[name] for one in observations if one.get(name) is not None]
        for name in names
        if name.startswith(SCORE)
    }
    return with_scores(Profile(len(observations), bins), scored)


def with_scores(profile: Profile, scores: Mapping[str, Iterable[Any]]) -> Profile:
    """The profile, and how scores lie.

    Args:
        profile: of inputs.
        scores: target to scores of people who have some; who has none is told by the outcome.
    """
    found = {f"{SCORE}{name}": number_bins(list(values)) for name, values in scores.items()}
    known = {name: bins for name, bins in found.items() if bins is not None}
    return Profile(profile.n, {**profile.bins, **known})


def read_profile(folder: Path) -> Profile | None:
    """The profile of a bundle; None where it has none.

    Raises:
        BundleError: when it is damaged.
    """
    path = folder / FILE
    if not path.is_file():
        return None
    facts = read_object(path, BundleError)
    try:
        if facts["format"] != FORMAT:
            raise ValueError(f"format {facts['format']!r:.80}")
        bins = {str(name): bins_of(found) for name, found in facts["bins"].items()}
        return Profile(int(facts["n"]), bins)
    except (ValueError, TypeError, LookupError, AttributeError) as error:
        raise BundleError(
            expected=f"a profile of format {FORMAT}", got=str(error)[:300], where=path
        ) from error


def observation_of(
    candidate: Mapping[str, Any], answers: Iterable[Mapping[str, Any]] | None
) -> Observation:
    """What counts of one person, from the rows of ``trifold score`` or the endpoint.

    Args:
        candidate: its row.
        answers: rows of its answers, of which those that could not be read count nowhere; None
            where nobody has them.
    """
    found: dict[str, float | str | None] = {}
    if answers is not None:
        found |= inputs_of([row for row in answers if row["status"] != "error"])
    scored = candidate["status"] == SCORED
    found["modalities"] = candidate["modalities"]
    found["outcome"] = SCORED if scored else candidate["error_code"]
    for name in targets_in(candidate) if scored else ():
        found[f"{SCORE}{name}"] = candidate[name]
    return found


def targets_in(columns: Iterable[str]) -> list[str]:
    """Names of the targets of a table: of scores with an interval."""
    names = list(columns)
    ends = [name.removesuffix("_low") for name in names if name.endswith("_low")]
    return [name for name in ends if name in names]


def inputs_of(answers: Sequence[Mapping[str, Any]]) -> dict[str, float | str | None]:
    """Means of the measures over a person's answers, their seconds, and where words came from.

    A measure of which the rows have no column is not told.
    """
    found: dict[str, float | str | None] = {
        name: _mean(answers, name) for name in QUALITY if all(name in row for row in answers)
    }
    seconds = [row["duration_s"] for row in answers if row["duration_s"] is not None]
    found["duration_s"] = sum(seconds) if seconds else None
    found["n_answers"] = float(len(answers))
    sources = sorted({row["words_source"] for row in answers if row["words_source"]})
    found["words_source"] = "+".join(sources) or None
    return found


def _mean(answers: Sequence[Mapping[str, Any]], name: str) -> float | None:
    values = [float(row[name]) for row in answers if row[name] is not None]
    return sum(values) / len(values) if values else None
