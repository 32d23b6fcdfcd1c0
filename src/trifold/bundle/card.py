"""The model card of a bundle: facts for programs, the same facts for people.

After Mitchell et al. (2019). What a run's card says about data and results is kept; this adds what
scoring does: score intervals, norms, reasons to withhold, encoders.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict
from importlib.metadata import version
from typing import Any

import numpy as np

from trifold.bundle.bundle import Bundle
from trifold.bundle.description import FORMAT
from trifold.bundle.panel import panel_text, table_text
from trifold.bundle.reference import LEAST_NORM
from trifold.codes import Code
from trifold.decimals import decimal
from trifold.encoders.build import packaged_weights
from trifold.pretrained.packages import weights_named
from trifold.terms import PURPOSES, forbidden

COVERAGES = (0.8, 0.9, 0.95)
PERCENTILES = (5, 25, 50, 75, 95)
METRICS = ("spearman", "ccc", "mse")
INPUTS = (
    "tokens: stream to (B, T, L, width) float32, zeros where masked",
    "token_mask: stream to (B, T, L) bool",
    "answer_mask: (B, T) bool",
)
OUTPUTS = ("candidate scores (B, K) on the scale", "answer scores (B, T, K)")
SOFTWARE = ("trifold", "torch", "transformers")
USE = (
    "Scores describe an impression. They are no diagnosis, no measure of ability, and decide about "
    "nobody: a human who can disregard them does. No demographics go in."
)


def card_facts(
    bundle: Bundle, metrics: Mapping[str, Any], panel: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Everything that a bundle says about itself, JSON-ready.

    Args:
        bundle: loaded.
        metrics: content of the run's ``metrics.json``.
        panel: of ``read_panel``; None where none was run.
    """
    d = bundle.description
    ruled_out = forbidden(d.terms)
    return {
        "name": d.name,
        "bundle_id": bundle.bundle_id,
        "format": FORMAT,
        "synthetic": d.synthetic,
        "terms": d.terms,
        "purposes": {
            p: {"means": means, "ruled_out": p in ruled_out} for p, means in PURPOSES.items()
        },
        "use": USE,
        "schema": asdict(d.schema),
        "scaling": dict(d.targets),
        "encoders": {s: asdict(stream) for s, stream in d.streams.items()},
        "packaged_weights": _packaged(bundle),
        "network": {
            "class": str(d.network["_target_"]),
            "parameters": sum(p.numel() for p in bundle.network.parameters()),
        },
        "data": dict(metrics.get("data", {})),
        "words_from": dict(d.words_from),
        "codecs": {modality: dict(counts) for modality, counts in d.codecs.items()},
        "results": _results(metrics),
        "intervals": _intervals(bundle, metrics),
        "norms": _norms(bundle),
        "withheld": _withheld(bundle),
        "robustness": None if panel is None else dict(panel),
        "program": {
            "inputs": list(INPUTS),
            "outputs": list(OUTPUTS),
            "streams": d.stream_dims,
        },
        "software": {name: version(name) for name in SOFTWARE},
    }


def card_markdown(facts: Mapping[str, Any], run_card: str | None) -> str:
    """The card for people: the run's own, if there is one, and what the bundle adds.

    Args:
        facts: of ``card_facts``.
        run_card: text of the run's ``card.md``.
    """
    parts = [run_card.rstrip() if run_card else _opening(facts)]
    parts += ["## Score intervals", *_intervals_text(facts["intervals"])]
    parts += ["## Norms", *_norms_text(facts["norms"])]
    parts += ["## When scores are withheld", *_withheld_text(facts["withheld"])]
    parts += ["## What moves a score", *panel_text(facts["robustness"])]
    rows = [
        (s, e["modality"], str(e["dim"]), e["fingerprint"]) for s, e in facts["encoders"].items()
    ]
    parts += ["## Encoders", table_text(("stream", "modality", "width", "fingerprint"), rows)]
    if facts["packaged_weights"]:
        parts += ["## Packaged weights", *_packaged_text(facts["packaged_weights"])]
    return "\n\n".join(parts) + "\n"


def _results(metrics: Mapping[str, Any]) -> dict[str, Any]:
    """Model and baselines: mean over targets of the main metrics, with intervals."""
    tables = {"model": metrics["test"], **metrics["baselines"]} if "test" in metrics else {}
    keys = ("mean", "low", "high")
    return {
        name: {metric: {k: table[metric].get(k) for k in keys} for metric in METRICS}
        for name, table in tables.items()
    }


