"""Whom decisions and scores disadvantage, in sentences; there is no colour and no verdict."""

from __future__ import annotations

import re
from functools import partial

import pandas as pd

from trifold.psychometrics.impact.local_law_144 import DISCLAIMER, LocalLaw144
from trifold.psychometrics.impact.prediction.study import PredictionStudy
from trifold.psychometrics.impact.study import ColumnImpact, ImpactStudy
from trifold.studies import plots
from trifold.studies.document import Cell, Plot, Section, Table
from trifold.studies.sections.gaps import accuracy_section
from trifold.studies.sections.parts import listed, per_cent, words

CAUTION = (
    "A ratio of four fifths is a rule of thumb for where to look, no proof of anything; a ratio "
    "above it is no proof of the absence of bias either. Read it with its interval, the exact "
    "test, and how few people would turn it round."
)

ALPHA = 0.05
CHANCE = 0.5  # of an area under the curve


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
        f"Scoring rate: the share above the median, {result.median:g}, of {result.median_over}; "
        f"{per_cent(result.above_median)} of them lie above it."
        if result.mode == "score"
        else "Selection rate: the share that was selected."
    )
    title = "New York City, Local Law 144: tables of the rule"
    return Section(key, title, (median, f"{DISCLAIMER}."), tables, (), result.as_json())


def prediction_sections(study: PredictionStudy) -> list[Section]:
    """Whether equal scores mean equal criteria, errors by group, amplification and leaks."""
    of = (
        "ratings (measurement bias against ratings)"
        if study.criterion_is_rating
        else "the criterion"
    )
    found = []
    if study.prediction:
        rows = tuple(
            (
                key,
                one.n,
                f"{one.omnibus.p:.3f}",
                f"{study.multiplicity[key].holm:.3f}",
                one.sentence,
            )
            for key, one in study.prediction.items()
        )
        columns = ("target, groups", "people", "p", "p, Holm", "what may be said")
        table = Table("prediction", f"Differential prediction of {of}", columns, rows)
        clear = [key for key in study.prediction if study.multiplicity[key].holm < ALPHA]
        sentence = (
            f"Regressions of {of} on scores differ between groups for {listed(clear)} (Holm)."
            if clear
            else f"None of {len(rows)} comparisons shows, corrected for their number (Holm), that "
            "regressions differ by group; what could have been found stands beside each."
        )
        facts = study.as_json()
        found.append(
            Section("prediction", "Differential prediction", (sentence,), (table,), (), facts)
        )
    if study.accuracy:
        found.append(accuracy_section(study))
    if study.leaks:
        leak_rows = tuple((key, leak.auc) for key, leak in study.leaks.items())
        note = (
            "Area under the curve of telling the group from all scores, cross-validated; .5 is "
            "chance. Used for this audit alone."
        )
        leaks = Table(
            "leaks", "What scores tell about the group", ("groups", "AUC"), leak_rows, note
        )
        above = [key for key, leak in study.leaks.items() if leak.auc.low > CHANCE]
        told = (
            f"Scores tell more than chance about {listed(above)}."
            if above
            else "These data do not show that scores tell anything about groups."
        )
        found.append(Section("leaks", "Leaks", (told,), (leaks,)))
    if study.refused:
        lines = tuple(f"{words(what)}: {why}" for what, why in study.refused.items())
        found.append(Section("prediction_left_out", "What could not be told", lines))
    return found


def _division(study: ImpactStudy, decision: str, division: ColumnImpact) -> Section:
    cut = study.cuts.get(decision)
    what = words(decision) if cut is None else f"{words(decision)} at {cut:g} or above"
    rows: list[tuple[Cell, ...]] = []
    for group in division.groups:
        one = group.comparison
        rows.append(
            (
                group.name,
                group.selected,
                group.rate,
                None if one is None else one.ratio,
                "" if one is None else f"{one.tests.mid_p:.3f}",
                None if one is None else one.shortfall,
                None if one is None else one.flag_gone_after,
                group.score_difference,
            )
        )
    columns = (
        "group",
        "selected",
        "rate",
        "ratio",
        "mid-p",
        "shortfall",
        "flips with",
        "d of scores",
    )
    key = _key("impact", decision, division.column)
    sentences = [
        f"{group.name} against {division.reference}: {group.comparison.verdict}"
        for group in division.groups
        if group.comparison is not None
    ]
    if division.unknown:
        sentences.append(f"{division.unknown} people without a group are in no rate.")
    ratios = [(g.name, g.comparison.ratio) for g in division.groups if g.comparison is not None]
    shown = Plot(
        key,
        f"Impact ratios to {division.reference}, with 95 % intervals; dotted: four fifths and 1",
        partial(plots.forest, ratios, label="impact ratio", marks=(0.8, 1.0), logarithmic=True),
    )
    table = Table(key, f"Rates by {words(division.column)}", columns, tuple(rows), note=CAUTION)
    title = f"{what}: {words(division.column)}"
    return Section(
        key,
        f"{title[:1].upper()}{title[1:]}",
        tuple(sentences),
        (table,),
        (shown,) if ratios else (),
    )


def _sweep(decision: str, division: ColumnImpact, sweep: pd.DataFrame) -> Section:
    """Every cut; the page names no best one."""
    key = _key("sweep", decision, division.column)
    names = [str(name) for name in dict.fromkeys(sweep["group"])]
    cuts = sorted(set(sweep["cut"]))
    wide = sweep.pivot_table(index="cut", columns="group", values="ratio", aggfunc="first").loc[
        cuts
    ]
    lines = {name: wide[name].to_numpy(float) for name in names if name in wide}
    plot = Plot(
        key,
        f"Impact ratio at every cut of {words(decision)}; dotted: four fifths and 1",
        partial(
            plots.curves,
            wide.index.to_numpy(float),
            lines,
            labels=(f"cut of {words(decision)}", "impact ratio"),
            marks=(0.8, 1.0),
        ),
    )
    columns = tuple(str(name) for name in sweep.columns)
    rows = tuple(tuple(row) for row in sweep.astype(object).itertuples(index=False))
    kept = Table(key, "All cuts", columns, rows)
    title = f"All cuts of {words(decision)}: {words(division.column)}"
    sentence = "One cut holds for all groups; no cut is marked as the best."
    return Section(key, title, (sentence,), (kept,) if len(rows) <= 60 else (), (plot,))


def _key(*parts: str) -> str:
    """A name for files and links."""
    return re.sub(r"[^A-Za-z0-9]+", "_", "_".join(parts)).strip("_")
