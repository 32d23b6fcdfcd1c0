"""Where the candidate is seen, once it is known which seat is the candidate's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from trifold.contracts import View
from trifold.features.turns.seats import Seats, Sighted

FRAME_S = 0.1  # for which a frame stands
EVER_S = 1e9  # the last view goes on to the end


def views_of(own: Sequence[Sighted], seats: Seats) -> tuple[View, ...] | None:
    """Stretches and parts of the picture that show a seat and no other face.

    Shots in which the seat is not seen are left out. Where another face is beside it, the picture
    is cut between the two, nearer to the smaller one.

    Returns:
        None where all shots show it and no other face: then nothing is left out.
    """
    shown = {s.shot for s in own}
    views: list[View] = []
    for number, shot in enumerate(seats.shots):
        if number not in shown:
            continue
        others = [s for s in seats.seats if s is not own and any(f.shot == number for f in s)]
        last = number == len(seats.shots) - 1
        start_s = 0.0 if number == 0 else shot.start_s
        end_s = EVER_S if last else seats.shots[number + 1].start_s
        view = _apart(View(start_s, end_s), own, others, number, seats.aspect)
        if views and views[-1].end_s == view.start_s and views[-1][2:] == view[2:]:
            view = view._replace(start_s=views.pop().start_s)
        views.append(view)
    whole = len(views) == 1 and views[0] == View(0.0, EVER_S)
    return None if whole else tuple(views)


def _apart(
    view: View,
    own: Sequence[Sighted],
    others: Sequence[Sequence[Sighted]],
    shot: int,
    aspect: float,
) -> View:
    """The view without the other faces of a shot."""
    x, y, side = _place(own, shot)
    for other in others:
        ox, oy, other_side = _place(other, shot)
        share = side / (side + other_side)
        if abs(ox - x) >= abs(oy - y) / aspect:
            edge = round(x + (ox - x) * share, 4)
            view = (
                view._replace(right=min(view.right, edge))
                if ox > x
                else view._replace(left=max(view.left, edge))
            )
        else:
            edge = round(y + (oy - y) * share, 4)
            view = (
                view._replace(bottom=min(view.bottom, edge))
                if oy > y
                else view._replace(top=max(view.top, edge))
            )
    return view


def _place(seat: Sequence[Sighted], shot: int) -> tuple[float, float, float]:
    x, y, side = np.median([(s.x, s.y, s.side) for s in seat if s.shot == shot], axis=0).tolist()
    return x, y, side
