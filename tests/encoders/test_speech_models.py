"""Speech models: references, times, and invariance to chunks and batches."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch
import torchaudio
from transformers import AutoFeatureExtractor, AutoModel

from tests.factories.media import voice, write_media
from tests.factories.models import sentence_encoder, speech_model, whisper
from trifold.contracts import Array, AudioChunk
from trifold.encoders.audio.speech_model import SpeechModel
from trifold.encoders.audio.torchaudio_model import TorchaudioModel, save_pipeline
from trifold.errors import EncoderError, InputError
from trifold.media.sound.activity import with_speech
from trifold.media.sound.stream import read_audio

WAVES = ["wav2vec2", "hubert", "wavlm"]
KINDS = [*WAVES, "whisper", "torchaudio"]
TINY = {
    "extractor_mode": "layer_norm", "extractor_conv_layer_config": [(16, 10, 5)] +
    [(16, 3, 2)] * 4 + [(16, 2, 2)] * 2, "extractor_conv_bias": True, "encoder_embed_dim": 32,
    "encoder_projection_dropout": 0.1, "encoder_pos_conv_kernel": 16, "encoder_pos_conv_groups": 4,
    "encoder_num_layers": 3, "encoder_num_heads": 4, "encoder_attention_dropout": 0.1,
    "encoder_ff_interm_features": 64, "encoder_ff_interm_dropout": 0.1, "encoder_dropout": 0.1,
    "encoder_layer_norm_first": True, "encoder_layer_drop": 0.1, "aux_num_out": None,
}  # fmt: skip


class TinyPipeline(torchaudio.pipelines.Wav2Vec2Bundle):
    """torchaudio's own bundle class; what it would download is drawn instead."""

    def _get_state_dict(self, dl_kwargs):
        assert dl_kwargs == {"weights_only": True}
        torch.manual_seed(0)
        return torchaudio.models.wav2vec2_model(**self._params).state_dict()


PIPELINE = TinyPipeline("", TINY, 16000, True, "Wav2Vec2")


@pytest.fixture(scope="module")
def models(tmp_path_factory) -> dict[str, str]:
    root = tmp_path_factory.mktemp("speech")
    made = {kind: speech_model(root / kind, kind) for kind in WAVES}
    made |= {"whisper": whisper(root / "whisper")}
    made |= {"torchaudio": save_pipeline(PIPELINE, root / "torchaudio")}
    return {kind: str(folder) for kind, folder in made.items()}


def build(models: dict[str, str], kind: str, **options) -> SpeechModel | TorchaudioModel:
    options = {"window_s": 4.0, **options}
    made = TorchaudioModel if kind == "torchaudio" else SpeechModel
    return made(model=models[kind], **options)


def wave(seconds: float, seed: int = 0) -> Array:
    generator = np.random.default_rng(seed)
    return (0.1 * generator.normal(size=round(16000 * seconds))).astype(np.float32)


