"""A perturbation changes what it says and nothing else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.media import voice as spoken
from trifold.contracts import Segment, Transcript
from trifold.robustness.perturbations import picture, sound, voice, words

RATE = 16000
SAMPLES = spoken(2.0).astype(np.float64)
IMAGE = np.random.default_rng(0).integers(40, 200, (48, 64, 3)).astype(np.uint8)
SAID = Transcript(
    (Segment("I planned the work.", 0.0, 1.0), Segment("Then we did it, together!", 1.0, 2.0)),
    "vtt",
)
VOCABULARY = ("tree", "house", "river")


def draws() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.mark.parametrize("change", [sound.pink_noise, sound.babble])
@pytest.mark.parametrize("snr_db", [0.0, 10.0, 20.0])
def test_noise_has_the_power_that_is_asked_for(change, snr_db: float) -> None:
    quiet = 0.1 * SAMPLES
    noise = change(quiet, snr_db=snr_db, generator=draws()) - quiet
    measured = 10 * np.log10(np.mean(quiet**2) / np.mean(noise**2))
    assert measured == pytest.approx(snr_db, abs=0.01)


@pytest.mark.parametrize("db", [6.0, -6.0])
def test_gain_is_undone_by_its_inverse(db: float) -> None:
    quiet = 0.1 * SAMPLES
    np.testing.assert_allclose(sound.gain(sound.gain(quiet, db=db), db=-db), quiet, atol=1e-12)


def test_gain_never_clips() -> None:
    assert np.abs(sound.gain(SAMPLES, db=60.0)).max() == pytest.approx(1.0)


def test_a_telephone_lets_the_middle_through() -> None:
    times = np.arange(RATE) / RATE
    passed = [np.std(sound.telephone(np.sin(2 * np.pi * hz * times), rate_hz=RATE)[2000:-2000])
              for hz in (100, 1000, 6000)]  # fmt: skip
    assert passed[1] == pytest.approx(np.sqrt(0.5), rel=0.01)
    assert max(passed[0], passed[2]) < 0.01


def test_clipping_puts_a_share_at_full_scale() -> None:
    found = sound.clipping(SAMPLES, share=0.05)
    assert np.mean(np.abs(found) >= 1.0) == pytest.approx(0.05, abs=0.005)


@pytest.mark.parametrize("samples", [np.zeros(RATE), np.empty(0), np.zeros(10)])
def test_silence_stays_silence(samples: np.ndarray) -> None:
    for found in (
        sound.pink_noise(samples, snr_db=0.0, generator=draws()),
        sound.babble(samples, snr_db=0.0, generator=draws()),
        sound.reverberation(samples, rate_hz=RATE, rt60_s=0.4, generator=draws()),
        sound.telephone(samples, rate_hz=RATE),
        voice.pitch(samples, rate_hz=RATE, semitones=2),
        voice.tempo(samples, rate_hz=RATE, factor=1.1),
    ):
        assert not np.any(found)


def peak_hz(samples: np.ndarray) -> float:
    """The strongest frequency."""
    spectrum = np.abs(np.fft.rfft(samples * np.hanning(len(samples))))
    return float(np.argmax(spectrum) * RATE / len(samples))


@pytest.mark.parametrize("semitones", [-4, 2, 4])
def test_pitch_moves_by_its_ratio(semitones: int) -> None:
    times = np.arange(2 * RATE) / RATE
    tone = 0.3 * sum(np.sin(2 * np.pi * 150 * k * times) / k**2 for k in range(1, 8))
    moved = voice.pitch(tone, rate_hz=RATE, semitones=semitones)
    assert len(moved) == len(tone)
    assert peak_hz(moved) == pytest.approx(150 * 2 ** (semitones / 12), rel=0.02)


def test_formants_move_and_pitch_stays() -> None:
    moved = voice.formants(SAMPLES, rate_hz=RATE, factor=1.15)
    assert len(moved) == len(SAMPLES)
    assert np.std(moved) == pytest.approx(np.std(SAMPLES), rel=0.05)

    def centroid(samples: np.ndarray) -> float:
        power = np.abs(np.fft.rfft(samples)) ** 2
        return float(np.dot(power, np.arange(len(power))) / power.sum())

    assert centroid(moved) > 1.02 * centroid(SAMPLES)


def test_tempo_changes_the_length_alone() -> None:
    assert len(voice.tempo(SAMPLES, rate_hz=RATE, factor=1.1)) == round(len(SAMPLES) / 1.1)


@pytest.mark.parametrize("change", [
    lambda x: picture.gamma(x, value=1.0), lambda x: picture.brightness(x, factor=1.0),
    lambda x: picture.cast(x, red=1.0, green=1.0, blue=1.0), lambda x: picture.crop(x, share=0.0),
    lambda x: picture.small(x, width_px=64), lambda x: picture.mirror(picture.mirror(x)),
    lambda x: picture.skin_tone(x, lightness=1.0), lambda x: picture.backlight(x, strength=0.0),
])  # fmt: skip
def test_nothing_asked_is_nothing_done(change) -> None:
    np.testing.assert_array_equal(change(IMAGE), IMAGE)


@pytest.mark.parametrize("change", [
    lambda x: picture.gamma(x, value=2.0), lambda x: picture.brightness(x, factor=0.7),
    lambda x: picture.blur(x, sigma_px=4.0), lambda x: picture.crop(x, share=-0.1),
    lambda x: picture.hue(x, degrees=20.0), picture.covered, picture.dark,
    lambda x: picture.small(x, width_px=16), lambda x: picture.backlight(x, strength=0.4),
])  # fmt: skip
def test_pictures_keep_their_form(change) -> None:
    found = change(IMAGE)
    assert found.shape == IMAGE.shape
    assert found.dtype == np.uint8
    assert np.any(found != IMAGE)


def test_darker_is_darker() -> None:
    assert picture.brightness(IMAGE, factor=0.7).mean() == pytest.approx(
        0.7 * IMAGE.mean(), rel=0.01
    )


def test_shuffled_words_are_the_same_words() -> None:
    found = words.shuffled(SAID, generator=draws())
    assert sorted(found.text.split()) == sorted(SAID.text.split())
    assert [s.start_s for s in found.segments] == [s.start_s for s in SAID.segments]


@given(rate=st.sampled_from([0.0, 0.05, 0.3]), n=st.integers(200, 400))
@settings(max_examples=8)
def test_words_are_misheard_at_the_rate(rate: float, n: int) -> None:
    said = Transcript((Segment(" ".join(["one"] * n)),), "text")
    found = words.misheard(said, rate=rate, vocabulary=VOCABULARY, generator=draws())
    exchanged = sum(word != "one" for word in found.text.split())
    assert exchanged / n == pytest.approx(0.6 * rate, abs=0.06)
    assert (found == said) if rate == 0 else (found != said)


def test_words_of_another_fill_the_same_time() -> None:
    other = Transcript((Segment("a b c d e"),), "text")
    found = words.of_another(SAID, other)
    assert found.text == "a b c d e"
    assert found.segments[-1].end_s == 2.0


def test_injection_and_neutral_text_are_as_long() -> None:
    lengths = [len(text.split()) for text in (words.INJECTION, words.NEUTRAL)]
    assert abs(lengths[0] - lengths[1]) <= 2


def test_marks_and_case_go_and_words_stay() -> None:
    assert words.plain(SAID).text == "i planned the work then we did it together"
    assert not words.nothing(SAID).segments
    assert words.repeated(SAID).text.split().count("planned") == 2
