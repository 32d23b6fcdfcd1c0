"""Speech models over windows of a recording, as tokens of a fixed length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array, AudioChunk
from trifold.encoders.audio.speech import SpeechEncoder
from trifold.encoders.foundation import PretrainedEncoder
from trifold.errors import InputError

FRAME_S = 0.02  # all these models give a frame per 20 ms
SHORTEST = 1600  # samples; a rest of less than 0.1 s holds no word


class WindowedSpeech(PretrainedEncoder, SpeechEncoder):
    """Base of encoders whose model turns a window of 16 kHz audio into a frame every 20 ms.

    Each window is read by itself and never padded, so a token depends on its own window alone and
    on no batch. A token is the mean of the frames whose middle lies in it. A rest shorter than
    0.1 s is left out.

    Args:
        token_s: seconds per token.
        window_s: seconds that the model sees at once; a multiple of ``token_s``.
        options: as for ``PretrainedEncoder``.

    Raises:
        InputError: when a window is no multiple of a token.
    """

    dim: int

    def __init__(self, *, token_s: float, window_s: float, **options: Any) -> None:
        super().__init__(**options)
        tokens = window_s / token_s if token_s > 0 else 0.0
        if token_s < FRAME_S or tokens < 1 or abs(tokens - round(tokens)) > 1e-6:
            raise InputError(
                expected=f"token_s from {FRAME_S} on and window_s a multiple of it",
                got=f"{token_s} and {window_s}",
            )
        self.token_s, self.window_s = token_s, window_s
        self.tokens_per_window = round(tokens)

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change whenever the tokens could change."""
        raise NotImplementedError

    def states(self, waves: Tensor) -> Tensor:
        """(n, N) float32 waveforms on the device to (n, frames, D)."""
        raise NotImplementedError

    def tokens(self, chunks: Iterable[AudioChunk]) -> tuple[Array, Array, Array]:
        """One token per stretch that holds a frame's middle."""
        windows = cut(chunks, round(self.window_s * self.sample_rate_hz))
        values, numbers = self._tokens(windows)
        start_s = (np.array(numbers) * self.token_s).astype(np.float32)
        return values, start_s, start_s + self.token_s

    def _tokens(self, windows: Iterator[Array]) -> tuple[Array, list[int]]:
        """(L, D) tokens and the number of each, counted from the start of the file."""
        rows: list[Array] = [np.zeros((0, self.dim), dtype=np.float32)]
        numbers: list[int] = []
        found = self.batches.run(windows, self._forward, device=self.device)
        for number, (values, inside) in enumerate(found):
            rows.append(values)
            numbers += (number * self.tokens_per_window + inside).tolist()
        return np.concatenate(rows), numbers

    @torch.inference_mode()
    def _forward(self, windows: list[Array]) -> list[tuple[Array, Array]]:
        """Tokens of each window and their numbers in it; all windows but the last are full."""
        full = [window for window in windows if len(window) == len(windows[0])]
        rest = windows[len(full) :]
        waves = torch.from_numpy(np.stack(full)).to(self.device)
        done = [self._pool(states) for states in self.states(waves)]
        return done + (self._forward(rest) if rest else [])

    def _pool(self, states: Tensor) -> tuple[Array, Array]:
        """(frames, D) to (tokens, D) and the (tokens,) numbers of those that have frames."""
        middles = (np.arange(len(states)) + 0.5) * FRAME_S
        last = self.tokens_per_window - 1
        token = np.minimum((middles / self.token_s + 1e-6).astype(int), last)
        inside, counts = np.unique(token, return_counts=True)
        means = [part.mean(dim=0) for part in states.float().split(counts.tolist())]
        return torch.stack(means).cpu().numpy(), inside


def cut(chunks: Iterable[AudioChunk], size: int) -> Iterator[Array]:
    """Consecutive windows of ``size`` samples, however the stream was cut; the last is shorter."""
    waiting: list[Array] = []
    n_waiting = 0
    for chunk in chunks:
        waiting.append(chunk.samples)
        n_waiting += len(chunk.samples)
        while n_waiting >= size:
            joined = np.concatenate(waiting)
            yield joined[:size]
            waiting, n_waiting = [joined[size:]], n_waiting - size
    if n_waiting >= SHORTEST:
        yield np.concatenate(waiting)
