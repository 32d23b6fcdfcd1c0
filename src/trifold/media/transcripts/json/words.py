"""Pieces of speech as JSON files hold them, put together to words."""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

from trifold.media.transcripts.json.times import Moment

Role = Literal["said", "punctuation", "space", "sound"]

SPOKEN_SIGNS = set("&%@#")  # of Unicode's punctuation, those that are read out
MAX_SUBWORDS = 4  # of a word, on average over a list of sub-words
MAX_WORD_CHARACTERS = 100  # that sub-words are joined to


class Fragment(NamedTuple):
    """A piece of speech: a sub-word, a word, a segment, or what stands between words.

    ``text`` is as in the file, with its white space; ``damaged`` says that its times are there and
    cannot be read.
    """

    text: str
    start: Moment | None = None
    end: Moment | None = None
    speaker: str | None = None
    channel: str | None = None
    role: Role = "said"
    damaged: bool = False


Level = list[Fragment]  # one of several lists in a file that hold the same speech


def joined_words(pieces: Sequence[Fragment]) -> Level:
    """Pieces of one list, with sub-words put together and punctuation at the word before.

    White space counts where many pieces of the list have some: then ``" dead", "line"`` is one
    word. In lists of bare words it does not, and in lists of sentences it never does.
    """
    spaced = _space_counts(pieces)
    done: Level = []
    opening, gap = "", True
    for piece in pieces:
        text = piece.text.strip()
        if piece.role == "sound" or not text:
            gap = gap or piece.role == "space" or bool(piece.text)
            if piece.damaged:
                done.append(piece._replace(text=""))
        elif piece.role == "punctuation" or is_punctuation(text):
            opening = _punctuate(done, text, opening)
        else:
            attached = spaced and not gap and not piece.text[:1].isspace() and not opening
            if not (attached and _attach(done, piece)):
                done.append(piece._replace(text=opening + text, role="said"))
            opening, gap = "", False
        gap = gap or piece.text[-1:].isspace()
    return done


def is_punctuation(text: str) -> bool:
    """Whether a text of a few signs is nothing that is said."""
    return len(text) <= 3 and all(
        unicodedata.category(sign)[0] == "P" and sign not in SPOKEN_SIGNS for sign in text
    )


def _space_counts(pieces: Sequence[Fragment]) -> bool:
    words = [piece for piece in pieces if piece.role == "said" and piece.text.strip()]
    if sum(len(piece.text.split()) > 1 for piece in words) > 0.1 * len(words):
        return False
    texts = [piece.text for piece in words]
    borders = sum(a[-1:].isspace() or b[:1].isspace() for a, b in pairwise(texts))
    spaces = borders + sum(piece.role == "space" for piece in pieces)
    return spaces >= max(1, len(words) - 1) / MAX_SUBWORDS


def _punctuate(done: Level, text: str, opening: str) -> str:
    """Put signs at the word before; where there is none, hand them back for the word after."""
    opens = all(unicodedata.category(sign) in ("Ps", "Pi") or sign in "¿¡" for sign in text)
    if opens or not done or not done[-1].text or len(done[-1].text) > MAX_WORD_CHARACTERS:
        return (opening + text)[:3]
    done[-1] = done[-1]._replace(text=done[-1].text + text)
    return opening


def _attach(done: Level, piece: Fragment) -> bool:
    """Make a sub-word part of the word before; False where there is none that it could be of."""
    if not done or not done[-1].text or len(done[-1].text) > MAX_WORD_CHARACTERS:
        return False
    before, text = done[-1], piece.text.strip()
    if " " in before.text or " " in text:
        return False
    done[-1] = before._replace(text=before.text + text, end=piece.end or before.end)
    return True


def concatenate(levels: Sequence[Level]) -> Level:
    """Levels one after the other."""
    return [piece for level in levels for piece in level]


def num_words(level: Level) -> int:
    """Number of words of a level."""
    return sum(len(piece.text.split()) for piece in level)


def is_word_level(level: Level) -> bool:
    """Whether the pieces of a level are words rather than sentences."""
    return bool(level) and num_words(level) < 1.5 * sum(bool(piece.text) for piece in level)


def is_timed(level: Level) -> bool:
    """Whether most pieces have times."""
    return sum(piece.start is not None for piece in level) * 2 >= len(level) > 0


def num_speakers(level: Level) -> int:
    """Number of speakers, or of channels, that a level names."""
    return len({(piece.speaker, piece.channel) for piece in level} - {(None, None)})


def comparable(text: str) -> str:
    """The letters and digits of a text in lower case, by which texts are compared."""
    small = text.casefold()
    return small if small.isalnum() else "".join(filter(str.isalnum, small))
