"""Prosody: known pitches, known pauses, and nothing that depends on how the stream was cut."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch

from tests.factories.media import VOICE, voice
from trifold.contracts import AudioChunk
from trifold.encoders.audio.measures.pitch import track_pitch
from trifold.encoders.audio.measures.rhythm import pause_structure, syllable_count
from trifold.encoders.audio.measures.spectrum import SHAPE_NAMES, band_power, spectral_shape
from trifold.encoders.audio.prosody import Prosody
from trifold.errors import InputError
from trifold.media.sound.activity import with_speech


def cut(samples: np.ndarray, size: int) -> list[AudioChunk]:
    return [
        AudioChunk(samples[i : i + size], i / 16000, 16000) for i in range(0, len(samples), size)
    ]


def encode(samples: np.ndarray, size: int = 512 * 300):
    return Prosody().encode(with_speech(cut(samples, size)))


def column(samples: np.ndarray, name: str) -> float:
    sequence = encode(samples)
    return float(sequence.values[:, Prosody().feature_names.index(name)].mean())


def frames(samples: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(samples.astype(np.float32)).unfold(0, 640, 160)


@pytest.mark.parametrize("hz", [75, 98.5, 140, 200, 263, 350, 400])
@pytest.mark.parametrize("noise", [0.0, 0.1])
def test_pitch_of_harmonic_tones(hz: float, noise: float) -> None:
    t = np.arange(16000) / 16000
    tone = sum(np.sin(2 * np.pi * hz * k * t + k) / k for k in range(1, 9))
    tone = tone + noise * np.random.default_rng(0).normal(size=len(t))
    f0, strength = track_pitch(frames(tone), 16000)
    assert f0.median().item() == pytest.approx(hz, rel=0.01)
    assert (strength > 0.45).float().mean() > 0.95


def test_noise_and_silence_have_no_pitch() -> None:
    noise = np.random.default_rng(0).normal(size=16000)
    assert track_pitch(frames(noise), 16000)[1].median() < 0.45
    assert (track_pitch(frames(np.zeros(2000)), 16000)[1] == 0).all()


def test_chunking_does_not_matter() -> None:
    samples = voice(4.3)
    first, second = encode(samples, 512 * 300), encode(samples, 512 * 9)
    np.testing.assert_allclose(first.values, second.values, atol=1e-4)
    np.testing.assert_array_equal(first.start_s, second.start_s)


def test_token_times_tile_the_recording() -> None:
    sequence = encode(voice(4.3))
    np.testing.assert_allclose(sequence.start_s, [0, 1, 2, 3])
    np.testing.assert_allclose(sequence.end_s, [1, 2, 3, 4.3], atol=1e-3)  # no token of a moment
    assert sequence.quality["duration_s"] == pytest.approx(4.3)
    assert sequence.values.shape == (4, Prosody().dim)
    np.testing.assert_allclose(encode(voice(4.6)).end_s, [1, 2, 3, 4, 4.6], atol=1e-3)


@pytest.mark.parametrize(
    ("field", "low", "high", "name"),
    [("pitch_hz", 100, 180, "log_f0_mean"), ("level_db", -30, -18, "speech_db"),
     ("rate_hz", 3.6, 6.0, "syllable_rate_hz"), ("pause_share", 0.1, 0.4, "longest_pause_s"),
     ("pitch_range_st", 1, 4, "log_f0_range")],
)  # fmt: skip
def test_what_the_voice_does_is_what_is_measured(field, low, high, name) -> None:
    lesser, greater = (
        np.mean([column(voice(5, like=replace(VOICE, **{field: v}), seed=s), name) for s in (0, 1)])
        for v in (low, high)
    )
    assert greater > lesser
    if name == "log_f0_mean":
        assert np.exp([lesser, greater]) == pytest.approx([low, high], rel=0.05)
    if name == "speech_db":
        assert greater - lesser == pytest.approx(12, abs=1.5)


def test_gain_moves_levels_and_leaves_pitch_and_spectrum() -> None:
    samples = voice(4)
    loud, soft = encode(samples).values.mean(axis=0), encode(0.5 * samples).values.mean(axis=0)
    names = Prosody().feature_names
    assert loud[names.index("speech_db")] - soft[names.index("speech_db")] == pytest.approx(
        6, abs=0.5
    )
    for name in ("log_f0_mean", "centroid_khz", "band_60_500_hz_db"):
        k = names.index(name)
        assert loud[k] == pytest.approx(soft[k], rel=0.05, abs=0.05), name


def test_no_speech_gives_no_token_but_quality() -> None:
    for samples in (np.zeros(32000, "f4"), np.random.default_rng(0).normal(0, 1e-3, 32000)):
        sequence = encode(samples.astype("f4"))
        assert sequence.values.shape == (0, Prosody().dim)
        assert sequence.quality["speech_s"] < 0.25


@pytest.mark.parametrize(
    "samples",
    [
        voice(2) * 50,
        voice(2) + 0.5,
        *(voice(3)[:n] for n in (1, 479, 512, 639, 640, 700, 15999, 16000, 16010, 16480, 16512)),
    ],
    ids=lambda samples: f"{len(samples)} samples",
)
def test_always_finite(samples: np.ndarray) -> None:
    sequence = encode(np.clip(samples, -1, 1).astype("f4"))
    assert np.isfinite(sequence.values).all()
    assert all(np.isfinite(value) for value in sequence.quality.values())


def test_pause_structure_and_syllables_on_known_input() -> None:
    speech = np.repeat([True, False, True, False], [30, 20, 45, 5])
    assert pause_structure(speech, hop_s=0.01) == (0.75, 1.0, pytest.approx(0.2))
    t = np.arange(300) * 0.01
    level = 10 * np.sin(2 * np.pi * 4 * t)
    assert syllable_count(level, np.ones(300), hop_s=0.01) == pytest.approx(12, abs=1)
    assert syllable_count(level, np.zeros(300), hop_s=0.01) == 0


def test_spectral_shape_of_a_tone_is_where_the_tone_is() -> None:
    t = np.arange(16000) / 16000
    power = band_power(frames(np.sin(2 * np.pi * 1500 * t)), 16000)
    shape = spectral_shape(power, 640, 16000)[5]
    assert 10 * power[5].sum().log10() == pytest.approx(-3.01, abs=0.05)  # dB of a full-scale sine
    values = dict(zip(SHAPE_NAMES, shape.tolist(), strict=False))
    assert values["centroid_khz"] == pytest.approx(1.5, abs=0.02)
    assert values["rolloff_khz"] == pytest.approx(1.5, abs=0.06)
    assert values["band_1000_2000_hz_db"] > values["band_60_500_hz_db"] + 30


def test_input_is_checked() -> None:
    with pytest.raises(InputError, match="expected 16000 Hz audio with speech probabilities"):
        Prosody().encode(cut(voice(1), 16000))
    with pytest.raises(InputError, match="expected token_s between"):
        Prosody(token_s=0)
    assert Prosody(token_s=2).fingerprint != Prosody().fingerprint


def test_what_resamplers_and_microphones_do_at_the_edges_of_the_band_is_not_heard() -> None:
    """High tones that another sampling rate loses, and a shift of the zero line, say nothing."""
    samples = voice(4)
    spectrum = np.fft.rfft(samples)
    spectrum[np.fft.rfftfreq(len(samples), 1 / 16000) > 7200] = 0
    copy = (np.fft.irfft(spectrum, len(samples)) + 0.003).astype("f4")
    names = Prosody().feature_names
    first, second = (encode(x).values.mean(axis=0) for x in (samples, copy))
    for name, least in [("slope_db_per_khz", 0.02), ("centroid_khz", 0.01), ("mfcc_9", 0.05),
                        ("speech_db", 0.05), ("level_db", 0.05), ("log_f0_sd", 0.01)]:  # fmt: skip
        k = names.index(name)
        assert second[k] == pytest.approx(first[k], abs=least), name
