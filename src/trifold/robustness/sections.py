"""The panel in words, tables and plots."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from trifold.bundle.bundle import Bundle
from trifold.bundle.panel import FORMAT
from trifold.robustness.catalogue import Class
from trifold.robustness.measure import Finding, slope
from trifold.robustness.run import Limits
from trifold.studies import plots
from trifold.studies.document import Cell, Document, Plot, Section, Table, row

COLUMNS = (
    "perturbation",
    "what is done",
    "mean shift",
    "of",
    "95 % within",
    "ICC",
    "withheld",
    "limit",
)
WER = {"wer_5": 0.5, "wer_10": 1.0, "wer_20": 2.0, "wer_30": 3.0}  # in ten points
NOISE = {"noise_20": 1.0, "noise_10": 2.0, "noise_5": 2.5, "noise_0": 3.0}  # ten dB below 30


def document_of(
    findings: Sequence[Finding],
    bundle: Bundle,
    *,
    limits: Limits,
    clip_s: float | None,
    source: str,
) -> Document:
    """The study as pages, tables and JSON hold it.

    Args:
        findings: of ``run_panel``, in the panel's order.
        bundle: the model.
        limits: that were used.
        clip_s: seconds that were used of each recording.
        source: the folder that was read.
    """
    people = findings[0].n
    part = "whole recordings" if clip_s is None else f"the first {clip_s:g} s of each recording"
    lead = (
        f"{people} people scored as they are and under {len(findings)} perturbations, {part}, by "
        f"bundle {bundle.bundle_id}. Shifts are perturbed minus clean scores in standard "
        "deviations of the clean ones, for the target that moved most; 95 % intervals come from "
        "resampling people. The limits are this project's own: no standard sets any.",
    )
    beyond = [finding for finding in findings if finding.exceeds]
    sections = [_summary(findings, beyond)]
    for of in Class:
        own = [finding for finding in findings if finding.perturbation.of is of]
        if own:
            sections.append(_section(of, own, limits))
    sections.append(_slopes(findings))
    description = bundle.description
    return Document(
        "What moves a score",
        lead,
        tuple(sections),
        source,
        terms=description.terms,
        synthetic=description.synthetic,
    )


def panel_facts(
    findings: Sequence[Finding], bundle_id: str, *, limits: Limits, clip_s: float | None
) -> dict[str, Any]:
    """What a bundle's card tells, as ``trifold.bundle.panel`` reads it; see ``document_of``."""
    return {
        "format": FORMAT,
        "bundle_id": bundle_id,
        "people": findings[0].n,
        "clip_s": clip_s,
        "limits": {name: dict(values) for name, values in limits.items()},
        "perturbations": {finding.perturbation.name: finding.as_json() for finding in findings},
    }


def _summary(findings: Sequence[Finding], beyond: Sequence[Finding]) -> Section:
    sentences = [
        f"{len(beyond)} of {len(findings)} perturbations are beyond a limit."
        if beyond
        else f"None of {len(findings)} perturbations is beyond a limit; with {findings[0].n} "
        "people, shifts smaller than the intervals in the tables cannot be seen.",
    ]
    unknown = sum(not finding.known for finding in findings)
    if unknown:
        sentences.append(f"Nothing can be said of {unknown}: too few people were scored twice.")
    sentences += _of_questions(findings)
    facts = {"beyond": [finding.perturbation.name for finding in beyond]}
    points = tuple(map(_point, beyond))
    return Section("summary", "In short", tuple(sentences), points=points, facts=facts)


def _point(finding: Finding) -> str:
    """What passed its limits on which targets; how far stands in the table of its kind."""
    passed = [line.partition(": ") for line in finding.exceeds]
    words = dict.fromkeys(target.replace("_", " ") for target, _, _ in passed)
    what = finding.perturbation.what
    return f"{what[:1].upper()}{what[1:]}: {', '.join(words)}"


def _of_questions(findings: Sequence[Finding]) -> list[str]:
    """Whether the model reads what was asked."""
    for finding in findings:
        if finding.perturbation.questions and finding.shifts:
            moved = max((s.effect for s in finding.shifts if math.isfinite(s.effect)), default=None)
            if moved is None:
                return ["Too few people to tell whether the model reads questions."]
            if moved == 0:
                return ["The model does not read questions: put to others, answers score the same."]
            return [
                f"Answers put to other questions score {moved:.2f} SD otherwise (root mean square, "
                "of the target that moves most)."
            ]
    return ["Answers were not put to other questions: fewer than two questions are known."]


def _section(of: Class, findings: Sequence[Finding], limits: Limits) -> Section:
    limit = ", ".join(f"{name} {value:g}" for name, value in limits.get(of.name, {}).items())
    key = of.name.lower()
    told = [(f.perturbation.what, f.worst.mean) for f in findings if f.worst is not None]
    rows = [(what, mean) for what, mean in told if math.isfinite(mean.estimate)]
    marks = (
        [sign * limits[of.name]["mean"] for sign in (-1, 1)]
        if "mean" in limits.get(of.name, {})
        else []
    )
    drawing = plots.forest(rows, label="mean shift, SD", marks=(0.0, *marks))
    title = of.value[2].upper() + of.value[3:]
    table = Table(
        f"panel_{key}",
        f"Perturbations of class {of.value[0]}",
        COLUMNS,
        tuple(_row(finding) for finding in findings),
        note=f"Limits of this class, in SD (ICC: at least): {limit or 'none'}.",
    )
    shown = Plot(
        f"panel_{key}",
        f"Mean shift of the target that moved most, class {of.value[0]}, with 95 % intervals; "
        "dotted: none, and the limit",
        drawing,
    )
    facts = {f.perturbation.name: f.as_json() for f in findings}
    return Section(key, title, (), (table,), (shown,) if rows else (), facts)


def _row(finding: Finding) -> tuple[Cell, ...]:
    worst = finding.worst
    withheld = f"{100 * finding.withheld:.0f} %" + (
        f" ({', '.join(finding.codes)})" if finding.codes else ""
    )
    name, what = finding.perturbation.name, finding.perturbation.what
    shown: tuple[Cell, ...] = (None, "", math.nan, math.nan)
    if worst is not None:
        shown = (worst.mean, worst.target, worst.p95, worst.icc)
    return (name, what, *shown, withheld, _verdict(finding))


def _verdict(finding: Finding) -> str:
    if not finding.known:
        return "not known"
    return "beyond" if finding.exceeds else "within"


def _slopes(findings: Sequence[Finding]) -> Section:
    """Change of each target per ten points of word error rate and per ten decibels of noise."""
    by_name = {finding.perturbation.name: finding for finding in findings}
    targets = [shift.target for shift in findings[0].shifts]
    causes = {"ten points of word error rate": WER, "ten dB more noise": NOISE}
    there = {
        cause: [(size, by_name[name]) for name, size in sizes.items() if name in by_name]
        for cause, sizes in causes.items()
    }
    rows = tuple(
        row(target, *(slope(points, target) for points in there.values())) for target in targets
    )
    note = (
        "In SD. A group whose speech is recognised with a word error rate ten points higher, as "
        "accents often are, would be scored that much higher or lower for it."
    )
    table = Table("slopes", "Change of the mean score", ("target", *causes), rows, note)
    return Section("slopes", "What worse recordings cost", (), (table,))
