"""What Whisper hears: over speech alone, whatever level, chunk, silence behind, or place it has."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import ctranslate2
import numpy as np
import pytest

from tests.factories.media import voice, write_media
from tests.factories.models import whisper
from tests.factories.recognisers import converted_whisper
from trifold.contracts import Array, AudioChunk, Clip
from trifold.encoders.audio.prosody import Prosody
from trifold.encoders.audio.whisper_states import (
    WhisperStates,
    Window,
    placed_columns,
    pooled,
    windows,
)
from trifold.encoders.build import packaged_weights
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.errors import EncoderError, InputError
from trifold.features.clip import extract_clip
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.features.stored import load_tokens

BLOCK_S = 512 / 16000


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return converted_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def encoder(folder: Path) -> WhisperStates:
    return WhisperStates(model=str(folder), precision="float32")


@pytest.fixture(scope="module")
def packaged() -> WhisperStates:
    return WhisperStates()


def noise(seconds: float, seed: int = 0) -> Array:
    generator = np.random.default_rng(seed)
    return (0.1 * generator.normal(size=round(16000 * seconds))).astype(np.float32)


def chunks(samples: Array, speech: Array | float = 1.0, blocks: int = 300) -> Iterator[AudioChunk]:
    """With one probability of speech for all, or one for each 512 samples."""
    count = -(-len(samples) // 512)
    chances = np.broadcast_to(np.float32(speech), (count,)).astype(np.float32)
    for at in range(0, count, blocks):
        piece = samples[at * 512 : (at + blocks) * 512]
        yield AudioChunk(piece, at * BLOCK_S, 16000, chances[at : at + blocks])


def test_tokens_do_not_depend_on_how_the_stream_was_cut(encoder: WhisperStates) -> None:
    samples = noise(53.3)
    whole = encoder.encode(chunks(samples, blocks=10**6))
    for blocks in (1, 77):
        cut = encoder.encode(chunks(samples, blocks=blocks))
        np.testing.assert_array_equal(cut.values, whole.values)
    np.testing.assert_allclose(whole.start_s, np.arange(54))
    np.testing.assert_allclose(whole.end_s, [*range(1, 54), 53.3], atol=1e-4)


def test_silence_gives_nothing(encoder: WhisperStates) -> None:
    assert encoder.encode(iter([])).values.shape == (0, encoder.dim)
    for samples, speech in ((noise(40), 0.0), (np.zeros(640000, np.float32), 1.0)):
        assert encoder.encode(chunks(samples, speech)).values.shape == (0, encoder.dim)


def test_tokens_stand_where_somebody_speaks(encoder: WhisperStates) -> None:
    """Speech in [4, 8) and [32, 36) s: 125 blocks are 4 s."""
    speech = np.zeros(125 * 10, np.float32)
    speech[125:250] = speech[125 * 8 : 125 * 9] = 1
    found = encoder.encode(chunks(noise(40), speech))
    assert found.start_s.tolist() == [4, 5, 6, 7, 32, 33, 34, 35]
    assert found.quality["speech_s"] == pytest.approx(8)


@pytest.mark.parametrize("seconds", [3.0, 24.0, 31.0])
def test_silence_behind_the_end_changes_nothing(encoder: WhisperStates, seconds: float) -> None:
    speech = np.ones(int(seconds / BLOCK_S), np.float32)
    samples = noise(seconds)[: len(speech) * 512]
    alone = encoder.encode(chunks(samples, speech))
    for more in (125, 1875):  # 4 s, a minute
        padded = np.concatenate([samples, np.zeros(more * 512, np.float32)])
        found = encoder.encode(chunks(padded, np.concatenate([speech, np.zeros(more)])))
        np.testing.assert_array_equal(found.values, alone.values)
        np.testing.assert_array_equal(found.start_s, alone.start_s)


@pytest.mark.parametrize("gain", [0.02, 7.0])
def test_loudness_changes_nothing(encoder, packaged, gain: float) -> None:
    for one, tolerance in ((encoder, 1e-3), (packaged, 0.15)):  # int8 rounds on another grid
        before, after = (one.encode(chunks(noise(3) * np.float32(g))) for g in (1.0, gain))
        np.testing.assert_allclose(after.values, before.values, atol=tolerance)


def test_sound_reaches_the_tokens_of_its_own_windows_alone(encoder: WhisperStates) -> None:
    """What is seen beyond [45, 75) s does not read 60 to 61 s."""
    samples = noise(80)
    changed = samples.copy()
    changed[60 * 16000 : 61 * 16000] = noise(1, seed=9)
    before, after = (encoder.encode(chunks(x)).values for x in (samples, changed))
    moved = np.flatnonzero(np.abs(after - before).max(axis=1) > 1e-4)
    assert set(moved) <= set(range(48, 72))
    assert np.abs(after - before).mean(axis=1).argmax() == 60


@pytest.mark.parametrize("seconds", [0.05, 2.9, 27.0, 27.1, 75.5])
def test_kept_parts_follow_each_other_to_the_end(seconds: float) -> None:
    found = list(windows(chunks(noise(seconds))))
    kept = [window.kept_s for window in found]
    assert kept[0][0] == 0
    assert all(a[1] == b[0] for a, b in pairwise(kept))
    assert kept[-1][1] >= seconds
    assert all(len(window.samples) <= 480000 for window in found)
    for window in found:  # each sample where it was
        inside = max(0, round(-window.first_s * 16000))
        at = round(window.first_s * 16000) + inside
        expected = noise(seconds)[at : at + 1000]
        np.testing.assert_array_equal(window.samples[inside : inside + len(expected)], expected)


def test_states_are_those_of_faster_whisper(encoder: WhisperStates) -> None:
    """Of 30 s of waveform, as OpenAI's Whisper fills it up: not of a spectrum filled with 0."""
    samples = noise(20)
    filled = np.concatenate([samples, np.zeros(160000, np.float32)])
    spectrum = encoder.model.feature_extractor(filled)[:, :3000]
    expected = np.asarray(encoder.model.encode(spectrum))[0]
    assert encoder.states(samples).shape == (1500, encoder.dim)
    np.testing.assert_allclose(encoder.states(samples)[:990], expected[:990], atol=2e-3)


