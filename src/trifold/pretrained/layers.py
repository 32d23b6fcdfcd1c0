"""Reading layers of a transformer, or a mixture of all, without computing more than needed."""

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
        layer: 0 for the embeddings, 1 to n for the layers, −1 for the model's output; ``8+14`` for
            some below the top side by side; ``mean`` of all n + 1; ``all`` of them side by side; or
            n + 1 weights of a sum.
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
            _check_side_by_side(layer, n_layers)
        return layer
    weights = [float(weight) for weight in layer]
    if len(weights) != n_layers + 1 or min(weights) < 0 or sum(weights) <= 0:
        raise InputError(
            expected=f"{n_layers + 1} weights that are not negative, one per layer and embeddings",
            got=str(list(layer)),
        )
    return [weight / sum(weights) for weight in weights]


def _check_side_by_side(layer: str, n_layers: int) -> None:
    numbers = side_by_side(layer)
    rising = all(1 <= number < n_layers for number in numbers) and numbers == sorted(set(numbers))
    if not numbers or not rising:
        raise InputError(
            expected="a layer number, some of them as 8+14 "
            f"(rising, from 1 to {n_layers - 1}), mean, all or weights",
            got=repr(layer),
        )


def side_by_side(layer: str) -> list[int]:
    """The numbers in ``8+14``; none where it is anything else."""
    parts = layer.split("+")
    return [int(part) for part in parts] if all(part.isdecimal() for part in parts) else []


def width_of(layer: Layer, *, hidden: int, n_layers: int) -> int:
    """Columns that ``read_layer`` gives."""
    if layer == "all":
        return hidden * (n_layers + 1)
    numbers = side_by_side(layer) if isinstance(layer, str) else []
    return hidden * max(1, len(numbers))


def read_layer(model: nn.Module, layer: Layer, call: Callable[..., Any]) -> Tensor:
    """Hidden states of a layer that ``check_layer`` has passed.

    The layers above the highest that is read are not run.

    Args:
        model: a transformers model.
        layer: as ``check_layer`` returns it.
        call: runs the model with further keyword arguments.

    Returns:
        (B, L, D); (B, L, m·D) for m layers side by side, (B, L, (n + 1)·D) for ``all``, embeddings
        first.
    """
    numbers = side_by_side(layer) if isinstance(layer, str) else []
    if numbers:
        return torch.cat(_outputs_of(model, numbers, call), dim=-1)
    stack = find_stack(model)
    if layer == len(stack):
        top: Tensor = call().last_hidden_state
        return top
    if isinstance(layer, int) and layer > 0:
        return _outputs_of(model, [layer], call)[0]
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


def _outputs_of(model: nn.Module, numbers: Sequence[int], call: Callable[..., Any]) -> list[Tensor]:
    """What the layers of these rising numbers give, before any norm that follows the last."""
    seen: list[Tensor] = []

    def keep(_module: nn.Module, _inputs: object, output: Any) -> None:
        seen.append(output if isinstance(output, Tensor) else output[0])

    with _without_layers_above(model, numbers[-1]) as kept:
        handles = [kept[number - 1].register_forward_hook(keep) for number in numbers]
        try:
            call()
        finally:
            for handle in handles:
                handle.remove()
    return seen[-len(numbers) :]


@contextmanager
def _without_layers_above(model: nn.Module, layer: int) -> Iterator[nn.ModuleList]:
    """Leave the layers above out for a while; gives those that are left."""
    stack = find_stack(model)
    parent, name = _owner(model, stack)
    kept = nn.ModuleList(list(stack)[:layer])
    setattr(parent, name, kept)
    try:
        yield kept
    finally:
        setattr(parent, name, stack)


def _owner(model: nn.Module, wanted: nn.Module) -> tuple[nn.Module, str]:
    path = next(name for name, module in model.named_modules() if module is wanted)
    parent, _, name = path.rpartition(".")
    return model.get_submodule(parent), name
