"""Intervals of every coverage, percentiles and spread from what a bundle knows of people."""

from __future__ import annotations

import json
import warnings
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
import torch
from mapie.regression import SplitConformalRegressor
from sklearn.base import BaseEstimator, RegressorMixin

from tests.bundle.bundle_factory import ENSEMBLE, PLAIN, batch_of, people, write_run
from trifold.bundle.bundle import load_bundle
from trifold.bundle.reference import make_reference, read_reference, write_reference
from trifold.errors import BundleError, InputError
from trifold.psychometrics.intervals import conformal_half_width
from trifold.scoring.predictor import Predictor


class Identity(RegressorMixin, BaseEstimator):
    """Predicts its input, so that residuals are whatever the test wants."""

    def fit(self, x, y):
        self.fitted_ = True
        return self

    def predict(self, x):
        return x[:, 0]


@pytest.mark.parametrize("n", [20, 99, 250])
@pytest.mark.parametrize("coverage", [0.8, 0.9, 0.95])
def test_half_widths_are_those_of_mapie(n: int, coverage: float) -> None:
    generator = np.random.default_rng(n)
    scores, labels = generator.normal(size=(2, n))
    theirs = SplitConformalRegressor(Identity(), confidence_level=coverage, prefit=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        theirs.conformalize(scores[:, None], labels)
        _, bounds = theirs.predict_interval(np.zeros((1, 1)))
    ours = conformal_half_width(labels - scores, coverage=coverage)
    np.testing.assert_allclose(bounds[0, :, 0], [-ours, ours])


def test_the_default_coverage_read_from_the_reference_is_the_stored_one(tmp_path: Path) -> None:
    write_run(tmp_path)
    bundle = load_bundle(tmp_path)
    assert bundle.reference.half_widths(0.9) == bundle.description.half_width
    assert bundle.at_coverage(0.9) is bundle
    assert bundle.at_coverage(None) is bundle


def test_wider_coverage_gives_wider_bands_around_the_same_scores(tmp_path: Path) -> None:
    write_run(tmp_path)
    bundle = load_bundle(tmp_path)
    (sample,) = people(bundle.description, 1, seed=3)
    found = [Predictor(bundle.at_coverage(c)).score(sample).candidate for c in (0.8, 0.9, 0.95)]
    assert [scores.coverage for scores in found] == [0.8, 0.9, 0.95]
    for narrow, wide in pairwise(found):
        np.testing.assert_array_equal(narrow.score, wide.score)
        assert (wide.low <= narrow.low).all()
        assert (narrow.high <= wide.high).all()
    lows, highs = [1, 1], [7, 5]
    assert (found[-1].low >= lows).all()
    assert (found[-1].high <= highs).all()


def test_impossible_coverages_are_refused(tmp_path: Path) -> None:
    write_run(tmp_path)
    bundle = load_bundle(tmp_path)
    with pytest.raises(InputError, match=r"expected a coverage between 0 and 1, got 1\.5"):
        bundle.at_coverage(1.5)
    assert bundle.at_coverage(0.999).description.half_width["candidate"] == [None, None]


def test_bundles_without_reference_score_at_their_own_coverage_alone(tmp_path: Path) -> None:
    description = write_run(tmp_path)
    facts = json.loads((tmp_path / "bundle.json").read_text())
    del facts["reference_sha256"]
    (tmp_path / "bundle.json").write_text(json.dumps(facts))
    (tmp_path / "reference.safetensors").unlink()
    bundle = load_bundle(tmp_path)
    scores = Predictor(bundle).score(people(description, 1)[0])
    assert (scores.distance, scores.percentile) == (None, None)
    with pytest.raises(InputError, match=r"expected coverage 0\.9 \(this bundle holds no held-out"):
        bundle.at_coverage(0.8)


def test_percentiles_count_ties_half_and_need_thirty() -> None:
    ordered = np.arange(40.0)
    scores = np.stack([ordered, np.where(ordered < 29, ordered, np.nan)], axis=1)
    reference = make_reference(np.zeros((0, 2)), {}, scores, None)
    low, _ = reference.percentiles(np.array([-1.0, 3.0]))
    middle, few = reference.percentiles(np.array([20.0, 3.0]))
    high, _ = reference.percentiles(np.array([50.0, 3.0]))
    assert (low, middle, high) == (0, 51.25, 100)
    assert np.isnan(few)


def test_references_come_back_as_they_were(tmp_path: Path) -> None:
    write_run(tmp_path)
    path = tmp_path / "reference.safetensors"
    first = read_reference(path)
    write_reference(tmp_path / "again.safetensors", first)
    assert (tmp_path / "again.safetensors").read_bytes() == path.read_bytes()
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(BundleError, match="expected errors, norms and distribution"):
        read_reference(path)


def test_spread_is_the_deviation_of_the_members_scores(tmp_path: Path) -> None:
    description = write_run(tmp_path, ENSEMBLE)
    bundle = load_bundle(tmp_path)
    samples = people(description, 1, seed=4)
    scores = Predictor(bundle).score(samples[0]).candidate
    batch = batch_of(description, samples)
    inputs = (batch.tokens, batch.token_mask, batch.answer_mask)
    with torch.inference_mode():
        members = [bundle.scaler(net(*inputs).candidate)[0] for net in bundle.network.networks]
    np.testing.assert_allclose(scores.spread, np.std(np.stack(members), axis=0, ddof=1), rtol=1e-5)


def test_one_model_has_no_spread(tmp_path: Path) -> None:
    description = write_run(tmp_path, PLAIN)
    scores = Predictor(load_bundle(tmp_path)).score(people(description, 1)[0])
    assert scores.candidate.spread is None
