"""Learners, cross-validation and resuming, on candidates whose scores follow their tokens."""

from __future__ import annotations

import textwrap
import time
from dataclasses import replace
from multiprocessing.process import BaseProcess
from pathlib import Path

import geoopt
import numpy as np
import pytest
import torch

from tests.factories.processes import fork_context
from tests.network.network_factory import DIMS, MODALITY, make_network
from trifold.contracts import Target, TargetSchema, TokenSequence
from trifold.errors import InputError
from trifold.features.collate import CandidateSample, collate
from trifold.network.targets.standard import StandardTargets
from trifold.training.dataset import Dataset, subset
from trifold.training.gradient.module import ScoreRegression
from trifold.training.learners.base import build_learner, with_smearing
from trifold.training.protocol.crossval import cross_validate
from trifold.training.protocol.fold import predict
from trifold.training.protocol.short_scores import shortened_forms

pytestmark = pytest.mark.slow

DIMENSIONS = {"words": 4, "voice": 3}
MODALITIES = {"words": "text", "voice": "audio"}
SCHEMA = TargetSchema("two", (Target("warmth", 1, 7), Target("poise", 1, 7)))
KERNELS = {
    "_target_": "trifold.training.learners.kernels.KernelLearner",
    "views": [
        {"streams": ["words"], "kernel": "rbf", "scaling": "standard"},
        {"streams": ["voice"], "kernel": "linear", "scaling": "rank"},
    ],
}
NETWORK = {
    "_target_": "trifold.training.learners.network.NetworkLearner",
    "network": {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 2},
    "trainer": {"max_epochs": 12, "logger": False, "enable_progress_bar": False,
                "enable_model_summary": False, "accelerator": "cpu"},
    "learning_rate": 5e-3,
    "folds": 3,
    "ema_decay": 0.9,
    "warmup": 0.1,
    "objective": {
        "rank_weight": 0.2,
        "rank_scope": "question",
        "balance_weight": 0.01,
        "z_weight": 0.001,
        "overlap_weight": 0.01,
        "consistency_weight": 0.1,
        "answer_weight": 0.3,
    },
    "temperature": 2.0,
    "bagging": True,
    "sampling": "question",
    "prior": "skill",
}  # fmt: skip


def make_data(n: int = 90) -> Dataset:
    generator = np.random.default_rng(0)
    traits = generator.normal(size=(n, 2))
    samples = []
    for i, trait in enumerate(traits):
        answers = []
        for _ in range(2):
            words = generator.normal(size=(3, 4)) * 0.5 + trait[0]
            voice = generator.normal(size=(2, 3)) * 0.5 + trait[1]
            answers.append({"words": sequence(words, "text"), "voice": sequence(voice, "audio")})
        samples.append(CandidateSample(f"p{i}", tuple(answers), 4 + traits[i]))
    return Dataset(
        samples=tuple(samples),
        batch=collate(samples, DIMENSIONS),
        labels=4 + traits,
        schema=SCHEMA,
        stream_dims=DIMENSIONS,
        stream_modality={"words": "text", "voice": "audio"},
    )


def sequence(values: np.ndarray, modality) -> TokenSequence:
    times = np.arange(len(values), dtype=np.float32)
    return TokenSequence(values.astype(np.float32), times, times + 1, modality, "f")


def correlation(preds: np.ndarray, labels: np.ndarray) -> float:
    pairs = [(preds[:, k], labels[:, k]) for k in range(2)]
    return min(np.corrcoef(a[np.isfinite(a)], b[np.isfinite(a)])[0, 1] for a, b in pairs)


@pytest.mark.parametrize("name", ["kernels", "network", "ensemble"])
def test_learns_and_scores_those_it_held_out(name: str, tmp_path: Path) -> None:
    ensemble = {
        "_target_": "trifold.training.learners.ensemble.EnsembleLearner",
        "members": {"kernels": KERNELS, "network": NETWORK},
        "weights": {"kernels": 2.0},
    }
    spec = {"kernels": KERNELS, "network": NETWORK, "ensemble": ensemble}[name]
    data = make_data()
    train, test = subset(data, np.arange(60)), subset(data, np.arange(60, 90))
    fitted = build_learner(spec).fit(train, seed=0, out=tmp_path)
    preds, answers = predict(fitted, test)
    assert correlation(preds, test.labels) > 0.8
    assert answers.shape == (30, 2, 2)
    assert np.isfinite(fitted.held_out).all()
    in_sample, _ = predict(fitted, train)
    error_held = np.abs(fitted.held_out - train.labels).mean()
    assert error_held > np.abs(in_sample - train.labels).mean()
    assert correlation(fitted.held_out, train.labels) > 0.7


