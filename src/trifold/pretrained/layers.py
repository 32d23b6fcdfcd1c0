"""Reading one layer of a transformer, or a mixture of all, without computing more than needed."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import torch
from torch import Tensor, nn

from trifold.errors import InputError

Layer = int | str | Sequence[float]
MIXTURES = ("mean", "all")
STACK_NAMES = ("layers", "layer", "h", "block", "blocks")


def check_layer(layer: Layer, n_layers: int) -> Layer:
    """The layer with negative numbers counted from the top, weights scaled to sum to 1.

    Args:
        layer: 0 for the embeddings, 1 to n for the layers, −1 for the model's output; ``mean`` of
            all n + 1; ``all`` of them side by side; or n + 1 weights of a sum.
        n_layers: n.

    Raises:
        InputError: when there is no such layer.
    """
    if isinstance(layer, int):
        index = layer if layer >= 0 else n_layers + 1 + layer
        if not 0 <= index <= n_layers:
            raise InputError(expected=f"a layer from {-n_layers - 1} to {n_layers}", got=str(layer))
        return index
    if isinstance(layer, str):
        if layer not in MIXTURES:
            raise InputError(expected="a layer number, mean, all or weights", got=repr(layer))
        return layer
    weights = [float(weight) for weight in layer]
    if len(weights) != n_layers + 1 or min(weights) < 0 or sum(weights) <= 0:
        raise InputError(
            expected=f"{n_layers + 1} weights that are not negative, one per layer and embeddings",
            got=str(list(layer)),
        )
    return [weight / sum(weights) for weight in weights]


def width_of(layer: Layer, *, hidden: int, n_layers: int) -> int:
    """Columns that ``read_layer`` gives."""
    return hidden * (n_layers + 1) if layer == "all" else hidden


def read_layer(model: nn.Module, layer: Layer, call: Callable[..., Any]) -> Tensor:
    """Hidden states of a layer that ``check_layer`` has passed.

    For a single layer below the top, the layers above it are not run.

    Args:
        model: a transformers model.
        layer: as ``check_layer`` returns it.
        call: runs the model with further keyword arguments.

    Returns:
        (B, L, D); (B, L, (n + 1)·D) for ``all``, embeddings first.
    """
    stack = find_stack(model)
    if layer == len(stack):
        top: Tensor = call().last_hidden_state
        return top
    if isinstance(layer, int) and layer > 0:
        return _output_of(model, layer, call)
    states: tuple[Tensor, ...] = call(output_hidden_states=True).hidden_states
    if isinstance(layer, int):
        return states[layer]
    if layer == "all":
        return torch.cat(states, dim=-1)
    weights = [1 / len(states)] * len(states) if isinstance(layer, str) else layer
    return sum((w * s for w, s in zip(weights, states, strict=True)), torch.zeros_like(states[0]))


def find_stack(model: nn.Module) -> nn.ModuleList:
    """The list of a transformer's layers.

    Raises:
        InputError: when the model has none under a known name.
    """
    lists = [
        module
        for name, module in model.named_modules()
        if isinstance(module, nn.ModuleList) and name.rpartition(".")[2] in STACK_NAMES
    ]
    if not lists:
        raise InputError(expected="a model with a list of layers", got=type(model).__name__)
    return max(lists, key=len)


def _output_of(model: nn.Module, layer: int, call: Callable[..., Any]) -> Tensor:
    """What the ``layer``-th layer gives, before any norm that follows the last."""
    seen: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Any) -> None:
        seen.append(output if isinstance(output, Tensor) else output[0])

    with _without_layers_above(model, layer) as last:
        handle = last.register_forward_hook(keep)
        try:
            call()
        finally:
            handle.remove()
    return seen[-1]


@contextmanager
def _without_layers_above(model: nn.Module, layer: int) -> Iterator[nn.Module]:
    """Leave the layers above out for a while; gives the last one that is left."""
    stack = find_stack(model)
    parent, name = _owner(model, stack)
    setattr(parent, name, nn.ModuleList(list(stack)[:layer]))
    try:
        yield stack[layer - 1]
    finally:
        setattr(parent, name, stack)


def _owner(model: nn.Module, wanted: nn.Module) -> tuple[nn.Module, str]:
    path = next(name for name, module in model.named_modules() if module is wanted)
    parent, _, name = path.rpartition(".")
    return model.get_submodule(parent), name
