"""Ratings that look as if they were given on another scale than the one that is stated.

Nobody rates a hundred people on 0 to 100 and stays between 1 and 7: the schema is another table's.
Read without a word such ratings train a model whose scores all lie in that corner.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence

# scales that people rate on, the narrowest first
KNOWN = ((0, 1), (1, 5), (-2, 2), (1, 7), (-3, 3), (1, 9), (0, 10), (0, 100))
CORNER = 0.12  # of a scale: 0 to 10 is a tenth of 0 to 100, and z-scores fill more of theirs
FEWEST = 5  # ratings that tell a corner
WHOLE, MANY = 0.75, 20  # of a scale, and ratings, from which whole numbers raise a question


def corner_of(values: Iterable[float], low: float, high: float) -> tuple[float, float] | None:
    """The well-known scale in whose small corner of ``low`` to ``high`` all ratings lie.

    Args:
        values: of a column; NaN is passed over.
        low: end of the stated scale.
        high: its other end.
    """
    known = [float(value) for value in values if math.isfinite(value)]
    found = _narrowest(known) if len(known) >= FEWEST else None
    if found is None or len(set(known)) < 2:
        return None
    return found if found[1] - found[0] <= CORNER * (high - low) else None


def whole_scale_of(values: Iterable[float], low: float, high: float) -> tuple[float, float] | None:
    """The well-known scale whose every point is a rating, and no rating lies beyond or between.

    Nobody gave more than 5 of 7, it may be; or 1 to 5 was asked. That is a question, no error.

    Args:
        values: of a column; NaN is passed over.
        low: end of the stated scale.
        high: its other end.
    """
    known = [float(value) for value in values if math.isfinite(value)]
    if len(known) < MANY or not all(value.is_integer() for value in known):
        return None
    found = _narrowest(known)
    if found is None or found[1] - found[0] > WHOLE * (high - low) or found == (0, 1):
        return None
    return found if set(known) == set(range(int(found[0]), int(found[1]) + 1)) else None


def _narrowest(known: Sequence[float]) -> tuple[float, float] | None:
    fitting = (one for one in KNOWN if one[0] <= min(known) and max(known) <= one[1])
    return next(fitting, None)
