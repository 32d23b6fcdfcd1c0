"""Fine-tuning by adapters: at the start the frozen encoder, in the end little to store."""

from __future__ import annotations

import builtins
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors.torch import load_file, save_file
from torch import nn

from tests.factories.models import llm, sentence_encoder, speech_model
from trifold.contracts import AudioChunk
from trifold.encoders.audio.speech_model import SpeechModel
from trifold.encoders.audio.waveform import Waveform
from trifold.encoders.text.sentence_encoder import SentenceEncoder
from trifold.encoders.text.token_ids import TokenIds
from trifold.errors import EncoderError, InputError
from trifold.features.collate import CandidateSample, collate
from trifold.media.transcripts.reading import parse_transcript
from trifold.network.wrappers.lora import FineTunedEncoder

INNER = {"_target_": "trifold.network.pooled.PooledFusion", "width": 8, "dropout": 0.0}
SAID = ["I plan every step. Then we rest.", "We talk with the team. " * 4, "Met the deadline.", ""]


@pytest.fixture(scope="module")
def bert(tmp_path_factory) -> str:
    return str(sentence_encoder(tmp_path_factory.mktemp("bert")))


def samples(encoder, contents) -> list[CandidateSample]:
    return [CandidateSample(str(i), ({"raw": encoder.encode(c)},)) for i, c in enumerate(contents)]


def text_batch(model: str):
    encoder = TokenIds(model=model, window_words=6, window_tokens=20)
    return collate(samples(encoder, [parse_transcript(t) for t in SAID]), {"raw": encoder.dim})


def make(model: str, modality: str = "text", **options) -> FineTunedEncoder:
    torch.manual_seed(0)
    return FineTunedEncoder(
        stream_dims={"raw": 20}, stream_modality={"raw": modality}, num_targets=2, network=INNER,
        stream="raw", model=model, **options,
    ).eval()  # fmt: skip


def encoded(network: FineTunedEncoder, batch) -> torch.Tensor:
    return network._encoded(batch.tokens, batch.token_mask)["raw"]


@torch.no_grad()
def test_text_starts_as_the_frozen_encoder(bert: str) -> None:
    frozen = SentenceEncoder(model=bert, window_words=6, window_tokens=20, normalize=False)
    found = encoded(make(bert), text_batch(bert))
    for row, text in enumerate(SAID):
        expected = frozen.encode(parse_transcript(text)).values
        np.testing.assert_allclose(found[row, 0, : len(expected)], expected, atol=1e-4)
        assert (found[row, 0, len(expected) :] == 0).all()


