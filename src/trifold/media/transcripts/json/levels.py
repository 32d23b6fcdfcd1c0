"""One transcript out of several in a file that hold the same speech: as text, segments and words.

Each is a *level*, a list of pieces. The result has the words and punctuation of the one with most
words, the times of the finest and the speakers of the one that names most.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Sequence
from itertools import groupby

from trifold.media.transcripts.json.words import (
    Fragment,
    Level,
    comparable,
    is_timed,
    is_word_level,
    num_speakers,
    num_words,
)

MIN_COVERAGE = 0.3  # share of the longest level's letters; a level with fewer is a sample
MIN_ALIGNED = 0.8  # share of a level's words found in another, for both to be the same speech
MATCH_LENGTH = 3  # words that must agree for an alignment to go on behind a difference
MAX_SKIP = 200  # words that a difference may be long
UNKNOWN = "unnamed"  # speaker of words that a file with speakers names none for


def best_level(levels: Sequence[Level]) -> Level:
    """One level out of several that hold the same speech; of equal ones the first.

    The finest with times that is no mere sample, with the text of the longest and the speakers of
    the level that names most.
    """
    levels = [level for level in levels if num_words(level)]
    if len(levels) < 2:
        return levels[0] if levels else []
    most = max(map(_size, levels))
    full = [level for level in levels if _size(level) >= MIN_COVERAGE * most]
    merged = _merged(full, most)
    with_speakers = [level for level in levels if num_speakers(level)]
    if num_speakers(merged) or not with_speakers:
        return merged
    return with_sampled_speakers(merged, with_speakers[0])


def _merged(full: Sequence[Level], most: int) -> Level:
    """See ``best_level``; of levels that are more than a sample."""
    fine = max(
        full, key=lambda level: (is_timed(level), is_word_level(level), min(num_speakers(level), 2))
    )
    coarse = [level for level in full if level is not fine and 2 * _size(level) >= most]
    named = max(full, key=num_speakers)
    if coarse and (is_word_level(fine) or _size(fine) < most):
        fine = with_text_of(fine, coarse[-1])
    if min(num_speakers(named), 2) > min(num_speakers(fine), 2):
        return with_speakers_of(fine, named)
    return fine


def _size(level: Level) -> int:
    """Letters of a level, which do not depend on how words are cut."""
    return sum(len(comparable(piece.text)) for piece in level)


def with_text_of(fine: Level, coarse: Level) -> Level:
    """The words of ``coarse`` with the times and speakers of ``fine``.

    Where their letters agree this is exact, however either cuts words. Otherwise words that both
    have carry over, and words that only ``coarse`` has stand between them without times. Where
    too little agrees, the level that holds more.
    """
    texts = [word for text in _without_labels(coarse, fine) for word in text.split()]
    if is_word_level(fine) and (exact := _split_like(fine, texts)) is not None:
        return exact
    words = [word for piece in fine for word in piece.text.split()]
    found = _aligned(words, texts)
    if len(texts) < MIN_ALIGNED * len(words):
        return fine
    if sum(index is not None for index in found) < MIN_ALIGNED * min(len(words), len(texts)):
        return fine if num_words(fine) >= MIN_ALIGNED * len(texts) else coarse
    owners = [i for i, piece in enumerate(fine) for _ in piece.text.split()]
    return _by_owner(fine, texts, [None if index is None else owners[index] for index in found])


def with_speakers_of(fine: Level, named: Level) -> Level:
    """``fine`` with the speakers of ``named``, or ``named`` where the two do not agree."""
    words = [word for piece in named for word in piece.text.split()]
    owners = [piece for piece in named for _ in piece.text.split()]
    wanted = [word for piece in fine for word in piece.text.split()]
    found = _aligned(words, wanted)
    if sum(index is not None for index in found) < MIN_ALIGNED * len(wanted):
        return named
    done: Level = []
    place, last = 0, owners[0]
    for piece in fine:
        places = range(place, place + len(piece.text.split()))
        last = next((owners[i] for p in places if (i := found[p]) is not None), last)
        place = places.stop
        done.append(piece._replace(speaker=last.speaker, channel=last.channel))
    return done


def with_sampled_speakers(level: Level, sample: Level) -> Level:
    """``level`` where a sample of its words says who speaks: all others are of nobody known."""
    words = [word for piece in sample for word in piece.text.split()]
    owners = [piece.speaker for piece in sample for _ in piece.text.split()]
    texts = [word for piece in level for word in piece.text.split()]
    told = [None if index is None else owners[index] for index in _aligned(words, texts)]
    done: Level = []
    place = 0
    for piece in level:
        said = piece.text.split()
        runs = groupby(zip(said, told[place : place + len(said)], strict=True), key=lambda p: p[1])
        parts = [(speaker or UNKNOWN, " ".join(word for word, _ in run)) for speaker, run in runs]
        whole = piece if len(parts) == 1 else piece._replace(start=None, end=None)
        done += [whole._replace(text=text, speaker=speaker) for speaker, text in parts]
        place += len(said)
    return done


def _split_like(fine: Level, texts: Sequence[str]) -> Level | None:
    """Words cut as in ``texts``, with the times of the pieces that their letters come from."""
    owners = [i for i, piece in enumerate(fine) for _ in comparable(piece.text)]
    sizes = [len(comparable(text)) for text in texts]
    if "".join(map(comparable, texts)) != "".join(comparable(piece.text) for piece in fine):
        return None
    done: Level = []
    place = 0
    for text, size in zip(texts, sizes, strict=True):
        if size == 0:
            _append_to_last(done, text)
            continue
        first, last = fine[owners[place]], fine[owners[place + size - 1]]
        done.append(first._replace(text=text, end=last.end))
        place += size
    return done


def _append_to_last(done: Level, text: str) -> None:
    """A dash or the like between words stays with the word before."""
    if done:
        done[-1] = done[-1]._replace(text=f"{done[-1].text}{text}")


def _aligned(words: Sequence[str], texts: Sequence[str]) -> list[int | None]:
    """For each of ``texts`` the place of the same word in ``words``; one pass, in order."""
    ours, theirs = (
        [comparable(word) for word in side] + [""] * MATCH_LENGTH for side in (words, texts)
    )
    places: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)
    for i in range(len(words)):
        places[tuple(ours[i : i + MATCH_LENGTH])].append(i)
    done: list[int | None] = []
    at = 0
    for j in range(len(texts)):
        if at >= len(words) or ours[at] != theirs[j]:
            ahead = places.get(tuple(theirs[j : j + MATCH_LENGTH]), [])
            k = bisect_left(ahead, at)
            if k == len(ahead) or ahead[k] > at + MAX_SKIP:
                done.append(None)
                continue
            at = ahead[k]
        done.append(at)
        at += 1
    return done


def _by_owner(fine: Level, texts: Sequence[str], owners: Sequence[int | None]) -> Level:
    """Pieces of ``fine`` with the words that are theirs; words of nobody as pieces of their own."""
    runs: list[tuple[int | None, list[str]]] = []
    single = is_word_level(fine)
    for text, owner in zip(texts, _without_gaps(texts, owners), strict=True):
        if runs and runs[-1][0] == owner and (owner is not None or not single):
            runs[-1][1].append(text)
        else:
            runs.append((owner, [text]))
    pieces: Level = []
    for owner, said in runs:
        before = pieces[-1] if pieces else fine[0]
        nobody = Fragment("", speaker=before.speaker, channel=before.channel)
        pieces.append((nobody if owner is None else fine[owner])._replace(text=" ".join(said)))
    return pieces


def _without_gaps(texts: Sequence[str], owners: Sequence[int | None]) -> list[int | None]:
    """Words of nobody inside a piece, and signs after it, are that piece's."""
    after: list[int | None] = []
    following: int | None = None
    for owner in reversed(owners):
        following = following if owner is None else owner
        after.append(following)
    done: list[int | None] = []
    before: int | None = None
    for text, owner, following in zip(texts, owners, reversed(after), strict=True):
        if owner is None and (before == following or not comparable(text)):
            owner = before
        before = before if owner is None else owner
        done.append(owner)
    return done


def _without_labels(coarse: Level, fine: Level) -> list[str]:
    """The lines of a text without the names of speakers that the other level states."""
    names = {comparable(piece.speaker) for piece in fine if piece.speaker is not None}
    names |= {f"speaker{name}" for name in names}
    texts = []
    for piece in coarse:
        head, colon, said = piece.text.partition(":")
        texts.append(said if colon and comparable(head) in names else piece.text)
    return texts
