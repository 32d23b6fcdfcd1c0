"""The Essays corpus of stream-of-consciousness texts (Pennebaker and King, 1999), text only.

2,467 students wrote for twenty minutes whatever came to mind and filled in a Big Five inventory.

* Layout: ``essays.csv`` with ``#AUTHID``, ``TEXT`` and ``cEXT cNEU cAGR cCON cOPN``, ``y`` or ``n``
  (Mairesse et al., 2007: above or below the median). Windows-1252 where it is not UTF-8.
* Targets, 0 or 1, self-reported: a probability comes out. ``cNEU`` is neuroticism.
* Licence and terms: published for research; the writers are students who cannot be asked again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

from trifold.contracts import Array, Clip, Corpus, Target, TargetSchema
from trifold.corpora.checks import audit, is_twin, passed
from trifold.corpora.splits import alone, split_by_person
from trifold.corpora.tables import encoding_finding, read_columns, unique_ids
from trifold.errors import CorpusError
from trifold.terms import terms

FILE = "essays.csv"
TRAITS = {
    "extraversion": "cEXT",
    "neuroticism": "cNEU",
    "agreeableness": "cAGR",
    "conscientiousness": "cCON",
    "openness": "cOPN",
}
SCHEMA = TargetSchema("essays", tuple(Target(t, 0.0, 1.0, "self_report") for t in TRAITS))
TERMS = terms(
    "Essays (Pennebaker and King, 1999; labels of Mairesse et al., 2007): research use only; not "
    "to be applied to real candidates",
    forbids=("commercial", "hiring"),
)


def read_essays(root: str | Path, *, near_empty: str = "drop", seed: int = 0) -> Corpus:
    """Read and check ``essays.csv``; authors keep its order.

    Args:
        root: the file, or the folder that holds it.
        near_empty: ``drop`` leaves out essays of five words or fewer.
        seed: of the split into train, val and test.

    Raises:
        CorpusError: when the file or a column is missing, an author occurs twice, or a label is
            neither y nor n.
    """
    path = Path(root) / FILE if Path(root).is_dir() else Path(root)
    table = read_columns(path, ["#AUTHID", "TEXT", *TRAITS.values()])
    ids = unique_ids(table, "#AUTHID", path)
    labels = dict(zip(ids, _labels(table, path), strict=True))
    clips = [Clip(i, i, None, transcript=text) for i, text in zip(ids, table["TEXT"], strict=True)]
    kept, findings = audit(clips, near_empty=near_empty)
    authors = [clip.candidate_id for clip in kept]
    if not authors:
        raise CorpusError(expected="at least one essay", got="none with words", where=path)
    return Corpus(
        name="essays",
        clips=tuple(kept),
        labels={author: labels[author] for author in authors},
        schema=SCHEMA,
        splits=split_by_person(alone(authors), seed=seed),
        terms=TERMS,
        synthetic=is_twin(path.parent),
        findings=(
            passed("repeated_ids", len(ids), "authors occur twice"),
            passed("off_scale", len(ids) * len(TRAITS), "labels are neither y nor n"),
            encoding_finding({path.name: table}),
            *findings,
        ),
    )


def _labels(table: pd.DataFrame, path: Path) -> Array:
    """(rows, 5) 0 or 1."""
    text = table[list(TRAITS.values())].apply(lambda column: column.str.strip().str.lower())
    wrong = ~text.isin(["y", "n"]).to_numpy()
    if wrong.any():
        row, column = (int(i) for i in np.argwhere(wrong)[0])
        raise CorpusError(
            expected=f"y or n in column '{text.columns[column]}'",
            got=f"{table[text.columns[column]].iloc[row]!r} in {table.attrs['places'][row]}",
            where=path,
        )
    values: Array = (text == "y").to_numpy(dtype=np.float64)
    return values
