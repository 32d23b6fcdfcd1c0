"""Headers that hold two things: ``teamwork_r1``, ``R2 Teamwork``, ``Q3 - clarity``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trifold.errors import InputError

KINDS = {
    "rater": re.compile(
        r"(?:r|rater|judge|interviewer|assessor|coder|observer|panel(?:l?ist)?|evaluator|scorer)"
        r"[\s_-]?(?:\d+|[a-z])",
        re.IGNORECASE,
    ),
    "question_id": re.compile(
        r"(?:q|question|item|answer|a|exercise|task)[\s_-]?\d+", re.IGNORECASE
    ),
    "session": re.compile(
        r"(?:(?:t|time|session|wave|s|visit)[\s_-]?\d+|pre|post|before|after)", re.IGNORECASE
    ),
}
SUFFIX = ("target", *KINDS)  # what the second part of a header may be said to be
SEPARATORS = (
    *(r"\s*[:|/]\s*", r"\s+-\s+", r"\s*(?=[\[(])", r"__", r"\.", r"_", r"-", r"\s+"),
    r"(?<=\D)(?=\d)",
)
WHOLE = "score"  # the target, where headers name nothing but raters, questions or sessions
Pair = tuple[str, str]


@dataclass(frozen=True)
class Header:
    """What a column of scores holds: a target, and perhaps whose or of what the score is.

    Attributes:
        column: as the file has it.
        target: what was scored.
        kind: ``rater``, ``question_id`` or ``session``; None where the header is the target alone.
        name: of the rater, question or session.
    """

    column: str
    target: str
    kind: str | None = None
    name: str = ""


def headers_of(columns: Sequence[str], *, where: object, suffix: str | None = None) -> list[Header]:
    """Target, and rater, question or session, of every column of scores.

    Args:
        columns: that hold numbers.
        where: the file, for errors.
        suffix: what the second part of headers is, one of ``SUFFIX``; None tells it by names such
            as ``r1``, ``rater 2``, ``q3``, ``t1``. ``target``: a header is one name.

    Raises:
        InputError: when the headers are all pairs of two sets of names (``clarity_anna``,
            ``clarity_ben``, …) and nothing tells what the second is.
    """
    alone = [Header(column, column) for column in columns]
    if suffix == "target" or len(columns) < 2:
        return alone
    kind = next((one for one in KINDS if all(map(KINDS[one].fullmatch, columns))), None)
    if kind is not None:
        return [Header(column, WHOLE, suffix or kind, column) for column in columns]
    for separator in SEPARATORS:
        pairs = _grid(columns, separator)
        if pairs:
            found = _told(pairs, suffix, where)
            if found:
                kind, side = found
                return [
                    Header(column, pair[1 - side], kind, pair[side])
                    for column, pair in zip(columns, pairs, strict=True)
                ]
    return _among_others(columns) or _unnamed_among_others(columns, suffix, where) or alone


def _unnamed_among_others(
    columns: Sequence[str], suffix: str | None, where: object
) -> list[Header]:
    """The largest full table of targets by names that say nothing, beside columns of another kind.

    Raises:
        InputError: when it holds most of the columns and nothing tells what the names are.
    """
    best: list[tuple[str, Pair]] = []
    for separator in SEPARATORS:
        for pattern in (rf"^(.+){separator}(.+?)$", rf"^(.+?){separator}(.+)$"):
            cuts = {column: re.fullmatch(pattern, column) for column in columns}
            pairs = [(c, (_part(cut[1]), _part(cut[2]))) for c, cut in cuts.items() if cut]
            full = _full_table(pairs)
            best = full if len(full) > len(best) else best
    if not best or (suffix is None and 2 * len(best) <= len(columns)):
        return []
    if suffix is None:
        raise _untold([pair for _, pair in best], where)
    return [Header(column, target, suffix, name) for column, (target, name) in best]


def _full_table(pairs: Sequence[tuple[str, Pair]]) -> list[tuple[str, Pair]]:
    """Those pairs that make the largest table of two or more targets by the same names."""
    names: dict[str, set[str]] = {}
    for _, (target, name) in pairs:
        names.setdefault(target, set()).add(name)
    best: list[tuple[str, Pair]] = []
    for wanted in names.values():
        targets = {target for target, found in names.items() if found >= wanted}
        own = [one for one in pairs if one[1][0] in targets and one[1][1] in wanted]
        if len(wanted) > 1 and len(targets) > 1 and len(own) > len(best):
            best = own
    return best


def _among_others(columns: Sequence[str]) -> list[Header]:
    """The largest full table of targets by named raters, questions or sessions, if there is one.

    A table of ratings often holds a column more, such as an outcome, which is no rating.
    """
    best: list[Header] = []
    for separator in SEPARATORS:
        cuts = {column: re.fullmatch(rf"^(.+?){separator}(.+)$", column) for column in columns}
        for kind, pattern in KINDS.items():
            for side in (1, 0):
                own = [
                    Header(column, _part(cut[2 - side]), kind, _part(cut[1 + side]))
                    for column, cut in cuts.items()
                    if cut and pattern.fullmatch(_part(cut[1 + side]))
                ]
                names, targets = {one.name for one in own}, {one.target for one in own}
                if len(names) > 1 and len(own) == len(names) * len(targets) > len(best):
                    best = own
    return best


def _told(pairs: Sequence[Pair], suffix: str | None, where: object) -> tuple[str, int] | None:
    """What one part of all headers is, and which part; None where only one part differs."""
    for kind, pattern in KINDS.items():
        for side in (1, 0):
            if suffix in (None, kind) and all(pattern.fullmatch(pair[side]) for pair in pairs):
                return kind, side
    parts = [sorted({pair[side] for pair in pairs}) for side in (0, 1)]
    numbered = all(pair[1].isdigit() for pair in pairs)
    if len(parts[1]) < 2 or (len(parts[0]) < 2 and not numbered):
        return None
    if suffix is not None:
        return suffix, 1
    raise _untold(pairs, where)


def _untold(pairs: Sequence[Pair], where: object) -> InputError:
    """Nothing tells what the second part of headers is."""
    parts = [sorted({pair[side] for pair in pairs}) for side in (0, 1)]
    return InputError(
        expected="headers that say what is a rater, a question or a session (clarity_rater1, "
        f"clarity_q1, clarity_t1), or suffix= one of {', '.join(SUFFIX)}",
        got=f"{', '.join(parts[0][:3])} with {', '.join(parts[1][:3])}",
        where=where,
    )


def _part(text: str) -> str:
    """A part of a header without what is around it: ``[R1]`` is ``R1``."""
    bare = text.strip()
    inside = bare[1:-1].strip()
    return inside if inside and bare[0] + bare[-1] in ("[]", "()", "{}") else bare


def _grid(columns: Sequence[str], separator: str) -> list[Pair] | None:
    """The headers cut in two at their first or last separator, if that makes a full table."""
    for pattern in (rf"^(.+){separator}(.+?)$", rf"^(.+?){separator}(.+)$"):
        cuts = [re.fullmatch(pattern, column) for column in columns]
        pairs = [(_part(cut[1]), _part(cut[2])) for cut in cuts if cut]
        left, right = ({pair[side] for pair in pairs} for side in (0, 1))
        if len(pairs) == len(columns) == len(set(pairs)) == len(left) * len(right):
            return pairs
    return None
