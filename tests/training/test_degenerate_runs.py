"""Whole runs after extraction on few and lopsided people: honest numbers, or a refusal by name."""

from __future__ import annotations

import json
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from src.contracts import Corpus
from src.errors import CorpusError
from src.scoring.bundle import load_bundle
from src.scoring.predictor import Predictor
from src.train import describe, learn
from src.training.learners.base import build_learner
from src.training.requirements import plan_of, require_trainable
from tests.training.degenerate_factory import (
    CASES,
    People,
    cohort_of,
    corpus_of,
    make_people,
    samples_of,
)

ROOT = Path(__file__).parents[2]
FOLDED = ["experiment=own_ratings", "corpora.path=none", "corpora.schema=none", "seeds=[0]",
          "baselines=[train_mean,answer_length]"]  # fmt: skip
SPLIT = ["corpora.root=none", "trainer.max_epochs=2", "trainer.accelerator=cpu"]


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny matrices gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


@lru_cache
def composed(*settings: str) -> DictConfig:
    with initialize_config_dir(str(ROOT / "configs"), version_base="1.3"):
        return compose("train", overrides=[*settings, "out=none", "resamples=20",
                                           "progress=false"])  # fmt: skip


def run(people: People, out: Path, *settings: str, corpus: Corpus | None = None) -> dict[str, Any]:
    """Check and learn as ``src.train`` does around extraction; the content of metrics.json."""
    config = composed(*settings).copy()
    config.out = str(out)
    corpus = corpus or corpus_of(people)
    require_trainable(plan_of(corpus, folds=config.folds, seeds=list(config.seeds)))
    description = describe(config, corpus)
    dims = description.stream_dims
    learner, cohort = build_learner(OmegaConf.to_container(config.learner, resolve=True)), cohort_of(people, corpus, dims)
    learn(config, corpus, description, learner, cohort)
    return strict((out / "metrics.json").read_text(encoding="utf-8"))


def strict(text: str) -> dict[str, Any]:
    """JSON without the tokens that are none."""

    def refuse(token: str) -> None:
        raise AssertionError(f"{token} in metrics.json")

    found: dict[str, Any] = json.loads(text, parse_constant=refuse)
    return found


def dims_of(*settings: str) -> dict[str, int]:
    config = composed(*settings)
    return describe(config, corpus_of(make_people(2))).stream_dims


def case(name: str, *settings: str, **options: int) -> People:
    return CASES[name](dims=dims_of(*settings), **options)


REFUSED = {
    "three rated": r"ratings of at least 5 people for each target; rate more, or leave out "
    r"'drive': leave_out=\[drive\], got 3 for 'drive'",
    "two rated": "got 2 for 'drive'",
    "one rated": "got 1 for 'drive'",
    "nobody rated": "got 0 for 'drive'",
    "constant target": r"ratings that differ between people; leave out 'drive': .*, got 3 for all "
    "12 people on 'drive'",
    "four people": "expected at least 5 rated people, got 4",
    "three people": "expected at least 5 rated people, got 3",
    "two people": "expected at least 5 rated people, got 2",
}


@pytest.mark.parametrize("name", [name for name in CASES if name != "one question for all"])
def test_few_ratings_train_or_are_refused_by_name(name: str, tmp_path: Path) -> None:
    people = case(name, *FOLDED)
    if name in REFUSED:
        with pytest.raises(CorpusError, match=REFUSED[name]):
            run(people, tmp_path, *FOLDED)
        return
    metrics = run(people, tmp_path, *FOLDED)
    check_run(tmp_path, metrics, people)


def check_run(out: Path, metrics: dict[str, Any], people: People) -> None:
    names = list(metrics["test"]["mse"]["per_target"])
    preds = pd.read_csv(out / "predictions.csv")
    assert np.isfinite(preds[names].to_numpy()).all()
    assert metrics["baselines"]["train_mean"]["spearman"]["mean"] is None
    assert metrics["advantage"]["train_mean"]["spearman"]["difference"] is None
    assert f"{len(people.labels)} people were measured" in " ".join(metrics["warnings"])
    for page in ("report.html", "card.md"):
        text = (out / page).read_text(encoding="utf-8")
        assert all(word not in text for word in (">nan<", "| nan", "None"))
        for warning in metrics["warnings"]:
            assert warning.replace("'", "&#39;" if page.endswith("html") else "'") in text
    bundle = load_bundle(out)
    more = make_people(2, targets=len(names), dims=bundle.description.stream_dims)
    for stranger in samples_of(more):
        assert np.isfinite(Predictor(bundle).score(stranger).candidate.score).all()
