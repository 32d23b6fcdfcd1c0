"""The peers against hand-written loops, and what their wiring implies."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch.nn import functional as F

from trifold.network.published.aspects_365 import SharedCompressionEnsemble
from trifold.network.published.traits_run_deep import PromptedChunks, TraitsRunDeep, concat_chunks

DIMS = {"words": 7, "style": 5, "voice": 6, "face": 4, "asked": 8}
MODALITY = {
    "words": "text",
    "style": "text",
    "voice": "audio",
    "face": "video",
    "asked": "question",
}
PEERS = [TraitsRunDeep, SharedCompressionEnsemble]


def make(peer: Any, **settings: object) -> Any:
    torch.manual_seed(0)
    return peer(
        stream_dims=DIMS,
        stream_modality=MODALITY,
        num_targets=3,
        **{"width": 16, "members": 3, "hidden": (6, 5), **settings},
    ).eval()


def batch() -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    tokens = {s: torch.randn(4, 3, 5, d, generator=generator) for s, d in DIMS.items()}
    mask = {s: torch.rand(4, 3, 5, generator=generator) < 0.7 for s in DIMS}
    answer_mask = torch.ones(4, 3, dtype=torch.bool)
    answer_mask[0, 1:] = False
    return tokens, mask, answer_mask


def test_shared_compression_equals_a_loop_over_candidates_and_members() -> None:
    network = make(SharedCompressionEnsemble, compressed=8)
    tokens, mask, answer_mask = batch()
    got = network(tokens, mask, answer_mask).candidate
    streams = {"video": ["face"], "text": ["style", "words"], "audio": ["voice"]}
    for b in range(4):
        scores = []
        for t in answer_mask[b].nonzero().flatten().tolist():
            parts = []
            for modality, names in streams.items():
                means = [tokens[s][b, t, mask[s][b, t]].mean(dim=0).nan_to_num() for s in names]
                parts.append(network.compress(F.gelu(network.adapters[modality](torch.cat(means)))))
            for m in range(3):
                h = torch.cat(parts)
                for layer in range(3):
                    h = h @ network.head.weights[layer][m] + network.head.biases[layer][m]
                    h = torch.relu(h) if layer < 2 else h
                scores.append(h)
        torch.testing.assert_close(got[b], torch.stack(scores).mean(dim=0), atol=1e-5, rtol=1e-5)


def test_prompted_chunks_equal_a_loop_over_chunks() -> None:
    torch.manual_seed(0)
    layer = PromptedChunks(2048, 16, dropout=0.1).eval()
    torch.nn.init.normal_(layer.norm_weight)
    x = torch.randn(3, 2048)
    slices = []
    for c, part in enumerate(x.split(512, dim=-1)):
        h = F.layer_norm(torch.relu(part @ layer.w1[c] + layer.b1[c]), (16,))
        h = (h * layer.norm_weight[c] + layer.norm_bias[c]) @ layer.w2[c] + layer.b2[c]
        prompt = layer.gate.prompt[c].expand_as(h)
        gate = torch.sigmoid(layer.gate.weight(torch.cat([h, prompt], dim=-1)))
        slices.append(gate * h + (1 - gate) * prompt)
    expected = torch.cat(slices, dim=-1) + layer.everywhere
    torch.testing.assert_close(layer(x), expected, atol=1e-5, rtol=1e-5)


@pytest.mark.parametrize(
    ("dim", "out", "chunks"), [(4096, 512, 8), (20480, 512, 32), (429, 512, 1), (2049, 512, 1)]
)
def test_chunks_divide_both_widths(dim: int, out: int, chunks: int) -> None:
    assert concat_chunks(dim, out) == chunks


def test_audio_and_video_only_gate_the_text() -> None:
    """With one head the gate is 1: what was heard and seen cannot matter, only what was said."""
    tokens, mask, answer_mask = batch()
    for heads, matters in ((1, False), (4, True)):
        network = make(TraitsRunDeep, heads=heads, text_width=8)
        expected = network(tokens, mask, answer_mask).candidate
        louder = {**tokens, "voice": -tokens["voice"], "face": 1 - tokens["face"]}
        same = torch.allclose(network(louder, mask, answer_mask).candidate, expected, atol=1e-6)
        assert same != matters
        reworded = {**tokens, "words": -tokens["words"]}
        assert not torch.allclose(network(reworded, mask, answer_mask).candidate, expected)


@pytest.mark.parametrize("peer", PEERS)
def test_missing_is_the_mean_of_the_training_tokens_and_the_question_is_not_read(peer: Any) -> None:
    network = make(peer)
    tokens, mask, answer_mask = batch()
    for standardizer in network.standardizers().values():
        standardizer.mean.fill_(0.5)
    assert network.streams == ("style", "words", "voice", "face")
    absent = {**mask, "voice": torch.zeros_like(mask["voice"])}
    average = {**tokens, "voice": torch.full_like(tokens["voice"], 0.5)}
    present = {**mask, "voice": torch.ones_like(mask["voice"])}
    torch.testing.assert_close(
        network(tokens, absent, answer_mask).candidate,
        network(average, present, answer_mask).candidate,
    )
    changed = {**tokens, "asked": tokens["asked"] + 9}
    first, second = (network(t, mask, answer_mask).candidate for t in (tokens, changed))
    assert torch.equal(first, second)


@pytest.mark.parametrize("peer", PEERS)
def test_what_is_masked_does_not_matter(peer: Any) -> None:
    network = make(peer)
    tokens, mask, answer_mask = batch()
    expected = network(tokens, mask, answer_mask)
    noisy = {s: torch.where(mask[s][..., None], t, 9.0) for s, t in tokens.items()}
    noisy = {s: torch.where(answer_mask[..., None, None], t, 7.0) for s, t in noisy.items()}
    got = network(noisy, mask, answer_mask)
    torch.testing.assert_close(got.candidate, expected.candidate)
    torch.testing.assert_close(got.members.mean(dim=-1), got.candidate)
