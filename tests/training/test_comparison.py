"""Runs side by side: what is compared, with whom, and what is refused."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from omegaconf import OmegaConf
from PIL import Image

from trifold.commands.compare import compare
from trifold.errors import InputError
from trifold.psychometrics.comparison import paired_differences
from trifold.training.results.comparison import compare_runs, read_run, write_comparison

N = 120
GENERATOR = np.random.default_rng(0)
LABELS = GENERATOR.normal(size=(N, 2))
GOOD = LABELS + GENERATOR.normal(size=(N, 2))
POOR = LABELS + 3 * GENERATOR.normal(size=(N, 2))


def run_folder(
    root: Path, name: str, preds: np.ndarray, *, first: int = 0, seeds: tuple[int, ...] = (0, 1)
) -> Path:
    """A run folder as ``trifold train`` writes it, of two repeats unless ``seeds`` says else."""
    folder = root / name
    folder.mkdir(parents=True)
    ids = [f"p{first + i}" for i in range(N)]
    tables = [
        pd.DataFrame(
            {"candidate_id": ids, "split": "test", "repeat": repeat}
            | {f"t{k}": preds[:, k] for k in range(2)}
            | {f"t{k}_rated": LABELS[:, k] for k in range(2)}
        )
        for repeat in range(len(seeds))
    ]
    pd.concat(tables).to_csv(folder / "predictions.csv", index=False)
    value = {"mean": 0.5, "low": 0.4, "high": 0.6}
    metrics = {
        "test": dict.fromkeys(("spearman", "mse", "ccc", "r2"), value),
        "data": {"seeds": list(seeds)},
    }
    (folder / "metrics.json").write_text(json.dumps(metrics), encoding="utf-8")
    return folder


def test_differences_change_sign_with_the_order_and_vanish_with_oneself() -> None:
    one = paired_differences(GOOD, POOR, LABELS, resamples=200)
    other = paired_differences(POOR, GOOD, LABELS, resamples=200)
    for metric in ("spearman", "mse"):
        assert one[metric]["difference"] == pytest.approx(-other[metric]["difference"])
        assert one[metric]["low"] == pytest.approx(-other[metric]["high"])
    assert one["mse"]["high"] < 0 < one["spearman"]["low"]
    same = paired_differences(GOOD, GOOD, LABELS, resamples=20)
    assert same["mse"] == {"difference": 0.0, "low": 0.0, "high": 0.0}


def test_pairing_is_narrower_than_two_intervals_of_similar_models() -> None:
    nearly = GOOD + 0.05 * np.random.default_rng(1).normal(size=GOOD.shape)
    found = paired_differences(nearly, GOOD, LABELS, resamples=300)["mse"]
    errors = np.square(GOOD - LABELS).mean(axis=1)
    alone = 2 * 1.96 * errors.std() / np.sqrt(N)
    assert found["high"] - found["low"] < alone / 3


def test_differences_are_undefined_where_a_ranking_is() -> None:
    flat = np.zeros_like(GOOD)
    found = paired_differences(flat, GOOD, LABELS, resamples=5)
    assert found["spearman"] == {"difference": None, "low": None, "high": None}
    assert found["mse"]["difference"] is not None


def test_table_and_plot_of_runs(tmp_path: Path) -> None:
    runs = [read_run(run_folder(tmp_path, name, p)) for name, p in (("good", GOOD), ("poor", POOR))]
    table = compare_runs(runs, runs[0], resamples=100, seed=0)
    assert list(table["run"]) == ["good", "poor"]
    assert table.loc[1, "mse_difference_low"] > 0
    written = write_comparison(table, "good", tmp_path / "out")
    assert [path.name for path in written] == ["comparison.csv", "comparison.md", "comparison.png"]
    pd.testing.assert_frame_equal(pd.read_csv(written[0]), table, check_dtype=False)
    lines = written[1].read_text(encoding="utf-8").splitlines()
    assert lines[0] == "| run | Spearman | MSE | CCC | Δ Spearman to good | Δ MSE |"
    assert lines[2].startswith("| good | 0.500 (0.400 to 0.600) | 0.5000 | 0.500 | 0.000 (")
    assert Image.open(written[2]).width > 500


def test_other_candidates_are_not_compared(tmp_path: Path) -> None:
    one = read_run(run_folder(tmp_path, "one", GOOD))
    other = read_run(run_folder(tmp_path, "other", GOOD, first=1))
    with pytest.raises(InputError, match="other: expected the 120 candidates of 'one', got 120"):
        compare_runs([one, other], one, resamples=5, seed=0)


@pytest.mark.parametrize("seeds", [(0,), (0, 2), (1, 0)])
def test_other_seeds_are_not_compared(tmp_path: Path, seeds: tuple[int, ...]) -> None:
    one = read_run(run_folder(tmp_path, "one", GOOD))
    other = read_run(run_folder(tmp_path, "other", GOOD, seeds=seeds))
    with pytest.raises(InputError, match=r"other: expected the seeds \[0, 1\] of 'one', got \["):
        compare_runs([one, other], one, resamples=5, seed=0)


@pytest.mark.parametrize("lost", ["metrics.json", "predictions.csv"])
def test_damaged_runs_are_named(tmp_path: Path, lost: str) -> None:
    folder = run_folder(tmp_path, "run", GOOD)
    (folder / lost).write_text("{", encoding="utf-8")
    with pytest.raises(InputError, match=r"run: expected a run folder of trifold train, got"):
        read_run(folder)


def test_command_says_what_it_needs(tmp_path: Path) -> None:
    config = OmegaConf.create(
        {"runs": str(tmp_path), "reference": "full", "out": "x", "resamples": 5, "seed": 0}
    )
    with pytest.raises(InputError, match=r"expected run folders with metrics\.json, got none"):
        compare(config)
    run_folder(tmp_path, "one", GOOD)
    with pytest.raises(InputError, match="expected a reference among one, got 'full'"):
        compare(config)
