"""Metrics against independent references, and the laws that they obey."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy import stats
from sklearn import metrics as sklearn_metrics
from torchmetrics.functional import concordance_corrcoef

from trifold.psychometrics.metrics import METRICS, c_index, ccc, one_minus_mae, pearson, spearman


@pytest.fixture(params=range(4))
def pair(request: pytest.FixtureRequest) -> tuple[np.ndarray, np.ndarray]:
    """Correlated scores with ties."""
    generator = np.random.default_rng(request.param)
    target = np.round(generator.normal(4, 1, 60), 1)
    return np.round(0.5 * target + generator.normal(0, 1, 60), 1), target


def test_agree_with_scipy_and_sklearn(pair) -> None:
    preds, target = pair
    expected = {
        "spearman": stats.spearmanr(preds, target).statistic,
        "pearson": stats.pearsonr(preds, target).statistic,
        "r2": sklearn_metrics.r2_score(target, preds),
        "mse": sklearn_metrics.mean_squared_error(target, preds),
        "mae": sklearn_metrics.mean_absolute_error(target, preds),
    }
    for name, value in expected.items():
        assert METRICS[name](preds, target) == pytest.approx(value, abs=1e-12), name


def test_ccc_is_lins_with_population_moments(pair) -> None:
    preds, target = pair
    # torchmetrics uses n − 1 in the (co)variances only; both agree to order 1/n
    reference = concordance_corrcoef(torch.tensor(preds), torch.tensor(target)).item()
    assert ccc(preds, target) == pytest.approx(reference, abs=0.02)
    s_xy = np.cov(preds, target, bias=True)[0, 1]
    exact = 2 * s_xy / (preds.var() + target.var() + (preds.mean() - target.mean()) ** 2)
    assert ccc(preds, target) == pytest.approx(exact)


def test_c_index_is_kendalls_share_of_concordant_pairs(pair) -> None:
    preds, target = pair
    right = wrong = ties = 0
    for i in range(len(preds)):
        for j in range(i):
            product = np.sign(preds[i] - preds[j]) * np.sign(target[i] - target[j])
            if target[i] != target[j]:
                right, wrong = right + (product > 0), wrong + (product < 0)
                ties += product == 0
    assert c_index(preds, target) == pytest.approx((right + ties / 2) / (right + wrong + ties))


def test_rank_metrics_ignore_monotone_maps_and_ccc_does_not(pair) -> None:
    preds, target = pair
    stretched = np.exp(preds)
    assert spearman(stretched, target) == pytest.approx(spearman(preds, target))
    assert c_index(stretched, target) == pytest.approx(c_index(preds, target))
    assert pearson(3 * preds + 1, target) == pytest.approx(pearson(preds, target))
    assert ccc(3 * target + 1, target) < 0.9 < ccc(target, target)
    assert abs(ccc(preds, target)) <= abs(pearson(preds, target))


def test_perfect_and_reversed() -> None:
    target = np.array([1.0, 2.0, 4.0])
    assert [METRICS[m](target, target) for m in ("spearman", "ccc", "c_index", "r2")] == [1.0] * 4
    assert spearman(-target, target) == pytest.approx(-1.0)
    assert c_index(-target, target) == 0.0


def test_constant_predictions_have_no_rank_but_half_the_pairs() -> None:
    target = np.array([1.0, 2.0, 4.0, 5.0])
    constant = np.full(4, target.mean())
    assert np.isnan(spearman(constant, target))
    assert c_index(constant, target) == 0.5
    assert ccc(constant, target) == 0.0
    assert METRICS["r2"](constant, target) == 0.0
    assert np.isnan(ccc(target, constant))


def test_one_minus_mae_is_on_the_unit_scale() -> None:
    target, preds = np.array([1.0, 7.0]), np.array([4.0, 7.0])
    assert one_minus_mae(preds, target, low=1, high=7) == pytest.approx(0.75)
