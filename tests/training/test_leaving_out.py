"""Predictions of each person by all others, against fitting without them."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.training.gaussian_process.leave_one_out import leave_one_out

NOISE = 0.4


def population(n: int, seed: int) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Kernel of n rows with themselves, with the same rows moved, and labels."""
    generator = np.random.default_rng(seed)
    x = generator.normal(size=(n, 3))
    moved = x + 0.5 * generator.normal(size=x.shape)
    near = [np.exp(-((a[:, None] - x[None]) ** 2).sum(-1) / 4) for a in (x, moved)]
    return near[0], near[1], x[:, 0] + 0.3 * generator.normal(size=n)


def refitted(kernel: np.ndarray, rows: np.ndarray, y: np.ndarray, out: np.ndarray) -> np.ndarray:
    """Gaussian process with an unknown mean, fitted without ``out``; universal kriging."""
    kept = np.setdiff1d(np.arange(len(y)), out)
    inverse = np.linalg.inv(kernel[np.ix_(kept, kept)] + NOISE * np.eye(len(kept)))
    mean = inverse.sum(axis=0) @ y[kept] / inverse.sum()
    return mean + rows[np.ix_(out, kept)] @ inverse @ (y[kept] - mean)


@pytest.mark.parametrize(
    "people", [np.arange(24), np.arange(24) // 2, np.array([0] * 20 + [1] * 4)]
)
def test_they_are_those_of_a_fit_without_the_person(people: np.ndarray) -> None:
    kernel, moved, y = population(24, seed=int(people.sum()))
    inverse = np.linalg.inv(kernel + NOISE * np.eye(24))
    found, shown_less = (
        leave_one_out(inverse, y, people),
        leave_one_out(inverse, y, people, change=moved - kernel),
    )
    for person in np.unique(people):
        out = np.flatnonzero(people == person)
        np.testing.assert_allclose(found[out], refitted(kernel, kernel, y, out), atol=1e-9)
        np.testing.assert_allclose(shown_less[out], refitted(kernel, moved, y, out), atol=1e-9)


def test_a_row_of_the_same_person_is_no_help() -> None:
    kernel, _, y = population(12, seed=1)
    twice = np.kron(kernel, np.ones((2, 2)))
    inverse = np.linalg.inv(twice + NOISE * np.eye(24))
    by_row, by_person = (
        leave_one_out(inverse, y.repeat(2), p) for p in (np.arange(24), np.arange(24) // 2)
    )
    assert np.square(y.repeat(2) - by_row).mean() < 0.5 * np.square(y.repeat(2) - by_person).mean()


def test_nobody_else_says_nothing() -> None:
    assert np.isnan(leave_one_out(np.eye(3), np.ones(3), np.zeros(3, dtype=int))).all()
    assert leave_one_out(np.zeros((0, 0)), np.zeros(0), np.zeros(0, dtype=int)).shape == (0,)
