"""Averaged weights in real training runs."""

from __future__ import annotations

from pathlib import Path

import geoopt
import pytest
import torch
from lightning import Callback, LightningModule, Trainer
from lightning.pytorch.callbacks import EMAWeightAveraging, ModelCheckpoint
from torch.utils.data import DataLoader

from trifold.errors import InputError
from trifold.training.gradient.ema import ManifoldWeightAverage, project


class Tiny(LightningModule):
    """A linear map, a direction on a sphere, a point of a ball and two buffers."""

    def __init__(self) -> None:
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.linear = torch.nn.Linear(4, 3)
        with torch.no_grad():
            self.linear.weight.copy_(torch.randn(3, 4, generator=generator))
            self.linear.bias.zero_()
        sphere, ball = geoopt.Sphere(), geoopt.PoincareBall(c=1.0)
        self.direction = geoopt.ManifoldParameter(torch.eye(3)[0].clone(), manifold=sphere)
        self.point = geoopt.ManifoldParameter(torch.full((3,), 0.4), manifold=ball)
        self.register_buffer("limit", torch.tensor(7.0))
        self.register_buffer("steps", torch.tensor(0))
        self.trained: list[dict[str, torch.Tensor]] = []
        self.validated: list[dict[str, torch.Tensor]] = []

    def loss(self, x: torch.Tensor) -> torch.Tensor:
        y = self.linear(x)
        distance = self.point.manifold.dist(self.point, torch.full_like(self.point, -0.3))
        return (y @ self.direction - x[:, 0]).square().mean() + y.square().mean() + distance

    def training_step(self, batch: torch.Tensor, batch_idx: int) -> torch.Tensor:
        self.steps += 1
        return self.loss(batch)

    def on_train_batch_end(self, *args: object) -> None:
        self.trained.append(weights(self))

    def validation_step(self, batch: torch.Tensor, batch_idx: int) -> None:
        self.validated.append(weights(self))
        self.log("val_loss", self.loss(batch))

    def configure_optimizers(self) -> torch.optim.Optimizer:
        # not RiemannianAdam: resumed, it counts steps in float32 and differs in the last digits
        return geoopt.optim.RiemannianSGD(self.parameters(), lr=0.1, momentum=0.5)


def weights(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    return {name: p.detach().clone() for name, p in module.named_parameters()}


def trainer(epochs: int, *callbacks: Callback, folder: Path | None = None) -> Trainer:
    return Trainer(
        max_epochs=epochs,
        accelerator="cpu",
        callbacks=list(callbacks),
        default_root_dir=folder,
        enable_checkpointing=folder is not None,
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        num_sanity_val_steps=0,
    )


def run(epochs: int, *callbacks: Callback, folder: Path | None = None, ckpt: Path | None = None):
    data = torch.randn(24, 4, generator=torch.Generator().manual_seed(1))
    module = Tiny()
    trainer(epochs, *callbacks, folder=folder).fit(
        module,
        DataLoader(data, batch_size=4),  # type: ignore[arg-type]
        DataLoader(data, batch_size=24),  # type: ignore[arg-type]
        ckpt_path=ckpt,
        weights_only=True,
    )
    return module


def reference(trained: list[dict[str, torch.Tensor]], decay: float, warmup: float):
    """The average after each step, by hand: plain weights averaged, directions normalised."""
    averages = [trained[0]]
    for n, new in enumerate(trained[1:], start=1):
        kept = min(decay, (1 + n) / (warmup + n))
        mean = {name: kept * averages[-1][name] + (1 - kept) * new[name] for name in new}
        mean["direction"] /= mean["direction"].norm()
        averages.append(mean)
    return averages


@pytest.mark.parametrize(("decay", "warmup"), [(0.9, 10.0), (0.5, 1.0), (0.0, 10.0)])
def test_the_average_is_validated_and_left_in_the_module(decay: float, warmup: float) -> None:
    module = run(3, ManifoldWeightAverage(decay=decay, warmup=warmup))
    averages = reference(module.trained, decay, warmup)
    assert len(averages) == 18
    for epoch, seen in enumerate(module.validated):
        torch.testing.assert_close(seen, averages[6 * epoch + 5], rtol=1e-4, atol=1e-6)
    torch.testing.assert_close(weights(module), averages[-1], rtol=1e-4, atol=1e-6)


def test_training_itself_is_as_without_an_average() -> None:
    averaged, plain = run(3, ManifoldWeightAverage()), run(3)
    torch.testing.assert_close(averaged.trained, plain.trained, rtol=0, atol=0)
    assert not torch.equal(averaged.linear.weight, plain.linear.weight)


def test_points_stay_on_their_manifolds_where_lightning_alone_leaves_them() -> None:
    ours, plain = run(3, ManifoldWeightAverage(decay=0.9)), run(3, EMAWeightAveraging(decay=0.9))
    for seen in ours.validated:
        assert seen["direction"].norm().item() == pytest.approx(1, abs=1e-6)
        assert seen["point"].norm().item() < 1
    assert isinstance(ours.direction, geoopt.ManifoldParameter)
    assert plain.validated[-1]["direction"].norm().item() < 0.999


def test_buffers_are_the_latest_and_not_averaged() -> None:
    module = run(2, ManifoldWeightAverage())
    assert module.limit.item() == 7.0
    assert module.steps.item() == 12


def test_a_resumed_run_ends_with_the_same_average(tmp_path: Path) -> None:
    whole = run(4, ManifoldWeightAverage(decay=0.9))
    last = ModelCheckpoint(tmp_path, save_last=True)
    run(2, ManifoldWeightAverage(decay=0.9), last, folder=tmp_path)
    path = tmp_path / "last.ckpt"
    resumed = run(4, ManifoldWeightAverage(decay=0.9), ckpt=path)
    assert len(resumed.trained) == 12
    torch.testing.assert_close(resumed.trained, whole.trained[12:], rtol=0, atol=0)
    torch.testing.assert_close(resumed.validated, whole.validated[2:], rtol=0, atol=0)
    torch.testing.assert_close(weights(resumed), weights(whole), rtol=0, atol=0)


def test_checkpoints_hold_the_validated_average(tmp_path: Path) -> None:
    best = ModelCheckpoint(tmp_path, monitor="val_loss", filename="best")
    module = run(3, ManifoldWeightAverage(decay=0.9), best, folder=tmp_path)
    saved = torch.load(best.best_model_path, weights_only=True)
    stored = {name: saved["state_dict"][name] for name in weights(module)}
    assert any(
        all(torch.equal(stored[name], seen[name]) for name in stored) for seen in module.validated
    )


def test_project_moves_points_only() -> None:
    module = Tiny()
    before = module.linear.weight.clone()
    with torch.no_grad():
        module.direction.mul_(3)
        module.point.fill_(2.0)
    project(module)
    torch.testing.assert_close(module.direction.detach(), torch.eye(3)[0])
    assert module.point.norm() < 1
    assert torch.equal(module.linear.weight, before)


@pytest.mark.parametrize(("decay", "warmup"), [(1.0, 10.0), (-0.1, 10.0), (0.9, 0.5)])
def test_wrong_settings_are_named(decay: float, warmup: float) -> None:
    with pytest.raises(InputError, match=rf"expected decay in \[0, 1\) .*got {decay} and {warmup}"):
        ManifoldWeightAverage(decay=decay, warmup=warmup)
