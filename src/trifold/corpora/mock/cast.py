"""The invented people of the twins: what they are like, say and look like.

Their Big Five are latent numbers, as in ``trifold.corpora.synthetic.generative``; every label of a
twin follows from them, so that a model has something to find.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

import cv2
import numpy as np

from trifold.contracts import Array, Target, Transcript
from trifold.corpora.checks import TWIN_MARK
from trifold.corpora.synthetic.corpus import SyntheticPerson, SyntheticSettings, draw_people
from trifold.corpora.synthetic.face import Appearance
from trifold.corpora.synthetic.generative import CUES, LABEL_MEAN, TRAITS, high_slots
from trifold.corpora.synthetic.interview import write_answer
from trifold.corpora.synthetic.words import FAMILIES, compose
from trifold.errors import InputError, unknown

SIZE = (120, 160)
NOTE = """SYNTHETIC. Nobody in these files exists: faces are drawn, voices synthesised, words
templated, labels computed. The layout is that of a published data set; the content is not.
"""
# what other targets are made of; loadings on the Big Five latents
MADE_OF: dict[str, dict[str, float]] = {
    "neuroticism": {"emotional_stability": -1.0},
    "honesty_humility": {"agreeableness": 0.6, "conscientiousness": 0.4},
    "emotionality": {"emotional_stability": -0.7, "agreeableness": 0.3},
    "integrity": {"conscientiousness": 0.7, "agreeableness": 0.5},
    "collegiality": {"agreeableness": 0.9},
    "social_versatility": {"extraversion": 0.8, "openness": 0.3},
    "development_orientation": {"openness": 0.8},
    "engaged": {"extraversion": 0.8},
    "excited": {"extraversion": 0.8, "openness": 0.3},
    "smiled": {"agreeableness": 0.8},
    "friendly": {"agreeableness": 0.9},
    "structured_answers": {"conscientiousness": 0.9},
    "focused": {"conscientiousness": 0.8},
    "calm": {"emotional_stability": 0.9},
    "not_stressed": {"emotional_stability": 0.9},
}
OVERALL = {"extraversion": 0.5, "conscientiousness": 0.5, "emotional_stability": 0.5}


@dataclass(frozen=True)
class Twin:
    """How large a twin is; the same numbers give the same files.

    Attributes:
        people: number of people.
        seconds: length of an answer.
        media: False leaves the videos out.
        seed: of everything.
    """

    people: int = 24
    seconds: float = 2.0
    media: bool = True
    seed: int = 0

    def __post_init__(self) -> None:
        limits = {"people": (6, 9999), "seconds": (2, 60), "seed": (0, 2**31)}
        for name, (low, high) in limits.items():
            value = getattr(self, name)
            number = isinstance(value, int | float) and not isinstance(value, bool)
            if not number or not low <= value <= high:
                raise InputError(expected=f"{low} to {high}", got=repr(value), where=name)

    @classmethod
    def parse(cls, values: Mapping[str, Any]) -> Twin:
        """From ``key=value`` arguments.

        Raises:
            InputError: for an unknown key or a value of another type.
        """
        known = [field.name for field in fields(cls)]
        wrong = sorted(set(values) - set(known))
        if wrong:
            raise unknown(wrong[0], ["out", *known], what="settings")
        return cls(**values)


@dataclass(frozen=True)
class MockPerson:
    """One invented person, ready to answer."""

    person: SyntheticPerson
    seconds: float

    def label(self, target: Target, generator: np.random.Generator) -> float:
        """A rating on the target's scale: the trait it is made of, and some noise."""
        z = _latent(target.name, dict(zip(TRAITS, self.person.labels - LABEL_MEAN, strict=True)))
        place = 0.5 + 0.17 * (z + 0.3 * generator.normal())
        return float(
            np.clip(target.low + place * (target.high - target.low), target.low, target.high)
        )

    def says(self, answer: int) -> Transcript:
        """The words of an answer, by the person's cues."""
        cues = {c.name: u for c, u in zip(CUES, self.person.cues[answer], strict=True)}
        high = {family: int(high_slots(np.array(cues[family]))) for family in FAMILIES}
        generator = np.random.default_rng([self.person.seed, answer, 1])
        return compose(high, duration_s=self.seconds, generator=generator)

    def film(self, answer: int, path: Path) -> None:
        """Write the video of an answer, and nothing beside it."""
        cv2.setNumThreads(1)
        stem = path.parent / "unfinished"  # published names have dots of their own
        generator = np.random.default_rng([self.person.seed, answer])
        look = Appearance.draw(np.random.default_rng(self.person.seed))
        write_answer(
            stem,
            self.person.cues[answer],
            look,
            duration_s=self.seconds,
            size=SIZE,
            generator=generator,
        )
        stem.with_suffix(".vtt").unlink()
        stem.with_suffix(".mp4").replace(path)


def cast(twin: Twin, *, answers: int) -> list[MockPerson]:
    """Draw everybody."""
    settings = SyntheticSettings(
        candidates=twin.people, answers=answers, seconds=max(twin.seconds, 2), seed=twin.seed
    )
    return [MockPerson(person, twin.seconds) for person in draw_people(settings)]


def begin(root: Path) -> None:
    """Make the folder and say in it that nothing in it is real."""
    root.mkdir(parents=True, exist_ok=True)
    (root / TWIN_MARK).write_text(NOTE, encoding="utf-8")


def numbered(actors: list[MockPerson], answers: int) -> Iterator[tuple[int, int, MockPerson]]:
    """(person, answer, actor) in order."""
    for p, actor in enumerate(actors):
        for t in range(answers):
            yield p, t, actor


def _latent(name: str, big_five: Mapping[str, float]) -> float:
    """A standard-normal-sized number for a target of any name."""
    if name in big_five:
        return big_five[name]
    loadings = MADE_OF.get(name, OVERALL)
    return sum(w * big_five[trait] for trait, w in loadings.items())


def as_text(said: Transcript) -> str:
    """``[00:00 - 00:01] …``, line by line, as RecruitView writes it."""
    lines = [
        f"[{_clock(s.start_s or 0.0)} - {_clock(s.end_s or 0.0)}] {s.text}" for s in said.segments
    ]
    return "\n".join(lines)


def _clock(seconds: float) -> str:
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes:02d}:{rest:02d}"


def z_scores(values: Array, groups: Array) -> Array:
    """Standardised within group, as scores of comparisons within one question are."""
    z = np.zeros_like(values)
    for group in np.unique(groups):
        own = values[groups == group]
        z[groups == group] = (own - own.mean(axis=0)) / np.maximum(own.std(axis=0), 1e-9)
    return z
