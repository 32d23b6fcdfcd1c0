"""Every twin by name, and the settings that make its reader read it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from trifold.corpora.mock import (
    avi,
    essays,
    first_impressions,
    manifest,
    mit_interview,
    recruitview,
    youtube_personality,
)
from trifold.corpora.mock.cast import Twin


@dataclass(frozen=True)
class MockCorpus:
    """How a twin is written, how many steps that takes, and what reads it.

    Attributes:
        write: yields once per step.
        steps: per person.
        reader: settings of ``trifold train`` and ``trifold check`` with ``{root}`` for the folder.
    """

    write: Callable[[Path, Twin], Iterator[str]]
    steps: int
    reader: tuple[str, ...]


def _rooted(name: str, *more: str) -> tuple[str, ...]:
    return f"corpora={name}", "corpora.root={root}", *more


TWINS: dict[str, MockCorpus] = {
    "recruitview": MockCorpus(recruitview.write, 2, _rooted("recruitview")),
    "avi": MockCorpus(avi.write, 1, _rooted("avi", "corpora.labels=competencies")),
    "avi_videos": MockCorpus(avi.write_videos, 6, _rooted("avi", "corpora.labels=competencies")),
    "avi_personality": MockCorpus(avi.write_personality, 6, _rooted("avi_personality")),
    "youtube_personality": MockCorpus(youtube_personality.write, 1, _rooted("youtube_personality")),
    "mit_interview": MockCorpus(mit_interview.write, 1, _rooted("mit_interview")),
    "first_impressions": MockCorpus(first_impressions.write, 2, _rooted("first_impressions")),
    "essays": MockCorpus(essays.write, 1, _rooted("essays")),
    "manifest": MockCorpus(
        manifest.write,
        2,
        (
            "corpora=manifest",
            "corpora.path={root}/manifest.csv",
            "corpora.schema={root}/schema.yaml",
        ),
    ),
}
