"""The text enhancer against its formula, row by row."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from trifold.network.blocks.enhancer import TextEnhancer


def test_equals_the_formula_row_by_row() -> None:
    torch.manual_seed(0)
    enhancer = TextEnhancer(8).eval()
    text, audio, video = torch.randn(3, 4, 8)
    present = torch.tensor(
        [[True, True, True], [True, False, True], [False, True, False], [False] * 3]
    )
    got = enhancer(text, audio, video, present)
    for n in range(4):
        parts = [text[n], audio[n], video[n]]
        allowed = [True, bool(present[n, 1]), bool(present[n, 2])]  # the text is the anchor
        score = enhancer.gate(torch.cat(parts)).exp() * torch.tensor(allowed)
        gate = score / score.sum()
        mixed = sum(gate[p] * (parts[p] @ enhancer.maps[p]) for p in range(3))
        torch.testing.assert_close(got[n], F.layer_norm(text[n] + mixed, (8,)))


def test_dropout_spares_the_text_itself() -> None:
    enhancer = TextEnhancer(8, residual_dropout=1.0).train()
    text, audio, video = torch.randn(3, 4, 8)
    got = enhancer(text, audio, video, torch.ones(4, 3, dtype=torch.bool))
    torch.testing.assert_close(got, F.layer_norm(text, (8,)))