def waves(seconds: float):
    samples = np.random.default_rng(0).normal(size=round(16000 * seconds)).astype(np.float32)
    yield AudioChunk(0.1 * samples, 0.0, 16000, np.ones(-(-len(samples) // 512), np.float32))


@torch.no_grad()
@pytest.mark.parametrize("kind", ["wav2vec2", "wavlm"])
def test_audio_starts_as_the_frozen_encoder(tmp_path: Path, kind: str) -> None:
    model = str(speech_model(tmp_path, kind))
    raw = Waveform(window_s=1.0).encode(waves(3.5))
    assert np.isnan(raw.values).sum() == 8000
    frozen = SpeechModel(model=model, window_s=1.0).encode(waves(3.5))
    np.testing.assert_array_equal(raw.end_s, frozen.end_s)
    network = FineTunedEncoder(
        stream_dims={"raw": 16000}, stream_modality={"raw": "audio"}, num_targets=2, network=INNER,
        stream="raw", model=model,
    ).eval()  # fmt: skip
    batch = collate([CandidateSample("a", ({"raw": raw},))], {"raw": 16000})
    found = encoded(network, batch)[0, 0]
    np.testing.assert_allclose(found[:3], frozen.values[:3], atol=1e-4)
    assert torch.isfinite(found).all()


@torch.no_grad()
def test_batches_and_padding_do_not_matter(bert: str) -> None:
    batch = text_batch(bert)
    many, one = (make(bert, batch_size=n) for n in (16, 1))
    torch.testing.assert_close(encoded(many, batch), encoded(one, batch), atol=1e-5, rtol=1e-5)
    wider = {"raw": nn.functional.pad(batch.tokens["raw"], (0, 0, 0, 3), value=7.0)}
    mask = {"raw": nn.functional.pad(batch.token_mask["raw"], (0, 3))}
    expected = many(batch.tokens, batch.token_mask, batch.answer_mask).candidate
    found = many(wider, mask, batch.answer_mask).candidate
    torch.testing.assert_close(found, expected)


def test_only_adapters_and_the_fusion_network_learn(bert: str) -> None:
    network, batch = make(bert).train(), text_batch(bert)
    before = {n: p.clone() for n, p in network.named_parameters()}
    optimizer = torch.optim.SGD([p for p in network.parameters() if p.requires_grad], lr=0.1)
    for _ in range(2):  # B starts at zero, so A moves from the second step on
        optimizer.zero_grad()
        output = network(batch.tokens, batch.token_mask, batch.answer_mask)
        output.candidate.square().sum().backward()
        optimizer.step()
    moved = {n for n, p in network.named_parameters() if not torch.equal(p, before[n])}
    assert {n for n in moved if n.startswith("encoder.")} == {n for n in before if "lora_" in n}
    assert any(n.startswith("inner.") for n in moved)
    frozen = [p for n, p in network.named_parameters() if n.startswith("encoder.")
              and "lora_" not in n]  # fmt: skip
    assert not any(p.requires_grad for p in frozen)


def test_gradients_are_those_of_one_batch_in_memory(bert: str) -> None:
    batch = text_batch(bert)
    found = []
    for size in (1, 16):
        network = make(bert, batch_size=size, dropout=0.0).train()
        for name, parameter in network.named_parameters():
            if "lora_B" in name:
                nn.init.constant_(parameter, 0.1)
        output = network(batch.tokens, batch.token_mask, batch.answer_mask)
        output.candidate.square().sum().backward()
        found.append({n: p.grad for n, p in network.named_parameters() if "lora_" in n})
    for name, grad in found[0].items():
        assert grad.abs().max() > 0
        torch.testing.assert_close(grad, found[1][name], atol=1e-5, rtol=1e-4)


def test_little_is_stored_and_it_comes_back(bert: str, tmp_path: Path) -> None:
    network, batch = make(bert), text_batch(bert)
    for name, parameter in network.named_parameters():
        if "lora_B" in name:
            nn.init.normal_(parameter, std=0.1)
    state = nn.ModuleDict({"network": network}).state_dict()
    assert all("lora_" in name for name in state if name.startswith("network.encoder."))
    save_file(state, tmp_path / "weights.safetensors")
    again = make(bert)
    nn.ModuleDict({"network": again}).load_state_dict(load_file(tmp_path / "weights.safetensors"))
    expected, found = (
        n(batch.tokens, batch.token_mask, batch.answer_mask).candidate for n in (network, again)
    )
    torch.testing.assert_close(found, expected)
    fresh = make(bert)(batch.tokens, batch.token_mask, batch.answer_mask).candidate
    assert (fresh - expected).abs().max() > 1e-4


def test_adapters_of_other_weights_are_refused(bert: str, tmp_path: Path) -> None:
    other = make(str(sentence_encoder(tmp_path, seed=1)))
    with pytest.raises(EncoderError, match=r"expected an encoder with SHA-256 [0-9a-f]{64}, got"):
        other.load_state_dict(make(bert).state_dict())


def test_the_frozen_encoder_stays_in_evaluation_mode(bert: str) -> None:
    network = make(bert).train()
    on = {n for n, m in network.encoder.named_modules() if m.training}
    assert on
    assert all("lora_dropout" in name for name in on)
    assert network.inner.training
    network.eval()
    assert not any(m.training for m in network.modules())


def test_a_batch_without_words_is_finite(bert: str) -> None:
    network = make(bert)
    tokens = {"raw": torch.zeros(2, 1, 1, 20)}
    mask = {"raw": torch.zeros(2, 1, 1, dtype=torch.bool)}
    output = network(tokens, mask, torch.ones(2, 1, dtype=torch.bool))
    assert torch.isfinite(output.candidate).all()


def test_standardizers_are_fitted_on_what_the_encoder_gives(bert: str) -> None:
    network, batch = make(bert), text_batch(bert)
    network.fit_standardizers(batch)
    real = encoded(network, batch)[batch.token_mask["raw"]]
    torch.testing.assert_close(network.standardizers()["raw"].mean, real.mean(dim=0))


def test_causal_language_models_can_be_adapted(tmp_path: Path) -> None:
    model = str(llm(tmp_path))
    network, batch = make(model), text_batch(model)
    output = network.train()(batch.tokens, batch.token_mask, batch.answer_mask)
    output.candidate.sum().backward()
    grads = [p.grad for n, p in network.named_parameters() if "lora_B" in n]
    assert grads
    assert all(g.abs().max() > 0 for g in grads)


def test_what_cannot_be_adapted_is_refused(bert: str, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="expected a text or audio stream among raw, got 'raw'"):
        make(bert, "video")
    with pytest.raises(InputError, match=r"expected target_modules of the model, got \['hands'\]"):
        make(bert, target_modules=["hands"])
    real = builtins.__import__
    monkeypatch.setattr(
        builtins, "__import__",
        lambda name, *a, **k: (_ for _ in ()).throw(ImportError()) if name == "peft" else
        real(name, *a, **k),
    )  # fmt: skip
    with pytest.raises(EncoderError, match=r"expected the package peft \(pip install 'trifold"):
        make(bert)


def test_raw_streams_say_what_they_are(bert: str, tmp_path: Path) -> None:
    other = str(sentence_encoder(tmp_path, seed=1))
    prints = {
        TokenIds(model=bert).fingerprint, TokenIds(model=other).fingerprint,
        TokenIds(model=bert, window_tokens=9).fingerprint,
        TokenIds(model=bert, window_words=9).fingerprint,
        Waveform().fingerprint, Waveform(window_s=2.0).fingerprint,
    }  # fmt: skip
    assert len(prints) == 6
    with pytest.raises(InputError, match="expected window_tokens of 3 at least, got 2"):
        TokenIds(model=bert, window_tokens=2)
    with pytest.raises(InputError, match=r"expected window_s of 0\.1 at least, got 0\.01"):
        Waveform(window_s=0.01)
    silence = AudioChunk(np.zeros(16000, np.float32), 0.0, 16000, np.zeros(32, np.float32))
    assert Waveform().encode([silence]).values.shape == (0, 80000)
