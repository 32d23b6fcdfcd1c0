"""Every recipe for a published layout, end to end on that layout's twin."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf
from safetensors.torch import load_file

from trifold.commands.check import check
from trifold.commands.evaluate import evaluate_run
from trifold.commands.score import score_folder
from trifold.commands.train import train
from trifold.corpora.make import make
from trifold.corpora.mock.registry import TWINS
from trifold.errors import CorpusError, InputError

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
SMALL = ["resamples=10", "workers=1", "progress=false", "baselines=[train_mean]"]
FOLDED = ["folds=2", "seeds=[0]"]
QUICK = ["trainer.max_epochs=2"]
# twins with many answers each need fewer people
PEOPLE = {"avi": 10, "avi_videos": 6, "avi_personality": 6, "recruitview": 8,
          "first_impressions": 8, "mit_interview": 8}  # fmt: skip
# recipe: (twin, settings that shrink it)
RECIPES: dict[str, tuple[str, list[str]]] = {
    "recruitview": ("recruitview", FOLDED),
    "first_impressions": ("first_impressions", QUICK),
    "essays": ("essays", FOLDED),
    "avi_videos": ("avi_videos", [*FOLDED, "corpora.labels=competencies"]),
    "avi_personality": ("avi_personality", ["folds=2"]),
    "avi2025_track1": ("avi", FOLDED),
    "avi2025_track2": ("avi", FOLDED),
    "avi2026_track1": ("avi", FOLDED),
    "youtube_personality": ("youtube_personality", FOLDED),
    "mit_interview": ("mit_interview", FOLDED),
    "youtube_ablation": ("youtube_personality", [*FOLDED, *QUICK, "learner.folds=2"]),
    "own_ratings": ("manifest", FOLDED),
}


def composed(name: str, settings: list[str]) -> DictConfig:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        return compose(name, overrides=settings)


@pytest.fixture(scope="module")
def work(tmp_path_factory) -> Path:
    """All twins, and one feature cache."""
    root = tmp_path_factory.mktemp("recipes")
    for name in TWINS:
        make([name, f"out={root / name}", f"people={PEOPLE.get(name, 12)}"])
    return root


def run(work: Path, recipe: str, *more: str, name: str = "") -> Path:
    twin, settings = RECIPES[recipe]
    reader = [
        s.format(root=work / twin) for s in TWINS[twin].reader if s.split("=")[0] != "corpora"
    ]
    if twin == "avi":
        reader = reader[:1]  # these recipes name their label set
    out = work / "runs" / (name or recipe)
    rest = [f"experiment={recipe}", f"out={out}", f"paths.features={work / 'features'}"]
    config = composed("train", [*rest, *reader, *SMALL, *settings, *more])
    shorten(config.learner)
    train(config)
    return out


def shorten(learner: DictConfig) -> None:
    """Kernel members look at few weights."""
    for member in learner.get("members", {}).values():
        if "KernelLearner" in member._target_:
            OmegaConf.update(member, "iterations", 3, force_add=True)
        shorten(member)


@pytest.mark.parametrize("recipe", RECIPES)
def test_recipes_run_on_their_twin(work: Path, recipe: str) -> None:
    out = run(work, recipe)
    metrics = json.loads((out / "metrics.json").read_text(encoding="utf-8"))
    preds = pd.read_csv(out / "predictions.csv")
    targets = [c.removesuffix("_rated") for c in preds if c.endswith("_rated")]
    assert np.isfinite(preds[targets].to_numpy()).all()
    assert metrics["data"]["n_lost"] == 0
    assert "[forbids: " in metrics["data"]["terms"] or recipe == "own_ratings"
    bundle = json.loads((out / "bundle.json").read_text(encoding="utf-8"))
    assert bundle["terms"] == metrics["data"]["terms"]
    for name in ("card.md", "report.html"):
        page = (out / name).read_text(encoding="utf-8")
        assert metrics["data"]["terms"] in page.replace("&#39;", "'")
        assert "near empty" in page
        assert "Synthetic." in page


@pytest.mark.parametrize(("recipe", "learner"), [
    ("mit_interview", "dialogue_network_ensemble"),
    ("youtube_personality", "vlog_network_ensemble"),
    ("avi2025_track1", "interview_network_ensemble"),
])  # fmt: skip
def test_recipes_with_a_share_of_networks_give_it_weight(work, recipe: str, learner: str) -> None:
    quick = [f"learner.members.networks.{x}" for x in ("folds=2", "repeats=1", *QUICK)]
    out = run(work, recipe, f"learner={learner}", "folds=0", *quick, name=learner)
    held = load_file(out / "weights.safetensors")
    members = [name for name, x in held.items() if name.endswith("weight") and len(x) == 2]
    shares = held[min(members, key=len)]  # of the outermost ensemble
    torch.testing.assert_close(shares, torch.tensor([[0.9], [0.1]]).expand_as(shares))
    own = [x for name, x in held.items() if name.endswith(".own")]
    assert len(own) == (2 if recipe.startswith("avi") else 0)
    for one in own:  # each trait has a question of its own
        torch.testing.assert_close(one.norm(dim=-1), torch.ones(len(one)))


def test_another_seed_keeps_the_folds_of_the_first(work: Path) -> None:
    folds = run(work, "youtube_personality") / "folds"
    first = {path.name: path.stat().st_mtime_ns for path in folds.glob("seed0-*.npz")}
    assert len(first) == 2
    out = run(work, "youtube_personality", "seeds=[0,1]", "resamples=20")
    assert {p.name: p.stat().st_mtime_ns for p in folds.glob("seed0-*.npz")} == first
    assert len(list(folds.glob("seed1-*.npz"))) == 2
    assert json.loads((out / "metrics.json").read_text())["data"]["seeds"] == [0, 1]


def test_every_recipe_of_a_published_layout_is_run_here() -> None:
    layouts = {TWINS[twin].reader[0].split("=")[1] for twin in TWINS}
    for path in sorted((ROOT / "configs/experiment").glob("*.yaml")):
        corpus = [line.split(":")[1].strip() for line in path.read_text().splitlines()
                  if line.strip().startswith("- override /corpora")]  # fmt: skip
        assert path.stem in RECIPES or not set(corpus) & layouts, path


def test_recruitview_measures_answers_not_people(work: Path) -> None:
    out = run(work, "recruitview", "learner=network", "learner.folds=2", *QUICK)
    preds = pd.read_csv(out / "predictions.csv")
    assert preds["person_id"].nunique() == 8
    assert len(preds) == 16  # two answers each; retake and near-empty answer left out


@pytest.mark.parametrize("twin", TWINS)
def test_check_prints_every_finding(work: Path, twin: str, capsys) -> None:
    reader = [setting.format(root=work / twin) for setting in TWINS[twin].reader]
    (written,) = check(composed("check", [*reader, f"out={work / twin}.csv"]))
    table = pd.read_csv(written)
    shown = capsys.readouterr().out
    assert "terms: " in shown
    assert set(table["check"]) >= {"repeated_ids", "off_scale", "missing_media", "near_empty",
                                   "retakes", "copied_words"}  # fmt: skip
    for name in table["check"]:
        assert name in shown


def test_a_run_is_evaluated_on_another_schema(work: Path) -> None:
    """Big Five of vloggers against HEXACO of interviewees: what the map joins is measured."""
    run(work, "youtube_personality", "streams=[sentences,profile]", "learner=network",
        "trainer.max_epochs=1", "folds=0")  # fmt: skip
    arguments = [f"bundle={work / 'runs/youtube_personality'}", f"out={work / 'other'}",
                 "corpora=avi", f"corpora.root={work / 'avi'}", "split=all", "resamples=10",
                 "corpora.labels=observer_hexaco", "baselines=[train_mean]", "workers=1",
                 f"paths.features={work / 'features'}", "progress=false"]  # fmt: skip
    with pytest.raises(CorpusError, match="expected the targets of the bundle"):
        evaluate_run(composed("evaluate", arguments))
    maps = "map=configs/corpora/maps/hexaco_to_big_five.yaml"
    evaluate_run(composed("evaluate", [*arguments, maps]))
    metrics = json.loads((work / "other/metrics.json").read_text(encoding="utf-8"))
    mse = metrics["test"]["mse"]["per_target"]
    assert {name for name, value in mse.items() if value is not None} == {
        "extraversion", "conscientiousness",
    }  # fmt: skip


def test_a_forbidden_purpose_stops_training_and_stated_rights_travel(work: Path) -> None:
    with pytest.raises(InputError, match=r"expected terms that allow hiring .* got Essays"):
        run(work, "essays", "purpose=hiring")
    out = run(work, "essays", "purpose=hiring", "rights=agreement of 1 May with the owner",
              "streams=[sentences,profile]", "learner=network", "trainer.max_epochs=1",
              "folds=0")  # fmt: skip
    terms = json.loads((out / "bundle.json").read_text(encoding="utf-8"))["terms"]
    assert terms.endswith("[rights stated for hiring: agreement of 1 May with the owner]")


def test_a_forbidden_purpose_stops_scoring_and_stated_rights_are_shown(work: Path) -> None:
    bundle = run(work, "recruitview", "learner=network", "learner.folds=2", *QUICK)
    videos = work / "recruitview/videos"
    arguments = [f"input={videos}", f"bundle={bundle}", f"out={work / 'scores'}", "workers=1",
                 f"paths.features={work / 'features'}", "progress=false",
                 "purpose=hiring"]  # fmt: skip
    with pytest.raises(InputError, match=r"expected terms that allow hiring .* got RecruitView"):
        score_folder(composed("score", arguments))
    assert not (work / "scores").exists()
    score_folder(composed("score", [*arguments, "rights=a licence of our own"]))
    page = (work / "scores/report.html").read_text(encoding="utf-8")
    assert "[rights stated for hiring: a licence of our own]" in page
