"""Voice activity: speech is found, silence is not, and chunking does not matter."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from silero_vad import load_silero_vad

from tests.factories.media import voice
from trifold.contracts import AudioChunk
from trifold.errors import InputError
from trifold.media.sound.activity import WINDOW_S, speech_segments, with_speech


def chunks(samples: np.ndarray, size: int = 512 * 100) -> list[AudioChunk]:
    return [
        AudioChunk(samples[i : i + size], i / 16000, 16000) for i in range(0, len(samples), size)
    ]


def probabilities(samples: np.ndarray, **options) -> np.ndarray:
    return np.concatenate([c.speech for c in with_speech(chunks(samples, **options))])


def test_finds_the_voice_and_not_the_silence() -> None:
    quiet = np.random.default_rng(0).normal(0, 1e-3, 32000).astype("f4")
    found = probabilities(np.concatenate([quiet, voice(3), quiet]))
    inside = found[round(2.2 / WINDOW_S) : round(4.8 / WINDOW_S)]
    assert (inside > 0.5).mean() > 0.6
    assert (found[: round(1.8 / WINDOW_S)] < 0.5).all()


def test_chunk_length_does_not_matter_and_files_do_not_leak_into_each_other() -> None:
    samples = voice(4)
    whole = probabilities(samples)
    np.testing.assert_allclose(probabilities(samples, size=512 * 7), whole, atol=1e-6)
    np.testing.assert_allclose(probabilities(samples), whole, atol=1e-6)


def test_equals_sileros_streaming_model_window_by_window() -> None:
    samples = np.concatenate([voice(3), np.zeros(8000, "f4"), voice(1)])[:-100]
    model = load_silero_vad()
    padded = np.pad(samples, (0, -len(samples) % 512)).reshape(-1, 512)
    expected = [model(torch.from_numpy(window), 16000).item() for window in padded]
    np.testing.assert_allclose(probabilities(samples), expected, atol=1e-4)


def test_no_sound_has_no_windows() -> None:
    empty = AudioChunk(np.zeros(0, "f4"), 0.0, 16000)
    assert [len(chunk.speech) for chunk in with_speech([empty])] == [0]


def test_wrong_rate_is_refused() -> None:
    with pytest.raises(InputError, match="expected 16000 Hz chunks"):
        list(with_speech([AudioChunk(np.zeros(512, "f4"), 0.0, 8000)]))


def test_segments_bridge_short_silences_and_drop_blips() -> None:
    p = np.array([0, 1, 1, 1, 0, 1, 1, 0, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0], float)
    assert speech_segments(p, window_s=0.05, min_speech_s=0.1, min_silence_s=0.2) == [
        (pytest.approx(0.05), pytest.approx(0.35))
    ]


def test_hysteresis_keeps_speech_between_the_thresholds() -> None:
    p = np.array([0.4, 0.6, 0.4, 0.4, 0.3, 0.4])
    assert speech_segments(p, window_s=1.0) == [(1.0, 4.0)]


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.floats(0, 1), max_size=80))
def test_segments_are_ordered_disjoint_and_inside(values: list[float]) -> None:
    found = speech_segments(np.array(values))
    edges = [edge for segment in found for edge in segment]
    assert edges == sorted(edges)
    assert all(0 <= edge <= len(values) * WINDOW_S + 1e-9 for edge in edges)
