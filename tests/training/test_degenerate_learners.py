"""Every shipped learner on corpora that lack something gives numbers for everybody."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
import yaml

from tests.training.degenerate_factory import CASES, People, dataset_of, make_people
from trifold.errors import InputError
from trifold.training.dataset import Dataset
from trifold.training.learners.base import Fitted, build_learner
from trifold.training.protocol.fold import predict

ROOT = Path(__file__).parents[2]
TRAINER = {"max_epochs": 1, "logger": False, "enable_progress_bar": False,
           "enable_model_summary": False, "accelerator": "cpu"}  # fmt: skip
NETWORK = {"_target_": "trifold.training.learners.network.NetworkLearner", "folds": 2,
           "trainer": TRAINER, "objective": {"rank_weight": 0.1}}  # fmt: skip
POOLED = NETWORK | {"network": {"_target_": "trifold.network.pooled.PooledFusion", "width": 8}}
TRIFOLD = NETWORK | {
    "network": {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 2,
                "bottleneck": 8},
    "prior": "skill", "sampling": "question",
}  # fmt: skip
PROCESS = TRIFOLD | {"readout": "gaussian_process"}
RESIDUAL = {"_target_": "trifold.training.learners.residual.ResidualLearner", "learner": POOLED,
            "base": {"_target_": "trifold.training.learners.kernels.KernelLearner", "iterations": 3,
                     "views": [{"streams": ["sentences"], "kernel": "rbf",
                                "scaling": "centred"}]}}  # fmt: skip
ELSEWHERE = "other_scores"  # needs other corpora, see test_other_corpora
SHIPPED = sorted(
    p.stem for p in (ROOT / "configs/learner").glob("*.yaml")
    if "network" not in p.stem and p.stem != ELSEWHERE
)  # fmt: skip
HARD = ("nobody with words", "two rated", "damaged features", "two people")
HARDER = (*HARD, "nobody with a picture", "all but one without sound", "answers with zero tokens",
          "a person with zero tokens", "constant target", "nobody rated")  # fmt: skip


@pytest.fixture(autouse=True)
def _one_thread():
    """Tiny matrices gain nothing from more."""
    before = torch.get_num_threads()
    torch.set_num_threads(1)
    yield
    torch.set_num_threads(before)


def shipped(name: str) -> dict[str, Any]:
    """A learner of configs/learner, with fewer iterations."""
    spec = yaml.safe_load((ROOT / f"configs/learner/{name}.yaml").read_text(encoding="utf-8"))
    for member in spec["members"].values():
        member.get("learner", member)["iterations"] = 3
    return spec


def fitted_on(people: People, spec: dict[str, Any], out: Path) -> tuple[Fitted, Dataset]:
    data = dataset_of(people)
    return build_learner(spec).fit(data, seed=0, out=out), data


def strangers(data: Dataset, **options: int) -> Dataset:
    """Others, who show everything."""
    return dataset_of(make_people(3, seed=9, targets=data.labels.shape[1], **options))


def check(fitted: Fitted, data: Dataset) -> None:
    for people in (data, strangers(data)):
        preds, answers = predict(fitted, people)
        assert np.isfinite(preds).all()
        assert np.isfinite(answers[people.batch.answer_mask.numpy()]).all()
    rated = np.isfinite(data.labels)
    enough = rated.sum(axis=0) >= 3
    assert np.isfinite(fitted.held_out[:, enough][rated[:, enough]]).all()


LEARNERS = [(name, case) for name in SHIPPED for case in CASES
            if case in HARD or name == "media_ensemble"]  # fmt: skip


@pytest.mark.parametrize(("name", "case"), LEARNERS)
def test_kernels_give_numbers_for_everybody(name: str, case: str, tmp_path: Path) -> None:
    check(*fitted_on(CASES[case](), shipped(name), tmp_path))


NETWORKS = [("trifold", case) for case in HARDER] + [
    (name, case) for name in ("pooled", "process", "residual") for case in HARD
]
BY_NAME = {"trifold": TRIFOLD, "pooled": POOLED, "process": PROCESS, "residual": RESIDUAL}


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize(("name", "case"), NETWORKS)
def test_networks_give_numbers_for_everybody(name: str, case: str, tmp_path: Path) -> None:
    check(*fitted_on(CASES[case](), BY_NAME[name], tmp_path))


@pytest.mark.filterwarnings("ignore::UserWarning")
@pytest.mark.parametrize("name", ["media_ensemble", "trifold", "process"])
def test_what_nobody_showed_is_ignored_in_strangers(name: str, tmp_path: Path) -> None:
    spec = BY_NAME[name] if name in BY_NAME else shipped(name)
    fitted, _ = fitted_on(CASES["nobody with a picture"](), spec, tmp_path)
    shown, blind = make_people(4, seed=3), make_people(4, seed=3)
    blind.show("video", range(4))
    (with_face, _), (without, _) = (predict(fitted, dataset_of(p)) for p in (shown, blind))
    np.testing.assert_allclose(with_face, without, atol=1e-6)
    assert np.ptp(with_face[:, 0]) > 1e-3  # and yet tells people apart


def test_members_that_read_what_nobody_showed_do_not_dilute_the_others(tmp_path: Path) -> None:
    """The face member knows the mean alone; an equal share for it would shrink every score."""
    people = make_people(24)
    people.show("video", range(24))
    spec = shipped("media_ensemble") | {"weights": None}
    without_face = spec | {"members": {k: m for k, m in spec["members"].items() if k != "face"}}
    fits = [fitted_on(people, one, tmp_path)[0] for one in (spec, without_face)]
    np.testing.assert_allclose(fits[0].held_out, fits[1].held_out, atol=1e-5)


def test_networks_refuse_people_who_show_nothing(tmp_path: Path) -> None:
    people = make_people(6)
    for answers in people.answers:
        for answer in answers:
            answer.update({s: v[:0] for s, v in answer.items() if s != "question"})
    with pytest.raises(InputError, match=r"something to read, got 3 without a token in any of"):
        fitted_on(people, POOLED, tmp_path)


def test_what_cannot_be_fitted_is_refused_before_there_are_features() -> None:
    with pytest.raises(InputError, match="expected views that read streams among words, got"):
        build_learner(shipped("media_ensemble")).check(["words"], has_validation=True)
    with pytest.raises(InputError, match=r"learner\.folds=0 and no validation rows"):
        build_learner(POOLED | {"folds": 0}).check(["words"], has_validation=False)
    build_learner(POOLED | {"folds": 0}).check(["words"], has_validation=True)
    build_learner(shipped("media_ensemble")).check(
        ["sentences", "contours", "prosody", "face"], has_validation=False
    )