def _intervals(bundle: Bundle, metrics: Mapping[str, Any]) -> dict[str, Any]:
    names, reference = bundle.description.schema.names, bundle.reference
    own = {bundle.description.coverage: bundle.description.half_width["candidate"]}
    widths = (
        own if reference is None else {c: reference.half_widths(c)["candidate"] for c in COVERAGES}
    )
    n = None
    if reference is not None:
        counts = np.isfinite(reference.errors["candidate"]).sum(axis=0).tolist()
        n = dict(zip(names, counts, strict=True))
    return {
        "method": "conformal within each number of answers and set of modalities, from absolute "
        "errors of held-out candidates; of cross-validated runs, by models of fewer people",
        "default_coverage": bundle.description.coverage,
        "n": n,
        "half_width": {f"{c:g}": dict(zip(names, w, strict=True)) for c, w in widths.items()},
        "measured_coverage": metrics.get("intervals", {}).get("test_coverage"),
    }


def _norms(bundle: Bundle) -> dict[str, Any] | None:
    """Target to percentiles of held-out scores of training candidates."""
    if bundle.reference is None or bundle.reference.norms is None:
        return None
    norms = {}
    for name, column in zip(bundle.description.schema.names, bundle.reference.norms.T, strict=True):
        seen = column[np.isfinite(column)]
        if len(seen) >= LEAST_NORM:
            at = np.percentile(seen, PERCENTILES).tolist()
            norms[name] = {
                "n": len(seen),
                **{f"p{p}": v for p, v in zip(PERCENTILES, at, strict=True)},
            }
    return norms


def _withheld(bundle: Bundle) -> dict[str, Any]:
    distribution = None if bundle.reference is None else bundle.reference.distribution
    return {
        "limits": dict(bundle.description.limits),
        "distance": None
        if distribution is None
        else {
            "method": "Mahalanobis with Ledoit-Wolf shrinkage on features pooled over time",
            "streams": list(distribution.gaussians),
            "n": len(distribution.distances),
        },
    }


def _packaged(bundle: Bundle) -> dict[str, Any]:
    """Name to streams, origin, licence and hashes of what ``trifold weights`` fetches."""
    streams: dict[str, list[str]] = {}
    for stream, encoder in bundle.description.streams.items():
        for name in packaged_weights(encoder.spec):
            streams.setdefault(name, []).append(stream)
    return {
        name: {
            "streams": readers,
            "source": (weights := weights_named(name)).source,
            "licence": weights.licence,
            "package": f"{weights.package} {weights.version}",
            "sha256": {file.name: file.sha256 for file in weights.files},
        }
        for name, readers in streams.items()
    }


def _opening(facts: Mapping[str, Any]) -> str:
    return "\n\n".join(
        (f"# Model card: {facts['name']}", f"Terms: {facts['terms']}.", facts["use"])
    )


def _intervals_text(intervals: Mapping[str, Any]) -> Iterable[str]:
    widths = intervals["half_width"]
    yield (
        "An interval is the score plus and minus a half-width, cut at the ends of the scale "
        f"({intervals['method']}). Of new candidates of the same kind, the stated share of ratings "
        f"lies inside. Scoring shows {intervals['default_coverage']:.0%} unless asked for another."
    )
    names = list(next(iter(widths.values())))
    rows = [(n.replace("_", " "), *(_number(w[n]) for w in widths.values())) for n in names]
    yield table_text(("half-width", *(f"{float(c):.0%}" for c in widths)), rows)


def _norms_text(norms: Mapping[str, Any] | None) -> Iterable[str]:
    if not norms:
        yield "None: too few candidates were held out."
        return
    yield "Percentiles compare a score with held-out scores of the training candidates, no others."
    heads = ("n", *(f"p{p}" for p in PERCENTILES))
    rows = [
        (name.replace("_", " "), str(row["n"]), *(_number(row[h]) for h in heads[1:]))
        for name, row in norms.items()
    ]
    yield table_text(("scores", *heads), rows)


def _withheld_text(withheld: Mapping[str, Any]) -> Iterable[str]:
    limits, distance = withheld["limits"], withheld["distance"]
    rows = []
    if distance and "distance" in limits:
        share = f"{limits['distance']:.1%}"
        rows.append(
            (
                Code.OUT_OF_DISTRIBUTION,
                f"features further out than {share} of the training candidates",
            )
        )
    short = [
        f"{limits[k]:g} {what}"
        for k, what in (("words", "words"), ("speech_s", "s of speech"))
        if k in limits
    ]
    if short:
        rows.append((Code.TOO_SHORT, f"less than {' and less than '.join(short)} over all answers"))
    yield table_text(("code", "means"), rows) if rows else "Never: the bundle states no limits."


def _packaged_text(packaged: Mapping[str, Any]) -> Iterable[str]:
    yield "Fetched from packages with their SHA-256 checked (`trifold weights`)."
    rows = [
        (name, ", ".join(told["streams"]), told["source"], told["licence"], told["package"])
        for name, told in packaged.items()
    ]
    yield table_text(("weights", "streams", "source", "licence", "package"), rows)


def _number(value: float | None) -> str:
    return "-" if value is None else decimal(value, 3)
