"""Raters among themselves, each of them, and the model as one rater more."""

from __future__ import annotations

from collections.abc import Mapping

from trifold.psychometrics.reliability.studies.agreement import Agreement, agreement_study
from trifold.psychometrics.reliability.studies.raters import rater_study
from trifold.studies import plots
from trifold.studies.document import Plot, Section, Table, row
from trifold.studies.scores import RATER, Scores
from trifold.studies.sections.parts import all_unknown, span, unknown_as, words

NAMED = ("ICC(A,1)", "ICC(A,k)", "ICC(C,1)", "ICC(C,k)")
ANONYMOUS = ("ICC(1)", "ICC(k)")


def agreement_section(scores: Scores, *, resamples: int, seed: int) -> Section:
    """Raters among themselves, and the model beside them."""
    studies = agreement_study(
        scores.as_model().frame, anonymous=scores.anonymous, resamples=resamples, seed=seed
    )
    kinds = ANONYMOUS if scores.anonymous else NAMED
    rows = tuple(
        row(words(name), *(one.raters[kind] for kind in kinds)) for name, one in studies.items()
    )
    single, mean = kinds[0], kinds[1]
    sentences = [
        *_in_words(studies, single, mean),
        "Raters differ from person to person and have no names, so severity counts as error."
        if scores.anonymous
        else "ICC(A) counts a rater's severity as error, as it reaches the candidate; ICC(C) does "
        "not, and is right where only the order of people rated by the same raters matters.",
    ]
    tables = [Table("agreement", "Intraclass correlations", ("target", *kinds), rows)]
    tables += _model_tables(studies)
    forest = [(words(name), one.raters[single]) for name, one in studies.items()]
    plot = Plot(
        "agreement",
        f"Agreement of one rater with another, {single}, with 95 % intervals",
        plots.forest(forest, label=single, marks=(0.0, 0.7)),
    )
    facts = {name: one.as_json() for name, one in studies.items()}
    return Section(
        "agreement", "Agreement of raters", tuple(sentences), tuple(tables), (plot,), facts
    )


def _in_words(studies: Mapping[str, Agreement], single: str, mean: str) -> list[str]:
    alone = [study.raters[single] for study in studies.values()]
    together = [study.raters[mean] for study in studies.values()]
    if all_unknown(alone):
        return [f"How far raters agree is not known, as {unknown_as(alone)}."]
    sizes = sorted({f"{study.size:.3g}" for study in studies.values()})
    many = sizes[0] if len(sizes) == 1 else f"{sizes[0]} to {sizes[-1]}"
    found = [
        f"One rater alone, over the targets: {single} {span(alone)}; the mean of {many} raters: "
        f"{mean} {span(together)}."
    ]
    if any(study.has_gaps for study in studies.values()):
        found.append(
            "Not everybody has a rating from every rater, so these come from variance components "
            "of all ratings that are there; nobody is left out."
        )
    return found


def _model_tables(studies: Mapping[str, Agreement]) -> list[Table]:
    rows = [
        (words(name), one.model.human_human, one.model.human_model, one.model.smd, one.true.prmse)
        for name, one in studies.items()
        if one.model is not None and one.true is not None
    ]
    if not rows:
        return []
    columns = ("target", "rater and rater", "model and rater", "model minus raters", "PRMSE")
    note = (
        "ICC(A,1) of pairs; the difference of means in SD of ratings; PRMSE: how much of the true "
        "ratings' variance the model predicts, which raters' error does not keep down."
    )
    return [
        Table("model_against_raters", "The model as one rater more", columns, tuple(rows), note)
    ]


def raters_section(scores: Scores, *, draws: int, seed: int) -> Section:
    """What each rater does, and the ceiling that their disagreement sets."""
    studies = rater_study(scores.frame, draws=draws, seed=seed)
    rows = tuple(
        (words(target), rater.removeprefix(RATER), one.severity, one.sd_ratio, one.misfit)
        for target, study in studies.items()
        for rater, one in study.raters.items()
    )
    ceilings = [(words(target), study.ceiling) for target, study in studies.items()]
    columns = ("target", "rater", "severity", "SD ratio", "misfit")
    note = (
        "Severity: points less than the mean rater gives the same people. SD ratio: where its "
        "interval lies below 1, they keep to the middle of the scale (central tendency). Misfit: 1 "
        "is expected."
    )
    values = [value for _, value in ceilings]
    sentence = (
        f"The ceiling that raters' errors set for any model is not known, as {unknown_as(values)}."
        if all_unknown(values)
        else f"Raters' errors keep the correlation of any score with their mean to about "
        f"{span(values)} among all people, the ceiling for any model; it is an estimate with the "
        "interval in the table, and a sample may pass it by chance."
    )
    tables = (
        Table("raters", "Raters", columns, rows, note),
        Table(
            "ceilings",
            "Ceiling of validity",
            ("target", "√ reliability of the mean rating"),
            tuple(ceilings),
        ),
    )
    facts = {name: one.as_json() for name, one in studies.items()}
    return Section("raters", "Raters", (sentence,), tables, (), facts)
