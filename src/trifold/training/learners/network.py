"""Fusion networks trained by gradient descent, singly or as the mean over inner folds."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import torch
from lightning import Trainer, seed_everything
from torch import Tensor

from trifold.contracts import FeatureBatch
from trifold.corpora.splits import k_folds
from trifold.errors import InputError
from trifold.features.collate import select
from trifold.network.base import FusionNetwork
from trifold.network.build import build_network
from trifold.network.former_settings import in_parts
from trifold.runtime.progress import stage
from trifold.training.dataset import Dataset, own_questions, with_validation
from trifold.training.gradient.datamodule import CandidateData
from trifold.training.gradient.fit import fit
from trifold.training.gradient.module import ScoreRegression
from trifold.training.gradient.objective import Objective, first_questions
from trifold.training.gradient.prior import with_skill_prior
from trifold.training.learners.base import Fitted, Relabel, fitted_scaler
from trifold.training.learners.inner_folds import held_out_scores, mean_of
from trifold.training.learners.never_shown import streams_never_shown, without_streams
from trifold.training.learners.readout import check_has_fused, with_gaussian_process
from trifold.training.transfer.others import joined, own_targets
from trifold.training.transfer.pretraining import Pretraining, pretrain, unlabelled
from trifold.training.transfer.teaching import taught

CHOICES = {
    "sampling": ("candidates", "question"),
    "prior": ("zero", "skill"),
    "readout": ("linear", "gaussian_process"),
}


class NetworkLearner:
    """Trains a network with early stopping on candidates that it does not train on.

    With ``folds`` = 0 these are the validation rows of the data, and one network results.
    Otherwise every candidate is held out once, and the mean over the folds' networks results: an
    outer test fold never has a say in when to stop.

    Args:
        network: specification of the network.
        trainer: arguments of Lightning's ``Trainer``: epochs, devices, strategy, nodes, precision.
        folds: inner folds by candidate, as many as there are people where these are fewer; 0 for
            the data's own validation rows.
        repeats: how often the inner folds are drawn anew, each with its own seed.
        batch_size: candidates per step.
        patience: epochs without a better validation loss before stopping.
        ema_decay: of the averaged weights, per step; None keeps the weights themselves.
        objective: settings of ``Objective``.
        sampling: ``candidates`` in any order, or by ``question``: batches in which several
            candidates answer the same first question.
        bagging: give every member of an ensemble head its own row weights.
        prior: of the routing over paths: ``zero``, or the ``skill`` of each by inner folds.
        teacher: specification of a learner whose scores of people that it held out stand beside
            the labels, by ``objective.teacher_weight``. It learns from the very rows that the
            network does.
        pretraining: settings of ``Pretraining``, on training rows and other corpora; None without.
        joint: train on the other corpora of the data too, each with targets of its own.
        readout: ``linear``, the trained heads, or a ``gaussian_process`` on what they read, see
            ``with_gaussian_process``.
        options: further arguments of ``ScoreRegression``.

    Raises:
        InputError: for an unknown sampling, prior or read-out, or a teacher's weight without a
            teacher.
    """

    def __init__(
        self,
        *,
        network: Mapping[str, Any],
        trainer: Mapping[str, Any],
        folds: int = 0,
        repeats: int = 1,
        batch_size: int = 32,
        patience: int = 25,
        ema_decay: float | None = None,
        objective: Mapping[str, Any] | None = None,
        sampling: str = "candidates",
        bagging: bool = False,
        prior: str = "zero",
        teacher: Mapping[str, Any] | None = None,
        pretraining: Mapping[str, Any] | None = None,
        joint: bool = False,
        readout: str = "linear",
        **options: Any,
    ) -> None:
        self.network, self.trainer = dict(network), dict(trainer)
        self.folds, self.repeats = folds, repeats
        self.batch_size, self.patience, self.options = batch_size, patience, options
        self.ema_decay, self.objective = ema_decay, Objective(**objective or {})
        for name, value in (("sampling", sampling), ("prior", prior), ("readout", readout)):
            if value not in CHOICES[name]:
                raise InputError(expected=f"{name} {' or '.join(CHOICES[name])}", got=repr(value))
        if self.objective.teacher_weight and teacher is None:
            came = f"objective.teacher_weight={self.objective.teacher_weight} without one"
            raise InputError(expected="a teacher", got=came)
        self.sampling, self.bagging, self.prior = sampling, bagging, prior
        self.teacher = None if teacher is None else dict(teacher)
        self.pretraining, self.joint = Pretraining(**pretraining or {}), joint
        self.readout = readout

    def check(self, streams: Collection[str], *, has_validation: bool) -> None:
        """See ``Learner``: somebody must be held out to stop early on."""
        if not self.folds and not has_validation:
            raise InputError(
                expected="candidates to stop early on: inner folds (learner.folds=3, say) where "
                "outer folds leave no validation split",
                got="learner.folds=0 and no validation rows",
            )

    def fit(self, data: Dataset, *, seed: int, out: Path, relabel: Relabel | None = None) -> Fitted:
        """Train; see ``Learner``.

        Args:
            data: see ``Learner``.
            seed: of whatever is drawn.
            out: folder of the checkpoints.
            relabel: gives each training its labels, where they depend on its validation rows;
                None leaves those of the data.

        Raises:
            InputError: when nobody is held out to stop early on, or no training candidate has a
                token of any stream.
        """
        self.check(data.stream_dims, has_validation=len(data.val_rows) > 0)

        def fit_one(part: Dataset, *, seed: int, out: Path) -> Fitted:
            own = part if relabel is None else relabel(part, seed=seed, out=out)
            return self._fit_one(own, seed=seed, out=out)

        if not self.folds:
            return fit_one(data, seed=seed, out=out)
        folds = min(self.folds, len(set(data.people)))
        splits = [
            held_out
            for repeat in range(self.repeats)
            for _, held_out in k_folds(data.people, folds=folds, seed=seed + 1000 * repeat)
        ]
        fits = []
        with stage("inner fold", total=len(splits)) as told:
            for i, rows in enumerate(splits):
                told.advance()
                part = with_validation(data, rows)
                fits.append(fit_one(part, seed=seed + i, out=out / f"fold{i}"))
        return mean_of(fits, data)

    def _fit_one(self, own: Dataset, *, seed: int, out: Path) -> Fitted:
        """Train one network on the training rows; the validation rows decide when to stop."""
        teacher = self._teacher_scores(own, seed=seed, out=out / "teacher")
        seed_everything(seed, verbose=False)
        data = joined(own) if self.joint else own
        spec = dict(in_parts(self.network))
        if self.prior == "skill":
            spec = with_skill_prior(spec, data)
        network = build_network(
            spec,
            stream_dims=data.stream_dims,
            stream_modality=data.stream_modality,
            num_targets=len(data.schema.targets),
        )
        never_shown = streams_never_shown(data)
        batch = self._initialise(network, data, own)
        module = ScoreRegression(
            network,
            fitted_scaler(data),
            stream_modality=data.stream_modality,
            objective=self.objective,
            bagging=seed if self.bagging else None,
            teacher=teacher,
            **self.options,
        )
        history = self._train(module, batch, data, own, seed=seed, out=out)
        if never_shown:
            spec, network = without_streams(spec, network, never_shown, data)
        if self.joint:
            spec, network = own_targets(spec, network, own)
        if self.readout == "gaussian_process":
            spec, network = with_gaussian_process(spec, network, own)
        network.eval()
        scores = held_out_scores(network, own)
        scaler = fitted_scaler(own)
        held_out = scaler(torch.as_tensor(scores(None))).numpy()
        return Fitted(spec, network, scaler, held_out, scores, tuple(history))

    def _teacher_scores(self, own: Dataset, *, seed: int, out: Path) -> dict[str, Tensor] | None:
        if self.teacher is None or not self.objective.teacher_weight:
            return None
        return taught(self.teacher, own, seed=seed, out=out)

    def _initialise(self, network: FusionNetwork, data: Dataset, own: Dataset) -> FeatureBatch:
        """Set what is set before the first step; the batch, in the form that the network reads."""
        by_token = self.options.get("token_share", 1.0) < 1 or self.options.get("mixup", 0.0) > 0
        batch = data.batch if by_token else network.condensed(data.batch)
        train = select(batch, torch.as_tensor(data.train_rows))
        resolution = {s: torch.as_tensor(r) for s, r in data.stream_resolution.items()}
        network.fit_standardizers(train, resolution)
        if self.pretraining.epochs:  # else nobody reads what would be a copy of everything
            pretrain(network, unlabelled(own), data.stream_modality, self.pretraining)
        network.read_own_questions(own_questions(data))
        network.initialise(train)
        if self.readout == "gaussian_process":
            check_has_fused(network, train)
        return batch

    def _train(
        self,
        module: ScoreRegression,
        batch: FeatureBatch,
        data: Dataset,
        own: Dataset,
        *,
        seed: int,
        out: Path,
    ) -> list[dict[str, float]]:
        """Train until the validation loss is no longer better; one row per epoch."""
        batches = CandidateData(
            batch,
            {"train": torch.as_tensor(data.train_rows), "val": torch.as_tensor(data.val_rows)},
            batch_size=self.batch_size,
            groups=first_questions(data.batch) if self.sampling == "question" else None,
            seed=seed,
        )
        ids = [one.batch.candidate_ids for one in (own, *own.others)]
        return fit(
            module,
            batches,
            trainer=partial(Trainer, **self.trainer),
            patience=self.patience,
            out=out,
            ema_decay=self.ema_decay,
            identity=repr([vars(self), seed, ids, data.val_rows.tolist()]),
        )
