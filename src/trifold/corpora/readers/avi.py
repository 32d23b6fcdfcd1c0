"""The AVI Challenge data (ACM Multimedia 2025 and 2026): six interview answers of each person.

Two layouts are read:

* transcripts: ``answers.csv`` (id, question q1 … q6, transcript), ``questions.csv`` (question,
  text) and ``labels.csv`` (id, label columns);
* videos: ``train_data.csv`` and ``val_data.csv`` (or ``Training.csv``, ``Validation.csv``, …) with
  ids and label columns, and below the same folder ``<id>_q1_generic.mp4`` …
  ``<id>_q6_personality.mp4``, with transcripts beside them where there are any.

Questions q1 and q2 are the same for everybody and published as ``general``; q3 to q6 were each
written for one HEXACO trait. Targets, 1 to 5: HEXACO traits and five competencies as observers
rated them (2025), HEXACO traits as the speakers rate themselves (2026); the two are never mixed.
The challenge calls E_self Extraversion, but it does not agree with the Extraversion that observers
see, and is most probably HEXACO's Emotionality: that is its name here (``label_names`` among the
findings has the correlation), and ``self_hexaco_as_published`` keeps the challenge's.
Gender, age, education and work experience stand in the label tables and are never read. Licence
and terms: academic use only.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from trifold.contracts import Array, Clip, Corpus, Finding, Split, Target, TargetSchema
from trifold.corpora.checks import audit, finding, is_twin, passed
from trifold.corpora.label_names import disagreeing_names
from trifold.corpora.readers.avi_answers import N_QUESTIONS, answers_in
from trifold.corpora.splits import alone, split_by_person
from trifold.corpora.tables import (
    check_scale,
    numbers,
    read_columns,
    unique_ids,
)
from trifold.errors import CorpusError
from trifold.terms import terms

LABELS = "labels.csv"
TABLES: dict[Split, tuple[str, ...]] = {
    "train": ("train_data.csv", "Training.csv"),
    "val": ("val_data.csv", "Validation.csv"),
    "test": ("test_data.csv", "Testing.csv"),
}
LABEL_SETS: dict[str, dict[str, str]] = {
    "observer_hexaco": {
        "honesty_humility": "Honesty-Humility",
        "extraversion": "Extraversion",
        "agreeableness": "Agreeableness",
        "conscientiousness": "Conscientiousness",
    },
    "competencies": {
        "integrity": "Integrity",
        "collegiality": "Collegiality",
        "social_versatility": "Social_versatility",
        "development_orientation": "Development_orientation",
        "hireability": "Hireability",
    },
    "self_hexaco": {
        "honesty_humility": "H_self",
        "emotionality": "E_self",
        "agreeableness": "A_self",
        "conscientiousness": "C_self",
    },
    "self_hexaco_as_published": {
        "honesty_humility": "H_self",
        "extraversion": "E_self",
        "agreeableness": "A_self",
        "conscientiousness": "C_self",
    },
}
OWN_QUESTIONS = {  # of the trait that the challenge names so; emotionality has none
    "honesty_humility": "q3",
    "extraversion": "q4",
    "agreeableness": "q5",
    "conscientiousness": "q6",
}
SAME_NAME = {  # self-report to observer's rating of the trait that the challenge calls the same
    "H_self": "Honesty-Humility",
    "E_self": "Extraversion",
    "A_self": "Agreeableness",
    "C_self": "Conscientiousness",
}
OTHER_NAMES = {  # of competencies in the release with Training.csv
    "Integrity": "mean_rating_Integr",
    "Collegiality": "mean_rating_Colleg",
    "Social_versatility": "mean_rating_Soc_vers",
    "Development_orientation": "mean_rating_dev_orient",
    "Hireability": "mean_rating_hirea",
}
TERMS = terms(
    "AVI Challenge (ACM Multimedia): academic use only; not to be applied to real candidates",
    forbids=("commercial", "hiring"),
)


def read_avi(root: str | Path, *, labels: str, near_empty: str = "keep", seed: int = 0) -> Corpus:
    """Read and check one label set; candidates keep the order of the label tables.

    Args:
        root: folder that holds the tables.
        labels: ``observer_hexaco`` (2025 Track 1), ``competencies`` (2025 Track 2),
            ``self_hexaco`` (2026 Track 1) or ``self_hexaco_as_published``.
        near_empty: ``drop`` leaves out answers of five words or fewer.
        seed: of the split into train, val and test, for runs without cross-validation. Published
            splits go before it: without a labelled test table the validation people are tested on.

    Raises:
        CorpusError: for an unknown label set, a missing file or column, an id that occurs twice, an
            answer to an unknown question, a transcript layout with a candidate without answers, or
            a label off the scale.
    """
    if labels not in LABEL_SETS:
        raise CorpusError(expected=f"labels among {', '.join(LABEL_SETS)}", got=repr(labels))
    folder = Path(root)
    tables = _label_tables(folder, LABEL_SETS[labels])
    schema = schema_of(labels)
    rated, official = _rated(tables, schema, LABEL_SETS[labels], folder)
    clips, more = answers_in(folder, list(rated), in_tables=LABELS in tables)
    mine = [clip for clip in clips if clip.candidate_id in rated]
    kept, findings = audit(mine, near_empty=near_empty)
    answered = {clip.candidate_id for clip in kept}
    ids = [person for person in rated if person in answered]
    if not ids:
        raise CorpusError(expected="answers of labelled people", got="none", where=folder)
    return Corpus(
        name=f"avi_{labels}",
        clips=tuple(kept),
        labels={person: rated[person] for person in ids},
        schema=schema,
        splits=_splits(ids, official, seed),
        terms=TERMS,
        synthetic=is_twin(folder),
        own_questions={t: q for t, q in OWN_QUESTIONS.items() if t in schema.names},
        findings=(
            *_of_people(rated, kept, schema),
            *([_names(tables)] if labels.startswith("self") else []),
            *more,
            *findings,
        ),
    )


def schema_of(labels: str) -> TargetSchema:
    """The targets of a label set."""
    source = "self_report" if labels.startswith("self_hexaco") else "observer"
    names = LABEL_SETS[labels]
    return TargetSchema(f"avi_{labels}", tuple(Target(n, 1.0, 5.0, source) for n in names))  # type: ignore[arg-type]


def _names(tables: Mapping[str, pd.DataFrame]) -> Finding:
    """Self-reports that do not agree with what observers rate under the same name."""
    together = pd.concat(list(tables.values()), ignore_index=True)
    pairs = {
        f"{mine} and observed {other}": together[[mine, other]].apply(pd.to_numeric).to_numpy(float)
        for mine, other in SAME_NAME.items()
        if {mine, other} <= set(together.columns)
    }
    return disagreeing_names(pairs, of=len(SAME_NAME))


def _label_tables(folder: Path, columns: Mapping[str, str]) -> dict[str, pd.DataFrame]:
    """File name to table; ``labels.csv``, or the published parts that are there and labelled."""
    parts = [name for names in TABLES.values() for name in names if (folder / name).is_file()]
    names = [LABELS] if (folder / LABELS).is_file() else parts
    if not names:
        return {LABELS: read_columns(folder / LABELS, ["id"])}  # says that it is missing
    tables = {}
    for name in names:
        table = read_columns(folder / name, ["id"])
        known = {OTHER_NAMES[c]: c for c in columns.values() if c in OTHER_NAMES}
        table = table.rename(columns=known)
        if name in TABLES["test"] and not set(columns.values()) <= set(table.columns):
            continue  # published without labels
        tables[name] = table
    return tables


def _rated(
    tables: Mapping[str, pd.DataFrame],
    schema: TargetSchema,
    columns: Mapping[str, str],
    folder: Path,
) -> tuple[dict[str, Array], dict[str, Split]]:
    """Person to labels, and to the published split where the table tells it."""
    rated: dict[str, Array] = {}
    official: dict[str, Split] = {}
    for name, table in tables.items():
        path = folder / name
        _require(table, list(columns.values()), path)
        ids = unique_ids(table, "id", path)
        twice = [person for person in ids if person in rated]
        if twice:
            came = f"'{twice[0]}' in another table too"
            raise CorpusError(expected="each candidate in one split", got=came, where=path)
        values = numbers(table, list(columns.values()), path)
        check_scale(values, schema, list(columns.values()), path, table)
        rated |= dict(zip(ids, values, strict=True))
        part = [split for split, names in TABLES.items() if name in names]
        official |= dict.fromkeys(ids, part[0]) if part else {}
    return rated, official


def _require(table: pd.DataFrame, columns: list[str], path: Path) -> None:
    missing = [column for column in columns if column not in table.columns]
    if missing:
        came = ", ".join(map(str, table.columns[:12]))
        raise CorpusError(expected=f"a column '{missing[0]}'", got=f"columns {came}", where=path)


def _splits(ids: list[str], official: Mapping[str, Split], seed: int) -> dict[str, Split]:
    """The published split where it has several parts; otherwise dealt by person."""
    parts = {official[person] for person in ids if person in official}
    if parts == {"train", "val", "test"}:
        return {person: official[person] for person in ids}
    if parts == {"train", "val"}:
        train = [person for person in ids if official[person] == "train"]
        dealt = split_by_person(alone(train), fractions=(0.85, 0.15, 0.0), seed=seed)
        return {person: dealt.get(person, "test") for person in ids}
    return split_by_person(alone(ids), seed=seed)


def _of_people(
    rated: Mapping[str, Array], clips: list[Clip], schema: TargetSchema
) -> list[Finding]:
    counts = dict.fromkeys(rated, 0)
    for clip in clips:
        counts[clip.candidate_id] += 1
    none = [person for person, n in counts.items() if n == 0]
    few = [person for person, n in counts.items() if 0 < n < N_QUESTIONS]
    return [
        passed("repeated_ids", len(rated), "people occur twice"),
        passed("people_in_two_splits", len(rated), "people stand in two splits"),
        passed("off_scale", len(rated) * len(schema.targets), "labels lie off their scale"),
        finding("no_answers", none, len(rated), "people have no answer", "left out"),
        finding("few_answers", few, len(rated), f"people have fewer than {N_QUESTIONS} answers"),
    ]
