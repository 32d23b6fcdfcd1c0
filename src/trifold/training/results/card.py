"""The model card of a run: what it predicts, from what, how well, and what for it may be used.

After Mitchell et al. (2019), model cards for model reporting; generated, so that it says what the
run did.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from trifold.contracts import Corpus, Target
from trifold.decimals import decimal, general
from trifold.errors import InputError
from trifold.terms import PURPOSES, cleared

METRICS = ("spearman", "ccc", "mse")
NONE = "\N{EN DASH}"  # what is undefined
SOURCES = {
    "observer": "observers' ratings",
    "self_report": "self-reports",
    "synthetic": "generated numbers",
}


def write_card(metrics: Mapping[str, Any], corpus: Corpus, folder: Path) -> Path:
    """Write ``card.md``.

    Args:
        metrics: content of ``metrics.json``.
        corpus: the one that was trained on.
        folder: the run folder.
    """
    parts = [
        f"# Model card: {folder.name}",
        *(
            ["**Synthetic.** Trained on generated people; says nothing about real ones."]
            if corpus.synthetic
            else []
        ),
        "## What it predicts",
        _table(("target", "scale", "label", "high means"), map(_target, corpus.schema.targets)),
        "## From what",
        _data(metrics["data"]),
        "## How well",
        _table(("", *METRICS), _results(metrics)),
        f"Means over targets on {metrics['data']['n_test']} test candidates; 95 % bootstrap "
        f"interval of the model's Spearman: {_interval(metrics)}.",
        *_cautions(metrics),
        "## What for",
        f"Terms of the training data: {corpus.terms}.",
        _table(("purpose", "means", "allowed"), (_purpose(p, corpus.terms) for p in PURPOSES)),
        "Scores describe an impression. They are no diagnosis, no measure of ability, and decide "
        "about nobody: a human who can disregard them does. No demographics go in.",
        "## What the corpus checks found",
        _table(("check", "found", "of", "then"), _findings(corpus)),
    ]
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "card.md"
    path.write_text("\n\n".join(part for part in parts if part) + "\n", encoding="utf-8")
    return path


def _target(target: Target) -> tuple[str, ...]:
    name = target.name.replace("_", " ")
    high = name if target.polarity == 1 else f"little {name}"
    return name, f"{general(target.low)} to {general(target.high)}", SOURCES[target.source], high


def _data(data: Mapping[str, Any]) -> str:
    return (
        f"Corpus {data['corpus']}: {data['n_train']} training candidates, {data['split']}. "
        f"Streams: {', '.join(data['streams'])}."
    )


def _results(metrics: Mapping[str, Any]) -> Iterable[tuple[str, ...]]:
    for name, table in {"model": metrics["test"], **metrics["baselines"]}.items():
        yield name.replace("_", " "), *(_text(table[metric]["mean"]) for metric in METRICS)


def _interval(metrics: Mapping[str, Any]) -> str:
    rho = metrics["test"]["spearman"]
    ends = [rho.get(end) for end in ("low", "high")]
    return NONE if None in ends else f"{_text(ends[0])} to {_text(ends[1])}"


def _cautions(metrics: Mapping[str, Any]) -> list[str]:
    said = metrics.get("warnings", [])
    return ["## What to keep in mind", "\n".join(f"- {one}" for one in said)] if said else []


def _purpose(purpose: str, terms: str) -> tuple[str, ...]:
    try:
        cleared(purpose, terms)
    except InputError:
        return purpose, PURPOSES[purpose], "no"
    return purpose, PURPOSES[purpose], "yes, as far as the terms of the data go"


def _findings(corpus: Corpus) -> Iterable[tuple[str, ...]]:
    for found in corpus.findings:
        then = found.action if found.count else ""
        yield (
            f"{found.check.replace('_', ' ')}: {found.what}",
            str(found.count),
            str(found.total),
            then,
        )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def _text(value: float | None) -> str:
    return NONE if value is None else decimal(value, 3)
