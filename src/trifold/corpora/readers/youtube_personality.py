"""The YouTube Personality data set of Biel and Gatica-Perez (Idiap, 2013), as published.

404 vloggers; the videos themselves are not published.

* Layout: ``YouTube-Personality-Personality_impression_scores.csv`` (space-separated: vlogId Extr
  Agr Cons Emot Open), ``YouTube-Personality-audiovisual_features.csv`` (vlogId, 21 audio and 4
  ``hogv.*`` video features) and ``transcripts/<vlogId>.txt``. Whoever has the videos may put them
  into ``videos/<vlogId>.mp4``.
* Targets, 1 to 7: Big Five impressions, mean of five MTurk raters; ``Emot`` is emotional stability.
* The published gender table is never read.
* Licence and terms: research use only; cite both papers.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from trifold.contracts import Clip, Corpus, Target, TargetSchema
from trifold.corpora.checks import audit, finding, is_twin, passed
from trifold.corpora.splits import alone, split_by_person
from trifold.corpora.tables import (
    check_scale,
    encoding_finding,
    numbers,
    read_columns,
    unique_ids,
)
from trifold.errors import CorpusError
from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.terms import terms

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
TERMS = terms(
    "YouTube Personality data set (Biel and Gatica-Perez, Idiap, 2013): research use only; not to "
    "be applied to real candidates",
    forbids=("commercial", "hiring"),
)
N_MEASURES = 25


def read_youtube_personality(
    root: str | Path, *, near_empty: str = "keep", seed: int = 0
) -> Corpus:
    """Read and check the published layout; candidates keep the order of the score file.

    Args:
        root: folder that holds the two tables and ``transcripts/``.
        near_empty: ``drop`` leaves out vlogs of five words or fewer.
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
    check_scale(labels, SCHEMA, list(TRAITS.values()), folder / SCORES, scores)
    rows = _measures(measures, folder / MEASURES)
    lacking = [vlog for vlog in ids if vlog not in rows]
    if lacking:
        raise CorpusError(
            expected=f"features of '{lacking[0]}'", got="no row", where=folder / MEASURES
        )
    files = sorted((folder / "videos").glob("*"))
    videos = {p.stem: p for p in files if p.suffix.lower() in MEDIA_SUFFIXES}
    clips = [_clip(vlog, rows[vlog], folder / "transcripts", videos) for vlog in ids]
    kept, findings = audit(clips, near_empty=near_empty)
    vlogs = [clip.candidate_id for clip in kept]
    spare = [path.stem for path in (folder / "transcripts").glob("*.txt") if path.stem not in rows]
    rated = dict(zip(ids, labels, strict=True))
    return Corpus(
        name="youtube_personality",
        clips=tuple(kept),
        labels={vlog: rated[vlog] for vlog in vlogs},
        schema=SCHEMA,
        splits=split_by_person(alone(vlogs), seed=seed),
        terms=TERMS,
        synthetic=is_twin(folder),
        findings=(
            passed("repeated_ids", len(ids), "vlogs occur twice"),
            passed("off_scale", labels.size, "labels lie off their scale"),
            encoding_finding({SCORES: scores, MEASURES: measures}),
            finding(
                "unknown_transcript", spare, len(ids), "transcripts belong to no vlog", "left out"
            ),
            *findings,
        ),
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


def _clip(
    vlog: str, measures: dict[str, float], transcripts: Path, videos: Mapping[str, Path]
) -> Clip:
    path = transcripts / f"{vlog}.txt"
    return Clip(
        clip_id=vlog,
        candidate_id=vlog,
        path=videos.get(vlog),
        transcript_path=path if path.is_file() else None,
        measures=measures,
    )
