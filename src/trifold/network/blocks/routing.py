"""Trait-specific soft routing over modality paths."""

from __future__ import annotations

import torch
from torch import Tensor, nn

PATHS = ("text", "audio", "video", "text+audio", "text+video", "text+audio+video")
MODES = ("soft", "static", "fixed", "uniform", *PATHS)


class TraitRouting(nn.Module):
    """Each trait takes its own mixture of the paths, by prior and by person.

    α_nkp = softmax_p(⟨e_k, W X_np⟩/√q + b_kp), r_nk = Σ_p α_nkp V_p X_np. The prior b_kp (zero at
    the start) says which modalities a trait is read from; the inner product adapts it to the
    person. Traits Run Deeper (2026) chose modalities per trait by hand; here the choice is learned.

    Args:
        width: model width D.
        num_targets: K.
        key_dim: width q of the trait embeddings.
        mode: ``soft``; ``static`` for the prior alone; ``fixed`` for the prior as it is given, such
            as a table of 0 and −20 that chooses paths by hand; ``uniform``; or one of ``PATHS``.
        prior: (K, 6) start of b_kp, e.g. the log skill of each path; zeros by default.

    Raises:
        ValueError: for an unknown mode, or a prior of another shape.
    """

    def __init__(
        self,
        width: int,
        *,
        num_targets: int,
        key_dim: int = 64,
        mode: str = "soft",
        prior: Tensor | None = None,
    ) -> None:
        super().__init__()
        if mode not in MODES:
            raise ValueError(f"expected a routing mode among {', '.join(MODES)}, got {mode!r}")
        self.mode, self.key_dim = mode, key_dim
        self.norm = nn.LayerNorm(width)
        self.trait = nn.Parameter(0.02 * torch.randn(num_targets, key_dim))
        self.values = nn.Parameter(torch.randn(len(PATHS), width, width) * width**-0.5)
        self.num_targets = num_targets
        start = torch.zeros(num_targets, len(PATHS)) if prior is None else prior.clone()
        if start.shape != (num_targets, len(PATHS)):
            shape = (num_targets, len(PATHS))
            raise ValueError(f"expected a prior of shape {shape}, got {tuple(start.shape)}")
        if mode in ("soft", "static"):
            self.prior = nn.Parameter(start)
        elif mode == "fixed":
            self.register_buffer("prior", start)
        if mode == "soft":
            self.key = nn.Linear(width, key_dim, bias=False)

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

    def _logits(self, x: Tensor, path_mask: Tensor) -> Tensor:
        """(N, K, 6), −1e4 where masked: finite also when nothing at all is there."""
        logits = x.new_zeros(x.shape[0], self.num_targets, len(PATHS))
        if self.mode in PATHS:
            chosen = torch.tensor([path == self.mode for path in PATHS], device=x.device)
            return logits.masked_fill(~chosen, -1e4)
        if self.mode != "uniform":
            logits = logits + self.prior
        if self.mode == "soft":
            logits = logits + torch.einsum("kq,npq->nkp", self.trait, self.key(x)) / (
                self.key_dim**0.5
            )
        return logits.masked_fill(~path_mask.unsqueeze(1), -1e4)
