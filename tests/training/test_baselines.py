"""The trivial predictors."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.errors import InputError
from trifold.training.baselines.pooled import ridge
from trifold.training.baselines.trivial import answer_length, linear, make_baselines, train_mean


def make(n: int = 120) -> tuple[np.ndarray, np.ndarray]:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(n, 6)) * np.array([1, 10, 100, 1, 1, 1])
    y = np.stack([x[:, 0] + 3, 0.1 * x[:, 1]], axis=1) + generator.normal(0, 0.1, (n, 2))
    return x, y


def test_train_mean_ignores_unlabelled() -> None:
    labels = np.array([[1.0, np.nan], [3.0, 4.0]])
    np.testing.assert_array_equal(train_mean(labels, 2), [[2.0, 4.0], [2.0, 4.0]])


def alone(x: np.ndarray, labels: np.ndarray, z: np.ndarray) -> np.ndarray:
    """Ridge where every row is another person."""
    return ridge(x, labels, z, np.arange(len(x)))


@pytest.mark.parametrize("model", [alone, linear])
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
    np.testing.assert_allclose(alone(x, y, unknown)[0], y.mean(axis=0), atol=0.3)


def test_all_missing_column_is_harmless() -> None:
    x, y = make()
    x[:, 5] = np.nan
    assert np.isfinite(alone(x[:80], y[:80], x[80:])).all()


def test_answer_length_is_log_counts() -> None:
    counts = {"words": np.array([0.0, np.e - 1]), "seconds": np.array([0.0, np.nan])}
    got = answer_length(counts)
    assert got[0].tolist() == [0.0, 0.0]
    assert got[1, 0] == pytest.approx(1.0)
    assert np.isnan(got[1, 1])


NAMES = ("train_mean", "answer_length", "ridge_pooled", "kernel_ridge", "sum_of_kernels",
         "support_vectors", "random_forest", "stack")  # fmt: skip


def test_unknown_baselines_are_refused() -> None:
    x, y = make()
    with pytest.raises(InputError, match=r"expected baselines among train_mean, .* got 'ols'"):
        make_baselines(["ols"], views={"a": x}, length=x[:, :2], labels=y)


@pytest.mark.parametrize("name", NAMES[3:])
def test_simple_methods_find_a_smooth_rule(name: str) -> None:
    generator = np.random.default_rng(1)
    views = {"a": generator.normal(size=(200, 3)), "b": generator.normal(size=(200, 2))}
    y = np.stack([np.sin(views["a"][:, 0]) + 2, views["b"][:, 1]], axis=1)
    y[::9, 0] = np.nan
    run = make_baselines([name], views=views, length=y, labels=y)
    preds = run(np.arange(160), np.arange(160, 200))[name]
    seen = np.isfinite(y[160:, 0])
    assert np.corrcoef(preds[seen, 0], y[160:][seen, 0])[0, 1] > 0.8
    assert np.corrcoef(preds[:, 1], y[160:, 1])[0, 1] > 0.8


def test_penalties_are_chosen_on_people_not_on_rows() -> None:
    """Who has several rows lends them to each other, which makes memory look like skill."""
    generator = np.random.default_rng(0)
    people = np.arange(240) // 4
    x = generator.normal(size=(60, 30))[people] + 0.05 * generator.normal(size=(240, 30))
    y = (0.3 * x[:, :1] + generator.normal(size=(60, 1))[people]) @ np.ones((1, 2))
    z = generator.normal(size=(500, 30))
    ids = [f"p{person}" for person in people]
    views = {"a": np.concatenate([x, z])}
    labels, rows = np.concatenate([y, np.zeros((500, 2))]), np.arange(240)
    for name in ("ridge_pooled", "kernel_ridge", "sum_of_kernels", "support_vectors"):
        error = {}
        for how, given in (("row", None), ("person", [*ids, *(f"q{i}" for i in range(500))])):
            run = make_baselines([name], views=views, length=labels, labels=labels, people=given)
            error[how] = np.square(run(rows, 240 + np.arange(500))[name] - 0.3 * z[:, :1]).mean()
        assert error["person"] < 0.9 * error["row"], name


@pytest.mark.parametrize("shared", [False, True])
@pytest.mark.parametrize("name", NAMES[2:5])
def test_targets_that_share_fits_get_what_each_gets_alone(name: str, shared: bool) -> None:
    generator = np.random.default_rng(2)
    views = {"a": generator.normal(size=(90, 5)), "b": generator.normal(size=(90, 12))}
    y = views["a"][:, :3] * [1, 0.5, 0.1] + generator.normal(size=(90, 3)) * [0.1, 1, 3]
    y[::7, 1] = np.nan
    ids = [f"p{i // 2 if shared else i}" for i in range(90)]
    rows, new = np.arange(60), np.arange(60, 90)

    def predicted(labels: np.ndarray) -> np.ndarray:
        run = make_baselines([name], views=views, length=y[:, :2], labels=labels, people=ids)
        return run(rows, new)[name]

    each = np.concatenate([predicted(y[:, [k]]) for k in range(3)], axis=1)
    np.testing.assert_allclose(predicted(y), each, rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("name", NAMES)
def test_rows_of_one_person_alone_are_no_error(name: str) -> None:
    x, y = make()
    ids = ["ann"] * len(x)
    run = make_baselines([name], views={"a": x}, length=x[:, :2], labels=y, people=ids)
    assert np.isfinite(run(np.arange(40), np.arange(40, 50))[name]).all()


def test_run_baselines_never_sees_test_labels() -> None:
    x, y = make()
    hidden = y.copy()
    hidden[80:] = np.nan
    rows, test_rows = np.arange(80), np.arange(80, 120)
    views = {"a": x[:, :2], "b": x[:, 2:]}
    seen, blind = (
        make_baselines(NAMES, views=views, length=x[:, :2], labels=labels)(rows, test_rows)
        for labels in (y, hidden)
    )
    assert tuple(seen) == NAMES
    for name, preds in seen.items():
        assert preds.shape == (40, 2)
        np.testing.assert_array_equal(preds, blind[name])
