"""The layout of Essays with invented writers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.corpora.mock.cast import Twin, begin, cast
from trifold.corpora.readers.essays import FILE, SCHEMA, TRAITS

QUOTE = "\u2019"  # one byte in Windows-1252 that is no UTF-8


def write(root: Path, twin: Twin) -> Iterator[str]:
    """``essays.csv`` in Windows-1252, yielding each author's id."""
    begin(root)
    generator = np.random.default_rng(twin.seed)
    rows = []
    for p, actor in enumerate(cast(twin, answers=2)):
        author = f"2000_{p:06d}.txt"
        text = f"Well, it{QUOTE}s {p + 1} o{QUOTE}clock. {actor.says(0).text} {actor.says(1).text}"
        row: dict[str, object] = {"#AUTHID": author, "TEXT": text}
        for target in SCHEMA.targets:
            row[TRAITS[target.name]] = actor.label(target, generator)
        rows.append(row)
        yield author
    table = pd.DataFrame(rows)
    for column in TRAITS.values():
        table[column] = np.where(table[column] > table[column].median(), "y", "n")
    table.to_csv(root / FILE, index=False, encoding="cp1252")
