"""Distances from the training candidates, and reasons to withhold a score."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import kstest
from sklearn.covariance import LedoitWolf

from tests.bundle.bundle_factory import LIMITS, describe, people
from trifold.bundle.abstention import doubts, limits_of
from trifold.bundle.out_of_distribution import fit_distribution, fit_gaussian
from trifold.errors import InputError


def draw(n: int, seed: int = 0) -> dict[str, np.ndarray]:
    """Correlated columns of two streams."""
    generator = np.random.default_rng(seed)
    mix = np.random.default_rng(9).normal(size=(6, 6))
    return {"a": generator.normal(size=(n, 6)) @ mix, "b": 3 + generator.normal(size=(n, 2))}


def test_squared_distances_are_those_of_scikit_learn() -> None:
    x = draw(50)["a"]
    z = (x - x.mean(axis=0)) / x.std(axis=0)
    theirs = LedoitWolf(assume_centered=True).fit(z).mahalanobis(z)
    np.testing.assert_allclose(fit_gaussian(x).squared(x) * 6, theirs, rtol=1e-9)


def test_units_do_not_matter() -> None:
    x, new = draw(60), draw(10, seed=1)
    other = {"a": 100 * x["a"] - 7, "b": x["b"] / 50}
    other_new = {"a": 100 * new["a"] - 7, "b": new["b"] / 50}
    first, second = fit_distribution(x), fit_distribution(other)
    np.testing.assert_allclose(first.distance(new), second.distance(other_new), rtol=1e-6)


def test_new_candidates_of_the_same_kind_rank_evenly_and_others_outside() -> None:
    distribution = fit_distribution(draw(300))
    ranks = distribution.rank(draw(300, seed=1))
    assert kstest(ranks, "uniform").pvalue > 0.01
    far = {"a": draw(5)["a"] + 100, "b": draw(5)["b"]}
    assert (distribution.rank(far) == 1).all()


def test_missing_streams_are_left_out_and_nothing_is_no_distance() -> None:
    distribution = fit_distribution(draw(100))
    new = draw(2, seed=1)
    new["b"][0] = np.nan
    assert np.isfinite(distribution.rank(new)).all()
    alone = distribution.distance({"a": new["a"][:1]})
    assert alone == pytest.approx(distribution.distance(new)[:1])
    assert np.isnan(
        distribution.rank({"a": np.full((1, 6), np.nan), "b": np.full((1, 2), np.nan)})
    )[0]


def test_few_candidates_have_no_distribution() -> None:
    assert fit_distribution(draw(19)) is None
    some = draw(40)
    some["b"][15:] = np.nan
    assert list(fit_distribution(some).gaussians) == ["a"]


def amounts(words: float | None, speech_s: float | None):
    """A candidate of two answers with these totals."""
    (sample,) = people(describe(), 1)
    told = {"contours": {"n_words": words}, "prosody": {"speech_s": speech_s}}
    answers = tuple(
        {
            s: replace(x, quality={k: v / 2 for k, v in told.get(s, {}).items() if v is not None})
            for s, x in answer.items()
        }
        for answer in sample.answers
    )
    return replace(sample, answers=answers)


@pytest.mark.parametrize(
    ("words", "speech_s", "distance", "reasons"),
    [
        (30, 20, 0.5, ()),
        (9, 2.9, 0.5, ("TOO_SHORT",)),
        (10, 0, None, ()),  # the words of both answers count together
        (9, 20, 0.5, ()),  # long pauses or a missing part of the transcript
        (9, None, 0.5, ("TOO_SHORT",)),
        (None, 2, 0.5, ("TOO_SHORT",)),
        (None, None, 0.5, ()),  # a picture alone has no length limit
        (30, 20, 0.991, ("OUT_OF_DISTRIBUTION",)),
        (30, 20, 0.99, ()),
        (1, 1, 1.0, ("OUT_OF_DISTRIBUTION", "TOO_SHORT")),
    ],
)
def test_reasons_follow_the_limits(words, speech_s, distance, reasons) -> None:
    assert doubts(amounts(words, speech_s), distance, LIMITS) == reasons
    assert doubts(amounts(words, speech_s), distance, {}) == ()


def test_limits_are_checked_and_none_is_none() -> None:
    assert limits_of({"words": 5, "distance": None}) == {"words": 5.0}
    with pytest.raises(InputError, match="expected limits from 0 for words, speech_s, distance"):
        limits_of({"smell": 3})
    with pytest.raises(InputError, match="got words: -1"):
        limits_of({"words": -1})
