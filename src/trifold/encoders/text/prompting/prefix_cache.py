"""Reading on from a prompt that is already in a model's memory."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch
from torch import Tensor
from transformers import DynamicCache
from transformers.cache_utils import DynamicLayer

Call = Callable[..., Any]
_TRIAL, _TRIAL_TOLERANCE = 12, 0.05


@dataclass(frozen=True)
class Memory:
    """What a model has read so far, in n rows.

    Attributes:
        mask: (n, P) int64, 1 where a row has a token.
        ids: (n, P) int64, padding where the mask is 0.
        cache: keys and values of the same, or None where the model cannot go on from them.
    """

    mask: Tensor
    ids: Tensor
    cache: DynamicCache | None

    def repeat(self, times: int) -> Memory:
        """Each row ``times`` times, rows of one origin side by side."""
        cache = None if self.cache is None else _repeated(self.cache, times)
        return Memory(
            self.mask.repeat_interleave(times, dim=0),
            self.ids.repeat_interleave(times, dim=0),
            cache,
        )


class CausalReader:
    """Feeds a causal language model piece by piece.

    Rows are padded on the left, with positions that leave the padding out, so that a row reads the
    same whatever stands beside it. Where the model allows, keys and values of earlier pieces are
    kept and not computed again; where it does not (attention in both directions, recurrence, text
    longer than a sliding window), everything is read anew each time, with the same result.

    Args:
        model: a transformers language model, with or without its head.
        pad_id: any token; its states are never read.
        reuse: False never keeps anything.
    """

    def __init__(self, model: Any, *, pad_id: int, reuse: bool = True) -> None:
        self.model, self.pad_id = model, pad_id
        self.device = next(model.parameters()).device
        self.cache_name, self.window = _cache_name(model), _attention_window(model)
        self.reuse = reuse and self._can_go_on()

    def start(self) -> Memory:
        """One row that has read nothing."""
        nothing = torch.zeros(1, 0, dtype=torch.int64, device=self.device)
        return Memory(nothing, nothing, DynamicCache() if self.reuse else None)

    def extend(
        self, memory: Memory, rows: Sequence[Sequence[int]], read: Callable[[Call], Tensor]
    ) -> tuple[Tensor, Memory]:
        """Read one more piece per row.

        Args:
            memory: of as many rows, not used again afterwards.
            rows: ids; no row is empty.
            read: maps a function that runs the model, with further keyword arguments, to (n, L, ·)
                values at the last L positions of what it was given.

        Returns:
            (n, l, ·) values, l at most the length of the longest row, aligned at the right; and the
            memory with the piece.
        """
        ids, mask = self._padded(rows)
        length = ids.shape[1]
        ids, mask = torch.cat([memory.ids, ids], dim=1), torch.cat([memory.mask, mask], dim=1)
        cache = memory.cache if ids.shape[1] <= self.window else None
        if cache is None:  # a sliding window must not see padding between the pieces
            order = mask.argsort(dim=1, stable=True)
            ids, mask = ids.gather(1, order), mask.gather(1, order)
        given = ids.shape[1] if cache is None else length
        inputs: dict[str, Any] = {
            "input_ids": ids[:, -given:],
            "attention_mask": mask,
            "position_ids": (mask.cumsum(dim=1) - 1).clamp(min=0)[:, -given:],
            "use_cache": cache is not None,
        }
        if cache is not None:
            inputs[self.cache_name] = cache
        values = read(lambda **extra: self.model(**inputs, **extra))
        return values[:, -length:], Memory(mask, ids, cache)

    def _padded(self, rows: Sequence[Sequence[int]]) -> tuple[Tensor, Tensor]:
        """Ragged ids to (n, L) with padding on the left, and its mask."""
        lengths = np.array([len(row) for row in rows])
        mask = np.arange(lengths.max())[::-1] < lengths[:, None]
        ids = np.full(mask.shape, self.pad_id, dtype=np.int64)
        ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
        return (
            torch.from_numpy(ids).to(self.device),
            torch.from_numpy(mask.astype(np.int64)).to(self.device),
        )

    @torch.inference_mode()
    def _can_go_on(self) -> bool:
        """Whether two pieces read one after the other give what they give read at once."""
        if not self.cache_name:
            return False
        cache = DynamicCache()
        ids = torch.arange(_TRIAL, device=self.device)[None] % int(self.model.config.vocab_size)
        half = _TRIAL // 2
        try:
            whole = self._first(input_ids=ids, use_cache=False)
            self._first(input_ids=ids[:, :half], use_cache=True, **{self.cache_name: cache})
            rest = self._first(
                input_ids=ids[:, half:],
                attention_mask=torch.ones_like(ids),
                position_ids=torch.arange(half, _TRIAL, device=self.device)[None],
                use_cache=True,
                **{self.cache_name: cache},
            )
        except (TypeError, ValueError, RuntimeError, NotImplementedError):
            return False
        expected = whole[:, half:].float()
        difference = (expected - rest.float()).abs().mean()
        return bool(difference <= _TRIAL_TOLERANCE * expected.abs().mean())

    def _first(self, **inputs: Any) -> Tensor:
        output: Tensor = self.model(**inputs)[0]
        return output


def _cache_name(model: Any) -> str:
    """What this version and model call the argument; empty when there is none."""
    names = inspect.signature(model.forward).parameters
    return next((name for name in ("cache", "past_key_values") if name in names), "")


def _attention_window(model: Any) -> float:
    """Tokens over which every layer sees all that came before."""
    config = model.config.get_text_config(decoder=True)
    limits = (getattr(config, name, None) for name in ("sliding_window", "attention_chunk_size"))
    return min((limit for limit in limits if limit), default=float("inf"))


def _repeated(cache: DynamicCache, times: int) -> DynamicCache:
    """A cache of its own; the first one is left as it is."""
    copy = DynamicCache()
    for layer in cache.layers:
        new = DynamicLayer()
        if layer.is_initialized:
            keys, values = (
                x.unsqueeze(1).expand(-1, times, -1, -1, -1).flatten(0, 1)
                for x in (layer.keys, layer.values)
            )
            new.lazy_initialization(keys, values)
            new.keys, new.values = keys, values
        copy.layers.append(new)
    return copy
