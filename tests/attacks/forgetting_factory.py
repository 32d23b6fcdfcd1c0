"""Scored folders of people who say something, and what lies in them."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tests.scoring.scoring_factory import tiny_bundle
from trifold.bundle.bundle import load_bundle, write_bundle
from trifold.contracts import Clip
from trifold.features.store import FeatureStore
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.reports.pages import remove_stale_pages, write_report
from trifold.scoring.attribution.files import explain_files
from trifold.scoring.folder.run import Settings, score_clips

KNOWN = {"warmth": AnswerVariance(1e-9, 1e-9, 40), "drive": AnswerVariance(9.0, 9.0, 40)}
PEOPLE = ("ann", "bob", "=eve")


def clips_of(people: Sequence[str]) -> list[Clip]:
    """Two answers of each, with words that are theirs alone and words that all say."""
    said = {
        "own": "I am {} and I counted many sheep on these hills, then I slept well.",
        "all": "I plan every step of it, and then I rest for a while as others do.",
    }
    return [
        Clip(f"{name}/{which}", name, None, transcript=words.format(name.strip("=")))
        for name in people
        for which, words in said.items()
    ]


def score(root: Path, out: Path, people: Sequence[str], *, report: bool = True) -> None:
    """What ``trifold score`` does, in this process."""
    if not (root / "bundle").exists():
        made = tiny_bundle(root / "bundle")
        known = replace(made.description, answer_variance=KNOWN)
        write_bundle(root / "bundle", known, made.network, made.scaler)
    clips, bundle = clips_of(people), load_bundle(root / "bundle")
    store = FeatureStore(root / "features")
    settings = Settings(engine="inline", progress=False, spreadsheets=["xlsx", "ods"])
    scored = score_clips(clips, bundle, store, out, settings=settings, explain=explain_files)
    remove_stale_pages(out / "report.html", people)
    if report:
        write_report(scored, bundle, out / "report.html", clips=clips, store=store)


def contents(*folders: Path) -> dict[str, bytes]:
    """Every file below the folders, by its path in them."""
    return {
        f"{folder.name}/{file.relative_to(folder)}": file.read_bytes()
        for folder in folders
        for file in sorted(folder.rglob("*"))
        if file.is_file()
    }


def copied(root: Path, to: Path) -> Path:
    """A copy of a scored root."""
    shutil.copytree(root, to)
    return to
