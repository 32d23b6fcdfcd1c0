"""One short talk between two people, to be written in the forms of many tools."""

from __future__ import annotations

from typing import Any, NamedTuple

TALK = (
    ("Ines", "Hello there, what do you build?"),
    ("Otto", "I build small boats. They float well, mostly."),
    ("Ines", "Alone?"),
    ("Otto", "With a well-known friend of mine, in June."),
)
STEP_S = 0.5  # from word to word; a word takes half of it
TURN_S = 1.0  # longer between speakers


class Word(NamedTuple):
    """A word with its punctuation, and when and by whom it was said."""

    text: str
    start: float
    end: float
    speaker: str

    @property
    def bare(self) -> str:
        """Without punctuation, in small letters."""
        return self.text.strip(".,?").lower()

    @property
    def mark(self) -> str:
        """The punctuation after it."""
        return self.text[len(self.text.rstrip(".,?")) :]


class Turn(NamedTuple):
    """What one speaker says until the other speaks."""

    speaker: str
    words: list[Word]

    @property
    def text(self) -> str:
        return " ".join(word.text for word in self.words)

    @property
    def start(self) -> float:
        return self.words[0].start

    @property
    def end(self) -> float:
        return self.words[-1].end


def _turns() -> list[Turn]:
    at, turns = 1.25, []
    for speaker, said in TALK:
        words = []
        for text in said.split():
            words.append(Word(text, at, at + STEP_S / 2, speaker))
            at += STEP_S
        turns.append(Turn(speaker, words))
        at += TURN_S
    return turns


TURNS = _turns()
WORDS = [word for turn in TURNS for word in turn.words]
TEXT = " ".join(turn.text for turn in TURNS)
NUMBER = {"Ines": 0, "Otto": 1}


def ms(seconds: float) -> int:
    return round(seconds * 1000)


def clock(seconds: float) -> str:
    return f"00:{int(seconds // 60):02d}:{seconds % 60:06.3f}"


def iso(seconds: float) -> str:
    return f"PT{seconds:g}S"


def spoken(turn: Turn, key: str = "word", **more: Any) -> list[dict[str, Any]]:
    """Words of a turn as most recognisers write them."""
    return [
        {key: w.text, "start": w.start, "end": w.end, "confidence": 0.9, **more} for w in turn.words
    ]
