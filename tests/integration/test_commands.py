"""The commands of the README, run as a user runs them, on a small synthetic corpus."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path
from subprocess import CompletedProcess

import jsonschema
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest
import torch

from tests.factories.media import write_interview
from tests.integration.shell import Shell
from trifold.media.files.folder import scan

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
CORPUS = ["corpora=synthetic"]


ONE = ("workers=1",)  # this process: nobody has to load PyTorch


def run(shell: Shell, module: str, *arguments: str) -> CompletedProcess[str]:
    return shell.python("-m", f"src.{module}", *arguments)


def run_well(shell: Shell, module: str, *arguments: str) -> str:
    done = run(shell, module, *arguments)
    assert done.returncode == 0, done.stderr
    assert "Traceback" not in done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def work(shell, tmp_path_factory) -> Path:
    """A corpus, its features and a trained run."""
    root = tmp_path_factory.mktemp("work")
    settings = ["candidates=24", "answers=2", "seconds=3"]
    run_well(shell, "corpora.make", "synthetic", f"out={root}/corpus", *settings)
    features = f"paths.features={root}/features"
    run_well(shell, "extract", f"input={root}/corpus", features)
    train = ["corpora=synthetic", f"corpora.root={root}/corpus", features, "resamples=50"]
    short = "limits.words=5"  # an answer of these tests has seven
    run_well(shell, "train", *train, "trainer.max_epochs=8", short, f"out={root}/run")
    return root


@pytest.fixture(scope="module")
def scored(shell, work: Path) -> Path:
    """Good interviews and broken files, scored together."""
    folder = work / "interviews"
    for answer in ("a1", "a2"):
        write_interview(folder / "ann", answer)
    write_interview(folder, "bob", seed=1)
    (folder / "empty.mp4").touch()
    (folder / "words.mp4").write_text("Not a video.\n" * 30)
    run_well(shell, "score", f"input={folder}", f"bundle={work}/run", f"out={work}/scores",
             f"paths.features={work}/features")  # fmt: skip
    return work / "scores"


def test_a_run_folder_is_complete(work: Path) -> None:
    for name in ("bundle.json", "weights.safetensors", "config.yaml", "metrics.json",
                 "predictions.csv", "history.csv", "report.html", "plots/learning_curves.png",
                 "plots/predicted_against_true.png", "plots/baselines.png"):  # fmt: skip
        assert (work / "run" / name).stat().st_size > 0, name


def test_metrics_stand_beside_their_baselines(work: Path) -> None:
    metrics = json.loads((work / "run/metrics.json").read_text())
    assert set(metrics["baselines"]) == {"train_mean", "answer_length", "ridge_pooled"}
    rho = metrics["test"]["spearman"]
    assert set(rho) >= {"mean", "per_target", "low", "high"}
    assert len(rho["per_target"]) == 8
    for table in (metrics["test"], *metrics["baselines"].values()):
        assert set(table) == set(metrics["test"])
    assert metrics["data"]["synthetic"] is True
    assert metrics["data"]["n_test"] == 6
    assert metrics["baselines"]["train_mean"]["spearman"]["mean"] is None


def test_checkpoints_hold_no_pickled_objects(work: Path) -> None:
    (path,) = (work / "run/checkpoints").glob("*.ckpt")
    assert "state_dict" in torch.load(path, weights_only=True)


def test_training_twice_gives_the_same_numbers(shell, work: Path) -> None:
    train = ["corpora=synthetic", f"corpora.root={work}/corpus", "resamples=50",
             f"paths.features={work}/features", "trainer.max_epochs=8"]  # fmt: skip
    run_well(shell, "train", *train, f"out={work}/again")
    for name in ("predictions.csv", "weights.safetensors", "metrics.json"):
        assert (work / "again" / name).read_bytes() == (work / "run" / name).read_bytes(), name


def test_evaluate_finds_what_training_reported(shell, work: Path) -> None:
    run_well(shell, "evaluate", f"bundle={work}/run", "corpora=synthetic", f"out={work}/evaluation",
             f"corpora.root={work}/corpus", f"paths.features={work}/features",
             "resamples=50")  # fmt: skip
    again = json.loads((work / "evaluation/metrics.json").read_text())
    first = json.loads((work / "run/metrics.json").read_text())
    assert again["test"] == first["test"]
    assert again["intervals"] == first["intervals"]


def test_scores_of_corpus_clips_are_those_of_the_run(shell, work: Path) -> None:
    """The file a candidate comes from does not matter: training and scoring are one code path."""
    out = work / "corpus-scores"
    run_well(shell, "score", f"input={work}/corpus", f"bundle={work}/run", f"out={out}",
             f"paths.features={work}/features", *ONE)  # fmt: skip
    scores = pd.read_csv(out / "candidates.csv").set_index("candidate_id")
    preds = pd.read_csv(work / "run/predictions.csv").set_index("candidate_id")
    assert (scores["n_answers"] == 2).all()
    for target in ("openness", "planted_video"):
        np.testing.assert_allclose(
            scores[target].sort_index(), preds[target].sort_index(), atol=5.1e-5
        )


def test_an_exported_bundle_scores_as_its_run(shell, work: Path, scored: Path) -> None:
    run_well(shell, "export", f"run={work}/run", f"out={work}/bundle", "program=false")
    score = ["score", f"input={work}/interviews", f"paths.features={work}/features", *ONE]
    run_well(shell, *score, f"bundle={work}/bundle", f"out={work}/again")
    for name in ("candidates.csv", "answers.jsonl"):
        assert (work / "again" / name).read_bytes() == (scored / name).read_bytes(), name
    (work / "bundle/weights.safetensors").write_bytes(b"other")
    done = run(shell, *score, f"bundle={work}/bundle", f"out={work}/never")
    assert done.returncode == 2
    assert "weights.safetensors: expected SHA-256" in done.stderr


def test_bands_take_the_coverage_that_is_asked_for(shell, work: Path, scored: Path) -> None:
    run_well(shell, "score", f"input={work}/interviews", f"bundle={work}/run", f"out={work}/narrow",
             f"paths.features={work}/features", "coverage=0.5", *ONE)  # fmt: skip
    wide, narrow = (pd.read_csv(f / "candidates.csv") for f in (scored, work / "narrow"))
    assert (narrow["coverage"].dropna() == 0.5).all()
    np.testing.assert_array_equal(wide["openness"], narrow["openness"])
    gap = [(t["openness_high"] - t["openness_low"]).dropna() for t in (wide, narrow)]
    assert (gap[1] < gap[0]).all()


def test_one_bad_file_never_stops_a_batch(scored: Path) -> None:
    rows = pd.read_csv(scored / "answers.csv").set_index("clip_id")
    assert rows["status"].to_dict() == {
        "ann/a1": "scored", "ann/a2": "scored", "bob": "scored",
        "empty": "error", "words": "error",
    }  # fmt: skip
    assert (rows["error_code"].dropna() == "DECODE_ERROR").all()
    assert (rows.loc[["ann/a1", "bob"], "modalities"] == "text+audio+video").all()
    assert rows.loc["bob", "face_fraction"] > 0.9
    people = pd.read_csv(scored / "candidates.csv").set_index("candidate_id")
    assert people.loc["ann", ["n_files", "n_answers"]].tolist() == [2, 2]
    assert people.loc["empty", "status"] == "withheld"
    assert people.loc["ann", "openness_low"] <= people.loc["ann", "openness"]


def test_rows_fit_the_schemas_beside_them_and_the_published_ones(scored: Path) -> None:
    for name in ("answers", "candidates"):
        lines = (scored / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()
        rows = [json.loads(line, parse_constant=pytest.fail) for line in lines]
        for folder in (scored, ROOT / "src/trifold/scoring/schemas"):
            schema = json.loads((folder / f"{name}.schema.json").read_text(encoding="utf-8"))
            for row in rows:
                jsonschema.validate(row, schema)
                assert list(row)[:2] == schema["required"][:2]
        assert list(rows[0]) == list(pd.read_csv(scored / f"{name}.csv").columns)
        assert pq.read_table(scored / f"{name}.parquet").to_pylist() == rows


def test_the_ray_engine_gives_the_same_bytes(work: Path, scored: Path) -> None:
    pytest.importorskip("ray", reason="the extra 'ray' is not installed")
    command = [sys.executable, "-m", "src.score", f"input={work}/interviews", f"bundle={work}/run",
               f"out={work}/scores4", f"paths.features={work}/features4", "engine=ray",
               "workers=1"]  # fmt: skip
    subprocess.run(command, cwd=ROOT, check=True, timeout=600)
    for path in scored.glob("*.*"):
        assert (work / "scores4" / path.name).read_bytes() == path.read_bytes(), path.name


def test_reports_open_offline_and_say_synthetic(work: Path, scored: Path) -> None:
    for path in (work / "run/report.html", scored / "report.html", scored / "candidates/ann.html"):
        page = path.read_text(encoding="utf-8")
        assert "Synthetic." in page
        assert "must not be used" in page
        assert not any(word in page for word in ('src="http', 'href="http', "<script", "@import"))


def test_every_candidate_has_a_page_with_their_words(scored: Path) -> None:
    assert {path.stem for path in (scored / "candidates").iterdir()} == {
        "ann", "bob", "empty", "words",
    }  # fmt: skip
    page = (scored / "candidates/ann.html").read_text(encoding="utf-8")
    assert page.count("Answer 1") == page.count("Answer 2") == 1
    assert "plan every step" in page
    assert "No scores are given." in (scored / "candidates/empty.html").read_text(encoding="utf-8")


def test_scoring_again_gives_the_same_bytes(shell, work: Path, scored: Path) -> None:
    run_well(shell, "score", f"input={work}/interviews", f"bundle={work}/run",
             f"out={work}/scores2", f"paths.features={work}/features2", *ONE)  # fmt: skip
    for path in (path for path in scored.rglob("*") if path.is_file()):
        name = path.relative_to(scored)
        assert (work / "scores2" / name).read_bytes() == path.read_bytes(), name


def test_a_candidates_words_are_in_no_output_of_the_commands(shell, work: Path) -> None:
    done = run(shell, "score", f"input={work}/interviews", f"bundle={work}/run",
               f"out={work}/scores3", f"paths.features={work}/features", *ONE)  # fmt: skip
    assert "plan every step" not in done.stdout + done.stderr
    people, *rest = done.stdout.splitlines()
    assert people.startswith("4 candidates, 5 files: ann (2), bob (1)")  # who is whose, beforehand
    assert "ann" not in "".join(rest).replace(str(work), "")


@pytest.mark.parametrize(
    ("module", "arguments", "message"),
    [
        ("score", ["input={w}/none", "bundle={w}/run", "out={w}/o"],
         "error: {w}/none: expected a folder or manifest of media, got nothing there"),
        ("score", ["input={w}/void", "bundle={w}/run", "out={w}/o"], "expected media files"),
        ("score", ["input={w}/corpus", "bundle={w}/none", "out={w}/o"],
         "error: {w}/none: expected a run folder or bundle, got nothing there"),
        ("score", ["input={w}/corpus", "bundle={w}/void", "out={w}/o"],
         "expected a run folder with bundle.json, got none"),
        ("score", ["input={w}/corpus", "bundle={w}/run"],
         "expected out=… (a folder that can be written), got nothing"),
        ("score", ["input={w}/corpus", "bundel={w}/run"], "got 'bundel'; did you mean bundle?"),
        ("train", ["out={w}/o", "corpora.root={w}/none"],
         "error: {w}/none: expected the corpus, got nothing there"),
        ("train", ["out={w}/o", "corpora.root={w}/void"],
         "error: {w}/void: expected a labelled synthetic corpus"),
        ("train", ["experiment=youtube_personality", "out={w}/o", "corpora.root={w}/void"],
         "error: {w}/void/YouTube-Personality-Personality_impression_scores.csv: expected"),
        ("train", ["out={w}/o", "corpora.root={w}/corpus", "modalities=[smell]"],
         "expected modalities among text, audio, video, got 'smell'"),
        ("train", ["out={w}/o", "corpora=manifest", "corpora.path={w}/corpus/manifest.csv",
                   "corpora.schema=configs/corpora/schemas/hexaco.yaml"],
         "expected a column 'honesty_humility'"),
        ("train", ["out={w}/o", "corpora.root={w}/corpus", "learner.speed=9"],
         "got 'speed'"),
        ("evaluate", ["bundle={w}/run", "out={w}/o", "corpora.root={w}/corpus", "split=dev"],
         "expected split among train, val, test, all, got 'dev'"),
        ("extract", ["input={w}/void"], "expected media files"),
    ],
)  # fmt: skip
def test_bad_input_ends_with_one_clear_line(shell, work: Path, module, arguments, message) -> None:
    (work / "void").mkdir(exist_ok=True)
    words = [
        *(argument.format(w=work) for argument in arguments),
        f"paths.features={work}/features",
    ]
    done = shell.trifold(module, *words)
    assert done.returncode == 2
    assert message.format(w=work) in done.stderr
    assert "Traceback" not in done.stderr


def test_a_tampered_run_is_refused(shell, work: Path) -> None:
    shutil.copytree(work / "run", work / "tampered", dirs_exist_ok=True)
    weights = work / "tampered/weights.safetensors"
    weights.write_bytes(weights.read_bytes()[:-1] + b"\x07")
    done = run(shell, "score", f"input={work}/corpus", f"bundle={work}/tampered", f"out={work}/o",
               f"paths.features={work}/features", *ONE)  # fmt: skip
    assert done.returncode == 2
    assert "expected SHA-256" in done.stderr


def test_real_clips_have_all_three_modalities(shell, work: Path) -> None:
    folder = ROOT.parent / "shared/data/recruitview-samples/videos"
    if not folder.is_dir():
        pytest.skip("real sample clips (../shared) are not here")
    run_well(shell, "score", f"input={folder}", f"bundle={work}/run", f"out={work}/real",
             f"paths.features={work}/features", *ONE)  # fmt: skip
    rows = pd.read_csv(work / "real/answers.csv")
    assert len(rows) == 2
    assert (rows["modalities"] == "text+audio+video").all()
    assert (rows["face_fraction"] > 0.9).all()
    assert (rows["speech_fraction"] > 0.6).all()
    ends = [clip.transcript for clip in scan(folder)]
    assert all(isinstance(text, str) and text.startswith("[00:00") for text in ends)
