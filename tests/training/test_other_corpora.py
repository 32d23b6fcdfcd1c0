"""Other corpora beside one's own: other people and targets, and their models' scores."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from omegaconf import OmegaConf

from tests.training.test_learners import KERNELS, NETWORK, make_data
from trifold.commands.train import _others
from trifold.contracts import Target, TargetSchema
from trifold.errors import CorpusError, InputError
from trifold.features.collate import collate
from trifold.network.build import build_network
from trifold.training.dataset import Dataset, subset, with_validation
from trifold.training.learners.base import Fitted, build_learner
from trifold.training.protocol.fold import predict
from trifold.training.transfer.others import beside, joined

JOINT = NETWORK | {"joint": True}
TEXT_KERNEL = KERNELS | {"views": [{"streams": ["words"], "kernel": "rbf", "scaling": "standard"}]}
SCORES_ALONE = KERNELS | {
    "views": [{"streams": ["other_scores"], "kernel": "linear", "scaling": "standard"}]
}
OTHER_SCORES = {
    "_target_": "trifold.training.learners.other_scores.OtherScoresLearner",
    "other": TEXT_KERNEL,
    "learner": SCORES_ALONE,
}


def other_people(n: int = 50, prefix: str = "q") -> Dataset:
    """Rated on warmth alone, under another name and on another scale."""
    data = make_data(n)
    labels = 10 * data.labels[:, :1]
    samples = tuple(replace(one, candidate_id=f"{prefix}{i}", target=labels[i])
                    for i, one in enumerate(data.samples))  # fmt: skip
    return replace(
        data,
        samples=samples,
        batch=collate(samples, data.stream_dims),
        labels=labels,
        schema=TargetSchema("one", (Target("friendly", 0, 100),)),
    )


def own_people(n: int = 20) -> Dataset:
    """Of the people that ``make_data`` draws, some whom ``other_people`` does not hold."""
    return subset(make_data(90), np.arange(60, 60 + n))


def test_corpora_that_share_people_or_ids_are_refused() -> None:
    own, other = own_people(), other_people()
    assert beside(own, {"vlogs": other}).others == (other,)
    twin = replace(other, person_ids=("p60", *other.people[1:]))
    with pytest.raises(CorpusError, match=r"vlogs: .* got 1 ids that the corpus to be"):
        beside(own, {"vlogs": twin})
    same = replace(other, samples=own.samples, batch=own.batch)
    with pytest.raises(CorpusError, match="got 20 ids that the corpus to be"):
        beside(own, {"twice": same})


def test_a_target_of_one_corpus_is_unlabelled_in_the_others() -> None:
    own = with_validation(own_people(), np.arange(15, 20))
    whole = joined(beside(own, {"vlogs": other_people()}))
    assert whole.schema.names == ("warmth", "poise", "other1_friendly")
    assert np.isfinite(whole.labels).sum(axis=0).tolist() == [20, 20, 50]
    assert np.isnan(whole.labels[:20, 2]).all()
    assert np.isnan(whole.labels[20:, :2]).all()
    np.testing.assert_array_equal(whole.batch.targets.isnan().numpy(), np.isnan(whole.labels))
    assert whole.val_rows.tolist() == own.val_rows.tolist()  # only own people are watched
    assert set(whole.train_rows) == {*range(15), *range(20, 70)}
    with pytest.raises(InputError, match=r"expected other corpora to learn from .* got none"):
        joined(own)


def rebuilt(fitted: Fitted, data: Dataset) -> Fitted:
    """From the specification and the weights alone, as a bundle holds them."""
    network = build_network(
        fitted.spec,
        stream_dims=data.stream_dims,
        stream_modality=data.stream_modality,
        num_targets=len(data.schema.targets),
    )
    network.load_state_dict(fitted.network.state_dict())
    return replace(fitted, network=network.eval())


def test_one_network_for_all_corpora_scores_the_targets_of_one(tmp_path: Path) -> None:
    own = beside(own_people(), {"vlogs": other_people()})
    fitted = build_learner(JOINT).fit(own, seed=0, out=tmp_path)
    assert fitted.held_out.shape == (20, 2)
    assert np.isfinite(fitted.held_out).all()
    one = rebuilt(fitted, own)
    held = subset(make_data(90), np.arange(80, 90))
    preds, answers = predict(one, held)
    np.testing.assert_array_equal(preds, predict(fitted, held)[0])
    assert answers.shape == (10, 2, 2)
    output = one.network(held.batch.tokens, held.batch.token_mask, held.batch.answer_mask)
    torch.testing.assert_close(output.members.mean(dim=-1), output.candidate)
    alone = one.network.candidates(held.batch.tokens, held.batch.token_mask, held.batch.answer_mask)
    torch.testing.assert_close(alone, output.candidate)


def test_others_labels_reach_the_shared_parts_and_own_people_watch_alone(tmp_path: Path) -> None:
    own = with_validation(own_people(), np.arange(15, 20))
    other = other_people()
    settings = JOINT | {
        "folds": 0,
        "prior": "zero",
        "trainer": NETWORK["trainer"] | {"max_epochs": 1},
    }
    turned = replace(other, labels=100 - other.labels)
    fits = [
        build_learner(settings).fit(beside(own, {"vlogs": one}), seed=0, out=tmp_path / str(i))
        for i, one in enumerate((other, other, turned))
    ]
    first, again, opposite = (
        torch.cat([p.detach().flatten() for p in fit.network.network.tokenizer.parameters()])
        for fit in fits
    )
    assert torch.equal(first, again)
    assert not torch.equal(first, opposite)


def test_models_of_others_score_people_whom_they_never_saw(tmp_path: Path) -> None:
    own = beside(own_people(), {"vlogs": other_people()})
    fitted = rebuilt(build_learner(OTHER_SCORES).fit(own, seed=0, out=tmp_path), own)
    held = subset(make_data(90), np.arange(80, 90))
    preds, _ = predict(fitted, held)
    assert np.corrcoef(preds[:, 0], held.labels[:, 0])[0, 1] > 0.8  # the others' warmth
    assert fitted.network.streams == ("words",)
    hidden = held.batch.token_mask | {"words": torch.zeros_like(held.batch.token_mask["words"])}
    blank = fitted.network.candidates(held.batch.tokens, hidden, held.batch.answer_mask)
    torch.testing.assert_close(blank, blank[:1].expand_as(blank))


def test_the_others_are_fitted_once_whatever_the_fold(tmp_path: Path) -> None:
    whole = beside(own_people(30), {"vlogs": other_people()})
    learner = build_learner(OTHER_SCORES)
    folds = [subset(whole, np.arange(20)), subset(whole, np.arange(10, 30))]
    one, two = (learner.fit(fold, seed=i, out=tmp_path) for i, fold in enumerate(folds))
    for a, b in zip(one.network.others.buffers(), two.network.others.buffers(), strict=True):
        assert torch.equal(a, b)
    fresh = build_learner(OTHER_SCORES).fit(folds[1], seed=1, out=tmp_path)
    for a, b in zip(two.network.buffers(), fresh.network.buffers(), strict=True):
        assert torch.equal(a, b)


def test_scores_go_with_the_one_modality_that_they_were_made_of(tmp_path: Path) -> None:
    own = beside(own_people(), {"vlogs": other_people()})
    both = build_learner(OTHER_SCORES | {"other": KERNELS})
    with pytest.raises(InputError, match="that read one modality, got audio and text"):
        both.fit(own, seed=0, out=tmp_path)
    with pytest.raises(InputError, match="expected other corpora to learn from"):
        build_learner(OTHER_SCORES).fit(own_people(), seed=0, out=tmp_path)
    face = {"streams": ["face"], "kernel": "linear", "scaling": "standard"}
    strange = build_learner(OTHER_SCORES | {"learner": KERNELS | {"views": [face]}})
    with pytest.raises(InputError, match="views that read streams among words, other_scores"):
        strange.check(["words"], has_validation=False)


def test_others_that_are_no_corpora_are_refused() -> None:
    config = OmegaConf.create({"others": "vlogs"})
    with pytest.raises(InputError, match=r"expected others as corpora, .*got others=vlogs"):
        _others(config, [])
