"""The YouTube Personality data set of Biel and Gatica-Perez (Idiap, 2013), as published.

``YouTube-Personality-Personality_impression_scores.csv`` (space-separated: vlogId Extr Agr Cons
Emot Open), ``YouTube-Personality-audiovisual_features.csv`` (vlogId, 21 audio and 4 ``hogv.*``
video features) and ``transcripts/<vlogId>.txt``. Big Five impressions of five MTurk raters on a
scale from 1 to 7; research use only. The published gender table is never read.
"""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from src.contracts import Clip, Corpus, Target, TargetSchema
from src.corpora.splits import split_by_candidate
from src.corpora.tables import check_scale, numbers, read_columns, unique_ids
from src.errors import CorpusError

SCORES = "YouTube-Personality-Personality_impression_scores.csv"
MEASURES = "YouTube-Personality-audiovisual_features.csv"
TRAITS = {
    "extraversion": "Extr",
    "agreeableness": "Agr",
    "conscientiousness": "Cons",
    "emotional_stability": "Emot",
    "openness": "Open",
}
SCHEMA = TargetSchema("youtube_personality", tuple(Target(t, 1.0, 7.0) for t in TRAITS))
TERMS = (
    "YouTube Personality data set (Biel and Gatica-Perez, Idiap, 2013): research use only; not to "
    "be applied to real candidates"
)
N_MEASURES = 25


def read_youtube_personality(root: str | Path, *, seed: int = 0) -> Corpus:
    """Read and check the published layout; candidates keep the order of the score file.

    Args:
        root: folder that holds the two tables and ``transcripts/``.
        seed: of the split into train, val and test, for runs without cross-validation.

    Raises:
        CorpusError: when a file or column is missing, an id occurs twice or has no features, or a
            score is no number or off the scale.
    """
    folder = Path(root)
    scores = read_columns(folder / SCORES, ["vlogId", *TRAITS.values()], separator=" ")
    measures = read_columns(folder / MEASURES, ["vlogId"], separator=" ")
    ids = unique_ids(scores, "vlogId", folder / SCORES)
    labels = numbers(scores, list(TRAITS.values()), folder / SCORES)
    check_scale(labels, SCHEMA, list(TRAITS.values()), folder / SCORES)
    rows = _measures(measures, folder / MEASURES)
    lacking = [vlog for vlog in ids if vlog not in rows]
    if lacking:
        raise CorpusError(
            expected=f"features of '{lacking[0]}'", got="no row", where=folder / MEASURES
        )
    clips = tuple(_clip(vlog, rows[vlog], folder / "transcripts") for vlog in ids)
    n_silent = sum(clip.transcript_path is None for clip in clips)
    silent = f"{n_silent} of {len(clips)} vlogs have no transcript"
    return Corpus(
        name="youtube_personality",
        clips=clips,
        labels=dict(zip(ids, labels, strict=True)),
        schema=SCHEMA,
        splits=split_by_candidate(ids, seed=seed),
        terms=TERMS,
        findings=(silent,) if n_silent else (),
    )


def _measures(table: pd.DataFrame, path: Path) -> dict[str, dict[str, float]]:
    """Vlog id to its 25 published numbers."""
    columns = [str(column) for column in table.columns if column != "vlogId"]
    if len(columns) != N_MEASURES:
        raise CorpusError(expected=f"{N_MEASURES} features", got=str(len(columns)), where=path)
    values = numbers(table, columns, path)
    ids = unique_ids(table, "vlogId", path)
    return {
        vlog: dict(zip(columns, row.tolist(), strict=True))
        for vlog, row in zip(ids, values, strict=True)
    }


def _clip(vlog: str, measures: dict[str, float], transcripts: Path) -> Clip:
    path = transcripts / f"{vlog}.txt"
    return Clip(
        clip_id=vlog,
        candidate_id=vlog,
        path=None,
        transcript_path=path if path.is_file() else None,
        measures=measures,
    )
