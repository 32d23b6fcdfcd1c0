"""What is drawn and when: batches that hold comparable pairs, bootstrap weights, temperature."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from zlib import crc32

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import Sampler

from trifold.contracts import Array
from trifold.errors import InputError


class GroupPairSampler(Sampler[list[int]]):
    """Batches of G questions × m clips, so that a loss over pairs within a question finds pairs.

    Each epoch shuffles the rows of every group, cuts them into nearly equal parts of about m, never
    of a single row unless the group has one, shuffles the parts and deals them into batches of G or
    a few less. Every row comes exactly once an epoch. The order depends on the seed and the epoch
    alone.

    Pass it as ``batch_sampler`` of a ``DataLoader``; Lightning then calls ``set_epoch`` by itself.

    Args:
        group: (n,) group of each row, such as the number of its question.
        groups_per_batch: G.
        rows_per_group: m; parts have between 2m/3 and 3m/2 rows, of small groups all.
        seed: of the whole run.

    Raises:
        InputError: without rows, or when G is below 1 or m below 2.
    """

    def __init__(
        self,
        group: Sequence[int] | Array | Tensor,
        *,
        groups_per_batch: int = 8,
        rows_per_group: int = 12,
        seed: int = 0,
    ) -> None:
        rows = np.asarray(group)
        if rows.ndim != 1 or not len(rows):
            raise InputError(
                expected="one group per row", got=f"shape {rows.shape}", where="GroupPairSampler"
            )
        if groups_per_batch < 1 or rows_per_group < 2:
            raise InputError(
                expected="groups_per_batch of 1 and rows_per_group of 2 at least",
                got=f"{groups_per_batch} and {rows_per_group}",
                where="GroupPairSampler",
            )
        self.members = [np.flatnonzero(rows == name) for name in np.unique(rows)]
        sizes = [len(one) for one in self.members]  # parts of two rows at least
        self.parts = [max(1, min(round(n / rows_per_group), n // 2)) for n in sizes]
        self.groups_per_batch, self.seed, self.epoch = groups_per_batch, seed, 0

    @property
    def sampler(self) -> GroupPairSampler:
        """Itself: Lightning calls ``set_epoch`` on the ``sampler`` of a batch sampler."""
        return self

    def set_epoch(self, epoch: int) -> None:
        """Choose the epoch whose order comes next."""
        self.epoch = epoch

    def __len__(self) -> int:
        """Batches per epoch, the same in each."""
        return -(-sum(self.parts) // self.groups_per_batch)

    def __iter__(self) -> Iterator[list[int]]:
        """Row numbers of each batch."""
        draw = np.random.default_rng([self.seed, self.epoch])
        parts = [
            part
            for rows, count in zip(self.members, self.parts, strict=True)
            for part in np.array_split(draw.permutation(rows), count)
        ]
        for batch in np.array_split(draw.permutation(len(parts)), len(self)):
            yield np.concatenate([parts[i] for i in batch]).tolist()


def bootstrap_weights(ids: Sequence[str], members: int, *, seed: int) -> Tensor:
    """(n, members) float32 Poisson(1) counts: how often each member sees each candidate.

    The online bootstrap of Oza & Russell (2001). A candidate's counts depend on id and seed alone,
    not on the batch: counts that change at every step are noise and set no members apart.
    """
    draws = [np.random.default_rng([seed, crc32(one.encode())]) for one in ids]
    counts = np.array([draw.poisson(1.0, members) for draw in draws], dtype=np.float32)
    return torch.from_numpy(counts.reshape(len(ids), members))


def temperature(step: int, total: int, start: float = 2.0, end: float = 1.0) -> float:
    """Linear from ``start`` at step 0 to ``end`` at step ``total``, constant outside."""
    done = min(1.0, max(0.0, step / total)) if total > 0 else 1.0
    return start + (end - start) * done
