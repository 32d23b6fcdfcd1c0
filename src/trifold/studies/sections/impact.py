"""Whom decisions and scores disadvantage, in sentences; there is no colour and no verdict."""

from __future__ import annotations

import re

import pandas as pd

from trifold.decimals import general, probability
from trifold.messages import joined, raw, say, sentence
from trifold.psychometrics.impact.local_law_144 import DISCLAIMER, LocalLaw144
from trifold.psychometrics.impact.multiplicity import adjust
from trifold.psychometrics.impact.prediction.study import PredictionStudy
from trifold.psychometrics.impact.study import ColumnImpact, ImpactStudy
from trifold.studies import plots
from trifold.studies.document import Cell, Plot, Section, Table
from trifold.studies.sections.gaps import accuracy_section
from trifold.studies.sections.parts import GROUP, PEOPLE, listed, per_cent, words

CAUTION = say(
    "A ratio of four fifths is a rule of thumb for where to look, no proof of anything; a ratio "
    "above it is no proof of the absence of bias either. Read it with its interval, the exact "
    "test, and how few people would turn it round."
)
LACKING = say(
    "Short of the common rate: selections that the group lacks to the rate of it and the reference "
    "taken together. Short of four fifths: how many more would bring it to four fifths of the "
    "reference's rate, as the sentences say. Flag gone after: selections moved from the reference "
    "to the group until it is no longer below four fifths; one flips it where a single one moved "
    "puts the group level or ahead."
)
COMMON = say(
    "shortfall: selections that the group lacks to the rate of it and the reference taken together."
)
ALPHA = 0.05


def impact_sections(study: ImpactStudy) -> list[Section]:
    """Rates, ratios and tests of each decision and each division of people."""
    found = []
    for decision, divisions in study.decisions.items():
        for division in divisions:
            found.append(_division(study, decision, division))
            if division.sweep is not None:
                found.append(_sweep(decision, division, division.sweep))
    return found


def law_section(result: LocalLaw144, key: str = "local_law_144") -> Section:
    """The tables of New York City's Local Law 144, which has no threshold."""
    tables = tuple(
        Table(
            f"{key}_{number}",
            words(table.name),
            ("category", "people", "selected", "rate", "impact ratio", "left out because"),
            tuple(
                (row.category, row.n, row.selected, row.rate, row.impact_ratio, row.left_out)
                for row in table.rows
            ),
            note=f"{table.unknown} people without a category are in no rate.",
        )
        for number, table in enumerate(result.tables, start=1)
    )
    median = (
        f"Scoring rate: the share above the median, {general(result.median)}, of "
        f"{result.median_over}; {per_cent(result.above_median)} of them lie above it."
        if result.mode == "score"
        else "Selection rate: the share that was selected."
    )
    title = "New York City, Local Law 144: tables of the rule"
    return Section(key, title, (median, f"{DISCLAIMER}."), tables, (), result.as_json())


def prediction_sections(study: PredictionStudy) -> list[Section]:
    """Whether equal scores mean equal criteria, errors by group, amplification and leaks."""
    found = []
    if study.prediction:
        found.append(_prediction(study))
    if study.accuracy:
        found.append(accuracy_section(study))
    if study.leaks:
        found.append(_leaks(study))
    if study.refused:
        lines = tuple(joined([raw(what), raw(why)], ": ") for what, why in study.refused.items())
        found.append(Section("prediction_left_out", say("What could not be told"), lines))
    return found


def _prediction(study: PredictionStudy) -> Section:
    of = (
        say("ratings (measurement bias against ratings)")
        if study.criterion_is_rating
        else say("the criterion")
    )
    rows = tuple(
        (
            key,
            one.n,
            probability(one.omnibus.p),
            probability(study.multiplicity[key].holm),
            one.sentence,
        )
        for key, one in study.prediction.items()
    )
    columns = (
        say("target, groups"),
        PEOPLE,
        "p",
        say("p, Holm"),
        say("what may be said"),
    )
    table = Table("prediction", say("Differential prediction of %(of)s", of=of), columns, rows)
    clear = [key for key in study.prediction if study.multiplicity[key].holm < ALPHA]
    told = (
        say(
            "Regressions of %(of)s on scores differ between groups for %(names)s (Holm).",
            of=of,
            names=listed(clear),
        )
        if clear
        else say(
            "None of %(n)s comparisons shows, corrected for their number (Holm), that regressions "
            "differ by group; what could have been found stands beside each.",
            n=len(rows),
        )
    )
    title = say("Differential prediction")
    return Section("prediction", title, (told,), (table,), (), study.as_json())