@pytest.mark.parametrize("more", [{}, {"mixup": 0.4}, {"token_share": 0.5}])
def test_networks_that_pool_first_and_read_some_streams_learn(tmp_path: Path, more) -> None:
    pooled = {"_target_": "trifold.network.pooled.PooledFusion", "width": 16}
    pooled |= {"streams": ["words"], "pool_first": True}
    settings = {"folds": 2, "learning_rate": 2e-2, "objective": {}, "prior": "zero", **more}
    data = make_data()
    train, test = subset(data, np.arange(60)), subset(data, np.arange(60, 90))
    spec = NETWORK | {"network": pooled} | settings
    fitted = build_learner(spec).fit(train, seed=0, out=tmp_path)
    preds, _ = predict(fitted, test)
    assert np.corrcoef(preds[:, 0], test.labels[:, 0])[0, 1] > 0.7  # what the words tell about


def test_unlabelled_targets_are_left_out() -> None:
    data = make_data()
    data.labels[::3, 1] = np.nan
    fitted = build_learner(KERNELS).fit(data, seed=0, out=Path("unused"))
    assert np.isnan(fitted.held_out[::3, 1]).all()
    assert np.isfinite(fitted.held_out[1::3]).all()


def test_kernel_groups_share_weights_across_questions() -> None:
    learner = build_learner(KERNELS | {"groups": ["view", "question"]})
    learner.views[0]["by_question"] = True
    shares = learner._shares([3, 1], MODALITIES)
    expected = [[1 / 3, 1 / 3, 1 / 3, 0], [0, 0, 0, 1], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, 0]]
    np.testing.assert_allclose(shares, expected)
    with pytest.raises(
        InputError, match="groups among view, question, modality, all, got 'target'"
    ):
        build_learner(KERNELS | {"groups": ["target"]})


def test_one_weight_for_all_kernels_counts_views_alike() -> None:
    learner = build_learner(KERNELS | {"groups": ["all"]})
    np.testing.assert_allclose(learner._shares([3, 1], MODALITIES), [[1 / 6, 1 / 6, 1 / 6, 1 / 2]])
    np.testing.assert_allclose(learner._shares([1, 1], MODALITIES), [[1 / 2, 1 / 2]])


def test_a_weight_per_modality_counts_its_views_alike() -> None:
    views = [*KERNELS["views"], {"streams": ["words"], "kernel": "linear", "scaling": "standard"}]
    learner = build_learner(KERNELS | {"views": views, "groups": ["modality"]})
    shares = learner._shares([2, 1, 1], MODALITIES)
    np.testing.assert_allclose(shares, [[1 / 4, 1 / 4, 0, 1 / 2], [0, 0, 1, 0]])
    both = [{"streams": ["words", "voice"], "kernel": "rbf", "scaling": "standard"}]
    learner = build_learner(KERNELS | {"views": both, "groups": ["modality"]})
    with pytest.raises(InputError, match=r"one modality each.*words, voice of audio and text"):
        learner._shares([1], MODALITIES)


def test_one_weight_for_one_kernel_is_a_weight_per_view() -> None:
    data = make_data(40)
    spec = KERNELS | {"views": KERNELS["views"][:1]}
    both = [
        build_learner(spec | {"groups": [group]}).fit(data, seed=0, out=Path("unused"))
        for group in ("all", "view")
    ]
    np.testing.assert_array_equal(both[0].held_out, both[1].held_out)


def test_networks_need_somebody_to_stop_early_on(tmp_path: Path) -> None:
    learner = build_learner(NETWORK | {"folds": 0})
    with pytest.raises(InputError, match=r"inner folds .* got learner\.folds=0 and no validation"):
        learner.fit(make_data(12), seed=0, out=tmp_path)


def test_ensembles_refuse_weights_of_strangers() -> None:
    spec = {
        "_target_": "trifold.training.learners.ensemble.EnsembleLearner",
        "members": {"a": KERNELS},
    }
    with pytest.raises(
        InputError, match="expected members, and weights for them or 'stacked', got 'b'"
    ):
        build_learner(spec | {"weights": {"b": 1.0}})


