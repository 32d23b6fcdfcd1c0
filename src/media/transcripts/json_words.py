<<<<<<< HEAD
"""Pieces of speech as JSON files hold them, put together to words.

A file often says the same thing several times: as one text, as segments, as words with times. These
are *levels* here, lists of :class:`Piece`; :func:`best` makes one of them, with the words and the
punctuation of the fullest, the times of the finest and the speakers of the one that names most.
"""
=======
"""Pieces of speech as JSON files hold them, put together to words."""
>>>>>>> words-json

from __future__ import annotations

import unicodedata
<<<<<<< HEAD
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Literal
=======
from collections.abc import Sequence
from typing import Literal, NamedTuple
>>>>>>> words-json

from src.media.transcripts.json_times import Moment

Role = Literal["said", "punctuation", "space", "sound"]

SPOKEN_SIGNS = set("&%@#")  # of Unicode's punctuation, those that are read out
<<<<<<< HEAD
LONGEST_WORD = 100  # characters that are put together to one word
COVERS = 0.6  # of the fullest level's words, so that a level is more than a sample
ALIGNS = 0.8  # of the fullest level's words found again, so that times and speakers carry over
RUN = 3  # words that must agree before reading goes on behind a difference
AHEAD = 200  # words that are looked ahead


@dataclass(frozen=True, slots=True)
class Piece:
=======
LONGEST_CUT = 4  # pieces of a word, on average, in lists of sub-words
LONGEST_WORD = 100  # characters that are put together to one word


class Piece(NamedTuple):
>>>>>>> words-json
    """A word, a segment or what stands between words; text as in the file, space and all."""

    text: str
    start: Moment | None = None
    end: Moment | None = None
    speaker: str | None = None
    channel: str | None = None
    role: Role = "said"
    damaged: bool = False


Level = list[Piece]


