"""``trifold label comparisons=FILE out=DIR``: pairwise judgements to scores."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pandas as pd
import yaml
from omegaconf import DictConfig, OmegaConf

from trifold.commands.governance.policies import Gate
from trifold.commands.shared import existing
from trifold.paired_comparisons.analysis import Analysis, analyse
from trifold.paired_comparisons.diagnostics.warnings import warnings_of
from trifold.paired_comparisons.io import tables
from trifold.paired_comparisons.io.page import page_values, summary_lines
from trifold.paired_comparisons.io.plots import draw
from trifold.paired_comparisons.io.reading import read_comparisons
from trifold.paired_comparisons.settings import AnalysisSettings
from trifold.tables.writing import write_csv
from trifold.templates import render


def label(config: DictConfig) -> list[Path]:
    """Fit the label model; write scores, diagnostics and a report."""
    file = existing(config.comparisons, what="a table of judgements")
    plain: Any = OmegaConf.to_container(config, resolve=True)
    read = read_comparisons(file, dimensions=plain["dimensions"], columns=plain["columns"])
    Gate.of(config).look_at_judgements((*read.columns, *(plain["dimensions"] or ())))
    settings = plain["model"] | {"fractions": tuple(plain["model"]["fractions"])}
    found = analyse(read.data, AnalysisSettings(**settings))
    warnings = warnings_of(found)
    facts = tables.summary(found, findings=read.findings, warnings=warnings)
    print(*summary_lines(facts), sep="\n")
    out = Path(config.out)
    out.mkdir(parents=True, exist_ok=True)
    written = _write_tables(found, facts, out, name=config.name)
    plots = draw(found, out / "plots")
    page = render(
        "labels.html.j2",
        out / "report.html",
        title=f"Scores from comparisons: {config.name}",
        synthetic=config.synthetic,
        terms=config.terms,
        **page_values(found, facts, plots, adaptive=config.adaptive),
    )
    return [*written, page]


def _write_tables(found: Analysis, facts: Mapping[str, Any], out: Path, *, name: str) -> list[Path]:
    """CSV tables, ``schema.yaml`` for the targets and ``results.json``."""
    frames: dict[str, pd.DataFrame] = {
        "scores": tables.scores_table(found),
        "labels": tables.labels_table(found),
        "dimensions": tables.dimensions_table(found),
        "raters": tables.raters_table(found),
        "questions": tables.questions_table(found),
        "penalties": tables.path_table(found),
        "pairs": tables.pairs_table(found),
    }
    for stem, frame in frames.items():
        write_csv(frame, out / f"{stem}.csv", float_format="%.6g")
    schema = yaml.safe_dump(tables.schema_of(found, name=name), sort_keys=False)
    (out / "schema.yaml").write_text(schema, encoding="utf-8")
    results = out / "results.json"
    results.write_text(json.dumps(facts, indent=2, allow_nan=False) + "\n", encoding="utf-8")
    return [out / f"{stem}.csv" for stem in ("scores", "labels", "pairs")] + [results]
