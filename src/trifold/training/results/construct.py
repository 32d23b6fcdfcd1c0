"""What the scores of a run say: their own rating, more than length, or one thing by many names."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from trifold.contracts import Array, TargetSchema
from trifold.messages import TranslatableText, joined, say
from trifold.psychometrics.composite import OVERALL, composite, composite_schema
from trifold.psychometrics.evaluation import evaluate
from trifold.psychometrics.validity.own_rating import given_length, own_and_others
from trifold.training.results.construct_page import short

NAMED = 4  # scores in a sentence; the page's table has all
KEPT = ("mean", "low", "high", "seed_sd")
Own = Mapping[str, Any] | None


def construct_facts(
    preds: Array,
    baselines: Mapping[str, Array],
    labels: Array,
    schema: TargetSchema,
    *,
    words: Array | None,
    constant: Mapping[str, Array],
    resamples: int,
    seed: int,
    groups: Sequence[str],
) -> dict[str, Any]:
    """``discriminant``, ``given_words`` and ``overall`` of ``metrics.json``.

    Args:
        preds: (S, B, K) scores of people whom the models never saw.
        baselines: name to the same.
        labels: (B, K), NaN where unrated.
        schema: the K targets.
        words: (B,) spoken words, NaN where unknown; None where nobody's are known.
        constant: ``model`` and baselines to (K,) bool, True where everybody has the same score.
        resamples: of the bootstrap.
        seed: of the bootstrap.
        groups: (B,) person of each row.
    """
    options: dict[str, Any] = {"resamples": resamples, "seed": seed, "groups": groups}
    flat = constant["model"]
    own = own_and_others(preds, labels, schema.names, constant=flat, **options)
    said = np.full(len(labels), np.nan) if words is None else words
    return {
        "discriminant": own,
        "given_words": given_length(preds, labels, said, schema.names, constant=flat, **options),
        "overall": _overall(preds, baselines, labels, schema, constant, options)
        if one_score(own)
        else None,
    }


def one_score(own: Own) -> bool:
    """Whether no target's scores stand by themselves.

    They do where both lie above zero: the partial correlation with the own rating, and what that
    rating is ahead of the best other. The former alone would pass scores of one common impression,
    of which each rating is one more, noisy, reading. False where an interval is missing: what was
    not measured is not told.
    """
    rows = (own or {}).get("per_target", {}).values()
    lows = [[one[part]["low"] for part in ("partial", "difference")] for one in rows]
    return bool(lows) and all(None not in pair and min(pair) <= 0 for pair in lows)


def _overall(
    preds: Array,
    baselines: Mapping[str, Array],
    labels: Array,
    schema: TargetSchema,
    constant: Mapping[str, Array],
    options: Mapping[str, Any],
) -> dict[str, Any]:
    """Metrics of the mean of the targets, of the model and of every baseline."""
    one, rated = composite_schema(schema), composite(labels, schema)
    tables = {}
    for name, values in {"model": preds, **baselines}.items():
        flat = np.array([constant[name].all()])
        table = evaluate(composite(values, schema), rated, one, constant=flat, **options)
        tables[name] = {
            metric: {key: row[key] for key in KEPT if key in row} for metric, row in table.items()
        }
    spec = one.targets[0]
    facts = {"targets": list(schema.names), "low": spec.low, "high": spec.high}
    n, test = int(np.isfinite(rated).sum()), tables.pop("model")
    return {**facts, "n": n, "test": test, "baselines": tables}


def of_construct(metrics: Mapping[str, Any]) -> list[str]:
    """What must be kept in mind about it, one sentence each.

    Args:
        metrics: with ``discriminant`` and ``overall``.
    """
    own = (metrics.get("discriminant") or {}).get("per_target", {})
    mixed = {
        name: one
        for name, one in own.items()
        if one["difference"]["low"] is not None and one["difference"]["low"] <= 0
    }
    said: list[str] = [_mixed(mixed, of=len(own))] if mixed else []
    overall = metrics.get(OVERALL)
    if overall:
        said.append(_together(overall["test"]["spearman"], n=len(overall["targets"])))
    return said


def _together(rho: Mapping[str, Any], *, n: int) -> TranslatableText:
    """What is left where no target's scores are their own."""
    if rho["mean"] is None:
        return say(
            "No target's scores say more of their own rating than of the others': read them as "
            "one overall score, the mean of all %(n)s.",
            n=n,
        )
    if rho["mean"] > 0:
        return say(
            "No target's scores say more of their own rating than of the others': read them as "
            "one overall score, the mean of all %(n)s (Spearman %(rho)s with the mean of their "
            "ratings).",
            n=n,
            rho=_with_ends(rho),
        )
    return say(
        "No target's scores say more of their own rating than of the others', and their mean "
        "orders nobody rightly either (Spearman %(rho)s with the mean of their ratings).",
        rho=_with_ends(rho),
    )


def _mixed(found: Mapping[str, Mapping[str, Any]], *, of: int) -> TranslatableText:
    """Which scores are not told from another target, those that are farthest from it by name."""
    worst = sorted(found, key=lambda name: found[name]["difference"]["rho"])[:NAMED]
    pairs = [
        say(
            "%(name)s from %(other)s (%(own)s with its own rating, %(that)s with that)",
            name=_name(name),
            other=_name(found[name]["other"]["target"]),
            own=short(found[name]["own"]["rho"]),
            that=short(found[name]["other"]["rho"]),
        )
        for name in worst
    ]
    known = {"n": len(found), "of": of, "pairs": joined(pairs, "; ")}
    more = len(found) - len(worst)
    if more:
        return say(
            "Scores that are not told from another target, %(n)s of %(of)s: %(pairs)s; and "
            "%(more)s more.",
            more=more,
            **known,
        )
    return say("Scores that are not told from another target, %(n)s of %(of)s: %(pairs)s.", **known)


def _with_ends(values: Mapping[str, Any]) -> str:
    mean = short(values["mean"])
    if values.get("low") is None or values.get("high") is None:
        return mean
    low, high = short(values["low"]), short(values["high"])
    return say("%(mean)s, %(low)s to %(high)s", mean=mean, low=low, high=high)


def _name(target: str) -> str:
    return target.replace("_", " ")
