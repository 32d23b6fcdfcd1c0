"""Variance components of scores, what they make of reliability, and what it would take."""

from __future__ import annotations

from trifold.decimals import FormattedNumber, decimal
from trifold.messages import TranslatableText, joined, raw, say, sentence
from trifold.psychometrics.estimate import Estimate
from trifold.psychometrics.reliability.studies.reliability import (
    ReliabilityStudy,
    reliability_study,
)
from trifold.studies import plots
from trifold.studies.document import Plot, Section, Table, row
from trifold.studies.scores import MEMBER, MODEL, RATER, RATING, Scores
from trifold.studies.sections.parts import TARGET, all_unknown, per_cent, span, unknown_as, words

FACETS = {
    "i": say("answers"),
    "r": say("raters"),
    "m": say("training runs"),
    "o": say("sessions"),
}
NEEDED = {
    "i": say("Answers needed for a reliability of the order"),
    "r": say("Raters needed for a reliability of the order"),
    "m": say("Training runs needed for a reliability of the order"),
    "o": say("Sessions needed for a reliability of the order"),
}
SEM_NOTE = say(
    "The standard error of measurement says how the score would vary over other answers, raters or "
    "runs of the same kind. It is not the prediction interval, which says how far the score is "
    "from a human rating."
)


def whose(source: str) -> TranslatableText:
    """Whose scores a source stands for, in words."""
    return {
        MODEL: say("the model's scores"),
        MEMBER: say("the model's scores over training runs"),
        RATER: say("the raters' scores"),
        RATING: say("the ratings"),
    }[source]


def title_of(source: str) -> TranslatableText:
    """Of a source's section."""
    return say("Generalizability of %(whose)s", whose=whose(source))


def generalizability_section(
    scores: Scores, source: str, *, design: str | None, draws: int, seed: int
) -> Section:
    """Variance components, coefficients, and how many conditions a reliability takes."""
    design = design or design_of(scores, source)
    study = reliability_study(scores.frame, design, source=source, draws=draws, seed=seed)
    sentences = [_in_words(study)]
    first = next(iter(study.targets.values()))
    if "i" in study.design.replace(":", " ").split():
        sentences += [sentence(joined([raw(one), "."], "")) for one in first.study.cautions]
    tables = [_components(study, source), _coefficients(study, source)]
    if any(one.needed for one in study.targets.values()):
        tables.append(_needed(study, source))
    if any(one.consistency for one in study.targets.values()):
        tables.append(_consistency(study, source))
    forest = [(words(name), one.observed.relative) for name, one in study.targets.items()]
    plot = Plot(
        f"reliability_{source.strip(':')}",
        say(
            "Reliability (Eρ²) of %(whose)s, with 95 %% intervals; dotted: .7 and .8",
            whose=whose(source),
        ),
        plots.forest(forest, label="Eρ²", marks=(0.7, 0.8)),
    )
    key = f"generalizability_{source.strip(':')}"
    return Section(key, title_of(source), tuple(sentences), tuple(tables), (plot,), study.as_json())


def design_of(scores: Scores, source: str) -> str | None:
    """The design of scores; None where questions tell it.

    Args:
        scores: long.
        source: whose, as ``rater:``.
    """
    frame = scores.frame
    kind = (
        frame["source"].str.startswith(source)
        if source.endswith(":")
        else (frame["source"] == source)
    )
    mine = frame[kind]
    if (mine["question_id"] != "").any():
        return None
    if (mine["answer_id"] != "").any():
        return "i:p"  # questions without a name are nobody else's
    facets = [{RATER: "r", MEMBER: "m"}[source]] if mine["source"].nunique() > 1 else []
    facets += ["o"] if mine["session"].nunique() > 1 else []
    if scores.anonymous and facets[:1] == ["r"]:
        return "r:p"
    return " x ".join(["p", *facets])


def _in_words(study: ReliabilityStudy) -> str:
    coefficients = [one.observed for one in study.targets.values()]
    order = [one.relative for one in coefficients]
    sizes = coefficients[0].sizes
    given = [
        joined([FormattedNumber(f"{n:.3g}"), FACETS.get(facet, facet)], " ")
        for facet, n in sizes.items()
    ]
    many: str = given[0]
    for more in given[1:]:
        many = say("%(names)s and %(last)s", names=many, last=more)
    if all_unknown(order):
        return say(
            "With %(many)s a person, design %(design)s: how reliable the scores are is not known, "
            "as %(why)s.",
            many=many,
            design=study.design,
            why=unknown_as(order),
        )
    return say(
        "With %(many)s a person, design %(design)s: reliability of the order of people (Eρ²) "
        "%(order)s; of the scores themselves (Φ) %(scores)s.",
        many=many,
        design=study.design,
        order=span(order),
        scores=span(one.absolute for one in coefficients),
    )


def _components(study: ReliabilityStudy, source: str) -> Table:
    names = next(iter(study.targets.values())).study.design.names
    rows = []
    for target, one in study.targets.items():
        found = one.study.components
        total = sum(max(value.estimate, 0.0) for value in found.values())
        shares = (found[name].estimate for name in names)
        rows.append(
            (
                words(target),
                *(per_cent(max(s, 0.0) / total if total > 0 else float("nan")) for s in shares),
            )
        )
    note = say("p: people; i: questions or answers; r: raters; m: training runs; o: sessions.")
    return Table(
        f"variance_{source.strip(':')}",
        say("Shares of variance"),
        (TARGET, *names),
        tuple(rows),
        note,
    )


def _coefficients(study: ReliabilityStudy, source: str) -> Table:
    rows = tuple(
        (
            words(t),
            o.observed.relative,
            o.observed.absolute,
            o.observed.relative_sem,
            o.observed.absolute_sem,
        )
        for t, o in study.targets.items()
    )
    columns = (
        TARGET,
        say("Eρ² (order)"),
        say("Φ (score)"),
        say("SEM, relative"),
        say("SEM, absolute"),
    )
    title = say("Coefficients")
    return Table(f"coefficients_{source.strip(':')}", title, columns, rows, SEM_NOTE)


def _needed(study: ReliabilityStudy, source: str) -> Table:
    wanted = sorted({r for one in study.targets.values() for r in one.needed.get("relative", {})})
    rows = tuple(
        row(words(target), *(one.needed["relative"][r] for r in wanted))
        for target, one in study.targets.items()
        if one.needed
    )
    columns = (TARGET, *(say("for %(wanted)s", wanted=decimal(value, 2)) for value in wanted))
    note = say("At the precision of these estimates; the interval is that of the number.")
    of = next(iter(study.targets.values())).more_of
    title = NEEDED.get(of, say("Levels needed for a reliability of the order"))
    return Table(f"needed_{source.strip(':')}", title, columns, rows, note, whole=True)


def _consistency(study: ReliabilityStudy, source: str) -> Table:
    rows: list[tuple[str, Estimate, Estimate | None, float | None]] = []
    for target, one in study.targets.items():
        if one.consistency is not None:
            factor = one.consistency.factor
            fit = (factor.omega, factor.rmsea) if factor else (None, None)
            rows.append((words(target), one.consistency.alpha, *fit))
    title = say("Consistency of answers to the same questions")
    note = say(
        "ω is that of one factor and misleads where one does not fit, as with an RMSEA above .10 "
        "(Browne & Cudeck 1993)."
    )
    columns = (TARGET, "α", "ω", "RMSEA")
    return Table(f"consistency_{source.strip(':')}", title, columns, tuple(rows), note)
