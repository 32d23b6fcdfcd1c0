"""What scores measure and what they predict."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from trifold.decimals import decimal
from trifold.psychometrics.validity.criterion import CriterionValidity
from trifold.psychometrics.validity.study import ValidityStudy
from trifold.studies import plots
from trifold.studies.document import Cell, Plot, Section, Table
from trifold.studies.sections.parts import listed, per_cent, span, unknown_as, words

ONE_SCORE = 0.7  # of all variance in one dimension; this project's own, no standard has one
HTMT_LIMIT = 0.85  # Henseler, Ringle & Sarstedt 2015, the stricter of their two
ONE = ", more than the 70 % from which this project has them reported as one score"
NO_MEASURES = (
    "There is no simple measure, such as the number of words, that the score could add to: "
    "beside=[COLUMN] names some; a run of trifold train knows how long answers are."
)


def validity_sections(
    study: ValidityStudy, *, criterion: str, scored_by: str = "model"
) -> list[Section]:
    """Every section that the study has something for, and why others are empty.

    Args:
        study: of ``validity_study``.
        criterion: what scores are held against, in words.
        scored_by: whose the scores are, in words.
    """
    found = []
    if study.criterion:
        found.append(criterion_section(study, criterion))
        if any(one.incremental for one in study.criterion.values()):
            found.append(incremental_section(study.criterion, study.covariates))
        else:
            found.append(Section("incremental", "What the score adds", refused=NO_MEASURES))
        if any(one.expectancy for one in study.criterion.values()):
            found.append(expectancy_section(study.criterion, criterion))
    found.append(halo_section(study, scored_by))
    if study.multitrait is not None:
        found.append(multitrait_section(study))
    if study.htmt:
        found.append(htmt_section(study))
    several = len(study.halo) > 1  # one method has no other to agree with
    refused = tuple(
        f"{words(what)}: {why}"
        for what, why in study.refused.items()
        if several or what != "multitrait"
    )
    if refused:
        found.append(Section("left_out", "What could not be told", refused))
    return found


def criterion_section(study: ValidityStudy, criterion: str) -> Section:
    """Correlations with the criterion, observed and corrected, each on its own line."""
    rows: list[tuple[Cell, ...]] = []
    for target, one in study.criterion.items():
        rows.append((words(target), "observed", one.r, ""))
        rows += [
            (words(target), "corrected", line.corrected, "; ".join(line.assumed))
            for line in one.corrections
        ]
    found = {words(t): one.r for t, one in study.criterion.items()}
    sentence = f"Against {criterion}, {study.n} people: r {span(found.values())} over the targets."
    if study.criterion_is_rating:
        sentence += " The criterion is the human rating itself, not what people later did."
    sentences = [sentence]
    clear = [name for name, r in found.items() if r.low > 0]
    none = [name for name, r in found.items() if r.low <= 0 <= r.high]
    below = [name for name, r in found.items() if r.high < 0]
    if clear:
        sentences.append(f"The interval lies above 0 for {listed(clear)}.")
    if none:
        sentences.append(
            f"The interval includes 0 for {listed(none)}: these data do not show validity there, "
            "nor that there is none."
        )
    if below:
        sentences.append(
            f"The interval lies below 0 for {listed(below)}: the higher the score, the lower the "
            "criterion. Look whether one of them is scored the wrong way round."
        )
    shown = plots.forest(list(found.items()), label="r", marks=(0.0,))
    plot = Plot("criterion", f"Correlation with {criterion}, with 95 % intervals", shown)
    columns = ("target", "correlation", "r", "what was assumed")
    table = Table("criterion", "Criterion validity", columns, tuple(rows))
    facts = {target: one.as_json() for target, one in study.criterion.items()}
    return Section("criterion", "Criterion", tuple(sentences), (table,), (plot,), facts)


def incremental_section(
    criteria: Mapping[str, CriterionValidity], covariates: Sequence[str] = ()
) -> Section:
    """How far the score goes with length and the like, and what it adds to them, out of fold."""
    found = {target: one.incremental for target, one in criteria.items() if one.incremental}
    rows = tuple(
        (words(target), one.r2_base, one.r2_full, one.delta_r2_out_of_fold, one.beta)
        for target, one in found.items()
    )
    silent = [target for target, one in found.items() if not one.adds]
    gains = span(one.delta_r2_out_of_fold for one in found.values())
    sentences = [
        f"Over {listed(covariates) or 'the simple measures'} the score explains {gains} more of "
        "the variance in people that the regression was not fitted to."
    ]
    sentences += [
        f"{words(name).capitalize()}: r {span(one.score_with[k] for one in found.values())} with "
        f"the score, {span(one.criterion_with[k] for one in found.values())} with the criterion."
        for k, name in enumerate(covariates)
    ]
    if silent:
        sentences.append(
            f"For {listed(silent)} the interval includes 0: these data do not show that the score "
            "adds anything to them."
        )
    columns = ("target", "R² of the simple", "R² of both", "gain, out of fold", "β of the score")
    table = Table("incremental", "Over simple measures", columns, rows)
    length_rows = tuple(
        (words(target), words(name), one.score_with[k], one.criterion_with[k])
        for target, one in found.items()
        for k, name in enumerate(covariates)
    )
    length_columns = ("target", "simple measure", "r with the score", "r with the criterion")
    lengths = Table("length", "Simple measures by themselves", length_columns, length_rows)
    tables = (table, lengths) if length_rows else (table,)
    return Section("incremental", "What the score adds", tuple(sentences), tables)


def expectancy_section(criteria: Mapping[str, CriterionValidity], criterion: str) -> Section:
    """Success by fifths of the score."""
    rows = tuple(
        (
            words(target),
            " to ".join(decimal(end, 2) for end in (row.lowest, row.highest)),
            row.success,
            per_cent(row.expected),
        )
        for target, one in criteria.items()
        for row in one.expectancy
    )
    columns = ("target", "scores", "share that succeeded", "normal theory")
    note = "Shares with Wilson's interval; beside them what a normal distribution would give."
    table = Table("expectancy", f"Success by level of the score: {criterion}", columns, rows, note)
    levels = max(len(one.expectancy) for one in criteria.values())
    lines = {
        words(target): np.array([row.success.estimate for row in one.expectancy])
        for target, one in criteria.items()
        if len(one.expectancy) == levels
    }
    plot = Plot(
        "expectancy",
        "Share that succeeded, from the lowest fifth of the score to the highest",
        plots.curves(
            np.arange(1, levels + 1),
            lines,
            labels=("fifth of the score", "share that succeeded"),
        ),
    )
    levels_of = [one.expectancy for one in criteria.values() if one.expectancy]
    lowest, highest = (_shares(one[end].success.estimate for one in levels_of) for end in (0, -1))
    sentence = (
        f"Over the targets, {lowest} of those with the lowest scores succeeded, and {highest} of "
        "those with the highest."
    )
    return Section("expectancy", "Expectancy", (sentence,), (table,), (plot,))


def _shares(values: Iterable[float]) -> str:
    """The smallest and the largest share, in per cent."""
    told = [value for value in values if value == value]
    ends = dict.fromkeys(f"{100 * one:.0f}" for one in (min(told), max(told)))
    return f"{' to '.join(ends)} %"


def halo_section(study: ValidityStudy, scored_by: str = "model") -> Section:
    """How alike the targets are, by method; ``scored_by`` is the name of the first."""
    named = {scored_by if name == "model" else name: one for name, one in study.halo.items()}
    rows = tuple(
        (words(method), one.first_share, one.mean_r, one.effective_rank)
        for method, one in named.items()
    )
    sentences = []
    for method, one in named.items():
        share = one.first_share.estimate
        sentences.append(
            f"{words(method).capitalize()}: one dimension holds {per_cent(share)} of the variance "
            f"of all targets{ONE if share > ONE_SCORE else ''}."
        )
    if study.halo_excess is not None:
        more = study.halo_excess
        sentences.append(
            f"Whether the model's targets are more alike than the raters' is not known, as "
            f"{unknown_as([more])}."
            if more.estimate != more.estimate
            else "The model's targets are more alike than the raters'."
            if more.low > 0
            else "The model's targets are not clearly more alike than the raters'."
        )
    columns = ("method", "share of the first dimension", "mean r of targets", "effective rank")
    table = Table("halo", "Halo", columns, rows)
    refused = None if rows else "It takes two targets."
    return Section("halo", "Halo", tuple(sentences), (table,) if rows else (), refused=refused)


def multitrait_section(study: ValidityStudy) -> Section:
    """The same trait by several methods."""
    found = study.multitrait
    assert found is not None  # noqa: S101 -- only called where there is one
    rows = tuple((words(name), value) for name, value in found.validities.items())
    counts = found.summary
    sentences = (
        f"{found.above_zero.held} of {found.above_zero.made} validities lie above 0; "
        f"{counts.over_heteromethod.held} of {counts.over_heteromethod.made} comparisons with "
        f"other traits by other methods hold, and {counts.over_monomethod.held} of "
        f"{counts.over_monomethod.made} with other traits by the same method.",
    )
    means = tuple((words(name), value) for name, value in found.means.items())
    tables = (
        Table("multitrait", "One trait by two methods", ("trait and methods", "r"), rows),
        Table("multitrait_means", "Mean correlations", ("of", "r"), means),
    )
    return Section("multitrait", "Traits and methods", sentences, tables, (), found.as_json())


def htmt_section(study: ValidityStudy) -> Section:
    """Heterotrait-monotrait ratios of answers."""
    rows = tuple((f"{words(a)} and {words(b)}", value) for (a, b), value in study.htmt.items())
    over = [row[0] for row in rows if row[1].high > HTMT_LIMIT]
    lost = unknown_as(study.htmt.values())
    sentence = (
        f"The upper limit exceeds .85 for {listed(over)}: these data do not show that they are "
        "told apart (Henseler, Ringle & Sarstedt 2015)."
        if over
        else f"Some ratios are not known, as {lost}."
        if lost
        else "No upper limit exceeds .85."
    )
    return Section(
        "htmt",
        "Discriminant validity",
        (sentence,),
        (Table("htmt", "HTMT", ("targets", "ratio"), rows),),
    )
