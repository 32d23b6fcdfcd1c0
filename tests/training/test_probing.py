"""Layer probing: it finds the layer that carries the signal, and promises nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from sklearn.linear_model import Ridge
from sklearn.preprocessing import StandardScaler

from trifold.corpora.splits import k_folds
from trifold.training.baselines.trivial import Baselines, train_mean
from trifold.training.layer_table import layer_table
from trifold.training.probing import PICKED, probe_layers, ridge_by_target

B, D, N = 90, 12, 5
IDS = [f"p{i}" for i in range(B)]


def planted(seed: int = 0, *, best: int = 2, noise: float = 0.7) -> tuple[np.ndarray, np.ndarray]:
    """Layers of noise of which one carries two targets; the third target is noise throughout."""
    generator = np.random.default_rng(seed)
    values = generator.normal(size=(N, B, D))
    signal = generator.normal(size=(B, 2))
    values[best, :, :2] = signal + 0.2 * generator.normal(size=(B, 2))
    labels = np.column_stack([signal + noise * generator.normal(size=(B, 2)),
                              generator.normal(size=B)])  # fmt: skip
    return values, labels


def run(values: np.ndarray, labels: np.ndarray, **options):
    baselines = Baselines(("train_mean",), {}, np.zeros((B, 2)), labels, np.arange(B))
    options = {"folds": 5, "seeds": [0, 1], "baselines": baselines, **options}
    return probe_layers(values, range(N), labels, IDS, **options)


def test_the_layer_that_carries_the_signal_is_found() -> None:
    values, labels = planted()
    found = run(values, labels)
    assert found.layer == 2
    assert found.target_layer[:2] == (2, 2)
    rows = {r["layer"]: r for r in layer_table(found, labels, "abc", resamples=50, seed=0)}
    assert rows["2"]["spearman_a"] > 0.6
    assert rows["2"]["r2"] > rows["0"]["r2"] + 0.2
    assert rows[PICKED]["spearman_a"] == pytest.approx(rows["2"]["spearman_a"], abs=0.05)
    low, high = (rows["2"][f"spearman_{end}"] for end in ("low", "high"))
    assert low < rows["2"]["spearman"] < high


def test_picking_a_layer_of_noise_promises_nothing() -> None:
    """The best of many layers looks good only to those who look at the test candidates."""
    naive, nested = [], []
    for seed in range(6):
        generator = np.random.default_rng(seed)
        values, labels = generator.normal(size=(N, B, D)), generator.normal(size=(B, 3))
        found = run(values, labels, seeds=[0])
        rows = {r["layer"]: r for r in layer_table(found, labels, "abc", resamples=0, seed=0)}
        naive.append(np.mean([max(rows[str(n)][f"r2_{t}"] for n in range(N)) for t in "abc"]))
        nested.append(rows[PICKED]["r2"])
    assert np.mean(nested) < 0.01
    assert np.mean(naive) > np.mean(nested)


def test_held_out_candidates_have_no_say() -> None:
    values, labels = planted()
    changed = labels.copy()
    _, test = k_folds(IDS, folds=5, seed=0)[0]
    changed[test] += 100
    one, other = (run(values, y, seeds=[0]).preds for y in (labels, changed))
    for name in ("0", "2", PICKED):
        np.testing.assert_allclose(one[name][0, test], other[name][0, test], atol=1e-9)


def test_baselines_stand_on_the_same_folds() -> None:
    values, labels = planted()
    found = run(values, labels, seeds=[0])
    for train, test in k_folds(IDS, folds=5, seed=0):
        expected = train_mean(labels[train], len(test))
        np.testing.assert_allclose(found.preds["train_mean"][0, test], expected)


def test_ridge_is_scikits_with_the_penalty_of_least_leave_one_out_error() -> None:
    values, labels = planted()
    x, z = values[2][:40], values[2][40:]
    scores, errors = ridge_by_target(x, labels[:40], z)
    scaler = StandardScaler().fit(x)
    for k in (0, 2):
        best = None
        for alpha in np.logspace(-1, 5, 13):
            loo = [
                Ridge(alpha).fit(np.delete(scaler.transform(x), i, 0), np.delete(labels[:40, k], i))
                .predict(scaler.transform(x[i : i + 1]))[0] - labels[i, k] for i in range(40)
            ]  # fmt: skip
            error = np.square(loo).mean() / labels[:40, k].var()
            best = min(best or (error, alpha), (error, alpha))
        assert errors[k] == pytest.approx(best[0], rel=1e-6)
        expected = Ridge(best[1]).fit(scaler.transform(x), labels[:40, k]).predict(
            scaler.transform(z))  # fmt: skip
        np.testing.assert_allclose(scores[:, k], expected, atol=1e-8)


def test_unlabelled_and_unread_candidates_are_allowed() -> None:
    values, labels = planted()
    labels[:20, 1] = np.nan
    values[:, 5] = np.nan
    found = run(values, labels, seeds=[0])
    assert found.target_layer[:2] == (2, 2)
    assert np.isfinite(found.preds[PICKED]).all()
    rows = layer_table(found, labels, "abc", resamples=10, seed=0)
    assert all(np.isfinite(row["spearman"]) for row in rows if row["layer"] != "train_mean")
