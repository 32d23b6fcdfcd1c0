"""Six people of one's own, from recordings to a report; and refusals before anything is read."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig

from tests.factories.media import voice, write_interview, write_media
from trifold.commands.evaluate import evaluate_run
from trifold.commands.score import score_folder
from trifold.commands.train import train
from trifold.errors import CorpusError, InputError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SCHEMA = "name: three\ntargets:\n" + "".join(
    f"  - {{name: {name}, low: 1, high: 7}}\n" for name in ("warmth", "drive", "calm")
)
RATINGS = {
    "warmth": [2, 3, 4, 5, 6, 3],
    "drive": [5, 4, 3, 6, 2, 5],
    "calm": [4, 6, "", "", "", ""],
}


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """Six interviews, and the same six people's voices alone."""
    root = tmp_path_factory.mktemp("few")
    (root / "schema.yaml").write_text(SCHEMA, encoding="utf-8")
    for i in range(6):
        write_interview(root / "videos", f"p{i}", seconds=1.5, seed=i)
        write_media(root / f"voices/p{i}.m4a", audio=voice(1.5, seed=i))
    for folder, suffix in (("videos", "mp4"), ("voices", "m4a")):
        paths = [f"{folder}/p{i}.{suffix}" for i in range(6)]
        names = [f"p{i}" for i in range(6)]
        table = pd.DataFrame({"path": paths, "candidate_id": names, **RATINGS})
        table.to_csv(root / f"{folder}.csv", index=False)
    return root


def composed(name: str, *settings: str) -> DictConfig:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        return compose(name, overrides=list(settings))


def corpus(work: Path, folder: str) -> list[str]:
    return [f"corpora.path={work / folder}.csv", f"corpora.schema={work / 'schema.yaml'}"]


def settings(work: Path, folder: str, out: str) -> list[str]:
    return ["experiment=own_ratings", *corpus(work, folder), f"out={work / out}", "folds=2",
            "seeds=[0]", "resamples=10", "workers=1", "progress=false",
            "limits.words=1", "limits.speech_s=0.1", "asr=none",
            f"paths.features={work / 'features'}"]  # fmt: skip


def learned(work: Path, folder: str) -> dict:
    train(composed("train", *settings(work, folder, f"run-{folder}"), "leave_out=[calm]"))
    out = work / f"run-{folder}"
    preds = pd.read_csv(out / "predictions.csv")
    assert np.isfinite(preds[["warmth", "drive"]].to_numpy()).all()
    assert "calm" not in preds
    return json.loads((out / "metrics.json").read_text(encoding="utf-8"))


def test_six_interviews_train_with_warnings_and_score(work: Path, capsys) -> None:
    metrics = learned(work, "videos")
    shown = capsys.readouterr().out
    said = metrics["warnings"]
    assert said[0].startswith(
        "6 people were measured: the 95 % interval of a correlation of .3 spans"
    )
    assert (
        "rest on 6 held-out people and cannot promise 90 %, which takes 9: none is given" in said[1]
    )
    assert all(f"warning: {line}" in shown for line in said)
    assert "train mean       Spearman      –" in shown  # noqa: RUF001
    everybody = [f"bundle={work / 'run-videos'}", *corpus(work, "videos"), "corpora=manifest",
                 f"out={work / 'again'}", "split=all", "resamples=10", "workers=1",
                 "progress=false", f"paths.features={work / 'features'}"]  # fmt: skip
    evaluate_run(composed("evaluate", *everybody))  # the corpus rates calm, the bundle does not
    again = json.loads((work / "again/metrics.json").read_text(encoding="utf-8"))
    assert set(again["test"]["mse"]["per_target"]) == {"warmth", "drive"}
    assert again["warnings"][0].startswith("6 people were measured")


def test_a_model_of_voices_scores_people_with_a_picture(work: Path) -> None:
    metrics = learned(work, "voices")
    assert [line.split(":")[0] for line in metrics["warnings"][:2]] == ["Text", "Video"]
    for folder in ("videos", "voices"):
        arguments = [f"input={work / folder}", f"bundle={work / 'run-voices'}",
                     f"out={work / 'scores' / folder}", "workers=1", "progress=false", "asr=none",
                     f"paths.features={work / 'features'}"]  # fmt: skip
        score_folder(composed("score", *arguments))
    tables = [
        pd.read_csv(work / "scores" / folder / "candidates.csv").set_index("candidate_id")
        for folder in ("videos", "voices")
    ]
    assert len(tables[0]) == len(tables[1]) == 6
    assert tables[0]["warmth"].notna().all()
    assert np.ptp(tables[0]["warmth"]) > 0
    np.testing.assert_allclose(tables[0]["warmth"], tables[1]["warmth"], atol=0.05)


REFUSALS = {
    "few ratings": (["experiment=own_ratings"], "got 2 for 'calm'"),
    "one split": (
        [],
        r"experiment=own_ratings, or folds=5\), got 4 'train', 1 'val'",
    ),
    "many folds": (["experiment=own_ratings", "folds=10"], "folds from 2 to 6"),
    "nobody to stop on": (["folds=3"], "learner.folds=0 and no validation rows"),
    "views without streams": (
        ["experiment=own_ratings", "modalities=[audio]"],
        "views that read streams among prosody, got 'sentences'",
    ),
    "unknown target": (
        ["leave_out=[clam]"],
        "expected targets to leave out among warmth",
    ),
}


@pytest.mark.parametrize("name", REFUSALS)
def test_refusals_come_before_anything_is_read(name: str, work: Path) -> None:
    more, message = REFUSALS[name]
    left_out = [] if name in ("few ratings", "unknown target") else ["leave_out=[calm]"]
    arguments = [*corpus(work, "videos"), "corpora=manifest", f"out={work / 'refused'}",
                 f"paths.features={work / 'untouched'}", *left_out, *more]  # fmt: skip
    with pytest.raises((CorpusError, InputError), match=message):
        train(composed("train", *arguments))
    assert not (work / "untouched").exists()
    assert not (work / "refused").exists()
