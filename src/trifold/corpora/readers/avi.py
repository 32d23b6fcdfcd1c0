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

from trifold.contracts import Array, Clip, Corpus, Finding, TargetSchema
from trifold.corpora.checks import audit, finding, is_twin, passed
from trifold.corpora.label_names import disagreeing_names
from trifold.corpora.readers.avi_answers import N_QUESTIONS, answers_in
from trifold.corpora.readers.avi_labels import (
    LABELS,
    Release,
    label_tables,
    published_split,
    rated_people,
)
from trifold.corpora.splits import NAMES
from trifold.errors import CorpusError
from trifold.terms import terms

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
RELEASE = Release(
    name="avi",
    label_sets=LABEL_SETS,
    tables={
        "train": ("train_data.csv", "Training.csv"),
        "val": ("val_data.csv", "Validation.csv"),
        "test": ("test_data.csv", "Testing.csv"),
    },
    terms=terms(
        "AVI Challenge (ACM Multimedia): academic use only; not to be applied to real candidates",
        forbids=("commercial", "hiring"),
    ),
    same_name=SAME_NAME,
    other_names={  # of competencies in the release with Training.csv
        "Integrity": ("mean_rating_Integr",),
        "Collegiality": ("mean_rating_Colleg",),
        "Social_versatility": ("mean_rating_Soc_vers",),
        "Development_orientation": ("mean_rating_dev_orient",),
        "Hireability": ("mean_rating_hirea",),
    },
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
        CorpusError: see ``read_release``.
    """
    return read_release(Path(root), RELEASE, labels=labels, near_empty=near_empty, seed=seed)


def read_release(
    folder: Path,
    release: Release,
    *,
    labels: str,
    columns: Mapping[str, str] | None = None,
    near_empty: str = "keep",
    seed: int = 0,
) -> Corpus:
    """Read and check one label set of any publication of these interviews.

    Args:
        folder: the one that holds the tables.
        release: how this publication is laid out.
        labels: one of its label sets.
        columns: target to column, where a download calls it otherwise.
        near_empty: ``drop`` leaves out answers of five words or fewer.
        seed: of the split, where the tables do not tell it.

    Raises:
        CorpusError: for an unknown label set, a missing file or column, an id that occurs twice, an
            answer to an unknown question, a transcript layout with a candidate without answers, a
            label off the scale, or a part that nobody has answers in where all are published.
    """
    called = list(release.columns(labels, columns).values())
    tables = label_tables(folder, release, called)
    schema = release.schema(labels)
    rated, official = rated_people(tables, called, folder, release, schema)
    clips, more = answers_in(folder, list(rated), in_tables=LABELS in tables)
    mine = [clip for clip in clips if clip.candidate_id in rated]
    kept, findings = audit(mine, near_empty=near_empty)
    answered = {clip.candidate_id for clip in kept}
    ids = [person for person in rated if person in answered]
    silent = [part for part in NAMES if part not in {official.get(person) for person in ids}]
    if not ids or (release.complete and silent):
        of = (
            f"of people of {release.tables[silent[0]][0]}"
            if release.complete
            else "of labelled people"
        )
        raise CorpusError(expected=f"answers {of}", got="none", where=folder)
    self_report = labels.startswith("self")
    return Corpus(
        name=f"{release.name}_{labels}",
        clips=tuple(kept),
        labels={person: rated[person] for person in ids},
        schema=schema,
        splits=published_split(ids, official, seed=seed),
        terms=release.terms,
        synthetic=is_twin(folder),
        own_questions={t: q for t, q in OWN_QUESTIONS.items() if t in schema.names},
        findings=(
            *_of_people(rated, kept, schema),
            *([_names(tables, release.same_name)] if self_report else []),
            *more,
            *findings,
        ),
    )


def _names(tables: Mapping[str, pd.DataFrame], same_name: Mapping[str, str]) -> Finding:
    """Self-reports that do not agree with what observers rate under the same name."""
    together = pd.concat(list(tables.values()), ignore_index=True)
    pairs = {
        f"{mine} and observed {other}": together[[mine, other]].apply(pd.to_numeric).to_numpy(float)
        for mine, other in same_name.items()
        if {mine, other} <= set(together.columns)
    }
    return disagreeing_names(pairs, of=len(same_name))


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
