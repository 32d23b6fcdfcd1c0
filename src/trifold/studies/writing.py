"""A study on disk: one page that needs nothing else, a CSV per table, and JSON."""

from __future__ import annotations

import base64
import json
from pathlib import Path
from typing import Any

import pandas as pd

from trifold.runtime.private import private_folder, write_atomically
from trifold.studies.document import Document, Plot, Section, Table, flat, text_of, without_empty
from trifold.tables.writing import write_csv
from trifold.templates import render


def write_document(document: Document, out: Path) -> list[Path]:
    """Write ``report.html``, ``study.json``, ``tables/*.csv`` and ``plots/*.png``.

    Args:
        document: the study.
        out: the folder; it is made readable by its owner alone.
    """
    private_folder(out)
    written = [_json(document, out / "study.json")]
    for section in document.sections:
        for table in section.tables:
            path = out / "tables" / f"{table.name}.csv"
            private_folder(path.parent)
            written.append(write_csv(pd.DataFrame(flat(table)), path))
        for plot in section.plots:
            plot.draw(out / "plots" / f"{plot.name}.png")
            written.append(out / "plots" / f"{plot.name}.png")
    page = render(
        "study.html.j2",
        out / "report.html",
        title=document.title,
        synthetic=document.synthetic,
        terms=document.terms,
        lead=document.lead,
        source=document.source,
        sections=[_shown(section, out) for section in document.sections],
        flags=[{"code": str(c), "meaning": c.meaning, "advice": c.advice} for c in document.flags],
    )
    return [page, *written]


def lines_of(document: Document) -> list[str]:
    """The findings as the terminal prints them."""
    lines = [document.title, *document.lead]
    for section in document.sections:
        lines += ["", section.title.upper()]
        points = [f"* {point}" for point in section.points]
        lines += [section.refused] if section.refused else [*section.sentences, *points]
    return lines


def as_json(document: Document) -> dict[str, Any]:
    """The study with plain values; what is undefined is null."""
    return {
        "title": document.title,
        "lead": list(document.lead),
        "source": document.source,
        "synthetic": document.synthetic,
        "sections": {
            section.key: {
                "title": section.title,
                "sentences": [*section.sentences, *section.points],
                "refused": section.refused,
                "flags": [str(code) for code in section.flags],
                "facts": dict(section.facts),
                "tables": {table.name: flat(table) for table in section.tables},
            }
            for section in document.sections
        },
    }


def _json(document: Document, path: Path) -> Path:
    text = json.dumps(as_json(document), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    write_atomically(path, text.encode(), sync=False)
    return path


def _shown(section: Section, out: Path) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": section.title,
        "sentences": section.sentences,
        "points": section.points,
        "refused": section.refused,
        "tables": [_shown_table(table) for table in section.tables],
        "plots": [_shown_plot(plot, out) for plot in section.plots],
    }


def _shown_table(table: Table) -> dict[str, Any]:
    """Cells as text; a column whose every cell is a word is set to the left."""
    table = without_empty(table)
    cells = [[text_of(cell, whole=table.whole) for cell in row] for row in table.rows]
    words = [all(isinstance(row[i], str) for row in table.rows) for i in range(len(table.columns))]
    return {
        "title": table.title,
        "columns": table.columns,
        "rows": cells,
        "words": words,
        "note": table.note,
    }


def _shown_plot(plot: Plot, out: Path) -> dict[str, str]:
    data = (out / "plots" / f"{plot.name}.png").read_bytes()
    return {"alt": plot.alt, "data": base64.b64encode(data).decode()}
