"""Trait-specific routing over modality paths."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

import torch
from torch import Tensor, nn

PATHS = ("text", "audio", "video", "text+audio", "text+video", "text+audio+video")
CLOSED = -1e4  # a logit that leaves no weight, and stays finite where every path is closed


def path_mask(present: Tensor) -> Tensor:
    """(N, 3) presence of text, audio, video to (N, 6) in the order of ``PATHS``.

    The connected and enhanced paths are anchored in the text slot, which a null or question token
    fills, so they need only their other modality; the last path is always there.
    """
    text, audio, video = present.unbind(dim=1)
    return torch.stack([text, audio, video, audio, video, torch.ones_like(text)], dim=1)


class TraitRouting(nn.Module, ABC):
    """Each trait takes its own mixture of the paths: r_nk = Σ_p α_nkp V_p X_np.

    Traits Run Deeper (2026) chose modalities per trait by hand; subclasses say where the weights α
    come from.

    Args:
        width: model width D.
        num_targets: K.
        trait_dim: width q of the trait embeddings e_k, which the router over experts reads too.
        prior: (K, 6) logits of the paths to start from, e.g. the log skill of each; zeros by
            default. Routings without a prior check it and leave it.

    Raises:
        ValueError: for a prior of another shape.
    """

    def __init__(
        self,
        width: int,
        *,
        num_targets: int,
        trait_dim: int = 64,
        prior: Tensor | Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__()
        self.num_targets, self.trait_dim = num_targets, trait_dim
        self.norm = nn.LayerNorm(width)
        self.trait = nn.Parameter(0.02 * torch.randn(num_targets, trait_dim))
        self.values = nn.Parameter(torch.randn(len(PATHS), width, width) * width**-0.5)
        shape = (num_targets, len(PATHS))
        start = torch.zeros(shape) if prior is None else torch.as_tensor(prior).float().clone()
        if start.shape != shape:
            raise ValueError(f"expected a prior of shape {shape}, got {tuple(start.shape)}")
        self._keep(start)

    def forward(self, paths: Tensor, path_mask: Tensor) -> tuple[Tensor, Tensor]:
        """Mix the paths per trait.

        Args:
            paths: (N, 6, D) in the order of ``PATHS``.
            path_mask: (N, 6) bool; False where a modality of the path is missing.

        Returns:
            r (N, K, D) and α (N, K, 6).
        """
        x = self.norm(paths)
        weight = torch.softmax(self._logits(x, path_mask), dim=-1)
        moved = torch.einsum("npx,pxd->npd", x, self.values)
        return torch.einsum("nkp,npd->nkd", weight, moved), weight

    def _keep(self, prior: Tensor) -> None:
        """Take over the (K, 6) prior, where the routing has one."""

    @abstractmethod
    def _logits(self, x: Tensor, path_mask: Tensor) -> Tensor:
        """(N, 6, D) and (N, 6) bool to (N, K, 6), ``CLOSED`` where masked."""

    def _open(self, logits: Tensor, path_mask: Tensor) -> Tensor:
        """(N or 1, K, 6) to (N, K, 6), closed where a modality of the path is missing."""
        return logits.masked_fill(~path_mask.unsqueeze(1), CLOSED)


class StaticRouting(TraitRouting):
    """α_nkp = softmax_p(b_kp): one learned mixture per trait, the same for everybody."""

    prior: Tensor

    def _keep(self, prior: Tensor) -> None:
        self.prior = nn.Parameter(prior)

    def _logits(self, x: Tensor, path_mask: Tensor) -> Tensor:
        return self._open(self.prior.expand(x.shape[0], -1, -1), path_mask)


class SoftRouting(StaticRouting):
    """α_nkp = softmax_p(⟨e_k, W X_np⟩/√q + b_kp): by prior and by person.

    The prior b_kp says which modalities a trait is read from; the inner product adapts it to the
    person.

    Args:
        width: model width D.
        num_targets: K.
        trait_dim: width q of the trait embeddings.
        prior: (K, 6) start of b_kp; zeros by default.
    """

    def __init__(
        self,
        width: int,
        *,
        num_targets: int,
        trait_dim: int = 64,
        prior: Tensor | Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__(width, num_targets=num_targets, trait_dim=trait_dim, prior=prior)
        self.key = nn.Linear(width, trait_dim, bias=False)

    def _logits(self, x: Tensor, path_mask: Tensor) -> Tensor:
        match = torch.einsum("kq,npq->nkp", self.trait, self.key(x)) / self.trait_dim**0.5
        return self._open(self.prior + match, path_mask)


class FixedRouting(StaticRouting):
    """The prior as it is given, such as a table of 0 and −20 that chooses paths by hand."""

    def _keep(self, prior: Tensor) -> None:
        self.register_buffer("prior", prior)


class UniformRouting(TraitRouting):
    """Every path that is there counts alike."""

    def _logits(self, x: Tensor, path_mask: Tensor) -> Tensor:
        return self._open(x.new_zeros(x.shape[0], self.num_targets, len(PATHS)), path_mask)


class SinglePathRouting(TraitRouting):
    """One path for every trait, also where a modality of it is missing.

    Args:
        width: model width D.
        num_targets: K.
        path: one of ``PATHS``.
        trait_dim: width q of the trait embeddings.
        prior: checked and left.

    Raises:
        ValueError: for an unknown path.
    """

    def __init__(
        self,
        width: int,
        *,
        num_targets: int,
        path: str,
        trait_dim: int = 64,
        prior: Tensor | Sequence[Sequence[float]] | None = None,
    ) -> None:
        super().__init__(width, num_targets=num_targets, trait_dim=trait_dim, prior=prior)
        if path not in PATHS:
            raise ValueError(f"expected a path among {', '.join(PATHS)}, got {path!r}")
        self.path = path

    def _logits(self, x: Tensor, path_mask: Tensor) -> Tensor:
        chosen = torch.tensor([path == self.path for path in PATHS], device=x.device)
        logits = x.new_zeros(x.shape[0], self.num_targets, len(PATHS))
        return logits.masked_fill(~chosen, CLOSED)
