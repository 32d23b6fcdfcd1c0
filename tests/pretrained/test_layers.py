"""Layers read alone equal those that transformers gives when asked for all."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch
from torch import nn

from tests.factories.models import image_text_model, llm, sentence_encoder, speech_model, videomae
from trifold.errors import InputError
from trifold.pretrained.layers import check_layer, find_stack, read_layer, width_of
from trifold.pretrained.models import load_model
from trifold.pretrained.snapshot import locate

N = 3
IDS = torch.arange(5, 25)[None]
WORDS = {"input_ids": IDS, "attention_mask": torch.ones_like(IDS)}
WAVES = {"input_values": torch.linspace(-1, 1, 8000).sin()[None]}
BUILDERS = {
    "llm": (llm, WORDS),
    "bert": (sentence_encoder, WORDS),
    "wav2vec2": (lambda f: speech_model(f, "wav2vec2"), WAVES),
    "wavlm": (lambda f: speech_model(f, "wavlm"), WAVES),
    "videomae": (videomae, {"pixel_values": torch.linspace(-1, 1, 12288).view(1, 4, 3, 32, 32)}),
    "siglip": (lambda f: image_text_model(f, "siglip"),
               {"pixel_values": torch.linspace(-1, 1, 3072).view(1, 3, 32, 32)}),
}  # fmt: skip


@pytest.fixture(scope="module", params=list(BUILDERS))
def model(request, tmp_path_factory):
    """A model, and how to call it."""
    build, inputs = BUILDERS[request.param]
    folder: Path = build(tmp_path_factory.mktemp(request.param))
    loaded = load_model(locate(str(folder)), "base", torch.device("cpu"), torch.float32)
    tower = getattr(loaded, "vision_model", loaded)
    return tower, lambda **extra: tower(**inputs, **extra)


@torch.inference_mode()
def test_each_layer_is_the_hidden_state_of_that_number(model) -> None:
    tower, call = model
    reference = call(output_hidden_states=True)
    for layer in range(N):
        found = read_layer(tower, layer, call)
        torch.testing.assert_close(found, reference.hidden_states[layer], atol=1e-6, rtol=0)
    top = read_layer(tower, check_layer(-1, N), call)
    torch.testing.assert_close(top, reference.last_hidden_state, atol=1e-6, rtol=0)


@torch.inference_mode()
def test_mixtures_are_sums_of_all_hidden_states(model) -> None:
    tower, call = model
    states = torch.stack(call(output_hidden_states=True).hidden_states)
    torch.testing.assert_close(read_layer(tower, "mean", call), states.mean(dim=0))
    chosen = read_layer(tower, check_layer([0, 2, 0, 0], N), call)
    torch.testing.assert_close(chosen, states[1])
    side_by_side = read_layer(tower, "all", call)
    assert side_by_side.shape[-1] == width_of("all", hidden=32, n_layers=N)
    torch.testing.assert_close(side_by_side[..., 32:64], states[1])


@torch.inference_mode()
def test_some_layers_stand_side_by_side_and_none_above_them_is_run(model) -> None:
    tower, call = model
    states = call(output_hidden_states=True).hidden_states
    ran: list[int] = []
    handles = [
        layer.register_forward_hook(lambda *_, i=i: ran.append(i))
        for i, layer in enumerate(find_stack(tower))
    ]
    found = read_layer(tower, check_layer("1+2", N), call)
    for handle in handles:
        handle.remove()
    assert ran == [0, 1]
    assert found.shape[-1] == width_of("1+2", hidden=32, n_layers=N)
    torch.testing.assert_close(found, torch.cat(states[1:3], dim=-1), atol=1e-6, rtol=0)


@torch.inference_mode()
def test_layers_above_the_one_read_are_not_run_and_come_back(model) -> None:
    tower, call = model
    ran: list[int] = []
    stack = find_stack(tower)
    handles = [
        layer.register_forward_hook(lambda *_, i=i: ran.append(i)) for i, layer in enumerate(stack)
    ]
    read_layer(tower, 1, call)
    assert ran == [0]
    ran.clear()
    call()
    assert ran == [0, 1, 2]
    for handle in handles:
        handle.remove()


@torch.inference_mode()
def test_the_stack_comes_back_after_a_failure(model) -> None:
    tower, _ = model
    with pytest.raises(RuntimeError, match="stop"):
        read_layer(tower, 1, lambda **_: (_ for _ in ()).throw(RuntimeError("stop")))
    assert len(find_stack(tower)) == N


def test_weights_are_scaled_and_negative_numbers_count_from_the_top() -> None:
    assert check_layer([1, 1, 2, 0], N) == [0.25, 0.25, 0.5, 0.0]
    assert [check_layer(layer, N) for layer in (-1, -4, 0, 2)] == [3, 0, 0, 2]


@pytest.mark.parametrize(
    "layer",
    [4, -5, "best", "2+1", "1+1", "0+1", "1+3", "1+", "1+x", [1, 2], [0, 0, 0, 0], [1, -1, 1, 1]],
)
def test_layers_that_are_not_there(layer) -> None:
    with pytest.raises(InputError, match="expected"):
        check_layer(layer, N)


def test_a_model_without_layers_is_refused() -> None:
    with pytest.raises(InputError, match="expected a model with a list of layers, got Linear"):
        find_stack(nn.Linear(2, 2))
