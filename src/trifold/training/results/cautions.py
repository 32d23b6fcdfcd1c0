"""What must be kept in mind about a run: one sentence each, for terminal, page, card and JSON."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from scipy import stats

from trifold.contracts import Array, TargetSchema
from trifold.decimals import general
from trifold.psychometrics.intervals import correlation_interval, largest_coverage, people_needed
from trifold.training.dataset import Dataset
from trifold.training.protocol.testing import Outcome
from trifold.training.results.data_cautions import of_people, of_words

FEW = 50  # people, below which a number from them is said to be loose
MOST_SHIFT = 0.05  # standard deviations of the ratings, above which a mean shift is said
LEAST_MISSED = 0.02  # of coverage, beyond which an interval that promises more is said
EXAMPLE = 0.3  # a correlation as impressions from interviews have it


def of_run(data: Dataset, tested: Dataset, outcome: Outcome, *, coverage: float) -> list[str]:
    """About a training run.

    Args:
        data: what was trained on.
        tested: what was tested on.
        outcome: of the run.
        coverage: of the score intervals, as asked for.
    """
    schema = data.schema
    people = [tested.people[row] for row in outcome.rows]
    stopped = outcome.counts.get("n_val") if outcome.fitted.history else None
    return [
        *of_people(data),
        *of_words(tested.words_from, data.words_from),
        *(of_stopping(stopped) if stopped is not None else []),
        *of_measuring(
            tested.labels[outcome.rows], people, schema, constant=outcome.constant["model"]
        ),
        *of_intervals(outcome.residuals, outcome.half_width, schema, coverage),
    ]


def of_measuring(
    labels: Array, people: Sequence[str], schema: TargetSchema, *, constant: Array | None = None
) -> list[str]:
    """About the people that a model is measured on.

    Args:
        labels: (n, K) of them, NaN where unlabelled.
        people: whose the n candidates are.
        schema: the K targets.
        constant: (K,) bool, True where the model gives everybody the same score.
    """
    person = np.array(people)
    counts = [len(set(person[np.isfinite(column)])) for column in labels.T]
    everybody = len(set(person.tolist()))
    said, reach = list[str](), _reach(everybody)
    if everybody < FEW:
        said.append(f"{everybody} people were measured: {reach}.")
    for name, column, n in zip(schema.names, labels.T, counts, strict=True):
        seen = column[np.isfinite(column)]
        if not n:
            said.append(f"'{name}': nobody measured is rated on it, so nothing is known of it.")
        elif np.ptp(seen) <= 1e-9:
            said.append(f"'{name}': all {n} measured people have the same rating: no correlation.")
        elif n < min(everybody, FEW):
            reach = _reach(n)
            said.append(f"'{name}': {n} of {everybody} measured people are rated: {reach}.")
    if constant is not None:
        said += [
            f"'{name}': the model gives everybody the same score, so it tells nobody apart and "
            "there is no correlation."
            for name, same in zip(schema.names, constant, strict=True)
            if same
        ]
    return said


def of_intervals(
    errors: Array, half_width: Array, schema: TargetSchema, coverage: float
) -> list[str]:
    """About the score intervals.

    Args:
        errors: (m, K) absolute errors of held-out people that the model's intervals rest on, NaN
            where there is none.
        half_width: (S, n, K) of the intervals that were measured, infinite where there was none.
        schema: the K targets.
        coverage: share that was asked for.
    """
    by_count: dict[int, list[str]] = {}
    for name, column in zip(schema.names, errors.T, strict=True):
        by_count.setdefault(int(np.isfinite(column).sum()), []).append(name)
    said = [
        _about(names, schema, _interval(n, coverage))
        for n, names in sorted(by_count.items())
        if n < FEW
    ]
    enough = max(by_count) >= people_needed(coverage)
    if enough and not np.isfinite(half_width).any():
        said.append(
            f"How often score intervals cover was not measured: the models that were measured are "
            f"fitted on fewer than the {people_needed(coverage)} people that an interval of "
            f"{_percent(coverage)} takes."
        )
    return said


def of_short_forms(facts: Mapping[str, Mapping[str, Any]]) -> list[str]:
    """About people who show less than most.

    Args:
        facts: ``fewer_answers`` or ``fewer_modalities`` of ``metrics.json``.
    """
    said = []
    for kind, part in facts.items():
        count = kind if kind.isdigit() else ""
        shown = f"{count} answers" if count else f"{kind} alone"
        shown = "1 answer" if count == "1" else shown
        doubt = 2 / math.sqrt(max(part["n"], 1))  # two standard errors of a mean
        for target, shift in part["shift_sd"].items():
            # on other people than were trained on, the scores of everything may be off themselves
            off = min((shift or 0.0, part["bias_sd"][target] or 0.0), key=abs)
            if abs(off) > max(MOST_SHIFT, doubt):
                way = "low" if off < 0 else "high"
                said.append(
                    f"'{target}': people with {shown} are scored {abs(off):.2f} standard "
                    f"deviations {way} on average."
                )
        said += [
            f"Intervals of {_percent(float(nominal))} cover {_percent(round(share, 3))} of people "
            f"with {shown}."
            for nominal, share in part["coverage"].items()
            if share is not None and float(nominal) - share > max(LEAST_MISSED, doubt)
        ]
    return said


def of_stopping(n_val: int) -> list[str]:
    """About the people whose loss decided when a network's training stopped."""
    if n_val >= FEW // 5:
        return []
    return [f"When to stop training was decided on {n_val} validation people alone."]


def _reach(n: int) -> str:
    """What so many people do to a correlation."""
    ends = correlation_interval(EXAMPLE, n)
    if ends is None:
        return "a correlation of so few says nothing"
    low, high, example = (general(one, 2, bare=True) for one in (*ends, EXAMPLE))
    return f"the 95 % interval of a correlation of {example} spans {low} to {high}"


def _interval(n: int, coverage: float) -> str:
    needed = people_needed(coverage)
    if not n:
        share = _percent(coverage)
        return f"no score interval, as nobody rated was held out; {share} takes {needed}."
    if n < needed:
        most = math.floor(100 * largest_coverage(n)) / 100
        return (
            f"score intervals rest on {n} held-out people and cannot promise {_percent(coverage)}, "
            f"which takes {needed}: none is given. {n} people promise {_percent(most)} at most "
            f"(coverage={most:g})."
        )
    rank = math.ceil((n + 1) * coverage)
    least = float(stats.beta.ppf(0.05, rank, n + 1 - rank))
    return (
        f"score intervals rest on {n} held-out people: they cover {_percent(coverage)} on average "
        f"over such samples of people, and in one of twenty fewer than {_percent(least)}."
    )


def _percent(share: float) -> str:
    return f"{100 * share:.3g} %"


def _about(names: Sequence[str], schema: TargetSchema, fact: str) -> str:
    """The fact as a sentence, with the names of the targets where it does not hold for all."""
    if len(names) == len(schema.names):
        return fact[0].upper() + fact[1:]
    return ", ".join(f"'{name}'" for name in names) + ": " + fact
