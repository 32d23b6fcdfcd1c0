"""Prototypes in training: where they start, how they move, and whether curvature was used."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from tests.network.network_factory import DIMS, MODALITY, make_batch
from tests.training.test_learners import make_data
from trifold.contracts import FeatureBatch, Target, TargetSchema
from trifold.network.blocks.experts.prototypes import PrototypeExpert
from trifold.network.build import build_network
from trifold.network.former_settings import in_parts
from trifold.network.targets.standard import StandardTargets
from trifold.network.trifold import TrifoldNetwork
from trifold.training.gradient.module import ScoreRegression
from trifold.training.learners.base import Fitted
from trifold.training.learners.network import NetworkLearner
from trifold.training.protocol.fold import predict, predict_flat
from trifold.training.results.geometry import geometry_facts, of_geometry, shift_and_r

TARGET = "trifold.network.trifold.TrifoldNetwork"
QUIET = {"max_epochs": 2, "logger": False, "enable_progress_bar": False,
         "enable_model_summary": False, "accelerator": "cpu"}  # fmt: skip


def spec_of(*kinds: str) -> dict[str, Any]:
    part = "trifold.network.blocks.experts.prototypes.{}Prototypes"
    experts = {kind: {"_target_": part.format(kind), "dim": 2, "prototypes": 4} for kind in kinds}
    return {**in_parts({"_target_": TARGET, "width": 16, "members": 2}), "experts": experts}


def network_of(*kinds: str) -> TrifoldNetwork:
    torch.manual_seed(0)
    built = build_network(
        spec_of(*kinds), stream_dims=DIMS, stream_modality=MODALITY, num_targets=4  # type: ignore[arg-type]
    )  # fmt: skip
    assert isinstance(built, TrifoldNetwork)
    return built.eval()


def test_experts_start_at_the_routed_vectors_of_real_answers() -> None:
    network = network_of("Hyperbolic", "Euclidean")
    tokens, mask, answer_mask = make_batch()
    batch = FeatureBatch(tokens, mask, answer_mask, None, tuple("abcdef"))
    network.train()
    network.initialise(batch)
    assert network.training
    before = [expert.prototypes.detach().clone() for expert in network.experts]
    tokens = {s: torch.where(answer_mask[..., None, None], t, 9.0) for s, t in tokens.items()}
    torch.manual_seed(1)
    network.initialise(replace(batch, tokens=tokens))  # what nobody said does not count
    for expert, points in zip(network.experts, before, strict=True):
        assert isinstance(expert, PrototypeExpert)
        reach = expert.embed(network.eval()._routed(tokens, mask).r[answer_mask.flatten()])
        assert 0.8 < float(reach.detach().square().sum(dim=-1).mean().sqrt()) < 1.01
        near = expert.space.dist(points.unsqueeze(1), expert.prototypes).amin(dim=1)
        assert near.max() < 1.0


def test_points_of_manifolds_have_a_rate_of_their_own() -> None:
    schema = TargetSchema("four", tuple(Target(f"t{i}", 1, 7) for i in range(4)))
    module = ScoreRegression(
        network_of("Euclidean"),
        StandardTargets(schema),
        stream_modality=MODALITY,  # type: ignore[arg-type]
        learning_rate=1e-3,
        manifold_rate=10.0,
    )
    flat, curved = module.configure_optimizers()
    rates = {o.param_groups[0]["lr"] for o in (flat,)}, {o.param_groups[0]["lr"] for o in (curved,)}
    assert rates == ({1e-3}, {1e-2})


def test_a_run_says_how_far_prototypes_moved_and_what_flattening_does(tmp_path) -> None:
    learner = NetworkLearner(network=spec_of("Hyperbolic"), trainer=QUIET, folds=2,
                             learning_rate=1e-2, manifold_rate=10.0)  # fmt: skip
    data = make_data(40)
    fitted = learner.fit(data, seed=0, out=tmp_path)
    way = [row["prototypes_moved"] for row in fitted.history]
    assert 0.01 < way[0] < way[1]
    flat = predict_flat(fitted, data)
    assert flat is not None
    assert flat.shape == data.labels.shape
    assert not np.allclose(flat, predict(fitted, data)[0])
    facts = geometry_facts(outcome(fitted, predict(fitted, data)[0], flat), ["warmth", "poise"])
    assert facts["geometry"]["prototypes_moved"] > 0.01
    assert 0 < facts["geometry"]["mean_shift_sd"] < 2


def outcome(fitted: Fitted | None, preds: np.ndarray, flat: np.ndarray | None) -> Any:
    """As much of one as geometry reads."""

    class Part:
        pass

    found: Any = Part()
    found.fitted, found.preds = fitted, preds[None]
    found.flattened = None if flat is None else flat[None]
    return found


def test_shift_and_correlation_are_those_of_numpy_and_ignore_a_shift_of_everybody() -> None:
    generator = np.random.default_rng(0)
    preds = generator.normal(size=(2, 50, 3)) * [1.0, 5.0, 0.0]
    flat = preds + 0.1 * generator.normal(size=preds.shape)
    shift, r = shift_and_r(preds, flat)
    for k in range(2):
        each = [np.std(p - f) / np.std(p) for p, f in zip(preds[..., k], flat[..., k], strict=True)]
        assert shift[k] == pytest.approx(np.mean(each))
    assert np.isnan(shift[2])
    np.testing.assert_allclose(shift_and_r(preds, flat + 7.0)[0], shift)
    assert r[1] > r[0]


@pytest.mark.parametrize(
    ("r", "moved", "said"),
    [
        (0.9999, 0.3, "The trained network used no curvature: flattened, it gives scores that "
         "differ by 0.02 of their standard deviations (r = 1.000). Its prototypes moved by 0.3 "
         "radii of curvature."),
        (0.97, None, "The trained network used curvature: flattened, it gives scores that differ "
         "by 0.02 of their standard deviations (r = 0.970)."),
    ],
)  # fmt: skip
def test_the_sentence_says_whether_curvature_was_used(r: float, moved, said: str) -> None:
    facts = {"mean_shift_sd": 0.02, "mean_r": r, "prototypes_moved": moved}
    assert of_geometry({"geometry": facts}) == [said]


def test_nothing_is_said_of_what_is_flat_or_constant() -> None:
    assert geometry_facts(outcome(None, np.zeros((5, 2)), None), ["a", "b"]) == {}
    assert of_geometry({}) == []
    assert of_geometry({"geometry": {"mean_shift_sd": None, "mean_r": None}}) == []
