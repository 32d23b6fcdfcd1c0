"""A bundle's model as an exported program that runs without this project's code."""

from __future__ import annotations

from pathlib import Path

import torch
from torch import Tensor, nn
from torch.export import Dim, ExportedProgram, export

from trifold.bundle.bundle import Bundle
from trifold.errors import BundleError

PROGRAM = "program.pt2"
Inputs = tuple[dict[str, Tensor], dict[str, Tensor], Tensor]


class ScoringProgram(nn.Module):
    """Tokens to scores on the schema's scale.

    Args:
        bundle: whose network and scaler it runs.
    """

    def __init__(self, bundle: Bundle) -> None:
        super().__init__()
        self.network, self.scaler = bundle.network, bundle.scaler

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> tuple[Tensor, Tensor]:
        """Score a batch.

        Args:
            tokens: stream name to (B, T, L, D_stream) float32, zeros where masked.
            token_mask: stream name to (B, T, L) bool.
            answer_mask: (B, T) bool.

        Returns:
            Candidate scores (B, K) and answer scores (B, T, K).
        """
        rows, answers = answer_mask.shape
        tokens = {stream: _one_more(x) for stream, x in tokens.items()}
        token_mask = {stream: _one_more(x) for stream, x in token_mask.items()}
        output = self.network(tokens, token_mask, _one_more(answer_mask))
        return self.scaler(output.candidate[:rows]), self.scaler(output.answer[:rows, :answers])


def _one_more(x: Tensor) -> Tensor:
    """(B, T, …) with an empty answer behind the others and the first candidate once more.

    It changes no score, and B = 1 and T = 1 need no programs of their own.
    """
    longer = torch.cat([x, torch.zeros_like(x[:, :1])], dim=1)
    return torch.cat([longer, longer[:1]])


def export_program(bundle: Bundle) -> ExportedProgram:
    """Trace the model with free numbers of candidates, answers and tokens per stream.

    Raises:
        BundleError: when the model cannot be traced or the program gives other scores.
    """
    model = ScoringProgram(bundle).eval()
    dims = bundle.description.stream_dims
    free = {s: {0: Dim.DYNAMIC, 1: Dim.DYNAMIC, 2: Dim.DYNAMIC} for s in dims}
    shapes = (free, free, {0: Dim.DYNAMIC, 1: Dim.DYNAMIC})
    try:
        with torch.no_grad():
            program = export(model, made_up(dims, rows=3, answers=4), dynamic_shapes=shapes)
    except Exception as error:  # torch raises many kinds here, none of them documented
        reason = str(error).strip().splitlines()[0]
        raise BundleError(expected="a network that torch.export can trace", got=reason) from error
    for rows, answers in ((1, 1), (2, 3)):
        _check(program, model, made_up(dims, rows=rows, answers=answers, seed=1))
    return program


def write_program(path: Path, program: ExportedProgram) -> Path:
    """Save it; ``torch.export.load(path).module()`` runs it."""
    torch.export.save(program, path)
    return path


def made_up(dims: dict[str, int], *, rows: int, answers: int, seed: int = 0) -> Inputs:
    """Random tokens of B candidates with T answers and another number of tokens per stream."""
    generator = torch.Generator().manual_seed(seed)
    tokens = {
        stream: torch.randn(rows, answers, 5 + i, dim, generator=generator)
        for i, (stream, dim) in enumerate(dims.items())
    }
    mask = {s: torch.rand(x.shape[:3], generator=generator) < 0.8 for s, x in tokens.items()}
    shown = {s: x * mask[s].unsqueeze(-1) for s, x in tokens.items()}
    return shown, mask, torch.ones(rows, answers, dtype=torch.bool)


@torch.no_grad()
def _check(program: ExportedProgram, model: nn.Module, inputs: Inputs) -> None:
    """Both give the same scores for a batch of another size."""
    came, expected = program.module()(*inputs), model(*inputs)
    gap = max(float((x - y).abs().max()) for x, y in zip(came, expected, strict=True))
    if not gap <= 1e-4:
        raise BundleError(
            expected="an exported program that scores as the network does",
            got=f"scores that differ by up to {gap:.2g}",
        )
