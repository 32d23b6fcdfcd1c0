"""Ratings as the commands read them: a manifest with a schema, and the long table by rater."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import pandas as pd
import yaml
from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.paired_comparisons.analysis import analyse
from trifold.paired_comparisons.io.tables import labels_table
from trifold.paired_comparisons.io.tables import schema_of as schema_of_scores
from trifold.paired_comparisons.settings import AnalysisSettings
from trifold.runtime.private import write_atomically
from trifold.studies.scores import RATER
from trifold.studio.database.projects import Candidate, Project, Recording
from trifold.studio.database.ratings import Comparison
from trifold.studio.ratings.agreement import long_table
from trifold.studio.ratings.pairs import judged
from trifold.studio.ratings.schema import RatedTarget, RatingSettings, schema_values, targets_of
from trifold.studio.recordings.tracks import choice_cells
from trifold.studio.web.visit import Studio
from trifold.tables.writing import as_csv, write_csv

MANIFEST, SCHEMA = "manifest.csv", "schema.yaml"
RATINGS = "ratings.csv"
RECORDINGS = "recordings"  # folder of a project
SAID = ("question", "question_id", "speaker", "transcript", "transcript_path")  # of a recording


def write_manifest(studio: Studio, project_id: str, folder: Path) -> Path:
    """Write ``manifest.csv`` and ``schema.yaml``, and the ratings that they were made of.

    The manifest has a row for each recording of a candidate with ratings and a column per target:
    the mean of the raters, or the score of their comparisons. ``ratings.csv`` has a row per
    candidate and rater. The manifest comes last: where it is there, all of it is.

    Args:
        studio: with the database.
        project_id: whose ratings.
        folder: to write to; it is made.

    Returns:
        The manifest's path.

    Raises:
        InputError: when nobody is rated.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with studio.database.reading() as session:
        project = session.get_one(Project, project_id)
        targets = targets_of(project.targets)
        if RatingSettings(**project.rating).mode == "pairs":
            means, schema = _compared(session, project, targets)
        else:
            write_csv(ratings_table(session, project_id), folder / RATINGS)
            means, schema = _rated(session, project, targets)
        rows = _rows(session, studio.folder_of(project_id), project_id, folder, means)
    if not rows:
        raise InputError(expected="ratings of somebody with a recording", got="none")
    text = yaml.safe_dump(schema, sort_keys=False, allow_unicode=True)
    (folder / SCHEMA).write_text(text, encoding="utf-8")
    write_atomically(folder / MANIFEST, as_csv(pd.DataFrame(rows)).encode())
    return folder / MANIFEST


def ratings_table(session: Session, project: str) -> pd.DataFrame:
    """A row per candidate and rater, a column per target; raters by their ids."""
    long = long_table(session, project)
    long["rater"] = long["source"].str.removeprefix(RATER)
    wide = long.pivot_table(
        index=["candidate_id", "rater"], columns="target", values="score", sort=False
    )
    return wide.rename_axis(columns=None).reset_index()


def comparisons_table(session: Session, project: str) -> pd.DataFrame:
    """A row per pair, target and rater, with the columns that ``trifold label`` takes."""
    recordings = {
        one.id: one
        for one in session.scalars(select(Recording).where(Recording.project_id == project))
    }
    rows = [
        {
            "left": recordings[one.left_id].path,
            "right": recordings[one.right_id].path,
            "winner": "" if one.choice == "none" else one.choice,
            "dimension": one.target,
            "question": recordings[one.left_id].question,
            "rater": one.account_id,
        }
        for one in session.scalars(
            select(Comparison)
            .where(Comparison.project_id == project)
            .order_by(Comparison.created_at, Comparison.id)
        )
    ]
    columns = ["left", "right", "winner", "dimension", "question", "rater"]
    return pd.DataFrame(rows, columns=columns)


def _rated(
    session: Session, project: Project, targets: Sequence[RatedTarget]
) -> tuple[pd.DataFrame, Mapping[str, object]]:
    """Mean ratings, candidates by targets, and their schema."""
    long = long_table(session, project.id)
    means = long.pivot_table(index="candidate_id", columns="target", values="score", sort=False)
    rated = [one for one in targets if one.name in means.columns]
    return means[[one.name for one in rated]], schema_values(project.name, rated)


def _compared(
    session: Session, project: Project, targets: Sequence[RatedTarget]
) -> tuple[pd.DataFrame, Mapping[str, object]]:
    """Scores of comparisons, candidates by targets: the mean over their recordings."""
    found = judged(session, project.id, targets)
    if not len(found.data):
        raise InputError(expected="comparisons", got="none")
    scores = analyse(found.data, AnalysisSettings(pairs=0))
    wanted = select(Candidate.id, Candidate.name).where(Candidate.project_id == project.id)
    names = dict(session.execute(wanted).all())
    table = labels_table(scores).assign(candidate_id=[names[one] for one in found.people])
    means = table.groupby("candidate_id")[list(found.data.dimensions)].mean()
    return means, schema_of_scores(scores, name=project.name)


def _rows(
    session: Session, home: Path, project: str, folder: Path, means: pd.DataFrame
) -> list[dict[str, object]]:
    """One row for each recording of somebody with ratings."""
    wanted = (
        select(Candidate.name, Recording)
        .join(Recording, Recording.candidate_id == Candidate.id)
        .where(Candidate.project_id == project, Recording.counts())
        .order_by(Candidate.name, Recording.path)
    )
    found = [(name, one) for name, one in session.execute(wanted) if name in means.index]
    clips = _clip_ids(one.path for _, one in found)
    said = [_said(one, folder) for _, one in found]
    shown = [key for key in (said[0] if said else ()) if any(cells[key] for cells in said)]
    return [
        {
            "candidate_id": name,
            "clip_id": clips[one.path],
            "path": Path(os.path.relpath(home / RECORDINGS / one.path, folder)).as_posix(),
            **{key: cells[key] for key in shown},
            **{str(target): value for target, value in means.loc[name].items()},
        }
        for (name, one), cells in zip(found, said, strict=True)
    ]


def _said(one: Recording, folder: Path) -> dict[str, str]:
    """What people and tables said of a recording, so that training reads it as scoring does."""
    cells = {key: str(getattr(one, key)) for key in SAID}
    if one.transcript_path:
        cells["transcript_path"] = Path(os.path.relpath(one.transcript_path, folder)).as_posix()
    return cells | choice_cells(one)


def _clip_ids(paths: Iterable[str]) -> dict[str, str]:
    """Paths to names of answers: without the ending, where that tells them apart."""
    given = list(paths)
    stems = [Path(one).with_suffix("").as_posix() for one in given]
    return {
        path: stem if stems.count(stem) == 1 else path
        for path, stem in zip(given, stems, strict=True)
    }
