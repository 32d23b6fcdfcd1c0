"""Learning the components that targets share, and the way back to the targets."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.fold_factory import SMALL
from tests.training.test_learners import KERNELS, correlation, make_data
from trifold.errors import InputError
from trifold.network.build import build_network
from trifold.training.dataset import subset
from trifold.training.learners.base import build_learner, standardized
from trifold.training.learners.principal import principal_axes
from trifold.training.protocol.fold import predict

PRINCIPAL = {
    "_target_": "trifold.training.learners.principal.PrincipalLearner",
    "learner": KERNELS,
}


def ratings(n: int = 400, targets: int = 4) -> np.ndarray:
    """(n, K) standardised ratings that share one impression."""
    generator = np.random.default_rng(1)
    found = generator.normal(size=(n, 1)) + 0.7 * generator.normal(size=(n, targets))
    return (found - found.mean(0)) / found.std(0)


def test_components_are_uncorrelated_of_unit_variance_and_lead_back() -> None:
    target = ratings()
    axes = principal_axes(target)
    components = axes.components(target)
    np.testing.assert_allclose(np.cov(components.T, bias=True), np.eye(4), atol=1e-8)
    np.testing.assert_allclose(components @ axes.back, target, atol=1e-8)


def test_a_missing_rating_is_filled_in_by_the_others() -> None:
    target = ratings()
    axes = principal_axes(target)
    holed = target.copy()
    holed[:, 2] = np.nan
    filled = (axes.components(holed) @ axes.back)[:, 2]
    slopes = np.linalg.lstsq(np.delete(target, 2, axis=1), target[:, 2], rcond=None)[0]
    expected = np.delete(target, 2, axis=1) @ slopes
    assert np.corrcoef(filled, expected)[0, 1] > 0.999
    np.testing.assert_allclose(
        (axes.components(holed) @ axes.back)[:, :2], target[:, :2], atol=1e-8
    )


def test_who_is_not_rated_has_no_components_and_constants_do_no_harm() -> None:
    target = ratings()
    target[:, 1] = 0.0
    target[3] = np.nan
    axes = principal_axes(target)
    components = axes.components(target)
    assert np.isnan(components[3]).all()
    assert np.isfinite(np.delete(components, 3, axis=0)).all()


def test_learns_scores_who_was_held_out_and_is_rebuilt_from_its_specification() -> None:
    data = make_data()
    train, test = subset(data, np.arange(60)), subset(data, np.arange(60, 90))
    fitted = build_learner(PRINCIPAL).fit(train, seed=0, out=Path("unused"))
    preds, answers = predict(fitted, test)
    assert correlation(preds, test.labels) > 0.8
    assert answers.shape == (30, 2, 2)
    assert correlation(fitted.held_out, train.labels) > 0.7
    np.testing.assert_allclose(
        fitted.held_out_given({}), standardized(fitted.scaler, fitted.held_out), atol=1e-4
    )
    again = build_network(
        fitted.spec,
        stream_dims=data.stream_dims,
        stream_modality=data.stream_modality,
        num_targets=2,
    ).eval()
    again.load_state_dict(fitted.network.state_dict())
    batch = test.batch
    with torch.inference_mode():
        one = again.candidates(batch.tokens, batch.token_mask, batch.answer_mask)
        whole = again(batch.tokens, batch.token_mask, batch.answer_mask)
    torch.testing.assert_close(one, whole.candidate)
    np.testing.assert_allclose(fitted.scaler(one).numpy(), preds, atol=1e-4)


def test_two_names_of_one_rating_get_one_score() -> None:
    data = make_data(60)
    data = replace(data, labels=data.labels[:, [0, 0]])
    fitted = build_learner(PRINCIPAL).fit(data, seed=0, out=Path("unused"))
    preds, _ = predict(fitted, data)
    np.testing.assert_allclose(preds[:, 0], preds[:, 1], atol=0.02)


def test_partly_rated_candidates_are_learned_from() -> None:
    data = make_data(60)
    data.labels[::3, 1] = np.nan
    data.labels[1] = np.nan
    fitted = build_learner(PRINCIPAL).fit(data, seed=0, out=Path("unused"))
    assert np.isnan(fitted.held_out[1]).all()
    assert np.isfinite(np.delete(fitted.held_out, 1, axis=0)).all()


def test_what_the_learner_inside_lacks_is_refused() -> None:
    with pytest.raises(InputError, match="expected views that read streams among voice, got"):
        build_learner(PRINCIPAL).check(["voice"], has_validation=False)


def test_a_network_inside_learns_the_components_and_not_the_ratings(tmp_path: Path) -> None:
    data = make_data(60)
    network = SMALL | {"trainer": SMALL["trainer"] | {"max_epochs": 8}, "learning_rate": 2e-2}
    fitted = build_learner(PRINCIPAL | {"learner": network}).fit(data, seed=0, out=tmp_path)
    assert correlation(fitted.held_out, data.labels) > 0.5
    bias = (fitted.held_out - data.labels).mean(axis=0)
    assert np.abs(bias).max() < 0.3
