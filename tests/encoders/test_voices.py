"""Voices told apart: how many there are, whose each stretch is, and models of one's own."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf
from hypothesis import given
from hypothesis import strategies as st

from tests.factories.models import saved, speech_model
from trifold.contracts import AudioChunk
from trifold.encoders.voices.clustering import Apart, likeliest, voices_among
from trifold.encoders.voices.speakers import WINDOW, speaker_vectors
from trifold.encoders.voices.teller import VoiceTurns, stretches_of
from trifold.encoders.voices.vectors import voice_vectors
from trifold.errors import EncoderError

EVEN = np.full(40, 0.4)


def cloud(n: int, centre: int, *, seed: int, spread: float = 0.1) -> np.ndarray:
    """(n, 16) of length 1 around an axis."""
    found = np.random.default_rng(seed).normal(0, spread, (n, 16))
    found[:, centre] += 1
    return found / np.linalg.norm(found, axis=1, keepdims=True)


def test_one_cloud_is_one_voice_and_two_are_two() -> None:
    one = voices_among(cloud(40, 0, seed=0), EVEN, Apart())
    both = np.concatenate([cloud(25, 0, seed=0), cloud(15, 5, seed=1)])
    two = voices_among(both, EVEN, Apart())
    assert (len(one), len(two)) == (1, 2)
    nearest = (both @ two.T).argmax(axis=1)
    assert (len(set(nearest[:25])), len(set(nearest[25:])), len(set(nearest))) == (1, 1, 2)
    np.testing.assert_allclose(np.linalg.norm(two, axis=1), 1)


def test_the_order_of_stretches_does_not_matter() -> None:
    both = np.concatenate([cloud(25, 0, seed=0), cloud(15, 5, seed=1)])
    found = [voices_among(v, EVEN, Apart()) for v in (both, both[::-1])]
    likeness = found[0] @ found[1].T
    np.testing.assert_allclose(np.sort(likeness.max(axis=1)), 1, atol=1e-9)


def test_a_laugh_is_no_voice() -> None:
    heard = np.concatenate([cloud(38, 0, seed=0), cloud(2, 5, seed=1)])
    assert len(voices_among(heard, EVEN, Apart())) == 1
    assert len(voices_among(heard, EVEN, Apart(least_s=0.5))) == 2
    assert len(voices_among(heard[:1], EVEN[:1], Apart())) == 1


@given(st.lists(st.lists(st.floats(0, 1), min_size=3, max_size=3), min_size=1, max_size=12))
def test_without_a_price_each_stretch_goes_to_its_nearest_voice(rows) -> None:
    likeness = np.array(rows)
    free = likeliest(likeness, np.zeros(len(rows)))
    np.testing.assert_allclose(likeness[np.arange(len(rows)), free], likeness.max(axis=1))
    dear = likeliest(likeness, np.full(len(rows), 1e6))
    assert set(dear) == {int(likeness.sum(axis=0).argmax())} or np.isclose(
        likeness.sum(axis=0)[dear[0]], likeness.sum(axis=0).max()
    )


@given(st.lists(st.tuples(st.floats(0.05, 9), st.floats(0.05, 3)), min_size=1, max_size=8))
def test_stretches_share_out_all_speech_and_none_is_longer_than_the_window(lengths) -> None:
    spoken, at = [], 0.0
    for seconds, gap in lengths:
        spoken.append((at, at + seconds))
        at += seconds + gap
    found = stretches_of(spoken, 1.6)
    assert sum(b - a for a, b in found.own) == pytest.approx(sum(b - a for a, b in spoken))
    assert all(b - a <= 1.6 + 1e-9 for a, b in found.spans)
    assert len(found.spans) == len(found.own) == len(found.after_pause)


def test_vectors_do_not_depend_on_the_batch_and_have_length_one() -> None:
    waves = np.random.default_rng(0).normal(0, 0.05, (3, WINDOW)).astype(np.float32)
    model = voice_vectors("voices")
    whole = model.of(waves)
    alone = np.concatenate([model.of(wave[None]) for wave in waves])
    np.testing.assert_allclose(whole, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(whole, axis=1), 1, atol=1e-5)


def test_other_weights_in_place_of_the_packaged_are_refused(tmp_path: Path) -> None:
    torch.save({"model_state": {"linear.weight": torch.zeros(2)}}, tmp_path / "pretrained.pt")
    with pytest.raises(EncoderError, match="expected weights of the speaker encoder"):
        speaker_vectors(np.zeros((1, WINDOW), np.float32), tmp_path)


def test_a_speaker_model_of_ones_own_takes_the_same_way(tmp_path: Path) -> None:
    config = hf.WavLMConfig(
        hidden_size=32, num_hidden_layers=2, num_attention_heads=4, intermediate_size=64,
        conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
        tdnn_dim=(16,) * 5, xvector_output_dim=8, vocab_size=12, use_weighted_layer_sum=False,
    )  # fmt: skip
    torch.manual_seed(0)
    hf.Wav2Vec2FeatureExtractor(sampling_rate=16000, do_normalize=True).save_pretrained(tmp_path)
    saved(hf.WavLMForXVector(config), tmp_path)
    generator = np.random.default_rng(0)
    samples = generator.normal(0, 0.05, 5 * 16000).astype(np.float32)
    chunks = lambda: [AudioChunk(samples, 0.0, 16000)]  # noqa: E731
    teller = VoiceTurns(model=str(tmp_path), device="cpu")
    assert teller.turns(chunks, [(0.0, 2.2), (2.5, 5.0)]) == []
    assert teller.fingerprint != VoiceTurns().fingerprint
    vectors = teller.vectors.of(samples[:64000].reshape(2, 32000))
    assert vectors.shape == (2, 8)


def test_a_model_without_a_head_for_voices_is_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="x-vector head"):
        voice_vectors(str(speech_model(tmp_path, "hubert")))


def test_little_speech_is_not_told_apart() -> None:
    samples = np.random.default_rng(0).normal(0, 0.05, 48000).astype(np.float32)
    assert VoiceTurns().turns(lambda: [AudioChunk(samples, 0.0, 16000)], [(0.0, 3.0)]) == []
