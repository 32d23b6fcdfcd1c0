"""Centred, trace-normalised kernels on pooled features, and the functions they carry."""

from __future__ import annotations

from typing import cast

import torch
from torch import Tensor, nn

from trifold.network.kernels.scaling import SCALINGS, Standard


class RbfView(nn.Module):
    """k(x, y) = exp(−‖x − y‖²/(w m)) with m the median squared distance of the training rows.

    Centred in feature space and divided by its mean diagonal, so that weights of views compare. A
    row that is missing has kernel 0 with everybody: it says nothing beyond the mean.

    Args:
        dim: columns D.
        scaling: name in ``SCALINGS``.
        widen: w.
        slots: Q, kernels on the same columns, one per question.
        support: n training rows.
        num_targets: K.
    """

    scale: Tensor
    rows: Tensor
    there: Tensor
    width: Tensor
    centre: Tensor
    total: Tensor
    coef: Tensor

    def __init__(
        self,
        dim: int,
        *,
        scaling: str,
        slots: int,
        support: int,
        num_targets: int,
        widen: float = 1.0,
    ) -> None:
        super().__init__()
        self.widen, self.scalings = widen, _scalings(scaling, dim, slots, support)
        self.register_buffer("rows", torch.zeros(slots, support, dim))
        self.register_buffer("width", torch.ones(slots))
        self.register_buffer("centre", torch.zeros(slots, support))
        self.register_buffer("total", torch.zeros(slots))
        self.register_buffer("scale", torch.ones(slots))
        self.register_buffer("coef", torch.zeros(num_targets, slots, support))

    @torch.no_grad()
    def fit(self, x: Tensor, there: Tensor) -> Tensor:
        """Learn scaling, width and centring from (n, Q, D) and (n, Q); returns Gram (Q, n, n)."""
        x = x.double()  # for Cholesky factors of near-singular Gram matrices
        for slot, scaling in enumerate(self.scalings):
            cast(Standard, scaling).fit(x[there[:, slot], slot])
        self.rows = self._scaled(x)
        self.centre, self.total = torch.zeros_like(self.rows[..., 0]), x.new_zeros(x.shape[1])
        grams = []
        for slot, seen in enumerate(there.mT):
            distance = _squared(self.rows[slot], self.rows[slot])
            among = distance[seen][:, seen]
            apart = among[among > 1e-9]  # empty where fewer than two unlike rows are there
            self.width[slot] = self.widen * apart.median() if len(apart) else 1.0
            gram = torch.exp(-distance / self.width[slot])
            pairs = seen[:, None] & seen[None]
            gram = torch.where(pairs, gram, torch.zeros_like(gram))
            count = seen.sum().clamp(min=1)
            self.centre[slot] = gram.sum(dim=0) / count
            self.total[slot] = self.centre[slot][seen].sum() / count
            grams.append(self._centred(gram, self.centre[slot], self.total[slot], pairs))
            spread = grams[-1].diagonal()[seen].sum() / count
            self.scale[slot] = spread if spread > 1e-9 else 1.0  # nothing to tell rows apart by
        return torch.stack(grams) / self.scale[:, None, None]

    def set_weights(self, weight: Tensor, coef: Tensor, there: Tensor) -> None:
        """Set the function from view weights (K, Q), dual coefficients (K, n) and presence (n, Q).

        The scale and the centring of training rows are folded into the coefficients.
        """
        seen = there.mT.to(coef.dtype)  # (Q, n)
        folded = weight.unsqueeze(-1) * coef.unsqueeze(1) * seen
        mean = folded.sum(dim=-1, keepdim=True) / seen.sum(dim=-1, keepdim=True).clamp(min=1)
        self.coef = (folded - mean * seen) / self.scale[:, None]

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """(B, Q, D) and (B, Q) bool to this view's part of the standardised scores (B, K)."""
        distance = _squared(self._scaled(x), self.rows)  # (Q, B, n)
        kernel = torch.exp(-distance / self.width[:, None, None]) - self.centre.unsqueeze(1)
        kernel = kernel * there.mT.unsqueeze(-1)
        return torch.einsum("qbn,kqn->bk", kernel, self.coef)

    def _scaled(self, x: Tensor) -> Tensor:
        """(B, Q, D) to (Q, B, D)."""
        return torch.stack([scale(x[:, slot]) for slot, scale in enumerate(self.scalings)])

    @torch.no_grad()
    def cross(self, x: Tensor, seen: Tensor, slot: int) -> Tensor:
        """Kernel of other rows (B, D) of a slot with the training rows (n,), ``seen`` or zero."""
        rows = self.scalings[slot](x).float()
        distance = _squared(rows, self.rows[slot].float()).to(x.dtype)
        kernel = torch.exp(-distance / self.width[slot]) * seen
        own = kernel.sum(dim=1, keepdim=True) / seen.sum().clamp(min=1)
        centred = kernel - own - self.centre[slot] + self.total[slot]
        return centred * seen / self.scale[slot]

    @staticmethod
    def _centred(gram: Tensor, centre: Tensor, total: Tensor, pairs: Tensor) -> Tensor:
        centred = gram - centre[:, None] - centre[None] + total
        return torch.where(pairs, centred, torch.zeros_like(centred))


