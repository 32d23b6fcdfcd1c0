"""A teacher beside the labels: nothing without weight, nothing new where it repeats them."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from tests.training.test_learners import KERNELS, NETWORK, SCHEMA, make_data
from trifold.errors import InputError
from trifold.features.collate import select
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.network.targets.standard import StandardTargets
from trifold.training.dataset import with_validation
from trifold.training.gradient.module import ScoreRegression
from trifold.training.gradient.objective import Objective
from trifold.training.learners.base import build_learner
from trifold.training.transfer.teaching import taught

QUICK = NETWORK | {"folds": 0, "trainer": NETWORK["trainer"] | {"max_epochs": 2}, "prior": "zero"}
DATA = make_data(40)


def module(weight: float, **options: object) -> ScoreRegression:
    torch.manual_seed(0)
    network = build_network(
        NETWORK["network"],
        stream_dims=DATA.stream_dims,
        stream_modality=DATA.stream_modality,
        num_targets=2,
    )
    scaler = StandardTargets(SCHEMA)
    scaler.fit(DATA.labels)
    objective = Objective(teacher_weight=weight, rank_weight=0.2)
    return ScoreRegression(
        network, scaler, stream_modality=DATA.stream_modality, objective=objective, **options
    )


def gradients(one: ScoreRegression) -> torch.Tensor:
    torch.manual_seed(1)
    one.training_loss(DATA.batch).backward()
    found = [p.grad.flatten() for p in one.network.parameters() if p.grad is not None]
    return torch.cat(found)


def scores(labels: np.ndarray) -> dict[str, torch.Tensor]:
    scaler = StandardTargets(SCHEMA)
    scaler.fit(DATA.labels)
    rows = scaler.standardize(torch.as_tensor(labels)).float()
    return dict(zip(DATA.batch.candidate_ids, rows, strict=True))


def test_without_weight_a_teacher_is_not_heard() -> None:
    loud = scores(10 - DATA.labels)
    assert torch.equal(gradients(module(0.0, teacher=loud)), gradients(module(0.0)))


@pytest.mark.parametrize("weight", [0.3, 1.0])
def test_a_teacher_that_repeats_the_labels_changes_nothing(weight: float) -> None:
    repeated = gradients(module(weight, teacher=scores(DATA.labels)))
    torch.testing.assert_close(repeated, gradients(module(0.0)))
    with_mixup = gradients(module(weight, teacher=scores(DATA.labels), mixup=0.4))
    torch.testing.assert_close(with_mixup, gradients(module(0.0, mixup=0.4)))
    assert not torch.allclose(with_mixup, repeated)


def test_all_weight_follows_the_teacher_alone_also_where_nobody_rated() -> None:
    unrated = module(1.0, teacher=scores(DATA.labels))
    blank = replace(DATA.batch, targets=torch.full_like(DATA.batch.targets, torch.nan))
    torch.manual_seed(1)
    unrated.training_loss(blank).backward()
    found = torch.cat(
        [p.grad.flatten() for p in unrated.network.parameters() if p.grad is not None]
    )
    torch.testing.assert_close(found, gradients(module(0.0)))


def fitted(rows: np.ndarray, tmp_path: Path, **settings: object) -> FusionNetwork:
    spec = QUICK | settings
    data = with_validation(DATA, rows)
    return build_learner(spec).fit(data, seed=0, out=tmp_path).network


def weights(network: FusionNetwork) -> torch.Tensor:
    return torch.cat([p.detach().flatten() for p in network.parameters()])


def test_a_run_with_a_teacher_of_no_weight_is_the_run_without(tmp_path: Path) -> None:
    rows = np.arange(30, 40)
    plain = weights(fitted(rows, tmp_path / "plain"))
    quiet = weights(fitted(rows, tmp_path / "quiet", teacher=KERNELS, mixup=0.0))
    assert torch.equal(plain, quiet)
    heard = fitted(rows, tmp_path / "heard", teacher=KERNELS,
                   objective=NETWORK["objective"] | {"teacher_weight": 0.5})  # fmt: skip
    assert not torch.equal(plain, weights(heard))


def test_the_teacher_scores_people_whose_labels_it_was_not_shown() -> None:
    data = with_validation(DATA, np.arange(30, 40))
    before = taught(KERNELS, data, seed=0, out=Path("unused"))
    assert sorted(before) == sorted(data.batch.candidate_ids[:30])  # nobody who is held out
    labels = data.labels.copy()
    labels[30:] = 7 - labels[30:]
    after = taught(KERNELS, replace(data, labels=labels), seed=0, out=Path("unused"))
    assert all(torch.equal(before[one], after[one]) for one in before)
    said = torch.stack([before[one] for one in data.batch.candidate_ids[:30]]).numpy()
    in_sample = build_learner(KERNELS).fit(DATA, seed=0, out=Path("unused"))
    chosen = select(DATA.batch, torch.arange(30))
    shown = in_sample.network.candidates(chosen.tokens, chosen.token_mask, chosen.answer_mask)
    truth = torch.stack([scores(DATA.labels)[one] for one in chosen.candidate_ids]).numpy()
    assert np.abs(said - truth).mean() > np.abs(shown.numpy() - truth).mean()


def test_where_the_teacher_knows_nothing_it_says_nothing_of_the_labels() -> None:
    """A held-out score without skill is the mean of the others: the own label turned over."""
    same = {stream: torch.ones_like(x) for stream, x in DATA.batch.tokens.items()}
    data = replace(DATA, batch=replace(DATA.batch, tokens=same))
    held_out = build_learner(KERNELS).fit(data, seed=0, out=Path("unused")).held_out
    said = taught(KERNELS, data, seed=0, out=Path("unused"))
    for k in range(2):
        assert np.corrcoef(held_out[:, k], data.labels[:, k])[0, 1] < -0.99
    torch.testing.assert_close(torch.stack(list(said.values())), torch.zeros(40, 2))


def test_a_weight_needs_a_teacher_and_is_a_share() -> None:
    with pytest.raises(InputError, match=r"expected a teacher, got objective\.teacher_weight=0\.5"):
        build_learner(QUICK | {"objective": {"teacher_weight": 0.5}})
    with pytest.raises(InputError, match=r"teacher_weight between 0 and 1, got 1\.5"):
        Objective(teacher_weight=1.5)
