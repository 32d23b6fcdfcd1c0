"""Scores of a candidate of whom only some pieces are shown."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import torch
from torch import Tensor

from trifold.bundle.bundle import Bundle
from trifold.contracts import Array
from trifold.features.collate import CandidateSample, collate
from trifold.scoring.attribution.pieces import Piece

CHUNK = 64  # coalitions scored together


class ValueFunction:
    """v(S): the scores when the pieces S are shown and all others are masked as if never recorded.

    Masking is what every network of the project is built for: a missing modality is a state that
    it was trained on, not a value made up for it, and ``network.linking`` keeps scores of what is
    left on the scale of the whole. With nothing shown the score is the training mean. The question,
    being context, always stays.

    Args:
        bundle: the model.
        sample: the candidate.
        pieces: P, of ``pieces.cut``.
    """

    def __init__(self, bundle: Bundle, sample: CandidateSample, pieces: Sequence[Piece]) -> None:
        self.bundle, self.n_pieces = bundle, len(pieces)
        batch = collate([sample], bundle.description.stream_dims)
        self.tokens, self.token_mask = batch.tokens, batch.token_mask
        self.answer_mask = batch.answer_mask
        self._piece = {s: torch.full(mask.shape[1:], -1) for s, mask in batch.token_mask.items()}
        for number, piece in enumerate(pieces):
            for stream, tokens in piece.tokens.items():
                if stream in self._piece:
                    self._piece[stream][piece.answer, torch.as_tensor(tokens)] = number

    @torch.inference_mode()
    def scores(self, shown: Array) -> Array:
        """(C, P) bool to (C, K) float64 scores on the schema's scale."""
        if len(shown) == 0:
            return np.zeros((0, len(self.bundle.description.schema.names)))
        chunks = torch.as_tensor(shown).split(CHUNK)
        return np.concatenate([self._chunk(chunk) for chunk in chunks])

    def _chunk(self, shown: Tensor) -> Array:
        rows = len(shown)
        shown = torch.cat([shown, torch.ones(rows, 1, dtype=torch.bool)], dim=1)  # −1: no piece
        mask = {s: m & shown[:, self._piece[s]] for s, m in self.token_mask.items()}
        tokens = {
            s: x.expand(rows, -1, -1, -1) * mask[s].unsqueeze(-1) for s, x in self.tokens.items()
        }
        answers = self.answer_mask.expand(rows, -1)
        standardised = self.bundle.network.candidates(tokens, mask, answers)
        scores: Array = self.bundle.scaler(standardised).double().numpy()
        return scores
