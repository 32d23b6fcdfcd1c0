"""Device and precision: what auto means, and names that mean nothing."""

from __future__ import annotations

import pytest
import torch

from trifold.errors import InputError
from trifold.pretrained import device as module
from trifold.pretrained.device import accelerators, assign_device, pick_device, pick_dtype


@pytest.fixture
def _unassigned(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_ASSIGNED", [])


@pytest.mark.usefixtures("_unassigned")
def test_auto_is_the_assigned_device_then_a_gpu_then_the_cpu() -> None:
    expected = accelerators()[0] if accelerators() else "cpu"
    assert pick_device() == torch.device(expected)
    assign_device("cpu")
    assert pick_device() == torch.device("cpu")
    assert pick_device("cpu") == torch.device("cpu")


@pytest.mark.parametrize(
    ("name", "message"),
    [("gpu", "expected device auto, cpu or cuda:N, got 'gpu'"),
     ("cuda:99", "expected a GPU of this machine, got cuda:99, and")],
)  # fmt: skip
def test_devices_that_are_not_there(name: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        pick_device(name)


def test_auto_precision_is_half_on_a_gpu_only(monkeypatch: pytest.MonkeyPatch) -> None:
    assert pick_dtype("auto", torch.device("cpu")) == torch.float32
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: True)
    assert pick_dtype("auto", torch.device("cuda")) == torch.bfloat16
    monkeypatch.setattr(torch.cuda, "is_bf16_supported", lambda: False)
    assert pick_dtype("auto", torch.device("cuda")) == torch.float16
    assert pick_dtype("float16", torch.device("cpu")) == torch.float16
    with pytest.raises(InputError, match="expected a precision among auto, float32, bfloat16"):
        pick_dtype("int4", torch.device("cpu"))
