"""Twins on the spot, without filming: media files are empty, as readers never open them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pandas as pd

from trifold.contracts import Corpus
from trifold.corpora.mock.cast import Twin
from trifold.corpora.mock.registry import TWINS
from trifold.corpora.pickles import read_plain_pickle
from trifold.corpora.readers.avi import read_avi
from trifold.corpora.readers.avi_personality import read_avi_personality
from trifold.corpora.readers.essays import read_essays
from trifold.corpora.readers.first_impressions import read_first_impressions
from trifold.corpora.readers.manifest import read_manifest
from trifold.corpora.readers.mit_interview.reader import read_mit_interview
from trifold.corpora.readers.recruitview import read_recruitview
from trifold.corpora.readers.youtube_personality import read_youtube_personality

PEOPLE = 10
READERS: dict[str, Callable[[Path], Corpus]] = {
    "recruitview": read_recruitview,
    "avi": lambda root: read_avi(root, labels="competencies"),
    "avi_videos": lambda root: read_avi(root, labels="observer_hexaco"),
    "avi_personality": read_avi_personality,
    "youtube_personality": read_youtube_personality,
    "mit_interview": read_mit_interview,
    "first_impressions": read_first_impressions,
    "essays": read_essays,
    "manifest": lambda root: read_manifest(root / "manifest.csv", root / "schema.yaml"),
}
BY_FILE_NAME = ("avi_videos", "avi_personality")  # answers are named by their files alone
WITH_MEDIA = ("recruitview", *BY_FILE_NAME, "first_impressions", "manifest")


def publish(name: str, root: Path, *, people: int = PEOPLE, seed: int = 0) -> Path:
    """The twin with empty media files."""
    folder = root / name
    if name == "avi_videos":
        _avi_videos(folder, people, seed)
        return folder
    for _ in TWINS[name].write(folder, Twin(people=people, media=False, seed=seed)):
        pass
    for path in named_media(name, folder):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()
    return folder


def named_media(name: str, folder: Path) -> list[Path]:
    """Every media file that the layout names."""
    if name == "recruitview":
        lines = (folder / "metadata.jsonl").read_text(encoding="utf-8").splitlines()
        return [folder / json.loads(line)["file_name"] for line in lines]
    if name == "avi_personality":
        return [path.with_suffix(".mp4") for path in folder.rglob("*.vtt")]
    if name == "first_impressions":
        parts = ("training", "validation", "test")
        return [folder / part / clip for part in parts
                for clip in read_plain_pickle(folder / f"transcription_{part}.pkl")]  # fmt: skip
    if name == "manifest":
        table = pd.read_csv(folder / "manifest.csv")
        table["path"] = "media/" + table["clip_id"] + ".mp4"
        table.to_csv(folder / "manifest.csv", index=False)
        return [folder / path for path in table["path"]]
    return sorted(folder.rglob("*.mp4"))


def _avi_videos(folder: Path, people: int, seed: int) -> None:
    """The layout of videos, from the tables of the other one."""
    for _ in TWINS["avi"].write(folder, Twin(people=people, seed=seed)):
        pass
    answers = pd.read_csv(folder / "answers.csv")
    labels = pd.read_csv(folder / "labels.csv")
    for split, rows in (("train_data", labels[: people - 3]), ("val_data", labels[people - 3 :])):
        rows.to_csv(folder / f"{split}.csv", index=False)
        (folder / split).mkdir()
        for row in answers[answers["id"].isin(rows["id"])].itertuples():
            kind = "generic" if row.question in ("q1", "q2") else "personality"
            path = folder / split / f"{row.id}_{row.question}_{kind}.mp4"
            path.touch()
            path.with_suffix(".txt").write_text(row.transcript, encoding="utf-8")
    for name in ("answers.csv", "questions.csv", "labels.csv"):
        (folder / name).unlink()
