"""Token ids of an answer, for text models that are trained together with the fusion network."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from trifold.contracts import TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.windows import sentence_windows, sequence_of
from trifold.errors import InputError
from trifold.pretrained.models import load_tokenizer
from trifold.pretrained.snapshot import locate

PADDING = -1.0


class TokenIds(TextEncoder):
    """One token per window of sentences: its ids as numbers, filled up with −1.

    ``trifold.network.wrappers.lora`` turns them into features. Text is tokenised as plain text, so
    no special token in a transcript means anything.

    Args:
        model: folder or hub id that the tokenizer comes from.
        revision: hub commit of 40 hex digits; needed with a hub id.
        window_words: neighbouring sentences are joined up to this many words.
        window_tokens: of a window at most, special tokens included.

    Raises:
        EncoderError: when the model or its tokenizer is missing.
        InputError: when a window holds no token.
    """

    version = 1

    def __init__(
        self,
        *,
        model: str,
        revision: str | None = None,
        window_words: int = 100,
        window_tokens: int = 192,
    ) -> None:
        if window_tokens < 3:
            raise InputError(expected="window_tokens of 3 at least", got=str(window_tokens))
        self.snapshot = locate(model, revision)
        self.window_words, self.dim = window_words, window_tokens

    @property
    def fingerprint(self) -> str:
        """Changes with the model and the windows."""
        windows = {"window_words": self.window_words, "window_tokens": self.dim}
        return fingerprint("TokenIds", self.version, {**windows, **self.snapshot.identity})

    @cached_property
    def tokenizer(self) -> Any:
        """Of the model."""
        return load_tokenizer(self.snapshot)

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token per window; none for an empty transcript."""
        windows = sentence_windows(
            self.tokenizer, transcript, duration_s, words=self.window_words, longest=self.dim
        )
        values = np.full((len(windows), self.dim), PADDING, dtype=np.float32)
        for row, window in zip(values, windows, strict=True):
            row[: len(window.ids)] = window.ids
        return sequence_of(self, transcript, windows, values)
