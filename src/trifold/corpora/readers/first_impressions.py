"""ChaLearn First Impressions V2 (Escalante et al., 2017; CVPR 2017 job screening challenge).

10,000 clips of about 15 s from YouTube, each rated by observers through pairwise comparisons.

* Layout: ``annotation_training.pkl``, ``annotation_validation.pkl`` and ``annotation_test.pkl``,
  each ``{trait: {clip.mp4: value}}``; ``transcription_*.pkl``, ``{clip.mp4: text}``; videos in
  folders of any depth. The files are found by name below ``root``. A clip is named
  ``<YouTube id>.<number>.mp4``.
* Targets, 0 to 1: the Big Five and ``interview`` (would be invited to an interview). What the files
  call ``neuroticism`` is high for people who seem *comfortable* rather than uneasy; it keeps its
  published name, with polarity −1.
* Ratings are of clips: every clip is a candidate of its own, ``<YouTube id>::<clip>``, and clips of
  one video stay together in splits and folds. People are told apart by video alone, so a person
  with two videos counts as two. The published splits are kept unless ``splits: by_person``.
* Licence and terms: ChaLearn Looking at People, research without commercial use.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from trifold.contracts import (
    Array,
    Clip,
    Corpus,
    Finding,
    Split,
    Target,
    TargetSchema,
)
from trifold.corpora.checks import audit, finding, is_twin, passed
from trifold.corpora.pickles import read_plain_pickle, repaired
from trifold.corpora.splits import split_by_person
from trifold.errors import CorpusError, InputError
from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.terms import terms

PARTS: dict[Split, str] = {"train": "training", "val": "validation", "test": "test"}
TRAITS = (
    "extraversion",
    "neuroticism",
    "agreeableness",
    "conscientiousness",
    "openness",
    "interview",
)
SCHEMA = TargetSchema(
    "first_impressions",
    tuple(Target(t, 0.0, 1.0, polarity=-1 if t == "neuroticism" else 1) for t in TRAITS),
)
TERMS = terms(
    "First Impressions V2, ChaLearn Looking at People (2017): research without commercial use; not "
    "to be applied to real candidates",
    forbids=("commercial", "hiring"),
)
SPLITS = ("official", "by_person")


def read_first_impressions(
    root: str | Path, *, splits: str = "official", near_empty: str = "keep", seed: int = 0
) -> Corpus:
    """Read and check the published layout, or the parts of it that are there.

    Args:
        root: folder that holds the pickles and videos at any depth.
        splits: ``official``, or ``by_person`` to deal videos anew.
        near_empty: ``drop`` leaves out clips of five words or fewer.
        seed: of the new split; also of the splits that are needed where not all three parts are
            there.

    Raises:
        InputError: for an unknown setting.
        CorpusError: when there are no annotations, a pickle is not plain data, a trait is missing,
            traits name other clips, or a value is no number or off the scale.
    """
    if splits not in SPLITS:
        raise InputError(expected=f"splits among {', '.join(SPLITS)}", got=repr(splits))
    folder = Path(root)
    annotated = _annotated(folder)
    ratings = _merged(annotated, folder)
    said = _transcripts(folder)
    videos, ambiguous = _videos(folder)
    clips = [_clip(name, said, videos, folder) for name in ratings]
    official: dict[str, Split] = {
        _candidate(name): part for part, names in annotated.items() for name in names
    }
    kept, findings = audit(clips, near_empty=near_empty, official=official)
    if not kept:
        raise CorpusError(expected="videos or transcripts", got="neither", where=folder)
    rows = {_candidate(name): row for name, row in ratings.items()}
    return Corpus(
        name="first_impressions",
        clips=tuple(kept),
        labels={clip.candidate_id: rows[clip.candidate_id] for clip in kept},
        schema=SCHEMA,
        splits=_splits({clip.candidate_id: clip.person for clip in kept}, official, splits, seed),
        terms=TERMS,
        synthetic=is_twin(folder),
        findings=(
            passed("repeated_ids", len(ratings), "clips are annotated twice"),
            passed("off_scale", len(ratings) * len(TRAITS), "labels lie off their scale"),
            ambiguous,
            *findings,
        ),
    )


def _annotated(folder: Path) -> dict[Split, dict[str, Array]]:
    """Part to the ratings of its clips.

    Raises:
        CorpusError: when no part is there.
    """
    parts = {part: _annotations(path) for part, path in _found(folder, "annotation").items()}
    if not parts:
        raise CorpusError(
            expected="annotation_training.pkl, annotation_validation.pkl or annotation_test.pkl",
            got="none of them",
            where=folder,
        )
    return parts


def _found(folder: Path, kind: str) -> dict[Split, Path]:
    """The pickles of a kind, by part.

    Raises:
        CorpusError: when one of them is there twice.
    """
    found: dict[Split, Path] = {}
    for split, part in PARTS.items():
        paths = sorted(folder.rglob(f"{kind}_{part}.pkl"))
        if len(paths) > 1:
            came = ", ".join(str(path.relative_to(folder)) for path in paths)
            raise CorpusError(expected=f"one {paths[0].name}", got=came, where=folder)
        if paths:
            found[split] = paths[0]
    return found


def _annotations(path: Path) -> dict[str, Array]:
    """Clip name to (6,) ratings, in the order of the first trait."""
    content = read_plain_pickle(path)
    _check_layout(content, path)
    names = [str(name) for name in content[TRAITS[0]]]
    for trait in TRAITS:
        other = sorted(set(content[trait]) ^ set(names))
        if other:
            raise CorpusError(
                expected=f"the same clips in '{trait}' as in '{TRAITS[0]}'",
                got=f"'{other[0]}' in only one of them",
                where=path,
            )
    return {name: _row(content, name, path) for name in names}


def _check_layout(content: Any, path: Path) -> None:
    if not isinstance(content, dict):
        raise CorpusError(expected="a dictionary of traits", got=type(content).__name__, where=path)
    for trait in TRAITS:
        if not isinstance(content.get(trait), dict):
            came = ", ".join(map(str, content)) if trait not in content else "no dictionary"
            raise CorpusError(expected=f"clips and values under '{trait}'", got=came, where=path)


def _row(content: Mapping[str, Mapping[str, Any]], name: str, path: Path) -> Array:
    values = [content[trait][name] for trait in TRAITS]
    for trait, value in zip(TRAITS, values, strict=True):
        number = isinstance(value, int | float) and not isinstance(value, bool)
        if not number or not 0 <= value <= 1:
            raise CorpusError(
                expected=f"0 to 1 in '{trait}'", got=f"{value!r} of '{name}'", where=path
            )
    return np.array(values, dtype=np.float64)


def _merged(annotated: Mapping[Split, Mapping[str, Array]], folder: Path) -> dict[str, Array]:
    ratings: dict[str, Array] = {}
    for rows in annotated.values():
        twice = sorted(set(ratings) & set(rows))
        if twice:
            raise CorpusError(
                expected="each clip in one part", got=f"'{twice[0]}' in two", where=folder
            )
        ratings |= rows
    return ratings


def _transcripts(folder: Path) -> dict[str, str]:
    """Clip name to words, from all parts."""
    said: dict[str, str] = {}
    for path in _found(folder, "transcription").values():
        content = read_plain_pickle(path)
        if not isinstance(content, dict):
            raise CorpusError(
                expected="a dictionary of clips", got=type(content).__name__, where=path
            )
        for name, text in content.items():
            if not isinstance(text, str):
                raise CorpusError(
                    expected=f"text under '{name}'", got=type(text).__name__, where=path
                )
            said[str(name)] = repaired(text)
    return said


def _videos(folder: Path) -> tuple[dict[str, Path], Finding]:
    """Clip name to file; where a name is there twice, the first in order is taken."""
    videos: dict[str, Path] = {}
    twice: list[str] = []
    for path in sorted(p for p in folder.rglob("*") if p.suffix.lower() in MEDIA_SUFFIXES):
        if path.name in videos:
            twice.append(path.name)
        videos.setdefault(path.name, path)
    what = "videos are there more than once"
    return videos, finding("repeated_media", twice, len(videos), what, "the first is taken")


def _clip(name: str, said: Mapping[str, str], videos: Mapping[str, Path], folder: Path) -> Clip:
    """A clip whose video was not found gets the path where it would lie, for the checks to see."""
    path = videos.get(name, folder / name) if videos else None
    return Clip(
        clip_id=Path(name).stem,
        candidate_id=_candidate(name),
        person_id=_person(name),
        path=path,
        transcript=said.get(name),
    )


def _candidate(name: str) -> str:
    return f"{_person(name)}::{Path(name).stem}"


def _person(name: str) -> str:
    """The video that a clip was cut from stands for the person in it."""
    return name.split(".", 1)[0]


def _splits(
    people: Mapping[str, str], official: Mapping[str, Split], splits: str, seed: int
) -> dict[str, Split]:
    published = {candidate: official[candidate] for candidate in people}
    if splits == "official" and len(set(published.values())) == len(PARTS):
        return published
    return split_by_person(people, seed=seed)
