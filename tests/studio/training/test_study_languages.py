"""Studies of a run in the language of who reads them: words, numbers and what pictures say."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.factories.page_texts import hyphened, texts
from tests.factories.studios import TestedStudio
from trifold.cli.checking import checked
from trifold.commands.studies.impact import impact
from trifold.commands.studies.reliability import reliability
from trifold.studio.accounts.roles import Role
from trifold.studio.database.base import new_id
from trifold.studio.database.work import Job
from trifold.studio.training.languages import page_in
from trifold.studio.web.messages.telling import catalog
from trifold.studio.web.wording import Wording

TARGETS = ("drive", "own_target")
# names of targets, groups, files and statistics, and of columns that are for programs, too
NAMES = re.compile(
    r"drive|own target|((drive|own_target), )?sex(, (women|men))?|women|men|study\.json|tables/"
    r"|mid-p|(. )?\(?[A-Z_]{3,}\)?|[a-z]+_[a-z_]+|cut|group|n"
)


def write_run(folder: Path, people: int, *, apart: float = 0.0) -> Path:
    """Scores of three trainings and ratings; those of women are lower by ``apart``."""
    draw = np.random.default_rng(0)
    ids = [f"p{n:03}" for n in range(people)]
    rated = draw.normal(4, 1, (people, 2)).round(2)
    lower = apart * (np.arange(people) % 2)
    parts = []
    for repeat in range(3):
        scores = rated - lower[:, None] + draw.normal(0, 0.6, rated.shape)
        columns = {name: scores[:, k] for k, name in enumerate(TARGETS)}
        columns |= {f"{name}_rated": rated[:, k] for k, name in enumerate(TARGETS)}
        parts.append(pd.DataFrame({"candidate_id": ids, "person_id": ids, "split": "test",
                                   "repeat": repeat, **columns}))  # fmt: skip
    folder.mkdir(parents=True)
    pd.concat(parts).to_csv(folder / "predictions.csv", index=False)
    variance = {"persons": 0.3, "answers": 0.6, "people": people}
    withheld = {**variance, "withheld": "nobody gave 2 answers to check it by leaving one out"}
    facts = {"answer_variance": {"drive": variance, "own_target": withheld}}
    (folder / "bundle.json").write_text(json.dumps(facts))
    groups = pd.DataFrame({"candidate_id": ids, "sex": ["men", "women"] * (people // 2)})
    groups.to_csv(folder.parent / "groups.csv", index=False)
    return folder


def study(kind: str, run: Path, *words: str) -> Path:
    """A study of a run, as the studio asks for it."""
    work: dict[str, Callable] = {"reliability": reliability, "impact": impact}
    more = [f"groups={run.parent / 'groups.csv'}"] if kind == "impact" else []
    work[kind](checked([f"input={run}", f"out={run / kind}", "draws=100", *more, *words], kind))
    return run / kind


@pytest.fixture(scope="module")
def studies(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """Of many people, of whom much is told, and of few, of whom nothing is."""
    many = write_run(tmp_path_factory.mktemp("many") / "run", 80, apart=1.2)
    few = write_run(tmp_path_factory.mktemp("few") / "run", 6)
    return {
        "reliability": study("reliability", many),
        "impact": study("impact", many, "cut=4"),
        "reliability of few": study("reliability", few),
        "impact of few": study("impact", few),
    }


@pytest.mark.parametrize("which", ["reliability", "impact", "reliability of few", "impact of few"])
def test_a_study_is_the_same_in_english_and_says_nothing_so_in_german(
    studies: dict[str, Path], which: str
) -> None:
    folder = studies[which]
    english = (folder / "report.html").read_text(encoding="utf-8")
    assert page_in(folder.parent, folder, "en", Wording()) == english
    german = page_in(folder.parent, folder, "de", Wording())
    assert german is not None
    alike = {message.string for message in catalog("de")}
    same = set(texts(german)) & set(texts(english)) - alike
    assert [text for text in same if not NAMES.fullmatch(text)] == []
    assert hyphened(english) == hyphened(german) == []
    assert not re.search(r"[^\w/]\d\.\d+[^\w.%-]", " ".join(texts(german)))  # but 3,14
    assert len(re.findall('lang="en"', german)) <= 2  # what an error said


def test_pictures_have_words_and_numbers_of_the_language(studies: dict[str, Path]) -> None:
    folder = studies["impact"]
    for language in ("en", "de"):
        page_in(folder.parent, folder, language, Wording())
    for picture in (folder / "plots").glob("*.png"):
        english, german = (folder / "plots" / one / picture.name for one in ("en", "de"))
        assert english.read_bytes() == picture.read_bytes() != german.read_bytes()


def test_the_studio_shows_a_study_in_the_language_of_who_reads(
    sqlite_studio: TestedStudio,
) -> None:
    job = new_id()
    run = sqlite_studio.studio.folder_of(sqlite_studio.project) / "runs" / job
    folder = study("reliability", write_run(run, 20))
    with sqlite_studio.studio.database.writing() as session:
        session.add(Job(id=job, project_id=sqlite_studio.project, kind="train", state="done",
                        account_id=sqlite_studio.accounts["psychologist"],
                        spec={"run": job}))  # fmt: skip
    browser = sqlite_studio.browser(Role.PSYCHOLOGIST)
    at = f"/projects/{sqlite_studio.project}/training/{job}/files/reliability/report.html"
    english, german = (browser.look(f"{at}?language={one}").text for one in ("en", "de"))
    assert '<html lang="de">' in german
    assert "Generalisierbarkeit: Werte des Modells" in german
    assert "Generalizability of the model" in english
    (folder / "study.json").unlink()  # as of an earlier version
    assert browser.look(f"{at}?language=de").text == english