def folds_of(data: Dataset, out: Path, identity: str = "one", seeds=(0, 1)):
    return cross_validate(
        build_learner(KERNELS),
        data,
        baselines=lambda fit, test: {"fit_mean": np.tile(data.labels[fit].mean(0), (len(test), 1))},
        coverage=0.8,
        versions=shortened_forms(data).all,
        folds=3,
        seeds=seeds,
        identity=identity,
        out=out,
    )


def test_cross_validation_never_sees_the_fold_it_predicts(tmp_path: Path) -> None:
    data = make_data(30)
    clean = folds_of(data, tmp_path / "a", seeds=(0,))
    row = 7
    data.labels[row] += 1000.0
    spoiled = folds_of(data, tmp_path / "b", seeds=(0,))
    same = np.isclose(clean.preds[0], spoiled.preds[0]).all(axis=1)
    fold_mates = np.isclose(
        clean.baselines["fit_mean"][0, :, 0], clean.baselines["fit_mean"][0, row, 0]
    )
    assert (same == fold_mates).all()
    assert fold_mates.sum() == 10
    assert clean.half_width.shape == clean.preds.shape == (1, 30, 2)
    assert clean.short.shape == (1, 30, 12, 2)
    assert np.isclose(clean.short, spoiled.short).all(axis=(0, 2, 3)).tolist() == same.tolist()


def test_finished_folds_are_kept_and_other_settings_start_anew(tmp_path: Path) -> None:
    data = make_data(30)
    first = folds_of(data, tmp_path)
    stamp = (tmp_path / "seed0-fold0.npz").stat().st_mtime_ns
    (tmp_path / "seed1-fold2.npz").unlink()
    again = folds_of(data, tmp_path)
    np.testing.assert_array_equal(first.preds, again.preds)
    assert (tmp_path / "seed0-fold0.npz").stat().st_mtime_ns == stamp
    folds_of(data, tmp_path, identity="other")
    assert (tmp_path / "seed0-fold0.npz").stat().st_mtime_ns > stamp


EPOCHS = 24  # enough to be killed in, after the first checkpoint


def train(folder: Path) -> None:
    """To the end, in a process that may be killed; the joint history has as many rows as said."""
    torch.set_num_threads(1)  # three of these run at once
    spec = NETWORK | {"folds": 0, "patience": 1000}
    spec["trainer"] = NETWORK["trainer"] | {"max_epochs": EPOCHS}
    data = replace(make_data(), splits={"train": np.arange(60), "val": np.arange(60, 90)})
    fitted = build_learner(spec).fit(data, seed=0, out=folder)
    weights = {k: v.numpy() for k, v in fitted.network.state_dict().items()}
    np.savez(folder / "ended.npz", history=len(fitted.history), **weights)


def start(folder: Path) -> BaseProcess:
    folder.mkdir(exist_ok=True)
    process = fork_context("tests.training.test_learners").Process(target=train, args=(folder,))
    process.start()
    return process


def test_a_killed_training_goes_on_where_it_stopped(tmp_path: Path) -> None:
    whole = start(tmp_path / "whole")
    killed = start(tmp_path / "killed")
    last = tmp_path / "killed/checkpoints/last.ckpt"
    while not last.is_file() and killed.is_alive():
        time.sleep(0.02)
    time.sleep(0.3)
    killed.kill()
    killed.join()
    assert last.is_file(), "the run ended before it could be killed"
    stopped_at = torch.load(last, weights_only=True)["epoch"]
    resumed = start(tmp_path / "killed")
    for process, folder in ((whole, "whole"), (resumed, "killed")):
        process.join()
        with np.load(tmp_path / folder / "ended.npz") as ended:
            assert ended["history"] == EPOCHS
            assert all(np.isfinite(ended[name]).all() for name in ended.files)
    assert 0 <= stopped_at < EPOCHS - 1
    assert not last.is_file()


def small_module(**settings: object) -> ScoreRegression:
    schema = TargetSchema("four", tuple(Target(f"t{i}", 1, 7) for i in range(4)))
    return ScoreRegression(
        make_network(),
        StandardTargets(schema),
        stream_modality=MODALITY,  # type: ignore[arg-type]
        **settings,  # type: ignore[arg-type]
    )


