"""A study on disk: one page that needs nothing else, a CSV per table, and JSON."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping, Sequence
from io import BytesIO
from pathlib import Path
from typing import Any

import pandas as pd

from trifold.decimals import FormattedNumber
from trifold.messages import raw, serialized
from trifold.runtime.private import private_folder, write_atomically
from trifold.studies.document import (
    DASH,
    Cell,
    Document,
    Plot,
    Section,
    Table,
    flat,
    text_of,
    without_empty,
)
from trifold.studies.plots import Drawing
from trifold.tables.writing import write_csv
from trifold.templates import render

TEMPLATE = "study.html.j2"


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
            plot.drawing.draw(out / "plots" / f"{plot.name}.png")
            written.append(out / "plots" / f"{plot.name}.png")
    page = render(
        TEMPLATE,
        out / "report.html",
        **with_pictures(
            page_values(document),
            lambda plot: (out / "plots" / f"{plot['name']}.png").read_bytes(),
        ),
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
    """The study with plain values; what is undefined is null.

    ``page`` is what the page says, message by message, so that it can be made in other languages.
    """
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
        "page": serialized(page_values(document)),
    }


def _json(document: Document, path: Path) -> Path:
    text = json.dumps(as_json(document), indent=2, ensure_ascii=False, allow_nan=False, default=str)
    write_atomically(path, text.encode(), sync=False)
    return path


def page_values(document: Document) -> dict[str, Any]:
    """Values of ``TEMPLATE`` without pictures; what is said in words is ``TranslatableText``."""
    return {
        "title": raw(document.title),
        "synthetic": document.synthetic,
        "terms": document.terms,
        "lead": [raw(line) for line in document.lead],
        "source": document.source,
        "sections": [_shown(section) for section in document.sections],
        "flags": [
            {"code": str(code), "meaning": raw(code.meaning), "advice": raw(code.advice)}
            for code in document.flags
        ],
    }


def with_pictures(
    values: Mapping[str, Any], picture: Callable[[Mapping[str, Any]], bytes]
) -> dict[str, Any]:
    """Values of ``TEMPLATE``.

    Args:
        values: of ``page_values``.
        picture: the PNG of one of its plots.
    """
    return {
        **values,
        "sections": [
            {
                **section,
                "plots": [
                    {"alt": plot["alt"], "data": base64.b64encode(picture(plot)).decode()}
                    for plot in section["plots"]
                ],
            }
            for section in values["sections"]
        ],
    }


def drawn(plot: Mapping[str, Any], *, point: str) -> bytes:
    """The PNG of a plot of ``page_values``, whatever language its words are in.

    Args:
        plot: with ``drawing``.
        point: in front of decimals.
    """
    file = BytesIO()
    Drawing(**plot["drawing"]).draw(file, point=point)
    return file.getvalue()


def _shown(section: Section) -> dict[str, Any]:
    return {
        "key": section.key,
        "title": raw(section.title),
        "sentences": [raw(one) for one in section.sentences],
        "points": [raw(one) for one in section.points],
        "refused": raw(section.refused) if section.refused else None,
        "tables": [_shown_table(table) for table in section.tables],
        "plots": [_shown_plot(plot) for plot in section.plots],
    }


def _shown_table(table: Table) -> dict[str, Any]:
    """Cells as text; a column of words is set to the left, one of numbers to the right."""
    table = without_empty(table)
    cells = [[text_of(cell, whole=table.whole) for cell in row] for row in table.rows]
    words = [_holds_words([row[i] for row in table.rows]) for i in range(len(table.columns))]
    return {
        "title": raw(table.title),
        "columns": table.columns,
        "rows": cells,
        "words": words,
        "note": raw(table.note) if table.note else "",
    }


def _holds_words(cells: Sequence[Cell]) -> bool:
    """Whether every cell is a text, and some are no figures such as a p-value or a share."""
    texts = [cell for cell in cells if isinstance(cell, str)]
    figures = [cell for cell in texts if isinstance(cell, FormattedNumber) or cell in ("", DASH)]
    return len(texts) == len(cells) and len(figures) < len(texts)


def _shown_plot(plot: Plot) -> dict[str, Any]:
    drawing = {"kind": plot.drawing.kind, "values": plot.drawing.values}
    return {"name": plot.name, "alt": raw(plot.alt), "drawing": drawing}
