"""Pre-training without labels: it learns what hangs together, of those alone whom it may see."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.test_learners import NETWORK, make_data
from trifold.contracts import FeatureBatch
from trifold.errors import InputError
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.training.dataset import Dataset, subset, with_validation
from trifold.training.learners.base import build_learner
from trifold.training.transfer.pretraining import Pretraining, pretrain, unlabelled

POOLED = {"_target_": "trifold.network.pooled.PooledFusion", "width": 16}
ONE_EPOCH = NETWORK | {"folds": 0, "prior": "zero",
                       "trainer": NETWORK["trainer"] | {"max_epochs": 1}}  # fmt: skip


def network_for(batch: FeatureBatch, spec: dict | None = None) -> FusionNetwork:
    torch.manual_seed(0)
    network = build_network(
        spec or NETWORK["network"],
        stream_dims={"words": 4, "voice": 3},
        stream_modality={"words": "text", "voice": "audio"},
        num_targets=2,
    )
    network.fit_standardizers(batch)
    return network


def one_trait(n: int = 120) -> Dataset:
    """Words and voice that say the same, so that each can be told from the other."""
    data = make_data(n)
    trait = torch.as_tensor(data.labels[:, 0] - 4).float()[:, None, None, None]
    voice = 0.3 * torch.randn(data.batch.tokens["voice"].shape) + trait
    words = 0.3 * torch.randn(data.batch.tokens["words"].shape) + trait
    return replace(data, batch=replace(data.batch, tokens={"words": words, "voice": voice}))


@pytest.mark.parametrize("spec", [None, POOLED], ids=["trifold", "pooled"])
def test_what_is_hidden_is_told_from_what_is_shown(spec: dict | None) -> None:
    data = one_trait()
    network = network_for(data.batch, spec)
    settings = Pretraining(epochs=25, modality_dropout=0.5, learning_rate=1e-2)
    losses = pretrain(network, [data.batch], data.stream_modality, settings)
    assert losses[0] > 0.9
    assert np.mean(losses[-3:]) < 0.6 * losses[0]


def test_every_part_up_to_the_fused_vector_is_trained() -> None:
    data = one_trait(30)
    network = network_for(data.batch)
    before = {name: p.detach().clone() for name, p in network.named_parameters()}
    pretrain(network, [data.batch], data.stream_modality, Pretraining(epochs=2))
    moved = {name.split(".")[0] for name, p in network.named_parameters()
             if not torch.equal(p, before[name])}  # fmt: skip
    assert moved >= {"tokenizer", "pool", "connectors", "enhancer", "routing"}
    assert not moved & {"experts", "router", "head"}  # read what comes after


def test_no_epochs_leave_the_network_and_the_draws_alone() -> None:
    data = one_trait(30)
    network = network_for(data.batch)
    before = torch.cat([p.detach().flatten() for p in network.parameters()])
    state = torch.random.get_rng_state()
    assert pretrain(network, [data.batch], data.stream_modality, Pretraining()) == []
    assert torch.equal(before, torch.cat([p.flatten() for p in network.parameters()]))
    assert torch.equal(state, torch.random.get_rng_state())


def test_where_nothing_can_be_hidden_nothing_is_trained() -> None:
    data = one_trait(30)
    mask = {s: torch.zeros_like(m) for s, m in data.batch.token_mask.items()}
    mask["words"][:, :, 0] = True  # one token each, of one modality
    lone = replace(data.batch, token_mask=mask)
    network = network_for(lone)
    before = torch.cat([p.detach().flatten() for p in network.parameters()])
    assert np.isnan(pretrain(network, [lone], data.stream_modality, Pretraining(epochs=1)))
    assert torch.equal(before, torch.cat([p.flatten() for p in network.parameters()]))


def test_people_to_be_tested_on_and_to_watch_with_are_never_seen(tmp_path: Path) -> None:
    whole = make_data(40)
    fold = subset(whole, np.arange(30))  # as cross-validation leaves the last ten out
    other = make_data(12)
    data = replace(with_validation(fold, np.arange(24, 30)), others=(other,))
    seen = [one for batch in unlabelled(data) for one in batch.candidate_ids]
    assert seen[:24] == [f"p{i}" for i in range(24)]
    assert seen[24:] == list(other.batch.candidate_ids)
    settings = ONE_EPOCH | {"pretraining": {"epochs": 2}}
    first = build_learner(settings).fit(data, seed=0, out=tmp_path / "a").network
    strange = {s: x.clone() for s, x in data.batch.tokens.items()}
    for tokens in strange.values():
        tokens[24:] = 100.0
    changed = replace(data, batch=replace(data.batch, tokens=strange))
    second = build_learner(settings).fit(changed, seed=0, out=tmp_path / "b").network
    for one, two in zip(first.parameters(), second.parameters(), strict=True):
        assert torch.equal(one, two)


def test_a_run_without_epochs_is_the_run_without(tmp_path: Path) -> None:
    data = with_validation(make_data(30), np.arange(24, 30))
    plain = build_learner(ONE_EPOCH).fit(data, seed=0, out=tmp_path / "a").network
    off = ONE_EPOCH | {"pretraining": {"epochs": 0}}
    none = build_learner(off).fit(data, seed=0, out=tmp_path / "b").network
    on = ONE_EPOCH | {"pretraining": {"epochs": 1}}
    some = build_learner(on).fit(data, seed=0, out=tmp_path / "c").network
    same = [torch.equal(a, b) for a, b in zip(plain.parameters(), none.parameters(), strict=True)]
    assert all(same)
    other = [torch.equal(a, b) for a, b in zip(plain.parameters(), some.parameters(), strict=True)]
    assert not all(other)


def test_what_cannot_be_pre_trained_is_refused() -> None:
    data = make_data(10)
    network = network_for(data.batch)
    with pytest.raises(
        InputError, match=r"a network that can be pre-trained .* got TrifoldNetwork"
    ):
        FusionNetwork.fused(network, data.batch.tokens, data.batch.token_mask)
    with pytest.raises(InputError, match="expected pretraining that hides something"):
        Pretraining(epochs=1, modality_dropout=0.0, token_share=1.0)
