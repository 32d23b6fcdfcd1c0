"""What some tens of people tell is not taken for more than it is; many are left alone."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.stats import multivariate_normal, norm

from tests.training.test_learners import KERNELS, make_data
from trifold.contracts import Array
from trifold.training.dataset import subset
from trifold.training.gaussian_process.marginal_likelihood import (
    PRIOR_NOISE,
    PRIOR_PRECISION,
    maximize_evidence,
)
from trifold.training.learners.base import build_learner


def grams_of(n: int, *, kernels: int, draw: np.random.Generator) -> Array:
    """(J, n, n) Gaussian kernels of unrelated columns."""
    found = []
    for _ in range(kernels):
        x = draw.normal(size=(n, 4))
        squared = ((x[:, None] - x[None]) ** 2).sum(-1)
        found.append(np.exp(-squared / np.median(squared[squared > 0])))
    return np.stack(found)


def error_of_strangers(grams: Array, y: Array, known: int, *, prior_precision: float) -> float:
    """Mean squared error of a process of the first people for all the others."""
    fit = maximize_evidence(grams[:, :known, :known], y[:known], prior_precision=prior_precision)
    scores = np.tensordot(fit.weight, grams, axes=1)[known:, :known] @ fit.coef
    return float(np.mean((scores - y[known:]) ** 2))


def test_what_is_maximised_is_likelihood_times_a_lognormal_prior_of_the_noise() -> None:
    draw = np.random.default_rng(0)
    grams = grams_of(25, kernels=1, draw=draw)
    y = np.linalg.cholesky(grams[0] + 0.4 * np.eye(25)) @ draw.normal(size=25)

    def told(weight: float, noise: float) -> float:
        likelihood = multivariate_normal(np.zeros(25), weight * grams[0] + noise * np.eye(25))
        prior = norm(np.log(PRIOR_NOISE), PRIOR_PRECISION**-0.5)
        return likelihood.logpdf(y) + prior.logpdf(np.log(noise))

    fit = maximize_evidence(grams, y)
    best = told(fit.weight[0], fit.noise)
    for factor in (0.8, 0.95, 1.05, 1.25):
        assert told(factor * fit.weight[0], fit.noise) < best
        assert told(fit.weight[0], factor * fit.noise) < best
    constants = 0.5 * 25 * np.log(2 * np.pi) - 0.5 * np.log(PRIOR_PRECISION / (2 * np.pi))
    assert fit.evidence == pytest.approx(best + constants)


def errors(known: int, *, told: float) -> tuple[float, float]:
    """Without and with the prior; labels of which the second of six kernels tells a share."""
    draw, found = np.random.default_rng(1), []
    for _ in range(40):
        grams = grams_of(known + 100, kernels=6, draw=draw)
        root = np.linalg.cholesky(grams[1] + 1e-9 * np.eye(len(grams[1])))
        signal, noise = draw.normal(size=(2, len(root)))
        y = np.sqrt(told) * root @ signal + np.sqrt(1 - told) * noise
        found.append(
            [error_of_strangers(grams, y, known, prior_precision=p) for p in (0, PRIOR_PRECISION)]
        )
    plain, doubted = np.mean(found, axis=0)
    return plain, doubted


def test_chance_among_few_people_is_explained_less() -> None:
    plain, doubted = errors(20, told=0.0)
    assert plain - 1 > 0.15  # 1 is the mean's error
    assert doubted - 1 < 0.75 * (plain - 1)


@pytest.mark.parametrize("told", [0.3, 0.6])
def test_what_few_people_do_tell_is_found_no_worse(told: float) -> None:
    plain, doubted = errors(40, told=told)
    assert doubted < plain


@pytest.mark.parametrize("noise", [0.1, 0.7])
def test_many_people_are_believed(noise: float) -> None:
    draw = np.random.default_rng(3)
    grams = grams_of(400, kernels=2, draw=draw)
    root = np.linalg.cholesky(grams[0] + 1e-9 * np.eye(400))
    y = np.sqrt(1 - noise) * root @ draw.normal(size=400) + np.sqrt(noise) * draw.normal(size=400)
    plain, doubted = (
        maximize_evidence(grams, y, prior_precision=p).noise for p in (0, PRIOR_PRECISION)
    )
    assert doubted == pytest.approx(plain, rel=0.12)


def test_a_learner_doubts_as_it_is_told(tmp_path: Path) -> None:
    few = subset(make_data(), np.arange(12))

    def noise(**more: float) -> Array:
        return build_learner(KERNELS | more).fit(few, seed=0, out=tmp_path).held_out

    np.testing.assert_array_equal(noise(), noise(prior_precision=PRIOR_PRECISION))
    assert np.abs(noise() - noise(prior_precision=0)).max() > 1e-3