def joined(pieces: Sequence[Piece]) -> Level:
    """Pieces of one list, with sub-words put together and punctuation at the word before.

<<<<<<< HEAD
    White space counts where most pieces of the list have some: then ``" dead", "line"`` is one
=======
    White space counts where many pieces of the list have some: then ``" dead", "line"`` is one
>>>>>>> words-json
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
<<<<<<< HEAD
                done.append(replace(piece, text=""))
=======
                done.append(piece._replace(text=""))
>>>>>>> words-json
        elif piece.role == "punctuation" or is_punctuation(text):
            opening = _punctuate(done, text, opening)
        else:
            attached = spaced and not gap and not piece.text[:1].isspace() and not opening
            if not (attached and _attach(done, piece)):
<<<<<<< HEAD
                done.append(replace(piece, text=opening + text, role="said"))
=======
                done.append(piece._replace(text=opening + text, role="said"))
>>>>>>> words-json
            opening, gap = "", False
        gap = gap or piece.text[-1:].isspace()
    return done


def is_punctuation(text: str) -> bool:
    """Whether a text of a few signs is nothing that is said."""
    return len(text) <= 3 and all(
        unicodedata.category(sign)[0] == "P" and sign not in SPOKEN_SIGNS for sign in text
    )


def _space_counts(pieces: Sequence[Piece]) -> bool:
    words = [piece for piece in pieces if piece.role == "said" and piece.text.strip()]
    if sum(len(piece.text.split()) > 1 for piece in words) > 0.1 * len(words):
        return False
    borders = sum(piece.text != piece.text.strip() for piece in words)
<<<<<<< HEAD
    return borders + sum(piece.role == "space" for piece in pieces) >= max(1, len(words) - 1) / 2
=======
    spaces = borders + sum(piece.role == "space" for piece in pieces)
    return spaces >= max(1, len(words) - 1) / LONGEST_CUT
>>>>>>> words-json


def _punctuate(done: Level, text: str, opening: str) -> str:
    """Put signs at the word before; where there is none, hand them back for the word after."""
    opens = all(unicodedata.category(sign) in ("Ps", "Pi") or sign in "¿¡" for sign in text)
    if opens or not done or not done[-1].text or len(done[-1].text) > LONGEST_WORD:
        return (opening + text)[:3]
<<<<<<< HEAD
    done[-1] = replace(done[-1], text=done[-1].text + text)
=======
    done[-1] = done[-1]._replace(text=done[-1].text + text)
>>>>>>> words-json
    return opening


def _attach(done: Level, piece: Piece) -> bool:
    """Make a sub-word part of the word before; False where there is none that it could be of."""
    if not done or not done[-1].text or len(done[-1].text) > LONGEST_WORD:
        return False
    before, text = done[-1], piece.text.strip()
    if " " in before.text or " " in text:
        return False
<<<<<<< HEAD
    done[-1] = replace(before, text=before.text + text, end=piece.end or before.end)
=======
    done[-1] = before._replace(text=before.text + text, end=piece.end or before.end)
>>>>>>> words-json
    return True


def chain(levels: Sequence[Level]) -> Level:
    """Levels one after the other."""
    return [piece for level in levels for piece in level]


def count(level: Level) -> int:
    """Words of a level."""
    return sum(len(piece.text.split()) for piece in level)


def by_words(level: Level) -> bool:
    """Whether the pieces of a level are words rather than sentences."""
    return bool(level) and count(level) < 1.5 * sum(bool(piece.text) for piece in level)


def timed(level: Level) -> bool:
    """Whether most pieces have times."""
    return sum(piece.start is not None for piece in level) * 2 >= len(level) > 0


def voices(level: Level) -> int:
    """Speakers and channels that a level tells apart."""
    return len({(piece.speaker, piece.channel) for piece in level} - {(None, None)})


<<<<<<< HEAD
def best(levels: Sequence[Level]) -> Level:
    """One level out of several that say the same, the first of equals.

    The finest with times, if it holds most of the words that the fullest holds; then dressed in
    the fullest's text, and told apart by the speakers of the level that names most.
    """
    levels = [level for level in levels if count(level)]
    if len(levels) < 2:
        return levels[0] if levels else []
    most = max(map(count, levels))
    full = [level for level in levels if count(level) >= COVERS * most]
    fine = max(full, key=lambda level: (timed(level), by_words(level), min(voices(level), 2)))
    coarse = [level for level in full if level is not fine and count(level) >= ALIGNS * most]
    named = max(full, key=voices)
    if coarse and (by_words(fine) or count(fine) < most):
        fine = dressed(fine, coarse[-1])
    if min(voices(named), 2) > min(voices(fine), 2):
        return told_apart(fine, named)
    return fine


def dressed(fine: Level, coarse: Level) -> Level:
    """The words of ``coarse`` with the times and speakers of ``fine``.

    Where their letters agree this is exact, however either cuts words. Otherwise words that both
    have carry over, and words that only ``coarse`` has stand between them without times. Where
    too little agrees, the level that holds more.
    """
    texts = [word for text in _unlabelled(coarse, fine) for word in text.split()]
    if by_words(fine) and (exact := _recut(fine, texts)) is not None:
        return exact
    found = _aligned([word for piece in fine for word in piece.text.split()], texts)
    if sum(index is not None for index in found) < ALIGNS * len(texts):
        return fine if count(fine) >= ALIGNS * len(texts) else coarse
    owners = [i for i, piece in enumerate(fine) for _ in piece.text.split()]
    return _filled(fine, texts, [None if index is None else owners[index] for index in found])


def told_apart(fine: Level, named: Level) -> Level:
    """``fine`` with the speakers of ``named``, or ``named`` where the two do not agree."""
    words = [word for piece in named for word in piece.text.split()]
    owners = [piece for piece in named for _ in piece.text.split()]
    wanted = [word for piece in fine for word in piece.text.split()]
    found = _aligned(words, wanted)
    if sum(index is not None for index in found) < ALIGNS * len(wanted):
        return named
    done: Level = []
    place, last = 0, owners[0]
    for piece in fine:
        places = range(place, place + len(piece.text.split()))
        last = next((owners[i] for p in places if (i := found[p]) is not None), last)
        place = places.stop
        done.append(replace(piece, speaker=last.speaker, channel=last.channel))
    return done


def letters(text: str) -> str:
    """What of a text is compared: letters and digits, without case."""
    return "".join(sign for sign in text.casefold() if sign.isalnum())


def _recut(fine: Level, texts: Sequence[str]) -> Level | None:
    """Words cut as in ``texts``, with the times of the pieces that their letters come from."""
    owners = [i for i, piece in enumerate(fine) for _ in letters(piece.text)]
    sizes = [len(letters(text)) for text in texts]
    if "".join(map(letters, texts)) != "".join(letters(piece.text) for piece in fine):
        return None
    done: Level = []
    place = 0
    for text, size in zip(texts, sizes, strict=True):
        if size == 0:
            _sign(done, text)
            continue
        first, last = fine[owners[place]], fine[owners[place + size - 1]]
        done.append(replace(first, text=text, end=last.end))
        place += size
    return done


def _sign(done: Level, text: str) -> None:
    """A dash or the like between words stays with the word before."""
    if done:
        done[-1] = replace(done[-1], text=f"{done[-1].text}{text}")


def _aligned(words: Sequence[str], texts: Sequence[str]) -> list[int | None]:
    """For each of ``texts`` the place of the same word in ``words``; one pass, in order."""
    ours, theirs = ([letters(word) for word in side] + [""] * RUN for side in (words, texts))
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for i in range(len(words)):
        places[tuple(ours[i : i + RUN])].append(i)
    done: list[int | None] = []
    at = 0
    for j in range(len(texts)):
        if at >= len(words) or ours[at] != theirs[j]:
            ahead = places.get(tuple(theirs[j : j + RUN]), [])
            k = bisect_left(ahead, at)
            if k == len(ahead) or ahead[k] > at + AHEAD:
                done.append(None)
                continue
            at = ahead[k]
        done.append(at)
        at += 1
    return done


def _filled(fine: Level, texts: Sequence[str], owners: Sequence[int | None]) -> Level:
    """Pieces of ``fine`` with the words that are theirs; words of nobody as pieces of their own."""
    runs: list[tuple[int | None, list[str]]] = []
    for text, owner in zip(texts, _settled(texts, owners), strict=True):
        if runs and runs[-1][0] == owner and (owner is not None or not by_words(fine)):
            runs[-1][1].append(text)
        else:
            runs.append((owner, [text]))
    pieces: Level = []
    for owner, said in runs:
        before = pieces[-1] if pieces else fine[0]
        nobody = Piece("", speaker=before.speaker, channel=before.channel)
        pieces.append(replace(nobody if owner is None else fine[owner], text=" ".join(said)))
    return pieces


def _settled(texts: Sequence[str], owners: Sequence[int | None]) -> list[int | None]:
    """Words of nobody inside a piece, and signs after it, are that piece's."""
    after: list[int | None] = []
    following: int | None = None
    for owner in reversed(owners):
        following = following if owner is None else owner
        after.append(following)
    done: list[int | None] = []
    before: int | None = None
    for text, owner, following in zip(texts, owners, reversed(after), strict=True):
        if owner is None and (before == following or not letters(text)):
            owner = before
        before = before if owner is None else owner
        done.append(owner)
    return done


def _unlabelled(coarse: Level, fine: Level) -> list[str]:
    """The lines of a text without the names of speakers that the other level states."""
    names = {letters(piece.speaker) for piece in fine if piece.speaker is not None}
    names |= {f"speaker{name}" for name in names}
    texts = []
    for piece in coarse:
        head, colon, said = piece.text.partition(":")
        texts.append(said if colon and letters(head) in names else piece.text)
    return texts
=======
def letters(text: str) -> str:
    """What of a text is compared: letters and digits, without case."""
    small = text.casefold()
    return small if small.isalnum() else "".join(filter(str.isalnum, small))
>>>>>>> words-json
