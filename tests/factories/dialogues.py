"""Interviews of two synthetic people whose every second is known: mixed or apart, as calls look."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from itertools import accumulate
from pathlib import Path

import numpy as np
from scipy.signal import lfilter, resample_poly

from tests.factories.media import CALM, voice
from tests.factories.recordings import RATE_HZ, Codec, Track, mono, record
from trifold.corpora.synthetic.face import Appearance, frames
from trifold.corpora.synthetic.voice import Voice, loudness_envelope

SOUND_HZ = 16000
CANDIDATE, INTERVIEWER = 0, 1
PLAN = ((1, 4.0), (0, 9.0), (1, 3.5), (0, 8.0), (1, 3.0), (0, 8.5))  # who speaks, for how long
PAUSE_S = 0.4
CHILD = Voice(pitch_hz=180, pitch_range_st=3, level_db=-22, rate_hz=3.2, pause_share=0.25)
VIEWS = ("webcam", "gallery", "active speaker", "active listener")


@dataclass(frozen=True, eq=False)
class Dialogue:
    """Two people who take turns.

    Attributes:
        sound: (2, N) at 16 kHz, the candidate's and the interviewer's alone.
        turns: who, from when, to when.
    """

    sound: np.ndarray
    turns: tuple[tuple[int, float, float], ...]

    @property
    def seconds(self) -> float:
        return self.sound.shape[1] / SOUND_HZ

    def said_by(self, who: int, every_s: float = 0.01) -> np.ndarray:
        """(n,) True in hundredths of seconds in which somebody has the turn."""
        times = np.arange(0, self.seconds, every_s)
        return np.any([(times >= a) & (times < b) for w, a, b in self.turns if w == who], axis=0)

    def vtt(self, *, labels: bool = False) -> str:
        """A cue of six words in each turn's middle."""
        names = ("Robin Sample", "Interviewer")
        cues = [
            f"{_clock(a + 0.2)} --> {_clock(b - 0.2)}\n"
            + (f"<v {names[who]}>" if labels else "")
            + ("I planned the work with care." if who == CANDIDATE else "Why did you do that then?")
            for who, a, b in self.turns
        ]
        return "WEBVTT\n\n" + "\n\n".join(cues) + "\n"


@cache
def dialogue(plan: tuple[tuple[int, float], ...] = PLAN, seed: int = 0) -> Dialogue:
    """An interview by a plan of turns."""
    own = [voice(sum(s for w, s in plan if w == CANDIDATE), seed=seed + 1), child(plan, seed + 2)]
    at, edges = [0, 0], [0.0, *accumulate(s + PAUSE_S for _, s in plan)]
    sound = np.zeros((2, round(edges[-1] * SOUND_HZ)), np.float32)
    turns = []
    for (who, seconds), start_s in zip(plan, edges, strict=False):
        n, first = round(seconds * SOUND_HZ), round(start_s * SOUND_HZ)
        piece = own[who][at[who] : at[who] + n]
        sound[who, first : first + len(piece)] = piece
        at[who] += n
        turns.append((who, start_s, start_s + seconds))
    noise = np.random.default_rng(seed).normal(0, 2e-4, sound.shape)
    return Dialogue((sound + noise).astype(np.float32), tuple(turns))


def child(plan: tuple[tuple[int, float], ...], seed: int) -> np.ndarray:
    """(N,) of the same synthesis with a vocal tract two thirds as long, as children have."""
    seconds = sum(s for w, s in plan if w == INTERVIEWER)
    long = resample_poly(voice(1.5 * max(seconds, 1.0), like=CHILD, seed=seed), 2, 3)
    bright = lfilter([1, -0.8], [1], long)
    return (0.06 * bright / np.sqrt(np.mean(np.square(bright)))).astype(np.float32)


@cache
def faces(said: Dialogue) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Pictures of both, (240, 320, 3) each, whose mouths follow their own voices."""
    n = round(said.seconds * RATE_HZ)
    drawn = []
    for who in (CANDIDATE, INTERVIEWER):
        generator = np.random.default_rng(5 + who)
        loudness = loudness_envelope(said.sound[who], RATE_HZ, n)
        loudness = loudness * said.said_by(who, 1 / RATE_HZ)[:n]
        look = Appearance.draw(generator)
        drawn.append(list(frames(look, CALM, loudness, size=(240, 320), frame_rate_hz=RATE_HZ,
                                 generator=generator)))  # fmt: skip
    return drawn[0], drawn[1]


def shown(said: Dialogue, view: str) -> list[np.ndarray]:
    """The pictures of a view: the candidate's webcam, both side by side, or who speaks.

    ``active listener`` shows who does not speak, which no call does and nothing may rely on.
    """
    own, other = faces(said)
    if view == "webcam":
        return own
    if view == "gallery":
        return [np.hstack(pair) for pair in zip(own, other, strict=True)]
    starts = [(a, who if view == "active speaker" else 1 - who) for who, a, _ in said.turns]
    times = np.arange(len(own)) / RATE_HZ
    who = [[w for a, w in starts if a <= t + 1e-9][-1] for t in times]
    return [(own, other)[w][i] for i, w in enumerate(who)]


def film(path: Path, said: Dialogue, view: str | None = None, *, apart: bool = False) -> Path:
    """A recording: both in one mono track, or each on a channel; with a view, or sound alone."""
    samples = said.sound if apart else mono(said.sound.sum(axis=0))
    pictures = None if view is None else shown(said, view)
    height, width = (240, 320) if pictures is None else pictures[0].shape[:2]
    sound_codec = "pcm_s16le" if path.suffix == ".wav" else "aac"
    codec = Codec(size=(width, height), rate_hz=RATE_HZ)
    return record(path, shown=pictures, codec=codec, tracks=[Track(samples, sound_codec, SOUND_HZ)])


def _clock(at_s: float) -> str:
    return f"{int(at_s // 60):02d}:{at_s % 60:06.3f}"