class LinearView(nn.Module):
    """k(x, y) = ⟨x, y⟩ of centred columns, trace-normalised; carried by its primal weights."""

    mean: Tensor
    primal: Tensor

    def __init__(
        self,
        dim: int,
        *,
        scaling: str,
        slots: int,
        support: int,
        num_targets: int,
        widen: float = 1.0,
    ) -> None:
        super().__init__()
        if widen != 1:
            raise ValueError(f"expected widen for rbf kernels alone, got {widen} for a linear one")
        self.scalings = _scalings(scaling, dim, slots, support)
        self.register_buffer("mean", torch.zeros(slots, dim))
        self.register_buffer("primal", torch.zeros(num_targets, slots, dim))
        self._rows, self._scale = torch.zeros(0), torch.ones(0)  # of the fit alone, not stored

    @torch.no_grad()
    def fit(self, x: Tensor, there: Tensor) -> Tensor:
        """As ``RbfView.fit``; in the precision of x, which may be wide."""
        for slot, scaling in enumerate(self.scalings):
            cast(Standard, scaling).fit(x[there[:, slot], slot])
        rows, seen = self._scaled(x), there.mT.unsqueeze(-1).to(x.dtype)  # (Q, n, 1)
        self.mean = (rows * seen).sum(dim=1) / seen.sum(dim=1).clamp(min=1)
        rows = (rows - self.mean.unsqueeze(1)) * seen
        diagonal = rows.square().sum(dim=(1, 2)) / seen.sum(dim=(1, 2)).clamp(min=1)
        self._scale = torch.where(diagonal > 0, diagonal, torch.ones_like(diagonal))
        self._rows = rows
        gram = torch.stack([_products(row) for row in rows]) / self._scale[:, None, None]
        return gram.double()

    def set_weights(self, weight: Tensor, coef: Tensor, there: Tensor) -> None:
        """As ``RbfView.set_weights``."""
        shares, coef = (weight / self._scale).to(self._rows), coef.to(self._rows)
        self.primal = torch.einsum("kq,kn,qnd->kqd", shares, coef, self._rows)

    def forward(self, x: Tensor, there: Tensor) -> Tensor:
        """As ``RbfView.forward``."""
        rows = (self._scaled(x) - self.mean.unsqueeze(1)) * there.mT.unsqueeze(-1)
        return torch.einsum("qbd,kqd->bk", rows, self.primal)

    @torch.no_grad()
    def cross(self, x: Tensor, seen: Tensor, slot: int) -> Tensor:
        """As ``RbfView.cross``."""
        rows = (self.scalings[slot](x) - self.mean[slot]).float()
        kernel = (rows @ self._rows[slot].float().mT).double()
        return kernel * seen / self._scale[slot]

    def _scaled(self, x: Tensor) -> Tensor:
        return torch.stack([scale(x[:, slot]) for slot, scale in enumerate(self.scalings)])


VIEWS = {"rbf": RbfView, "linear": LinearView}


def _scalings(name: str, dim: int, slots: int, support: int) -> nn.ModuleList:
    if name not in SCALINGS:
        raise ValueError(f"expected a scaling among {', '.join(SCALINGS)}, got {name!r}")
    return nn.ModuleList(SCALINGS[name](dim, support=support) for _ in range(slots))


def _products(rows: Tensor) -> Tensor:
    """(n, D) to inner products (n, n); of thousands of words most are nobody's."""
    used = rows[:, (rows != 0).any(dim=0)]
    return used @ used.mT


def _squared(x: Tensor, y: Tensor) -> Tensor:
    """Squared distances of (..., n, D) and (..., m, D)."""
    cross = x @ y.mT
    xx, yy = x.square().sum(-1, keepdim=True), y.square().sum(-1, keepdim=True)
    return (xx - 2 * cross + yy.mT).clamp(min=0)
