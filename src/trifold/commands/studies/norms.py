"""``trifold norms``: a norm group to read scores against."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pandas as pd
from omegaconf import DictConfig

from trifold.commands.studies.shared import lead_of, scores_of, told
from trifold.errors import InputError
from trifold.psychometrics.norms.reading import write_norms
from trifold.psychometrics.norms.table import NormSample, NormTable, norm_table
from trifold.studies.document import Document, Section, Table
from trifold.studies.scores import Scores
from trifold.studies.sections.parts import words

RATERS = "human raters"  # in place of a bundle's id: no bundle's scores are read against these


def norms(config: DictConfig) -> list[Path]:
    """Write the norm table, and a page that shows it."""
    out = Path(config.out)
    if out.suffix != ".json":
        raise InputError(expected="out=NAME.json", got=out.name)
    scores = scores_of(config, people=True)  # what percentiles are given of
    table = norm_table(
        scores.as_model(ratings=scores.only_ratings).frame,
        _sample(config, scores),
        trained_on=(),
        force=config.force,
    )
    document = Document(
        f"Norm group {config.norm_id}",
        (f"{table.sample.name}: {table.sample.population}.", *lead_of(scores)),
        (_section(table),),
        str(scores.where),
        terms=table.sample.terms,
    )
    ids = dict.fromkeys(table.targets, (table.sample.norm_id,))
    written = told(document, config, out=out.with_suffix(""), norms=ids)
    write_norms(table, out)
    return [out, *written]


def _sample(config: DictConfig, scores: Scores) -> NormSample:
    return NormSample(
        norm_id=config.norm_id,
        name=config.name,
        population=config.population,
        language=config.language,
        country=config.country,
        collected_from=_day(config.collected_from, "collected_from"),
        collected_to=_day(config.collected_to, "collected_to"),
        model=config.model or (RATERS if scores.only_ratings else _bundle_of(scores.where)),
        schema=config.schema or "unstated",
        questions=config.questions,
        built_on=date.today(),
        terms=config.terms,
    )


def _day(text: object, setting: str) -> date:
    try:
        return date.fromisoformat(str(text))
    except ValueError as error:
        raise InputError(expected=f"{setting} as YYYY-MM-DD", got=repr(str(text))) from error


def _bundle_of(where: Path) -> str:
    """The bundle that scored a folder.

    Raises:
        InputError: when it is not told, or there were several.
    """
    table = where / "candidates.csv"
    ids = set() if not table.is_file() else set(pd.read_csv(table, dtype=str)["bundle_id"].dropna())
    if len(ids) != 1:
        raise InputError(
            expected="model=ID of the bundle that scored these people",
            got=f"{len(ids)} told by the scores",
            where=where,
        )
    return str(ids.pop())


def _section(table: NormTable) -> Section:
    columns = ("target", "people", "mean", "SD", "skew")
    rows = tuple((words(n), one.n, one.mean, one.sd, one.skew) for n, one in table.targets.items())
    note = "Where skew exceeds .5 either way, normalised scores are read."
    shown = Table("norms", "Distribution of raw scores", columns, rows, note)
    sizes = sorted({one.n for one in table.targets.values()})
    many = " to ".join(dict.fromkeys(f"{n:,}" for n in (sizes[0], sizes[-1])))
    sentences = (
        f"Percentiles of others are read among {many} people on each target.",
        *(f"{code}: {code.meaning}." for code in table.flags),
    )
    return Section("norms", "Norms", sentences, (shown,), (), table.as_json())