def _leaks(study: PredictionStudy) -> Section:
    family = adjust({key: leak.p for key, leak in study.leaks.items()})
    rows = tuple((key, leak.auc, probability(leak.p)) for key, leak in study.leaks.items())
    note = say(
        "Area under the curve of telling the group from all scores, cross-validated; .5 is "
        "chance. p: share of samples with shuffled groups that reach as much. Used for this "
        "audit alone."
    )
    title = say("What scores tell about the group")
    table = Table("leaks", title, (say("groups"), "AUC", "p"), rows, note)
    above = [key for key, one in family.items() if one.screened]
    told = (
        say(
            "Scores tell more than chance about %(names)s (Benjamini-Hochberg, q .10).",
            names=listed(above),
        )
        if above
        else say("These data do not show that scores tell anything about groups.")
    )
    return Section("leaks", say("Leaks"), (told,), (table,))


def _division(study: ImpactStudy, decision: str, division: ColumnImpact) -> Section:
    rows: list[tuple[Cell, ...]] = []
    for group in division.groups:
        one = group.comparison
        rows.append(
            (
                group.name,
                group.selected,
                group.rate,
                None if one is None else one.ratio,
                "" if one is None else probability(one.tests.mid_p),
                "" if one is None or one.groups < 3 else probability(one.p_among_all),
                None if one is None else one.shortfall,
                None if one is None else one.persons_to_four_fifths,
                None if one is None else one.flag_gone_after,
                group.score_difference,
            )
        )
    columns = (
        GROUP,
        say("selected"),
        say("rate"),
        say("ratio"),
        "mid-p",
        say("mid-p among all"),
        say("short of the common rate"),
        say("short of four fifths"),
        say("flag gone after"),
        say("d of scores"),
    )
    key = _key("impact", decision, division.column)
    sentences = [
        say(
            "%(name)s against %(reference)s: %(verdict)s",
            name=group.name,
            reference=division.reference,
            verdict=group.comparison.verdict,
        )
        for group in division.groups
        if group.comparison is not None
    ]
    if division.unknown:
        sentences.append(say("%(n)s people without a group are in no rate.", n=division.unknown))
    ratios = [(g.name, g.comparison.ratio) for g in division.groups if g.comparison is not None]
    shown = Plot(
        key,
        say(
            "Impact ratios to %(reference)s, with 95 %% intervals; dotted: four fifths and 1",
            reference=division.reference,
        ),
        plots.forest(ratios, label=say("impact ratio"), marks=(0.8, 1.0), logarithmic=True),
    )
    by = say("Rates by %(groups)s", groups=words(division.column))
    table = Table(key, by, columns, tuple(rows), note=joined([LACKING, CAUTION], " "))
    title = sentence(joined([_what(study, decision), words(division.column)], ": "))
    return Section(key, title, tuple(sentences), (table,), (shown,) if ratios else ())


def _what(study: ImpactStudy, decision: str) -> str:
    """A decision, with the cut that made it."""
    cut = study.cuts.get(decision)
    if cut is None:
        return words(decision)
    return say("%(target)s at %(cut)s or above", target=words(decision), cut=general(cut))


def _sweep(decision: str, division: ColumnImpact, sweep: pd.DataFrame) -> Section:
    """Every cut; the page names no best one."""
    key = _key("sweep", decision, division.column)
    names = [str(name) for name in dict.fromkeys(sweep["group"])]
    cuts = sorted(set(sweep["cut"]))
    wide = sweep.pivot_table(index="cut", columns="group", values="ratio", aggfunc="first").loc[
        cuts
    ]
    lines = {name: wide[name].to_numpy(float) for name in names if name in wide}
    target = words(decision)
    plot = Plot(
        key,
        say("Impact ratio at every cut of %(target)s; dotted: four fifths and 1", target=target),
        plots.curves(
            wide.index.to_numpy(float),
            lines,
            labels=(say("cut of %(target)s", target=target), say("impact ratio")),
            marks=(0.8, 1.0),
        ),
    )
    columns = tuple(str(name) for name in sweep.columns)
    rows = tuple(tuple(row) for row in sweep.astype(object).itertuples(index=False))
    kept = Table(key, say("All cuts"), columns, rows, COMMON)
    title = say("All cuts of %(target)s: %(groups)s", target=target, groups=words(division.column))
    told = say("One cut holds for all groups; no cut is marked as the best.")
    return Section(key, title, (told,), (kept,) if len(rows) <= 60 else (), (plot,))


def _key(*parts: str) -> str:
    """A name for files and links."""
    return re.sub(r"[^A-Za-z0-9]+", "_", "_".join(parts)).strip("_")
