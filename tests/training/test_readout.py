"""A Gaussian process in the place of a network's heads, against closed forms and scikit-learn."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from scipy.stats import multivariate_normal
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, PairwiseKernel, WhiteKernel
from sklearn.linear_model import Ridge

from tests.training.fold_factory import SMALL
from tests.training.test_learners import KERNELS, NETWORK, correlation, make_data
from tests.training.test_other_corpora import rebuilt
from trifold.contracts import Array
from trifold.errors import InputError
from trifold.network.wrappers.readout import GaussianProcessReadout
from trifold.training.dataset import subset, with_validation
from trifold.training.gaussian_process.marginal_likelihood import MAX_WEIGHT, maximize_evidence
from trifold.training.learners.base import build_learner, standardized
from trifold.training.learners.readout import fit_gaussian_process
from trifold.training.protocol.fold import predict
from trifold.training.shortening import presence

N, WIDE = 40, 3
PROCESS = SMALL | {"readout": "gaussian_process"}
TRIFOLD = NETWORK | {"prior": "zero", "readout": "gaussian_process",
                     "trainer": NETWORK["trainer"] | {"max_epochs": 2}}  # fmt: skip


def vectors(n: int = N, *, seed: int = 0) -> Array:
    return np.random.default_rng(seed).normal(size=(n, WIDE))


def labels(x: Array, *, seed: int = 1) -> Array:
    """(n, 2) of which the vectors tell some."""
    noise = np.random.default_rng(seed).normal(size=(len(x), 2))
    raw = np.stack([np.sin(x[:, 0]), x[:, 1]], axis=1) + 0.5 * noise
    return (raw - raw.mean(0)) / raw.std(0)


def of_vectors(widen: float):
    """The process, what was found, and its scores of strangers."""
    x = vectors()
    given = np.arange(N) < 25
    view, fits = fit_gaussian_process(torch.as_tensor(x), labels(x), given, widen=widen)
    strangers = vectors(7, seed=9)
    there = torch.ones(7, 1) > 0
    found = view(torch.as_tensor(strangers).unsqueeze(1), there).numpy()
    return x, given, fits, strangers, found


def test_it_is_scikit_learns_process_at_the_same_hyper_parameters() -> None:
    x, given, fits, strangers, found = of_vectors(widen=1.0)
    apart = ((x[:, None] - x[None]) ** 2).sum(-1)
    width = np.quantile(apart[apart > 1e-9], 0.5, method="lower")  # as PyTorch's median
    gram = np.exp(-apart / width)
    scale = np.mean(np.diag(gram) - 2 * gram.mean(0) + gram.mean())

    def mean_of(a: Array) -> float:
        return np.exp(-((x - a) ** 2).sum(-1) / width).mean()

    def centred(a: Array, b: Array, gamma: float) -> float:
        one = np.exp(-((a - b) ** 2).sum() / width)
        return (one - mean_of(a) - mean_of(b) + gram.mean()) / scale

    for k, fit in enumerate(fits):
        kernel = ConstantKernel(fit.weight[0]) * PairwiseKernel(metric=centred) + WhiteKernel(
            fit.noise
        )
        theirs = GaussianProcessRegressor(kernel, alpha=0, optimizer=None)
        theirs.fit(x[given], labels(x)[given, k])
        np.testing.assert_allclose(found[:, k], theirs.predict(strangers), atol=1e-5)


def test_with_endless_length_it_is_ridge_on_the_vectors() -> None:
    x, given, fits, strangers, found = of_vectors(widen=1e7)
    centred = x - x.mean(0)
    size = (centred**2).sum(-1).mean()
    for k, fit in enumerate(fits):
        ridge = Ridge(alpha=fit.noise * size / fit.weight[0], fit_intercept=False)
        ridge.fit(centred[given], labels(x)[given, k])
        np.testing.assert_allclose(found[:, k], ridge.predict(strangers - x.mean(0)), atol=1e-4)


def test_what_is_maximised_is_the_likelihood_of_the_watched_given_the_others() -> None:
    x = vectors()
    gram = x @ x.T / (x**2).sum(-1).mean()
    y, given = labels(x)[:, 1], np.arange(N) < 25

    def told(weight: float, noise: float) -> float:
        whole = weight * gram + noise * np.eye(N)
        both = multivariate_normal(np.zeros(N), whole).logpdf(y)
        own = multivariate_normal(np.zeros(25), whole[:25, :25]).logpdf(y[:25])
        return both - own + 0.5 * 15 * np.log(2 * np.pi)

    fit = maximize_evidence(gram[None], y, given=given, prior_precision=0)
    best = told(fit.weight[0], fit.noise)
    assert fit.evidence == pytest.approx(best)
    for factor in (0.8, 1.25):
        assert told(min(factor * fit.weight[0], MAX_WEIGHT), fit.noise) < best + 1e-6
        assert told(fit.weight[0], factor * fit.noise) < best
    changed = y.copy()
    changed[30] += 2
    other = maximize_evidence(gram[None], changed, given=given)
    assert (fit.coef[25:] == 0).all()
    assert (other.coef[25:] == 0).all()  # the watched are in no score


def test_vectors_that_repeat_the_labels_that_made_them_are_not_believed() -> None:
    """As of an overfitted network: who trained it is told apart exactly, others not at all."""
    draw = np.random.default_rng(2)
    y, given = draw.normal(size=60), np.arange(60) < 40
    x = np.where(given, y, draw.normal(size=60))[:, None]
    gram = x @ x.T
    believed = maximize_evidence(gram[:40, :40][None], y[:40])
    doubted = maximize_evidence(gram[None], y, given=given)
    assert believed.noise < 0.1
    signal, noise = doubted.weight[0] * np.mean(np.diag(gram)), doubted.noise
    assert signal < 0.1 * noise


@pytest.mark.parametrize("spec", [PROCESS, TRIFOLD], ids=["pooled", "trifold"])
def test_learns_and_is_rebuilt_from_its_specification(spec, tmp_path: Path) -> None:
    data = make_data()
    train, test = subset(data, np.arange(60)), subset(data, np.arange(60, 90))
    fitted = build_learner(spec).fit(train, seed=0, out=tmp_path)
    preds, answers = predict(fitted, test)
    assert correlation(preds, test.labels) > 0.7
    assert answers.shape == (30, 2, 2)
    assert correlation(fitted.held_out, train.labels) > 0.6
    np.testing.assert_array_equal(predict(rebuilt(fitted, data), test)[0], preds)
    np.testing.assert_allclose(
        fitted.held_out_given(presence(train.batch, train.stream_modality)),
        standardized(fitted.scaler, fitted.held_out),
        atol=1e-4,
    )
    batch = test.batch
    alone = fitted.network.candidates(batch.tokens, batch.token_mask, batch.answer_mask)
    np.testing.assert_allclose(fitted.scaler(alone).detach(), preds, atol=1e-4)


def test_an_answer_alone_is_a_candidate_with_one_answer_and_the_heads_stay(tmp_path: Path) -> None:
    data = with_validation(make_data(40), np.arange(30, 40))
    plain, read = (
        build_learner(spec | {"folds": 0}).fit(data, seed=0, out=tmp_path / spec["readout"])
        for spec in (SMALL | {"readout": "linear"}, PROCESS)
    )
    assert isinstance(read.network, GaussianProcessReadout)
    for a, b in zip(plain.network.parameters(), read.network.inner.parameters(), strict=True):
        assert torch.equal(a, b)
    assert np.isfinite(read.held_out[30:]).all()
    assert np.isnan(read.held_out[:30]).all()
    batch = data.batch
    only = torch.zeros_like(batch.answer_mask)
    only[:, 1] = True
    whole = read.network(batch.tokens, batch.token_mask, batch.answer_mask)
    one = read.network(batch.tokens, batch.token_mask, only).candidate
    torch.testing.assert_close(whole.answer[:, 1], one)


def test_networks_without_such_a_vector_and_other_readouts_are_refused(tmp_path: Path) -> None:
    kernels = {"_target_": "trifold.network.kernels.additive_gp.AdditiveGaussianProcess",
               "views": KERNELS["views"]}  # fmt: skip
    with pytest.raises(InputError, match=r"read by a Gaussian process .* got AdditiveGaussian"):
        build_learner(PROCESS | {"network": kernels}).fit(make_data(20), seed=0, out=tmp_path)
    with pytest.raises(InputError, match="readout linear or gaussian_process, got 'trees'"):
        build_learner(SMALL | {"readout": "trees"})
