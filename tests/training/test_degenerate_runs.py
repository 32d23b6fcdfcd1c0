"""Whole runs after extraction on few and lopsided people: honest numbers, or a refusal by name."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from hydra import compose, initialize_config_dir
from omegaconf import DictConfig, OmegaConf

from tests.training.degenerate_factory import (
    CASES,
    People,
    corpus_of,
    extracted,
    make_people,
    samples_of,
)
from trifold.bundle.bundle import load_bundle
from trifold.commands.train import describe, run_settings
from trifold.contracts import Corpus
from trifold.errors import CorpusError
from trifold.scoring.predictor import Predictor
from trifold.training.learners.base import build_learner
from trifold.training.requirements import plan_of, require_trainable
from trifold.training.run import learn

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
MEMBERS = ("together", "words", "voice", "face")
FOLDED = ["experiment=own_ratings", "corpora.path=none", "corpora.schema=none", "seeds=[0]",
          "baselines=[train_mean,answer_length]", "folds=3",
          *(f"+learner.members.{m}.iterations=3" for m in MEMBERS)]  # fmt: skip
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
        return compose("train", overrides=[*settings, "out=none", "resamples=10",
                                           "progress=false"])  # fmt: skip


def run(people: People, out: Path, *settings: str, corpus: Corpus | None = None) -> dict[str, Any]:
    """Check and learn as ``trifold train`` does around extraction; the content of metrics.json."""
    config = composed(*settings).copy()
    config.out = str(out)
    corpus = corpus or corpus_of(people)
    require_trainable(plan_of(corpus, folds=config.folds, seeds=list(config.seeds)))
    description = describe(config, corpus)
    learner = build_learner(OmegaConf.to_container(config.learner, resolve=True))
    data = replace(
        extracted(people, corpus, description.stream_dims),
        stream_modality=description.stream_modality,
        targets=description.targets,
    )
    learn(run_settings(config), corpus, description, learner, data, out)
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


RUN = ("one without words", "nobody with a picture", "sound only",
       "training people without picture", "five rated", "identical targets",
       "forty answers beside one", "a person with zero tokens", "damaged features",
       "everybody alike", "six people", "five people")  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_be_learned_is_refused_by_name(name: str, tmp_path: Path) -> None:
    with pytest.raises(CorpusError, match=REFUSED[name]):
        run(case(name, *FOLDED), tmp_path, *FOLDED)


@pytest.mark.parametrize("name", RUN)
def test_lopsided_people_train_to_honest_numbers(name: str, tmp_path: Path) -> None:
    people = case(name, *FOLDED)
    metrics = run(people, tmp_path, *FOLDED)
    check_run(tmp_path, metrics, people)
    assert (metrics["test"]["spearman"]["mean"] is None) == (name == "everybody alike")


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["nobody with a picture", "several without words"])
def test_a_split_of_few_trains_a_network(name: str, tmp_path: Path) -> None:
    people = case(name, *SPLIT)
    metrics = run(people, tmp_path, *SPLIT)
    assert metrics["data"]["n_val"] == 3
    assert "3 validation people alone" in " ".join(metrics["warnings"])
    check_run(tmp_path, metrics, people, measured=metrics["data"]["n_test"])


def test_bands_that_few_cannot_promise_are_neither_given_nor_measured(tmp_path: Path) -> None:
    """Six people: an interval of 90 % takes nine."""
    metrics = run(case("six people", *FOLDED), tmp_path, *FOLDED)
    for values in (metrics["intervals"]["half_width"], metrics["intervals"]["test_coverage"]):
        assert set(values.values()) == {None}
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "the shaded strip is the score interval" not in page
    assert "No 90 % score interval: too few people" in page
    assert "6 people promise 85 % at most (coverage=0.85)" in page
    assert set(load_bundle(tmp_path).description.half_width["answer"]) == {None}


def test_bands_are_spoken_of_where_they_are_drawn(tmp_path: Path) -> None:
    people = make_people(14, dims=dims_of(*FOLDED))
    metrics = run(people, tmp_path, *FOLDED)
    assert all(width > 0 for width in metrics["intervals"]["half_width"].values())
    page = (tmp_path / "report.html").read_text(encoding="utf-8")
    assert "the shaded strip is the score interval" in page
    assert "too few people" not in page


def test_a_bundle_ignores_what_its_people_never_showed(tmp_path: Path) -> None:
    people = case("nobody with a picture", *FOLDED)
    run(people, tmp_path, *FOLDED)
    predictor = Predictor(load_bundle(tmp_path))
    shown, blind = (make_people(3, dims=dims_of(*FOLDED), seed=5) for _ in range(2))
    blind.show("video", range(3))
    for one, other in zip(samples_of(shown), samples_of(blind), strict=True):
        scores = [predictor.score(sample).candidate.score for sample in (one, other)]
        np.testing.assert_allclose(*scores, atol=1e-5)
    assert "Video: nobody trained on shows any" in (tmp_path / "card.md").read_text(
        encoding="utf-8"
    )


def check_run(
    out: Path, metrics: dict[str, Any], people: People, *, measured: int | None = None
) -> None:
    """Numbers or "none" everywhere, warnings on every page, a bundle that scores."""
    names = list(metrics["test"]["mse"]["per_target"])
    preds = pd.read_csv(out / "predictions.csv")
    assert np.isfinite(preds[names].to_numpy()).all()
    assert metrics["baselines"]["train_mean"]["spearman"]["mean"] is None
    assert metrics["advantage"]["train_mean"]["spearman"]["difference"] is None
    n = measured or len(people.labels)
    assert f"{n} people were measured" in " ".join(metrics["warnings"])
    for page in ("report.html", "card.md"):
        text = (out / page).read_text(encoding="utf-8")
        assert all(word not in text for word in (">nan<", "| nan", "None"))
        for warning in metrics["warnings"]:
            assert warning.replace("'", "&#39;" if page.endswith("html") else "'") in text
    bundle = load_bundle(out)
    more = make_people(2, targets=len(names), dims=bundle.description.stream_dims)
    for stranger in samples_of(more):
        assert np.isfinite(Predictor(bundle).score(stranger).candidate.score).all()


def test_a_run_of_several_answers_says_how_scores_vary_over_them(tmp_path: Path) -> None:
    people = make_people(14, answers=3, dims=dims_of(*FOLDED))
    run(people, tmp_path / "three", *FOLDED)
    found = load_bundle(tmp_path / "three").description.answer_variance
    assert set(found) == {"warmth", "drive"}
    assert found["warmth"].people == 14
    assert found["warmth"].persons > found["drive"].persons, "tokens follow warmth alone"
