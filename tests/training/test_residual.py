"""A network on what a base leaves over: nothing of its own to add, and nobody's label seen."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.fold_factory import SMALL
from tests.training.test_learners import KERNELS, correlation, make_data
from tests.training.test_other_corpora import rebuilt
from trifold.errors import InputError
from trifold.features.collate import collate
from trifold.training.dataset import Dataset, subset, with_validation
from trifold.training.learners.base import Fitted, build_learner, standardized
from trifold.training.learners.residual import ResidualLearner, _shrinkage_factor
from trifold.training.protocol.fold import predict
from trifold.training.shortening import presence

WORDS = {"streams": ["words"], "kernel": "linear", "scaling": "standard"}
BY_WORDS = KERNELS | {"views": [WORDS]}
QUICK = SMALL | {"trainer": SMALL["trainer"] | {"max_epochs": 8}, "learning_rate": 2e-2}


def residual(base=BY_WORDS, learner=SMALL, **settings: object) -> ResidualLearner:
    spec = {"_target_": "trifold.training.learners.residual.ResidualLearner"}
    built = build_learner(spec | {"base": base, "learner": learner} | settings)
    assert isinstance(built, ResidualLearner)
    return built


def mute(data: Dataset, stream: str) -> Dataset:
    """A stream in which all are alike."""
    same = [
        replace(one, answers=tuple(
            {s: replace(x, values=np.ones_like(x.values)) if s == stream else x
             for s, x in answer.items()} for answer in one.answers))
        for one in data.samples
    ]  # fmt: skip
    return replace(data, samples=tuple(same), batch=collate(same, data.stream_dims))


def scores(fitted: Fitted, data: Dataset) -> np.ndarray:
    return predict(fitted, data)[0]


def test_on_a_base_that_knows_the_mean_alone_the_network_is_the_plain_one(tmp_path: Path) -> None:
    data, others = mute(make_data(40), "words"), subset(make_data(60), np.arange(40, 60))
    plain = build_learner(SMALL).fit(data, seed=0, out=tmp_path / "plain")
    whole = residual(factor=1.0).fit(data, seed=0, out=tmp_path / "whole")
    np.testing.assert_allclose(scores(whole, others), scores(plain, others), atol=2e-3)
    assert np.ptp(scores(plain, others)[:, 1]) > 0.1


def test_on_a_base_that_is_right_the_network_adds_nothing(tmp_path: Path) -> None:
    data = make_data(60)
    means = [np.mean([answer["words"].values for answer in one.answers], axis=(0, 1)).mean()
             for one in data.samples]  # fmt: skip
    exact = 4 + np.tile(means, (2, 1)).T  # all of it is what the base reads, linearly
    data = replace(data, labels=exact)
    base = build_learner(BY_WORDS).fit(data, seed=0, out=tmp_path / "base")
    whole = residual(factor=1.0).fit(data, seed=0, out=tmp_path / "whole")
    np.testing.assert_allclose(scores(whole, data), scores(base, data), atol=0.02)
    np.testing.assert_allclose(whole.held_out, base.held_out, atol=0.06)


def test_without_a_factor_it_is_the_base(tmp_path: Path) -> None:
    data = make_data(40)
    base = build_learner(BY_WORDS).fit(data, seed=0, out=tmp_path / "base")
    whole = residual(factor=0.0).fit(data, seed=0, out=tmp_path / "whole")
    np.testing.assert_allclose(scores(whole, data), scores(base, data), atol=1e-5)
    np.testing.assert_allclose(whole.held_out, base.held_out, atol=1e-5)


def test_what_the_base_cannot_read_is_learned_beside_it(tmp_path: Path) -> None:
    data = make_data()
    train, test = subset(data, np.arange(60)), subset(data, np.arange(60, 90))
    base = build_learner(BY_WORDS).fit(train, seed=0, out=tmp_path / "base")
    fitted = residual(learner=QUICK).fit(train, seed=0, out=tmp_path / "whole")
    whole = rebuilt(fitted, data)
    assert correlation(scores(base, test), test.labels) < 0.5 < correlation(
        scores(whole, test), test.labels
    )  # fmt: skip
    assert correlation(fitted.held_out, train.labels) > 0.5
    np.testing.assert_array_equal(scores(whole, test), scores(fitted, test))
    np.testing.assert_allclose(
        fitted.held_out_given(presence(train.batch, train.stream_modality)),
        standardized(fitted.scaler, fitted.held_out),
        atol=1e-4,
    )
    output = whole.network(test.batch.tokens, test.batch.token_mask, test.batch.answer_mask)
    assert output.members.shape == (30, 2, SMALL["folds"])
    torch.testing.assert_close(output.members.mean(dim=-1), output.candidate)


def test_nobody_is_scored_by_a_base_that_saw_them(tmp_path: Path) -> None:
    data, watched = make_data(30), np.arange(20, 30)
    spoiled = replace(data, labels=data.labels.copy())
    spoiled.labels[watched] = 8 - spoiled.labels[watched]
    spoiled.labels[0] += 1
    left_over = [
        residual()._residuals(with_validation(one, watched), seed=0, out=tmp_path).labels
        for one in (data, spoiled, replace(spoiled, labels=np.r_[data.labels[:20],
                                                                  spoiled.labels[20:]]))
    ]  # fmt: skip
    # the labels of the validation rows are in nobody's base
    np.testing.assert_array_equal(left_over[2][:20], left_over[0][:20])
    assert not np.isclose(left_over[1][1:20], left_over[0][1:20]).all()
    # and are the only thing that changes in their own residuals
    base = build_learner(BY_WORDS).fit(subset(data, np.arange(20)), seed=0, out=tmp_path)
    moved = standardized(base.scaler, spoiled.labels) - standardized(base.scaler, data.labels)
    np.testing.assert_allclose((left_over[2] - left_over[0])[20:], moved[20:], atol=1e-6)
    said = standardized(base.scaler, scores(base, subset(data, watched)))
    truth = standardized(base.scaler, data.labels[watched])
    assert np.ptp(left_over[0][20:] - (truth - said), axis=0).max() < 1e-4


def test_the_factor_is_what_held_out_scores_allow() -> None:
    draw = np.random.default_rng(0)
    truth, people = draw.normal(size=(200, 3)), [f"p{i}" for i in range(200)]
    assert _shrinkage_factor(truth, truth, people) == pytest.approx(1.0, abs=0.01)
    assert _shrinkage_factor(3 * truth, truth, people) == pytest.approx(1 / 3, abs=0.01)
    assert _shrinkage_factor(truth / 3, truth, people) == 1.0
    assert _shrinkage_factor(-truth, truth, people) == 0.0
    assert _shrinkage_factor(np.zeros_like(truth), truth, people) == 0.0
    assert _shrinkage_factor(np.full_like(truth, np.nan), truth, people) == 0.0
    noise = [_shrinkage_factor(draw.normal(size=truth.shape), truth, people) for _ in range(50)]
    assert np.mean(np.array(noise) == 0) > 0.7


def test_validation_rows_stop_one_network_early(tmp_path: Path) -> None:
    data = with_validation(make_data(40), np.arange(30, 40))
    fitted = residual(learner=SMALL | {"folds": 0}).fit(data, seed=0, out=tmp_path)
    assert np.isfinite(fitted.held_out[30:]).all()
    assert np.isfinite(scores(fitted, data)).all()


def test_what_is_no_network_no_factor_or_not_to_be_fitted_is_refused() -> None:
    with pytest.raises(InputError, match="expected a NetworkLearner of residuals, got KernelL"):
        residual(learner=KERNELS)
    with pytest.raises(InputError, match=r"expected a factor between 0 and 1, got 1\.5"):
        residual(factor=1.5)
    with pytest.raises(InputError, match="views that read streams among voice, got 'words'"):
        residual().check(["voice"], has_validation=True)
    with pytest.raises(InputError, match=r"learner\.folds=0 and no validation rows"):
        residual(base=SMALL | {"folds": 0}).check(["words"], has_validation=True)
