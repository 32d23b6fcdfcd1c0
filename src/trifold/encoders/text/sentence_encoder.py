"""Embeddings of windows of a transcript by any sentence encoder."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional as F

from trifold.contracts import Array, TokenSequence, Transcript
from trifold.encoders.base import BatchTextEncoder
from trifold.encoders.foundation import LayeredEncoder
from trifold.encoders.text.windows import TextWindow, sentence_windows, sequence_of, token_windows
from trifold.errors import InputError
from trifold.pretrained.layers import read_layer
from trifold.pretrained.models import load_model, load_tokenizer

POOLINGS = ("mean", "cls", "last")
UNITS = ("sentences", "tokens")


class SentenceEncoder(LayeredEncoder, BatchTextEncoder):
    """One token per window of a transcript: the pooled states of a transformer.

    Reimers and Gurevych (2019), Sentence-BERT. The model's page says how it pools and what it puts
    before a text.

    Args:
        pooling: ``mean`` over tokens, ``cls`` (the first) or ``last``.
        unit: ``sentences`` joins whole sentences up to ``window_words``; ``tokens`` cuts windows of
            ``window_tokens`` that share ``overlap_tokens``.
        window_words: 0 keeps each sentence alone.
        window_tokens: of a window at most, special tokens included; None takes what the tokenizer
            was made for, 512 at most.
        overlap_tokens: shared with the window before.
        normalize: give each vector unit length.
        prefix: put before every text, such as ``query: ``; with ``unit=sentences`` alone.
        options: as for ``LayeredEncoder``.

    Raises:
        InputError: for an unknown pooling or unit, or windows that overlap wholly.
    """

    def __init__(
        self,
        *,
        pooling: str = "mean",
        unit: str = "sentences",
        window_words: int = 24,
        window_tokens: int | None = None,
        overlap_tokens: int = 0,
        normalize: bool = True,
        prefix: str = "",
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if pooling not in POOLINGS or unit not in UNITS:
            raise InputError(
                expected=f"pooling among {', '.join(POOLINGS)} and unit among {', '.join(UNITS)}",
                got=f"{pooling!r} and {unit!r}",
            )
        self.pooling, self.unit, self.normalize, self.prefix = pooling, unit, normalize, prefix
        self.window_words, self.overlap_tokens = window_words, overlap_tokens
        self.window_tokens = window_tokens or min(512, self.tokenizer.model_max_length)

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer, pooling and windows; not with the batch size or device."""
        names = ("layer", "pooling", "unit", "normalize", "prefix", "window_words")
        settings = {name: getattr(self, name) for name in names}
        settings |= {"window_tokens": self.window_tokens, "overlap": self.overlap_tokens}
        return self.identify(settings)

    @cached_property
    def tokenizer(self) -> Any:
        """Of the model."""
        return load_tokenizer(self.snapshot)

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token per window; none for an empty transcript."""
        return self.encode_batch([transcript], [duration_s])[0]

    def encode_batch(
        self, transcripts: Sequence[Transcript], durations_s: Sequence[float | None]
    ) -> list[TokenSequence]:
        """Several transcripts at once; the result for each is as if it were alone."""
        windows = [
            self._windows(one, duration)
            for one, duration in zip(transcripts, durations_s, strict=True)
        ]
        values = self._embed([window.ids for group in windows for window in group])
        ends = np.cumsum([len(group) for group in windows])
        return [
            sequence_of(self, one, group, values[end - len(group) : end])
            for one, group, end in zip(transcripts, windows, ends.tolist(), strict=True)
        ]

    def embed(self, texts: Sequence[str]) -> Array:
        """(n,) texts, each cut at ``window_tokens``, to (n, D) vectors, however batched."""
        if not texts:
            return np.zeros((0, self.dim), dtype=np.float32)
        rows = self.tokenizer(
            [f"{self.prefix}{text}" for text in texts],
            truncation=True,
            max_length=self.window_tokens,
            split_special_tokens=True,
        )
        return self._embed(rows["input_ids"])

    def _windows(self, transcript: Transcript, duration_s: float | None) -> list[TextWindow]:
        if self.unit == "tokens":
            return token_windows(
                self.tokenizer,
                transcript,
                duration_s,
                longest=self.window_tokens,
                overlap=self.overlap_tokens,
            )
        return sentence_windows(
            self.tokenizer,
            transcript,
            duration_s,
            words=self.window_words,
            longest=self.window_tokens,
            prefix=self.prefix,
        )

    def _embed(self, rows: Sequence[list[int]]) -> Array:
        """Ids of n windows to (n, D), batched by length so that little is padding."""
        order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
        values = np.zeros((len(rows), self.dim), dtype=np.float32)
        found = self.batches.run([rows[i] for i in order], self._forward, device=self.device)
        for i, vector in zip(order, found, strict=True):
            values[i] = vector
        return values

    @torch.inference_mode()
    def _forward(self, rows: list[list[int]]) -> Array:
        model = load_model(self.snapshot, "base", self.device, self.dtype)
        ids, mask = pad_right(rows, self.tokenizer.pad_token_id or 0)
        ids, mask = ids.to(self.device), mask.to(self.device)
        states = read_layer(
            model, self.layer, lambda **extra: model(input_ids=ids, attention_mask=mask, **extra)
        ).float()
        pooled = _pool(states, mask, self.pooling)
        pooled = F.normalize(pooled, dim=-1) if self.normalize else pooled
        return pooled.cpu().numpy()


def pad_right(rows: Sequence[Sequence[int]], pad_id: int) -> tuple[Tensor, Tensor]:
    """Ragged ids to (n, L) int64 and a mask that is 1 where they are."""
    lengths = np.array([len(row) for row in rows])
    mask = np.arange(lengths.max()) < lengths[:, None]
    ids = np.full(mask.shape, pad_id, dtype=np.int64)
    ids[mask] = np.concatenate([np.asarray(row, dtype=np.int64) for row in rows])
    return torch.from_numpy(ids), torch.from_numpy(mask.astype(np.int64))


def _pool(states: Tensor, mask: Tensor, pooling: str) -> Tensor:
    """(n, L, D) and (n, L) to (n, D)."""
    if pooling == "cls":
        return states[:, 0]
    if pooling == "last":
        last = mask.sum(dim=1) - 1
        return states[torch.arange(len(states), device=states.device), last]
    weight = mask.unsqueeze(-1).to(states.dtype)
    return (states * weight).sum(dim=1) / weight.sum(dim=1)
