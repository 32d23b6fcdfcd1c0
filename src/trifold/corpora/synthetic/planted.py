"""Clips in which one second smiles and a passage of two is fast, to test evidence with.

The rest of a clip is slow and serious, all other cues are at their mean, and there is no
transcript, so that nothing but these seconds speaks for agreeableness (smiles) or conscientiousness
(pace), as ``generative.CUES`` has them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.contracts import Array, Modality
from trifold.corpora.synthetic.face import Appearance, Performance, frames
from trifold.corpora.synthetic.generative import CUES
from trifold.corpora.synthetic.interview import FRAME_RATE_HZ, performance_of, voice_of, write_mp4
from trifold.corpora.synthetic.voice import Voice, loudness_envelope, speak
from trifold.errors import InputError

SMILE, SMILE_S = 1.0, 1
FAST_HZ, FAST_S = 6.3, 2
SHORTEST_S = 6
CALM = {"voice_rate": -1.5, "face_smile": -1.0}  # of the rest of a clip, standardised
TRAIT: dict[Modality, str] = {"video": "agreeableness", "audio": "conscientiousness"}


@dataclass(frozen=True)
class Planted:
    """What one clip holds and when.

    Attributes:
        clip_id: name of the file without suffix.
        smile_start_s: start of the smile in seconds.
        smile_end_s: its end.
        fast_start_s: start of the fast passage.
        fast_end_s: its end.
    """

    clip_id: str
    smile_start_s: float
    smile_end_s: float
    fast_start_s: float
    fast_end_s: float

    def span(self, modality: Modality) -> tuple[float, float]:
        """Start and end of what is seen (video) or heard (audio)."""
        if modality == "video":
            return self.smile_start_s, self.smile_end_s
        return self.fast_start_s, self.fast_end_s


def write_planted(
    root: Path,
    *,
    clips: int = 50,
    seconds: int = 10,
    size: tuple[int, int] = (240, 320),
    seed: int = 0,
) -> Iterator[Planted]:
    """Write ``root/*.mp4`` and ``planted.csv``; yields each clip when it is there.

    Args:
        root: folder.
        clips: how many.
        seconds: length of a clip; what is planted starts at whole seconds drawn at random.
        size: (height, width) of the video.
        seed: of everything.
    """
    root.mkdir(parents=True, exist_ok=True)
    plan = draw_plan(clips, seconds=seconds, seed=seed)
    pd.DataFrame([asdict(planted) for planted in plan]).to_csv(root / "planted.csv", index=False)
    for i, planted in enumerate(plan):
        path = root / f"{planted.clip_id}.mp4"
        if not path.is_file():
            partial = path.with_suffix(".part")
            write_mp4(partial, *_render(planted, seconds, size, seed=seed + i), size=size)
            partial.replace(path)
        yield planted


def draw_plan(clips: int, *, seconds: int, seed: int) -> list[Planted]:
    """Where things are planted: never in the first or last second, never over each other.

    Raises:
        InputError: for clips under 6 seconds, which leave no choice.
    """
    if seconds < SHORTEST_S:
        raise InputError(expected=f"clips of {SHORTEST_S} seconds or more", got=str(seconds))
    generator = np.random.default_rng(seed)
    plan = []
    for i in range(clips):
        fast = int(generator.integers(1, seconds - FAST_S))
        free = [s for s in range(1, seconds - SMILE_S) if not fast - SMILE_S < s < fast + FAST_S]
        smile = int(generator.choice(free))
        times = (smile, smile + SMILE_S, fast, fast + FAST_S)
        plan.append(Planted(f"planted-{i:03d}", *map(float, times)))
    return plan


def _render(
    planted: Planted, seconds: int, size: tuple[int, int], *, seed: int
) -> tuple[Iterator[Array], Array]:
    """Pictures and sound."""
    calm = {cue.name: CALM.get(cue.name, 0.0) for cue in CUES}
    audio = _sound(voice_of(calm), planted, seconds, np.random.default_rng([seed, 1]))
    loudness = loudness_envelope(audio, FRAME_RATE_HZ, seconds * FRAME_RATE_HZ)
    look = Appearance.draw(np.random.default_rng([seed, 2]))
    return _pictures(look, performance_of(calm), loudness, planted, size, seed=seed), audio


def _sound(voice: Voice, planted: Planted, seconds: int, generator: np.random.Generator) -> Array:
    """A slow voice with a passage that is fast and has no pauses."""
    fast = replace(voice, rate_hz=FAST_HZ, pause_share=0.04)
    start, end = planted.span("audio")
    parts = ((voice, start), (fast, end - start), (voice, seconds - end))
    return np.concatenate([speak(v, duration_s=s, generator=generator) for v, s in parts])


def _pictures(
    look: Appearance,
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
    start, end = planted.span("video")
    for i, (calm, smiling) in enumerate(zip(*takes, strict=True)):
        yield smiling if start <= i / FRAME_RATE_HZ < end else calm
