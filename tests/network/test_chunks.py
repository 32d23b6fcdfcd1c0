"""Laws of the chunk projector."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from trifold.network.blocks.streams.chunks import ChunkProjector, SliceProjector, chunk_count


@pytest.mark.parametrize(
    ("dim", "chunks"),
    [(45, 1), (1023, 1), (1024, 2), (4096, 8), (8192, 16), (20480, 40), (1153, 1)],
)
def test_chunk_rule(dim: int, chunks: int) -> None:
    assert chunk_count(dim) == chunks


def test_equals_a_loop_over_chunks() -> None:
    torch.manual_seed(0)
    projector = ChunkProjector(2048, width=12, hidden=6).eval()
    x = torch.randn(3, 2, 2048)
    got = projector(x)
    assert got.shape == (3, 8, 12)
    for c, part in enumerate(x.split(512, dim=-1)):
        h = torch.relu(F.layer_norm(part @ projector.w1[c] + projector.b1[c], (6,)))
        h = h @ projector.w2[c] + projector.b2[c]
        prompt = projector.gate.prompt[c]
        both = torch.cat([h, prompt.expand_as(h)], dim=-1)
        gate = torch.sigmoid(projector.gate.weight(both))
        torch.testing.assert_close(got[:, c::4], gate * h + (1 - gate) * prompt)


def test_chunks_do_not_mix() -> None:
    projector = ChunkProjector(2048, width=12).eval()
    x = torch.randn(1, 1, 2048)
    y = x.clone()
    y[..., :512] += 1
    changed = (projector(x) - projector(y)).abs().sum(dim=-1)[0] > 1e-6
    assert changed.tolist() == [True, False, False, False]


def test_slices_make_one_token() -> None:
    projector = SliceProjector(2048, width=12).eval()
    mask = torch.tensor([[True, False]])
    assert projector(torch.randn(1, 2, 2048)).shape == (1, 2, 12)
    assert projector.token_mask(mask).tolist() == [[True, False]]
    tokens = ChunkProjector(2048, width=12)
    assert tokens.token_mask(mask).tolist() == [[True] * 4 + [False] * 4]


def test_without_prompts_there_is_nothing_to_gate() -> None:
    projector = ChunkProjector(16, width=8, prompt_gate=False)
    assert not any("prompt" in name for name, _ in projector.named_parameters())
    assert projector(torch.randn(2, 3, 16)).shape == (2, 3, 8)


def test_refusals() -> None:
    with pytest.raises(ValueError, match="expected a width that 8 chunks divide, got 12"):
        SliceProjector(4096, width=12)
