"""The trivial predictors."""

from __future__ import annotations

import numpy as np
import pytest

from src.training.baselines import answer_length, linear, ridge, run_baselines, train_mean


def make(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(n, 6)) * np.array([1, 10, 100, 1, 1, 1])
    y = np.stack([x[:, 0] + 3, 0.1 * x[:, 1]], axis=1) + generator.normal(0, 0.1, (n, 2))
    return x, y


def test_train_mean_ignores_unlabelled() -> None:
    labels = np.array([[1.0, np.nan], [3.0, 4.0]])
    np.testing.assert_array_equal(train_mean(labels, 2), [[2.0, 4.0], [2.0, 4.0]])


@pytest.mark.parametrize("model", [ridge, linear])
def test_recover_a_linear_rule_with_holes(model) -> None:
    x, y = make()
    labels = y[:80].copy()
    labels[::7, 0] = np.nan
    preds = model(x[:80], labels, x[80:])
    assert np.corrcoef(preds[:, 0], y[80:, 0])[0, 1] > 0.97
    assert np.corrcoef(preds[:, 1], y[80:, 1])[0, 1] > 0.97


def test_missing_features_fall_back_to_the_mean_prediction() -> None:
    x, y = make()
    unknown = np.full((1, 6), np.nan)
    np.testing.assert_allclose(ridge(x, y, unknown)[0], y.mean(axis=0), atol=0.3)


def test_all_missing_column_is_harmless() -> None:
    x, y = make()
    x[:, 5] = np.nan
    assert np.isfinite(ridge(x[:80], y[:80], x[80:])).all()


def test_answer_length_is_log_counts() -> None:
    counts = {"words": np.array([0.0, np.e - 1]), "seconds": np.array([0.0, np.nan])}
    got = answer_length(counts)
    assert got[0].tolist() == [0.0, 0.0]
    assert got[1, 0] == pytest.approx(1.0)
    assert np.isnan(got[1, 1])


def test_run_baselines_never_sees_test_labels() -> None:
    x, y = make()
    hidden = y.copy()
    hidden[80:] = np.nan
    rows, test_rows = np.arange(80), np.arange(80, 120)
    seen = run_baselines(x, x[:, :2], y, fit_rows=rows, test_rows=test_rows)
    blind = run_baselines(x, x[:, :2], hidden, fit_rows=rows, test_rows=test_rows)
    assert set(seen) == {"train_mean", "answer_length", "ridge_pooled"}
    for name, preds in seen.items():
        assert preds.shape == (40, 2)
        np.testing.assert_array_equal(preds, blind[name])
