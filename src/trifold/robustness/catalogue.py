"""What a perturbation is: its class, what it changes, and what it may draw on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum

import numpy as np

from trifold.contracts import Array, Frame, Modality, Transcript
from trifold.robustness.files import Rewrite
from trifold.robustness.recoding import PictureCode, SoundCode


class Class(Enum):
    """Why a perturbation is in the panel."""

    INVARIANCE = "A invariance: the same recording, stored otherwise"
    EVERYDAY = "B everyday: rooms, cameras, lines and codecs that people have"
    STRESS = "C stress: worse than that; little moves, or the answer is withheld"
    IDENTITY = "D identity cues: what tells who somebody is, and must not score"
    CONTENT = "E must move: another answer is another score"
    SHORTCUT = "F shortcuts: what is left when the person is taken away"
    ATTACK = "G attack: words that are there to raise a score"


@dataclass(frozen=True)
class Context:
    """What a perturbation may draw on.

    Attributes:
        generator: seeded by clip and perturbation.
        vocabulary: words that the people of the panel said.
        other: another person's answer; None where nobody else spoke.
    """

    generator: np.random.Generator
    vocabulary: Sequence[str] = ()
    other: Transcript | None = None


Sound = Callable[[Array, int, Context], Array]
Frames = Callable[[Iterable[Frame], Context], Iterator[Frame]]
Words = Callable[[Transcript, Context], Transcript]


@dataclass(frozen=True)
class Perturbation:
    """One change of a recording.

    Attributes:
        name: stable, of tables and settings.
        of: its class.
        what: is done, in words.
        sound, frames, words: change of a part; None leaves it as it is.
        file: writes the recording as another file, of which everything is read.
        picture_code, sound_code: the part encoded anew in a file, of which that part is read.
        questions: answers are to one another's questions.
        lead_s: seconds that come before.
        tempo: how much faster everything goes.
    """

    name: str
    of: Class
    what: str
    sound: Sound | None = None
    frames: Frames | None = None
    words: Words | None = None
    file: Rewrite | None = None
    picture_code: PictureCode | None = None
    sound_code: SoundCode | None = None
    questions: bool = False
    lead_s: float = 0.0
    tempo: float = 1.0

    @property
    def parts(self) -> set[Modality]:
        """The modalities that may change."""
        if self.lead_s or self.tempo != 1.0 or self.file is not None:
            return {"text", "audio", "video"}
        changes: Mapping[Modality, Sequence[object | None]] = {
            "text": (self.words,),
            "audio": (self.sound, self.sound_code),
            "video": (self.frames, self.picture_code),
        }
        return {part for part, by in changes.items() if any(one is not None for one in by)}

    @property
    def in_files(self) -> bool:
        """Whether it writes a file."""
        return any((self.file, self.picture_code, self.sound_code))
