"""Where prototypes start: at the centres of what there is."""

from __future__ import annotations

import torch
from torch import Tensor

from trifold.network.geometry.spaces import Space

ROUNDS = 10


@torch.no_grad()
def centres(space: Space, points: Tensor, count: int) -> Tensor:
    """K-means in a space (Lloyd, 1982), started by k-means++ (Arthur and Vassilvitskii, 2007).

    Args:
        space: of the points.
        points: (n, a), n of 1 at least.
        count: of centres; where there are fewer points than that, some centres are equal.

    Returns:
        (count, a) points.
    """
    found = _spread(space, points, count)
    for _ in range(ROUNDS):
        nearest = space.dist(points.unsqueeze(1), found).argmin(dim=1)  # (n,)
        member = torch.nn.functional.one_hot(nearest, count).mT.to(points.dtype)  # (count, n)
        lonely = member.sum(dim=1, keepdim=True) == 0
        middle = space.midpoint(points.expand(count, -1, -1), member + lonely)
        found = torch.where(lonely, found, middle)
    return found


def _spread(space: Space, points: Tensor, count: int) -> Tensor:
    """Points drawn one after the other, far ones more often."""
    chosen = [int(torch.randint(len(points), ()))]
    nearest = space.dist(points, points[chosen[0]])
    for _ in range(count - 1):
        chosen.append(int(torch.multinomial(nearest.square() + 1e-12, 1)))
        nearest = torch.minimum(nearest, space.dist(points, points[chosen[-1]]))
    return points[chosen]
