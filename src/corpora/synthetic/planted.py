"""Clips in which one second smiles and one passage is fast, to test evidence with.

Everything else in them is neutral and there is no transcript, so that nothing but these seconds
speaks for agreeableness (smiles) or conscientiousness (pace), as ``generative.CUES`` has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from src.contracts import Array
from src.corpora.synthetic.face import Look, Performance, frames
from src.corpora.synthetic.generative import CUES
from src.corpora.synthetic.interview import FRAME_RATE_HZ, performance_of, voice_of, write_mp4
from src.corpora.synthetic.voice import Voice, loudness_envelope, speak

SMILE, FAST_HZ = 1.0, 6.3
TRAIT = {"video": "agreeableness", "audio": "conscientiousness"}


@dataclass(frozen=True)
class Planted:
    """What one clip holds and when, in seconds.

    Attributes:
        clip_id: name of the file without suffix.
        smile_start_s: of the smile, which lasts ``length_s``.
        fast_start_s: of the fast passage, which lasts as long.
        length_s: of both.
    """

    clip_id: str
    smile_start_s: float
    fast_start_s: float
    length_s: float


def write_planted(
    root: Path,
    *,
    clips: int = 50,
    seconds: int = 10,
    length_s: int = 1,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
) -> Iterator[Planted]:
    """Write ``root/*.mp4`` and ``planted.csv``; yields each clip when it is there.

    Args:
        root: folder.
        clips: how many.
        seconds: length of a clip.
        length_s: length of what is planted, at whole seconds drawn at random and apart.
        size: (height, width) of the video.
        seed: of everything.
    """
    root.mkdir(parents=True, exist_ok=True)
    plan = draw_plan(clips, seconds=seconds, length_s=length_s, seed=seed)
    pd.DataFrame([asdict(planted) for planted in plan]).to_csv(root / "planted.csv", index=False)
    for i, planted in enumerate(plan):
        path = root / f"{planted.clip_id}.mp4"
        if not path.is_file():
            partial = path.with_suffix(".part")
            write_mp4(partial, *_render(planted, seconds, size, seed=seed + i), size=size)
            partial.replace(path)
        yield planted


def draw_plan(clips: int, *, seconds: int, length_s: int, seed: int) -> list[Planted]:
    """Where things are planted: never in the first or last second, never over each other."""
    generator = np.random.default_rng(seed)
    starts = np.arange(1, seconds - length_s)
    plan = []
    for i in range(clips):
        smile = int(generator.choice(starts))
        fast = int(generator.choice(starts[np.abs(starts - smile) >= length_s]))
        plan.append(Planted(f"planted-{i:03d}", float(smile), float(fast), float(length_s)))
    return plan


def _render(
    planted: Planted, seconds: int, size: tuple[int, int], *, seed: int
) -> tuple[Iterator[Array], Array]:
    """Pictures and sound."""
    neutral = {cue.name: 0.0 for cue in CUES}
    audio = _sound(voice_of(neutral), planted, seconds, np.random.default_rng([seed, 1]))
    loudness = loudness_envelope(audio, FRAME_RATE_HZ, seconds * FRAME_RATE_HZ)
    look = Look.draw(np.random.default_rng([seed, 2]))
    return _pictures(look, performance_of(neutral), loudness, planted, size, seed=seed), audio


def _sound(voice: Voice, planted: Planted, seconds: int, generator: np.random.Generator) -> Array:
    """A neutral voice whose middle part is fast and has no pauses."""
    fast = replace(voice, rate_hz=FAST_HZ, pause_share=0.04)
    end = planted.fast_start_s + planted.length_s
    parts = (
        (voice, planted.fast_start_s),
        (fast, planted.length_s),
        (voice, seconds - end),
    )
    return np.concatenate([speak(v, duration_s=s, generator=generator) for v, s in parts])


def _pictures(
    look: Look,
    performance: Performance,
    loudness: Array,
    planted: Planted,
    size: tuple[int, int],
    *,
    seed: int,
) -> Iterator[Array]:
    """Two takes that differ in the smile alone, one shown while it lasts."""
    takes = [
        frames(
            look,
            replace(performance, smile=smile),
            loudness,
            size=size,
            frame_rate_hz=FRAME_RATE_HZ,
            generator=np.random.default_rng([seed, 3]),
        )
        for smile in (performance.smile, SMILE)
    ]
    for i, (calm, smiling) in enumerate(zip(*takes, strict=True)):
        since = i / FRAME_RATE_HZ - planted.smile_start_s
        yield smiling if 0 <= since < planted.length_s else calm
