"""Whatever few people show and are rated on: numbers and nulls, or an error of the family."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.training.degenerate_factory import (
    People,
    corpus_of,
    dataset_of,
    make_people,
    schema_of,
)
from trifold.errors import TrifoldError
from trifold.features.pooling import pooled_features
from trifold.training.baselines.trivial import make_baselines
from trifold.training.learners.base import build_learner
from trifold.training.protocol.testing import cross_validated
from trifold.training.requirements import plan_of, require_trainable
from trifold.training.results.numbers import measure

pytestmark = pytest.mark.slow

DIMS = {"sentences": 4, "prosody": 3, "face": 3}
LEARNER = {
    "_target_": "trifold.training.learners.ensemble.EnsembleLearner",
    "weights": "stacked",
    "members": {
        stream: {
            "_target_": "trifold.training.learners.kernels.KernelLearner",
            "iterations": 2,
            "views": [{"streams": [stream], "kernel": "rbf", "scaling": scaling}],
        }
        for stream, scaling in zip(DIMS, ("centred", "rank", "standard"), strict=True)
    },
}


@st.composite
def crowds(draw) -> People:
    """Few people, any streams, answers and ratings of whom are gone."""
    n, answers = draw(st.integers(4, 12)), draw(st.integers(1, 3))
    people = make_people(n, targets=draw(st.integers(1, 3)), answers=answers, dims=DIMS)
    bits = np.random.default_rng(draw(st.integers(0, 2**32)))
    shown, rated = draw(st.sampled_from([0.2, 0.6, 1.0])), draw(st.sampled_from([0.6, 0.95, 1.0]))
    people.labels[bits.random(people.labels.shape) > rated] = np.nan
    people.labels[:] = np.round(people.labels / 2) * 2 if draw(st.booleans()) else people.labels
    people.labels[0] = np.where(np.isfinite(people.labels[0]), people.labels[0], 3.0)
    for given_answers in people.answers:
        del given_answers[draw(st.integers(1, answers)) :]
        for answer in given_answers:
            for stream in DIMS:
                if bits.random() > shown:
                    answer.pop(stream)
                elif bits.random() < 0.1:
                    answer[stream] = answer[stream][:0]
    return people


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(people=crowds(), folds=st.integers(2, 4))
def test_any_mask_ends_in_numbers_or_a_named_error(people: People, folds: int) -> None:
    schema = schema_of(people)
    rated = np.isfinite(people.labels).any(axis=1)
    people = People(
        [a for a, r in zip(people.answers, rated, strict=True) if r], people.labels[rated]
    )
    try:
        require_trainable(plan_of(corpus_of(people), folds=folds, seeds=[0]))
    except TrifoldError:
        return
    data = dataset_of(people, DIMS)
    length = np.full((len(data.labels), 2), np.nan)
    names = ("train_mean", "answer_length", "ridge_pooled", "sum_of_kernels")
    baselines = make_baselines(
        names, views=pooled_features(data.batch), length=length, labels=data.labels
    )
    with tempfile.TemporaryDirectory() as out:
        outcome = cross_validated(
            build_learner(LEARNER), data, baselines, folds=folds, seeds=[0], coverage=0.6,
            identity="", out=Path(out),
        )  # fmt: skip
    metrics = measure(
        outcome.preds, outcome.baselines, data.labels, schema, half_width=outcome.half_width,
        coverage=0.6, resamples=3, seed=0, constant=outcome.constant,
    )  # fmt: skip
    json.dumps(metrics, allow_nan=False)
    for preds in (outcome.preds, *outcome.baselines.values()):
        assert np.isfinite(preds).all()
    assert all(value is not None for value in metrics["test"]["mse"]["per_target"].values())
    assert metrics["baselines"]["train_mean"]["spearman"]["mean"] is None