def chunks(samples: Array, size: int = 512 * 40, *, speech: float = 1.0) -> Iterator[AudioChunk]:
    for start in range(0, len(samples), size):
        piece = samples[start : start + size]
        heard = np.full(-(-len(piece) // 512), speech, dtype=np.float32)
        yield AudioChunk(piece, start / 16000, 16000, heard)


@pytest.mark.parametrize("kind", KINDS)
def test_tokens_depend_on_neither_chunks_nor_batches(models, kind: str) -> None:
    samples = wave(11.3)
    once = build(models, kind, batch_size=8).encode(chunks(samples, 512 * 7))
    again = build(models, kind, batch_size=1).encode(chunks(samples, 512 * 400))
    assert once.values.shape == (12, 32)
    np.testing.assert_allclose(once.values, again.values, atol=1e-4)
    np.testing.assert_allclose(once.start_s, np.arange(12))
    np.testing.assert_allclose(once.end_s, [*range(1, 12), 11.3], atol=1e-5)
    assert once.quality["duration_s"] == pytest.approx(11.3)


@torch.inference_mode()
@pytest.mark.parametrize("kind", WAVES)
@pytest.mark.parametrize("layer", [-1, 1])
def test_tokens_are_means_of_the_frames_that_transformers_gives(models, kind, layer) -> None:
    samples = wave(3.5)
    extractor = AutoFeatureExtractor.from_pretrained(models[kind])
    inputs = extractor(samples, sampling_rate=16000, return_tensors="pt")["input_values"]
    model = AutoModel.from_pretrained(models[kind]).eval()
    frames = model(inputs, output_hidden_states=True).hidden_states[layer][0].numpy()
    assert len(frames) == 174
    found = build(models, kind, layer=layer).encode(chunks(samples)).values
    expected = [frames[i * 50 : (i + 1) * 50].mean(axis=0) for i in range(4)]
    np.testing.assert_allclose(found, expected, atol=1e-4)


@torch.inference_mode()
def test_whisper_tokens_leave_out_what_silence_filled_up(models) -> None:
    samples = wave(2.5)
    extractor = AutoFeatureExtractor.from_pretrained(models["whisper"])
    inputs = extractor(samples, sampling_rate=16000, return_tensors="pt")["input_features"]
    frames = AutoModel.from_pretrained(models["whisper"]).eval().get_encoder()(inputs)[0][0]
    assert len(frames) == 200
    found = build(models, "whisper").encode(chunks(samples))
    expected = [frames[a:b].mean(dim=0).numpy() for a, b in ((0, 50), (50, 100), (100, 125))]
    np.testing.assert_allclose(found.values, expected, atol=1e-4)
    assert found.end_s[-1] == 2.5


@torch.inference_mode()
def test_torchaudio_tokens_are_those_of_its_pipeline(models) -> None:
    samples = wave(3.5)
    layers, _ = PIPELINE.get_model(dl_kwargs={"weights_only": True}).extract_features(
        torch.from_numpy(samples)[None]
    )
    for layer in (1, 3, "mean", "all", [9, 0, 1, 0]):
        expected = {
            "mean": torch.stack(layers).mean(dim=0),
            "all": torch.cat(layers, dim=-1),
        }.get(layer if isinstance(layer, str) else "", layers[1])
        expected = layers[layer - 1] if isinstance(layer, int) else expected
        encoder = build(models, "torchaudio", layer=layer)
        found = encoder.encode(chunks(samples)).values
        assert found.shape[1] == encoder.dim
        np.testing.assert_allclose(found[0], expected[0, :50].mean(dim=0).numpy(), atol=1e-4)


@pytest.mark.parametrize("kind", ["wavlm", "whisper"])
def test_times_are_right_to_one_window(models, kind: str) -> None:
    """Sound that changes between 5 and 6 s changes tokens of the window from 4 to 8 s alone."""
    samples = wave(12)
    changed = samples.copy()
    changed[5 * 16000 : 6 * 16000] = wave(1, seed=9) * 3
    encoder = build(models, kind)
    before, after = (encoder.encode(chunks(x)) for x in (samples, changed))
    moved = np.abs(before.values - after.values).max(axis=1) > 1e-4
    assert set(np.flatnonzero(moved)) == {4, 5, 6, 7}
    assert np.argmax(np.abs(before.values - after.values).mean(axis=1)) == 5


@pytest.mark.parametrize("token_s", [0.5, 2.0])
def test_token_length_is_a_choice(models, token_s: float) -> None:
    found = build(models, "wavlm", token_s=token_s).encode(chunks(wave(9)))
    assert len(found.values) == round(np.ceil(9 / token_s))
    np.testing.assert_allclose(np.diff(found.start_s), token_s)


@pytest.mark.parametrize("kind", KINDS)
def test_silence_gives_no_token_and_short_rests_are_left_out(models, kind: str) -> None:
    encoder = build(models, kind)
    silent = encoder.encode(chunks(np.zeros(32000, np.float32), speech=0.0))
    assert silent.values.shape == (0, 32)
    assert len(silent.start_s) == len(silent.end_s) == 0
    assert encoder.encode(iter([])).values.shape == (0, 32)
    rest = encoder.encode(chunks(wave(4.05)))
    assert len(rest.values) == 4
    zeros = encoder.encode(chunks(np.zeros(32000, np.float32)))  # a silence that VAD calls speech
    assert np.isfinite(zeros.values).all()


def test_a_real_file_runs_through(models, tmp_path: Path) -> None:
    file = write_media(tmp_path / "a.m4a", audio=voice(5.0))
    found = build(models, "wavlm").encode(with_speech(read_audio(file)))
    assert 5 <= len(found.values) <= 6
    assert found.quality["speech_s"] > 2
    assert np.std(found.values, axis=0).mean() > 1e-3


def test_fingerprints_change_with_settings_and_weights(models, tmp_path: Path) -> None:
    other = str(speech_model(tmp_path, "wavlm", seed=1))
    encoders = [
        build(models, "wavlm"), build({"wavlm": other}, "wavlm"), build(models, "wavlm", layer=1),
        build(models, "wavlm", token_s=2.0), build(models, "wavlm", window_s=8.0),
        build(models, "torchaudio"), build(models, "torchaudio", layer=1),
    ]  # fmt: skip
    assert len({encoder.fingerprint for encoder in encoders}) == len(encoders)
    assert build(models, "wavlm", batch_size=1).fingerprint == encoders[0].fingerprint


def test_whisper_takes_its_own_window(models) -> None:
    assert SpeechModel(model=models["whisper"]).window_s == 4.0
    assert SpeechModel(model=models["whisper"], token_s=1.5).window_s == 3.0
    with pytest.raises(InputError, match="expected window_s up to 4, got 30"):
        SpeechModel(model=models["whisper"], window_s=30.0)


@pytest.mark.parametrize(("token_s", "window_s"), [(0.0, 4.0), (1.5, 4.0), (8.0, 4.0), (0.01, 4)])
def test_windows_hold_whole_tokens(models, token_s: float, window_s: float) -> None:
    with pytest.raises(InputError, match="window_s a multiple of it"):
        build(models, "wavlm", token_s=token_s, window_s=window_s)


def test_other_models_are_refused(models, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"expected a speech model \(wav2vec2, .*got bert"):
        SpeechModel(model=str(sentence_encoder(tmp_path / "bert")))
    with pytest.raises(
        EncoderError, match=r"expected a folder written by trifold.encoders.audio.torch"
    ):
        TorchaudioModel(model=models["wavlm"])
    with pytest.raises(InputError, match="expected a layer from 1 to 3, got 0"):
        build(models, "torchaudio", layer=0)
    with pytest.raises(
        EncoderError, match="expected a pipeline of Wav2Vec2 or WavLM, got _Tacotron"
    ):
        save_pipeline(torchaudio.pipelines.TACOTRON2_GRIFFINLIM_CHAR_LJSPEECH, tmp_path)


def test_a_model_of_another_rate_is_refused(models, tmp_path: Path) -> None:
    folder = speech_model(tmp_path, "wavlm")
    extractor = AutoFeatureExtractor.from_pretrained(folder)
    extractor.sampling_rate = 8000
    extractor.save_pretrained(folder)
    with pytest.raises(EncoderError, match="expected a model of 16000 Hz audio, got 8000 Hz"):
        SpeechModel(model=str(folder)).encode(chunks(wave(1)))
