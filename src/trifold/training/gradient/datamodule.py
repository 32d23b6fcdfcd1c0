"""Batches of candidates from one padded tensor set."""

from __future__ import annotations

from collections.abc import Mapping

import torch
from lightning import LightningDataModule
from torch.utils.data import DataLoader

from trifold.contracts import FeatureBatch, Split
from trifold.features.collate import select
from trifold.training.gradient.sampling import GroupPairSampler

GROUPS_PER_BATCH = 4


class CandidateData(LightningDataModule):
    """Serves train batches shuffled and val and test whole, by slicing (no per-item Python work).

    Args:
        batch: every candidate of the corpus, padded once.
        rows: split name to (n,) int64 rows of ``batch``.
        batch_size: candidates per training batch.
        groups: (B,) group of every candidate, such as the question that was asked; training batches
            then hold several candidates of each group that is in them. None shuffles freely.
        seed: of the order by groups.
    """

    def __init__(
        self,
        batch: FeatureBatch,
        rows: Mapping[Split, torch.Tensor],
        *,
        batch_size: int = 32,
        groups: torch.Tensor | None = None,
        seed: int = 0,
    ) -> None:
        super().__init__()
        self.batch, self.rows, self.batch_size = batch, dict(rows), batch_size
        self.groups, self.seed = groups, seed

    def train_dataloader(self) -> DataLoader:
        """Shuffled batches; a last batch of one candidate is dropped, as CCC needs two."""
        if self.groups is not None:
            return self._grouped(self.groups[self.rows["train"]])
        size = self.batch_size
        lonely = len(self.rows["train"]) % size == 1 and len(self.rows["train"]) > size
        return self._loader("train", batch_size=size, shuffle=True, drop_last=lonely)

    def val_dataloader(self) -> DataLoader:
        """All validation candidates in one batch."""
        return self._loader("val", batch_size=max(1, len(self.rows["val"])))

    def predict_dataloader(self) -> DataLoader:
        """All candidates of all splits in one batch, in row order."""
        everyone = torch.arange(len(self.batch.candidate_ids))
        return self._dataloader(everyone, batch_size=len(everyone))

    def _grouped(self, groups: torch.Tensor) -> DataLoader:
        """About G = 4 groups in each batch."""
        several = max(2, self.batch_size // GROUPS_PER_BATCH)
        sampler = GroupPairSampler(
            groups, groups_per_batch=GROUPS_PER_BATCH, rows_per_group=several, seed=self.seed
        )
        return self._dataloader(self.rows["train"], batch_sampler=sampler)

    def _loader(self, split: Split, **options: int | bool) -> DataLoader:
        return self._dataloader(self.rows[split], **options)

    def _dataloader(self, rows: torch.Tensor, **options: object) -> DataLoader:
        return DataLoader(
            rows.tolist(),  # type: ignore[arg-type]
            collate_fn=lambda chosen: select(self.batch, torch.tensor(chosen)),
            **options,  # type: ignore[arg-type]
        )
