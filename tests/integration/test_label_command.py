"""``trifold label`` as a user runs it, and what becomes of its scores."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.factories.page_texts import hyphened
from tests.integration.shell import Shell
from trifold.corpora.readers.manifest import read_manifest

FILES = ("scores.csv", "labels.csv", "dimensions.csv", "raters.csv", "questions.csv", "pairs.csv",
         "penalties.csv", "results.json", "report.html", "schema.yaml")  # fmt: skip


def run(shell: Shell, module: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return shell.python("-m", f"src.{module}", *arguments)


@pytest.fixture(scope="module")
def work(shell, tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("labels")
    made = run(shell, "labels.make", f"out={root}", "questions=3", "clips=16", "dimensions=3")
    assert made.returncode == 0, made.stderr
    done = run(shell, "label", f"comparisons={root}/comparisons.csv", f"out={root}/scores",
               "name=warmth", "synthetic=true")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    assert "separation" in done.stdout
    return root


def test_everything_is_written_and_finds_the_truth(work: Path) -> None:
    for name in FILES:
        assert (work / "scores" / name).stat().st_size > 0, name
    labels = pd.read_csv(work / "scores/labels.csv").set_index("clip_id").sort_index()
    truth = pd.read_csv(work / "truth.csv").set_index("clip_id").sort_index()
    for dimension in truth:
        assert np.corrcoef(labels[dimension], truth[dimension])[0, 1] > 0.8
    scores = pd.read_csv(work / "scores/scores.csv")
    assert len(scores) == labels.shape[0] * 3
    assert scores.groupby(["question_id", "dimension"])["score"].mean().abs().max() < 1e-4
    results = json.loads((work / "scores/results.json").read_text(), parse_constant=pytest.fail)
    assert results["data"]["clips"] == 48
    assert len(results["dimensions"]) == 3


def test_the_page_is_whole_and_opens_offline(work: Path) -> None:
    page = (work / "scores/report.html").read_text(encoding="utf-8")
    assert hyphened(page) == []
    assert page.count("data:image/png;base64,") == 6
    for text in ("Synthetic.", "must not be used", "Pairs to ask for next", "inflated", "Halo"):
        assert text in page
    assert not any(word in page for word in ('src="http', 'href="http', "<script", "@import"))


def test_again_gives_the_same_bytes(shell, work: Path) -> None:
    run(shell, "label", f"comparisons={work}/comparisons.csv", f"out={work}/again", "name=warmth",
        "synthetic=true")  # fmt: skip
    for name in FILES:
        assert (work / "again" / name).read_bytes() == (work / "scores" / name).read_bytes(), name


def test_suggested_pairs_can_be_judged_and_read_back(shell, work: Path) -> None:
    pairs = pd.read_csv(work / "scores/pairs.csv")
    judged = pairs.assign(winner="left", dimension="openness", rater="new")
    both = pd.concat([pd.read_csv(work / "comparisons.csv"), judged])
    both.to_csv(work / "more.csv", index=False)
    done = run(shell, "label", f"comparisons={work}/more.csv", f"out={work}/more", "adaptive=true",
               "model.halves=1")  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert "Actively chosen pairs." in (work / "more/report.html").read_text(encoding="utf-8")


def test_scores_train_a_model_as_ratings_do(work: Path) -> None:
    labels = pd.read_csv(work / "scores/labels.csv")
    rows = labels.assign(path="", candidate_id=labels["clip_id"], transcript="I plan every step.")
    rows.to_csv(work / "manifest.csv", index=False)
    corpus = read_manifest(work / "manifest.csv", work / "scores/schema.yaml")
    assert len(corpus.labels) == 48
    assert corpus.schema.name == "warmth"
    assert {t.source for t in corpus.schema.targets} == {"observer"}


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["comparisons={w}/none.csv", "out={w}/o"],
         "error: {w}/none.csv: expected a table of judgements, got nothing there"),
        (["comparisons={w}/truth.csv", "out={w}/o"], "expected a column 'left'"),
        (["comparisons={w}/comparisons.csv"],
         "expected out=… (a folder that can be written), got nothing"),
        (["comparisons={w}/comparisons.csv", "out={w}/o", "model.debias=no"],
         "expected model.debias among slopes, refit, none"),
        (["comparisons={w}/comparisons.csv", "out={w}/o", "model.speed=1"],
         "got 'speed'"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_clear_line(shell, work: Path, arguments, message) -> None:
    done = run(shell, "label", *(argument.format(w=work) for argument in arguments))
    assert done.returncode != 0
    assert message.format(w=work) in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "got no out=DIR"),
        (["out=x", "colour=1"], "expected settings among questions, clips"),
        (["out=x", "seed=red"], "expected a number of 0 or more for seed, got 'red'"),
        (["out=x", "dimensions=99"], "expected 1 to 12 dimensions, got 99"),
        (["out"], "expected trifold judgements out=DIR"),
    ],
)
def test_making_judgements_checks_its_arguments(shell, tmp_path, arguments, message) -> None:
    done = run(shell, "labels.make", *(a.replace("out=x", f"out={tmp_path}") for a in arguments))
    assert done.returncode == 2
    assert message in done.stderr
