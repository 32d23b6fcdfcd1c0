"""Tables with a row per rater: the mean of the raters counts, once for each answer."""

from __future__ import annotations

import warnings
from collections.abc import Sequence

import numpy as np

from trifold.contracts import Array, Clip, Finding
from trifold.corpora.tables import corpus_errors
from trifold.errors import CorpusError
from trifold.messages import say
from trifold.tables.cells import plain
from trifold.tables.ids import read_names, refuse_own_moments
from trifold.tables.table import Table


def one_row_per_answer(
    table: Table, clips: Sequence[Clip], ratings: Array
) -> tuple[list[Clip], Array, list[Finding]]:
    """Clips and ratings with the rows of an answer's raters made one.

    Args:
        table: with a column ``rater``, or without one, where nothing is changed.
        clips: of its rows.
        ratings: (rows, K), NaN where missing.

    Returns:
        The clips, their (n, K) mean ratings, and what was found.

    Raises:
        CorpusError: when a rater rates an answer twice, or a row names no rater.
    """
    if "rater" not in table.columns:
        return list(clips), ratings, []
    with corpus_errors():
        refuse_own_moments(table, "rater", [clip.candidate_id for clip in clips])
    raters, notes = read_names(table, "rater")
    rows: dict[tuple[object, ...], list[int]] = {}
    for row, clip in enumerate(clips):
        if not raters[row]:
            raise CorpusError(
                expected="a rater in column 'rater'",
                got=f"{plain(table.cells('rater')[row])!r} in {table.place(row)}",
                where=table.where,
            )
        rows.setdefault(_identity(clip), []).append(row)
    for together in rows.values():
        _refuse_twice(table, together, raters)
    several = [together for together in rows.values() if len(together) > 1]
    names = sorted(set(raters), key=raters.index)
    found = Finding(
        "raters",
        len(several),
        len(rows),
        say("answers have several raters"),
        say("rated by their mean"),
        (*names[:3], *notes),
    )
    means = np.stack([_mean(ratings[together]) for together in rows.values()])
    return [clips[together[0]] for together in rows.values()], means, [found]


def _identity(clip: Clip) -> tuple[object, ...]:
    """What tells answers apart; the name of a clip without media is that of its row."""
    said = None if clip.path is not None else str(clip.transcript)
    name = clip.clip_id if clip.path is not None else clip.transcript_path
    return clip.candidate_id, clip.path, name, said, clip.question, clip.question_id


def _refuse_twice(table: Table, together: Sequence[int], raters: Sequence[str]) -> None:
    seen: dict[str, int] = {}
    for row in together:
        first = seen.setdefault(raters[row], row)
        if first != row:
            raise CorpusError(
                expected="each answer once from each rater",
                got=f"{raters[row]!r} in {table.place(first)} and {table.place(row)}",
                where=table.where,
            )


def _mean(rows: Array) -> Array:
    """(K,) mean over raters of what is not missing."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)  # nobody rated a target
        mean: Array = np.nanmean(rows, axis=0)
    return mean
