"""A synthesised voice: a pulse train through formants, syllable by syllable.

Source and filter after Fant (1960); it says no words, but has the pitch, level, pace, pauses and
timbre that the cues ask for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter

from trifold.contracts import Array

SAMPLE_RATE_HZ = 16000
# first three formants in Hz of five vowels, Peterson and Barney (1952), rounded
VOWELS_HZ = np.array(
    [[730, 1090, 2440], [530, 1840, 2480], [270, 2290, 3010], [570, 840, 2410], [300, 870, 2240]]
)
BANDWIDTHS_HZ = np.array([80, 110, 160])
FOURTH_HZ, FOURTH_BANDWIDTH_HZ = 3500, 220
PHRASE_SYLLABLES = (3, 8)


@dataclass(frozen=True)
class Voice:
    """How an answer sounds.

    Attributes:
        pitch_hz: middle of the pitch contour.
        pitch_range_st: deviation of the contour in semitones.
        level_db: level of the speech in dB re full scale.
        rate_hz: syllables per second of speech.
        pause_share: share of the time that is silence.
    """

    pitch_hz: float
    pitch_range_st: float
    level_db: float
    rate_hz: float
    pause_share: float


def speak(voice: Voice, *, duration_s: float, generator: np.random.Generator) -> Array:
    """Synthesise ``duration_s`` seconds.

    Returns:
        (N,) float32 at 16 kHz, with faint background noise in the pauses.
    """
    n = round(duration_s * SAMPLE_RATE_HZ)
    syllables = _plan(voice, duration_s, generator)
    pitch = _pitch_contour(voice, syllables, n, generator)
    source = _source(pitch, generator)
    speech = np.zeros(n)
    for start, end in syllables:
        piece = slice(round(start * SAMPLE_RATE_HZ), round(end * SAMPLE_RATE_HZ))
        speech[piece] += _syllable(source[piece], generator)
    loud = np.sqrt(np.mean(np.square(speech[speech != 0]))) if speech.any() else 1.0
    speech *= 10 ** (voice.level_db / 20) / max(loud, 1e-9)
    noise = generator.normal(0, 10 ** (-62 / 20), n)
    return np.clip(speech + noise, -1, 1).astype(np.float32)


def _plan(
    voice: Voice, duration_s: float, generator: np.random.Generator
) -> list[tuple[float, float]]:
    """Start and end of every syllable: phrases of 3–8 syllables with pauses between them."""
    syllable_s = 1.0 / voice.rate_hz
    room_s = duration_s * (1 - voice.pause_share)
    count = max(2, round(room_s / syllable_s))
    sizes: list[int] = []
    while sum(sizes) < count:
        sizes.append(int(generator.integers(*PHRASE_SYLLABLES, endpoint=True)))
    sizes[-1] -= sum(sizes) - count
    shares = generator.dirichlet(np.full(len(sizes) + 1, 8.0))
    pauses = (duration_s - count * syllable_s) * shares
    plan, at = [], float(pauses[0])
    for size, pause in zip(sizes, pauses[1:], strict=True):
        for _ in range(size):
            plan.append((at, min(at + syllable_s, duration_s)))
            at += syllable_s
        at += float(pause)
    return plan


def _pitch_contour(
    voice: Voice, syllables: list[tuple[float, float]], n: int, generator: np.random.Generator
) -> Array:
    """(n,) Hz: a random target per syllable with the asked-for spread, smoothly joined."""
    middles = [(start + end) / 2 * SAMPLE_RATE_HZ for start, end in syllables]
    targets = generator.normal(size=len(syllables))
    targets = (targets - targets.mean()) / max(float(targets.std()), 1e-6)
    semitones = np.interp(np.arange(n), middles, targets * voice.pitch_range_st)
    knots = np.arange(0, n + 80, 80)
    wobble = np.interp(np.arange(n), knots, generator.normal(size=len(knots)))
    contour: Array = voice.pitch_hz * 2 ** ((semitones + 0.08 * wobble) / 12)
    return np.clip(contour, 68.0, 410.0)


def _source(pitch_hz: Array, generator: np.random.Generator) -> Array:
    """Glottal pulses through a low-pass, with some breath."""
    phase = np.cumsum(pitch_hz / SAMPLE_RATE_HZ)
    pulses = np.diff(np.floor(phase), prepend=0.0)
    glottal = lfilter([1.0, -0.5], [1.0, -1.6, 0.64], pulses)
    breathy: Array = glottal + 0.04 * generator.normal(size=len(pitch_hz))
    return breathy


def _syllable(source: Array, generator: np.random.Generator) -> Array:
    """A short burst of noise, then two vowels that glide into each other."""
    place = np.linspace(0, 1, len(source))
    glide = np.clip((place - 0.3) / 0.4, 0, 1)
    first, second = (_vowel(source, generator) for _ in range(2))
    envelope = np.clip(np.minimum(place / 0.2, (1 - place) / 0.3), 0, 1) ** 0.7
    hiss = np.diff(generator.normal(size=len(source)), prepend=0.0)
    burst = 0.12 * hiss * np.clip(1 - place / 0.25, 0, 1) * (place > 0.03)
    syllable: Array = (first * (1 - glide) + second * glide) * envelope + burst
    return syllable


def _vowel(source: Array, generator: np.random.Generator) -> Array:
    """The source through the formants of a random vowel, peak 1."""
    voiced = source
    formants = VOWELS_HZ[generator.integers(len(VOWELS_HZ))] * generator.normal(1.0, 0.04, 3)
    for hz, bandwidth in zip(formants, BANDWIDTHS_HZ, strict=True):
        voiced = _resonate(voiced, hz, bandwidth)
    voiced = _resonate(voiced, FOURTH_HZ, FOURTH_BANDWIDTH_HZ)
    peak: Array = voiced / max(float(np.abs(voiced).max(initial=0.0)), 1e-9)
    return peak


def _resonate(signal: Array, hz: float, bandwidth_hz: float) -> Array:
    """A second-order resonator, Klatt (1980), with unit gain at 0 Hz."""
    radius = np.exp(-np.pi * bandwidth_hz / SAMPLE_RATE_HZ)
    b = 2 * radius * np.cos(2 * np.pi * hz / SAMPLE_RATE_HZ)
    c = -(radius**2)
    resonated: Array = lfilter([1 - b - c], [1, -b, -c], signal)
    return resonated


def loudness_envelope(samples: Array, frame_rate_hz: float, n_frames: int) -> Array:
    """(n_frames,) RMS per video frame, scaled to 0–1: what opens the mouth."""
    edges = np.round(np.arange(n_frames + 1) * SAMPLE_RATE_HZ / frame_rate_hz).astype(int)
    squares = np.concatenate([[0.0], np.cumsum(np.square(samples, dtype=np.float64))])
    edges = np.clip(edges, 0, len(samples))
    rms = np.sqrt(np.diff(squares[edges]) / np.maximum(np.diff(edges), 1))
    scaled: Array = np.clip(rms / max(float(np.percentile(rms, 95)), 1e-6), 0, 1)
    return scaled
