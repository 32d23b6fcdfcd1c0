"""What raters answered: the left clip, the right one or neither, in the words that tools use."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import PurePosixPath

import numpy as np
import pandas as pd

from trifold.contracts import Array
from trifold.paired_comparisons.model.comparisons import LEFT_WINS, RIGHT_WINS, TIE
from trifold.tables.headers import key
from trifold.tables.ids import id_key

ANSWERS = {"left": LEFT_WINS, "right": RIGHT_WINS}
ANSWERS |= dict.fromkeys(("tie", "tied", "equal", "draw", "both", "neither"), TIE)
_MORE = {  # read where no clip is called so
    **dict.fromkeys(("l", "left video", "left clip", "left one", "links", "first"), LEFT_WINS),
    **dict.fromkeys(("r", "right video", "right clip", "right one", "rechts"), RIGHT_WINS),
    **dict.fromkeys(("second", "second video", "second clip"), RIGHT_WINS),
    **dict.fromkeys(("first video", "first clip"), LEFT_WINS),
    **dict.fromkeys(("same", "the same", "equally", "no difference", "no preference"), TIE),
    **dict.fromkeys(("undecided", "tie (bothbad)", "both bad", "both good"), TIE),
}
SHOWN = 3  # answers that one line names
_MARKS = {("a", "b"), ("1", "2")}  # behind the names of two columns: clip_a and clip_b


def outcomes(winners: pd.DataFrame, columns: tuple[str, str]) -> tuple[Array, list[str]]:
    """(rows,) 1, .5 or 0, and what other words were read as.

    NaN stands where nothing was answered, or nothing that is known.

    A winner is called ``left`` or ``right``, by its id or file's name, or as its column is: ``A``
    of ``clip_a`` and ``clip_b``. Where nothing but 1 and 2 is answered, 1 is the left one.

    Args:
        winners: text in columns ``left``, ``right`` and ``winner``.
        columns: what the table calls the columns of the left and right clip.
    """
    clips = {id_key(clip) for side in ("left", "right") for clip in winners[side]}
    words = _words(columns, clips, {id_key(cell) for cell in winners["winner"] if cell})
    sides = (winners[name].tolist() for name in ("left", "right", "winner"))
    cells = list(zip(*sides, strict=True))
    found = [_outcome(left, right, winner, words) for left, right, winner in cells]
    read: dict[float, list[str]] = {LEFT_WINS: [], RIGHT_WINS: [], TIE: []}
    for (left, right, winner), outcome in zip(cells, found, strict=True):
        usual = winner in ("", left, right) or id_key(winner) in ANSWERS
        if outcome in read and not usual and repr(winner) not in read[outcome]:
            read[outcome].append(repr(winner))
    names = {LEFT_WINS: "left", RIGHT_WINS: "right", TIE: "tie"}
    notes = [
        f"answers such as {', '.join(those[:SHOWN])} are read as {names[outcome]}"
        for outcome, those in read.items()
        if those
    ]
    return np.array(found, dtype=np.float64), notes


def _words(
    columns: tuple[str, str], clips: Collection[str], answers: Collection[str]
) -> Mapping[str, float]:
    """What each answer means; words that are clips too mean the clip."""
    words = dict(_MORE)
    left, right = map(key, columns)
    words |= {left: LEFT_WINS, right: RIGHT_WINS}
    marks = (left[-1:], right[-1:])
    numbers = {answer for answer in answers if answer.isdecimal()}
    if (marks in _MARKS and left[:-1] == right[:-1]) or numbers in ({"1", "2"}, {"2"}):
        first, second = marks if marks in _MARKS else ("1", "2")
        words |= {first: LEFT_WINS, second: RIGHT_WINS}
    return {word: y for word, y in words.items() if word not in clips} | ANSWERS


def _outcome(left: str, right: str, winner: str, words: Mapping[str, float]) -> float:
    if winner in (left, right):
        return LEFT_WINS if winner == left else RIGHT_WINS
    for word in (id_key(winner), key(winner)):
        if word in words:
            return words[word]
    named = [bool(_names(side) & _names(winner)) for side in (left, right)]
    if winner and named in ([True, False], [False, True]):
        return LEFT_WINS if named[0] else RIGHT_WINS
    return float("nan")


def _names(clip: str) -> set[str]:
    """A clip's path, file name, and both without the suffix."""
    path = PurePosixPath(id_key(clip).replace("\\", "/"))
    return {str(path), path.name, path.stem, str(path.with_suffix("") if path.name else path)}