def test_a_token_is_the_mean_of_its_spoken_frames() -> None:
    states = np.arange(1500, dtype=np.float32)[:, None]
    speech = np.zeros(480000)
    speech[16000:24000] = speech[32000:33000] = 1  # half a second, and less than 0.1 s
    window = Window(np.zeros(480000), speech, 0.0, (0.0, 24.0))
    values, numbers = pooled(states, window, 1.0)
    assert numbers.tolist() == [1]
    assert values[0, 0] == pytest.approx(np.arange(50, 75).mean())


def test_columns_that_count_seconds_are_found() -> None:
    silence = np.random.default_rng(0).normal(size=(1500, 20)) * 0.3
    silence[:, 7] += np.linspace(-3, 3, 1500)
    assert np.flatnonzero(placed_columns(silence)).tolist() == [7]


def test_a_voice_keeps_its_tokens_wherever_it_stands(packaged: WhisperStates) -> None:
    """Moved by 9 s in the window; with the columns that count seconds it would be another."""
    said = voice(8.0)
    here, there = (
        packaged.states(np.concatenate([np.zeros(s * 16000, np.float32), said]))[s * 50 :][:400]
        for s in (0, 9)
    )
    here, there = (x.reshape(8, 50, -1).mean(axis=1) for x in (here, there))
    free = ~packaged.placed
    assert 0 < packaged.placed.sum() < 20
    assert np.corrcoef(here[:, free].ravel(), there[:, free].ravel())[0, 1] > 0.9
    assert np.corrcoef(here.ravel(), there.ravel())[0, 1] < 0.7


def test_the_model_is_the_one_that_recognises_words(folder: Path) -> None:
    both = WhisperStates(model=str(folder)), WhisperRecogniser(model=str(folder))
    assert both[0].model is both[1].decoder.model


def test_a_file_is_heard_without_words_and_decoded_once(encoder, tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.m4a", audio=voice(5.0))
    source = Source(Clip("a", "a", path))
    first = encoder.read(source)
    path.unlink()  # so prosody reads what was kept
    assert len(Prosody().read(source).values) == pytest.approx(len(first.values), abs=1)
    again = write_media(tmp_path / "b.m4a", audio=voice(5.0))
    store = FeatureStore(tmp_path / "store")
    record = extract_clip(Clip("b", "b", again), {"speech": encoder}, store)
    (tokens,) = load_tokens(record, {"speech": encoder.fingerprint}, store).values()
    np.testing.assert_array_equal(tokens.values, first.values)
    assert len(tokens.values) >= 4


def test_fingerprints_change_with_what_may_change_a_token(folder: Path, tmp_path: Path) -> None:
    other = str(converted_whisper(tmp_path, seed=1))
    made = [
        WhisperStates(model=str(folder)),
        WhisperStates(model=other),
        WhisperStates(model=str(folder), token_s=2.0),
        WhisperStates(model=str(folder), precision="float32"),
    ]
    assert len({one.fingerprint for one in made}) == len(made)
    assert WhisperStates(model=str(folder), device="cpu").fingerprint == made[0].fingerprint
    spec = {"_target_": f"{WhisperStates.__module__}.WhisperStates"}
    assert packaged_weights(spec) == ("whisper_tiny_en",)
    assert packaged_weights({**spec, "model": str(folder)}) == ()


def test_what_does_not_fit_is_refused(folder: Path, tmp_path: Path) -> None:
    for token_s in (0.0, 0.05, 7.0, 48.0):
        with pytest.raises(InputError, match="of which 24 s are a multiple"):
            WhisperStates(model=str(folder), token_s=token_s)
    with pytest.raises(InputError, match="a precision among"):
        WhisperStates(model=str(folder), precision="int3")
    with pytest.raises(EncoderError, match=r"CTranslate2 weights as model\.bin"):
        WhisperStates(model=str(whisper(tmp_path / "hf")))
    broken = tmp_path / "broken"
    broken.mkdir()
    for name in ("config.json", "tokenizer.json"):
        (broken / name).write_bytes((folder / name).read_bytes())
    for size in (0, 3, 60):
        (broken / "model.bin").write_bytes((folder / "model.bin").read_bytes()[:size])
        with pytest.raises(EncoderError, match="a Whisper in CTranslate2's layout"):
            WhisperStates(model=str(broken))
    assert ctranslate2.contains_model(str(folder))
