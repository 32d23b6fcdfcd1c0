"""Cues of frames cut to the length of tokens."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np

from trifold.contracts import Array


def by_token(
    cues: Iterable[tuple[float, Array]], token_s: float, *, frame_s: float
) -> Iterator[tuple[int, Array]]:
    """Token number and its (n, 1 + C) rows of time and cues.

    A last one of less than half a token belongs to the one before: a frame or two are no second.

    Args:
        cues: time in seconds and cues of each frame.
        token_s: seconds per token.
        frame_s: for which a frame stands.
    """
    rows: list[Array] = []
    held = held_rows = 0  # the token before the current one, until that is long enough
    current = 0
    for time_s, values in cues:
        number = int(time_s / token_s + 1e-6)
        if rows and number != current:
            if held_rows:
                yield held, np.stack(rows[:held_rows])
                rows = rows[held_rows:]
            held, held_rows = current, len(rows)
        current = number
        rows.append(np.concatenate([[time_s], values]))
        if held_rows and time_s + frame_s >= (current + 0.5) * token_s - 1e-6:
            yield held, np.stack(rows[:held_rows])
            rows, held_rows = rows[held_rows:], 0
    if rows:
        yield held if held_rows else current, np.stack(rows)