def test_manifold_parameters_go_to_riemannian_adam() -> None:
    module = small_module()
    euclidean, curved = module.configure_optimizers()
    assert isinstance(curved, geoopt.optim.RiemannianAdam)
    points = [p for group in curved.param_groups for p in group["params"]]
    assert points
    assert all(isinstance(p, geoopt.ManifoldParameter) for p in points)
    decayed = {id(p) for p in euclidean.param_groups[0]["params"]}
    curvature = next(p for n, p in module.named_parameters() if n.endswith("curvature_free"))
    assert id(curvature) not in decayed
    assert euclidean.param_groups[1]["weight_decay"] == 0
    total = sum(len(g["params"]) for o in (euclidean, curved) for g in o.param_groups)
    assert total == len(list(module.network.parameters()))


def test_streams_of_the_factory_are_all_used() -> None:
    assert set(make_network().streams) == set(DIMS) - {"question"}


DDP = """
import sys
from pathlib import Path

import numpy as np
import torch
from lightning import Trainer, seed_everything

from trifold.network.build import build_network
from trifold.training.gradient.datamodule import CandidateData
from trifold.training.learners.base import fitted_scaler
from trifold.training.gradient.module import ScoreRegression
from trifold.training.protocol.short_scores import shortened_forms
from trifold.training.gradient.objective import Objective
from tests.training.test_learners import SCHEMA, make_data

if __name__ == "__main__":
    torch.set_num_threads(1)
    processes = int(sys.argv[2])
    data = make_data(40)
    seed_everything(0, verbose=False)
    spec = {"_target_": "trifold.network.trifold.TrifoldNetwork", "width": 16, "members": 2,
            "dropout": 0.0}
    network = build_network(spec, stream_dims=data.stream_dims,
                            stream_modality=data.stream_modality,
                            num_targets=len(SCHEMA.targets))
    network.fit_standardizers(data.batch)
    for module in network.modules():
        if isinstance(module, torch.nn.Dropout):
            module.p = 0.0
    module = ScoreRegression(network, fitted_scaler(data), modality_dropout=0.0,
                             stream_modality=data.stream_modality,
                             objective=Objective(rank_weight=0.2, z_weight=0.01,
                                                 overlap_weight=0.1, balance_weight=0.1))
    rows = {"train": torch.arange(40), "val": torch.arange(40)}
    batches = CandidateData(data.batch, rows, batch_size=40 // processes)
    strategy = "auto" if processes == 1 else "ddp_find_unused_parameters_true"
    trainer = Trainer(max_epochs=3, accelerator="cpu", devices=processes, strategy=strategy,
                      logger=False, enable_progress_bar=False, enable_checkpointing=False,
                      enable_model_summary=False)
    trainer.fit(module, batches)
    if trainer.is_global_zero:
        state = {k: v.numpy() for k, v in network.state_dict().items()}
        np.savez(Path(sys.argv[1]), loss=float(trainer.callback_metrics["val_loss"]), **state)
"""


def test_two_processes_train_as_one_does(shell, tmp_path: Path) -> None:
    script = tmp_path / "ddp.py"
    script.write_text(textwrap.dedent(DDP))
    for processes in (1, 2):
        done = shell.python(script, tmp_path / f"{processes}.npz", str(processes))
        assert done.returncode == 0, done.stderr
    with np.load(tmp_path / "1.npz") as one, np.load(tmp_path / "2.npz") as two:
        assert one.files == two.files
        for name in one.files:
            np.testing.assert_allclose(one[name], two[name], atol=5e-5, err_msg=name)


@pytest.mark.parametrize("name", ["StandardTargets", "YeoJohnsonTargets", "RankGaussTargets"])
def test_scores_of_skewed_labels_are_not_biased(name: str) -> None:
    package = "targets.standard" if name == "StandardTargets" else "targets.transforms"
    data = make_data(150)
    data.labels[:] = np.clip(1 + np.exp(0.5 * (data.labels - 4)), 1, 7)  # a long upper tail
    data = replace(data, targets={"_target_": f"trifold.network.{package}.{name}"})
    train, test = subset(data, np.arange(100)), subset(data, np.arange(100, 150))
    fitted = with_smearing(build_learner(KERNELS).fit(train, seed=0, out=Path("no")), train.labels)
    preds, _ = predict(fitted, test)
    assert correlation(preds, test.labels) > 0.8
    bias = (fitted.held_out - train.labels).mean(axis=0)
    assert np.abs(bias).max() < 0.02
