"""The text-centric fusion network with Euclidean, hyperbolic and spherical experts.

One answer at a time, its forward pass is the data-flow line of the design:

    tokens → project → connect → enhance → route by trait → experts → fuse → heads → candidate
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from src.contracts import MODALITIES, QUESTION, Modality
from src.network.answers import QuestionAwareAnswers
from src.network.chunks import ChunkProjector
from src.network.connector import AttentionPool, Connector
from src.network.contours import ContourPath
from src.network.enhancer import TextEnhancer
from src.network.experts import OUT, make_experts
from src.network.fusion import ExpertRouter, TangentFusion
from src.network.heads import HEADS
from src.network.network import FusionNetwork, NetworkOutput
from src.network.routing import TraitRouting
from src.network.standardize import TokenStandardizer

GEOMETRIES = ("euclidean", "hyperbolic", "spherical")


class TrifoldNetwork(FusionNetwork):
    """Assembly of the blocks, each switchable.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question.
        num_targets: K.
        width: model width D.
        streams: read only these; None reads all.
        bottleneck: hidden width of the chunk projectors.
        projector: ``tokens`` or ``concat``.
        prompt_gate: learned prompts in the projectors.
        contour_streams: streams that a bidirectional LSTM reads as a series, in place of the
            projector; for sentence-level contours.
        connector: ``mha``, ``headgate``, ``concat`` or ``none``.
        direction: ``text_query``, ``av_query`` or ``both``.
        connector_layers: rounds of attention.
        heads: attention heads.
        enhancer: False takes the pooled text in its place.
        question_token: give the question to the text as a token.
        routing: ``soft``, ``static``, ``uniform`` or one path.
        experts: names as in ``src.network.experts``; empty leaves the residual alone.
        hyperbolic: settings of the hyperbolic expert.
        spherical: settings of the spherical expert.
        router: ``adaptive``, ``static`` or ``uniform``.
        fusion: ``tangent``, ``gyromidpoint`` or ``concat``.
        head: ``batchensemble`` or ``full_mlp``.
        members: M.
        aggregate: ``question`` or ``mean``.
        dropout: in projectors and heads.

    Raises:
        ValueError: for an unknown setting.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        width: int = 256,
        streams: Sequence[str] | None = None,
        bottleneck: int = 64,
        projector: str = "tokens",
        prompt_gate: bool = True,
        contour_streams: Sequence[str] = (),
        connector: str = "mha",
        direction: str = "text_query",
        connector_layers: int = 1,
        heads: int = 4,
        enhancer: bool = True,
        question_token: bool = True,
        routing: str = "soft",
        experts: Sequence[str] = GEOMETRIES,
        hyperbolic: Mapping[str, object] | None = None,
        spherical: Mapping[str, object] | None = None,
        router: str = "adaptive",
        fusion: str = "tangent",
        head: str = "batchensemble",
        members: int = 16,
        aggregate: str = "question",
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if aggregate not in ("question", "mean") or head not in HEADS:
            heads_known = ", ".join(HEADS)
            raise ValueError(
                f"expected aggregate question or mean and a head among {heads_known}, "
                f"got {aggregate!r} and {head!r}"
            )
        unknown = sorted({*(streams or ()), *contour_streams} - set(stream_dims))
        if unknown:
            raise ValueError(f"expected streams among {', '.join(stream_dims)}, got {unknown}")
        self.tokenizer = StreamTokens(
            {s: d for s, d in stream_dims.items() if streams is None or s in streams},
            stream_modality,
            width=width,
            hidden=bottleneck,
            dropout=dropout,
            prompt_gate=prompt_gate,
            mode=projector,
            contour_streams=contour_streams,
        )
        self.streams = self.tokenizer.streams
        self.asked = next((s for s in stream_dims if stream_modality[s] == QUESTION), None)
        self.question_dim = stream_dims[self.asked] if self.asked else 0
        self.question = (
            nn.Linear(self.question_dim, width) if question_token and self.asked else None
        )
        self.pool = AttentionPool(width)
        wiring = {"kind": connector, "direction": direction, "heads": heads}
        self.connectors = nn.ModuleDict(
            {m: Connector(width, layers=connector_layers, **wiring) for m in ("audio", "video")}  # type: ignore[arg-type]
        )
        self.enhancer = TextEnhancer(width) if enhancer else None
        self.routing = TraitRouting(width, num_targets=num_targets, mode=routing)
        self.experts = make_experts(
            experts, width, hyperbolic=dict(hyperbolic or {}), spherical=dict(spherical or {})
        )
        n = len(self.experts)
        self.router = (
            ExpertRouter(width, num_targets=num_targets, num_experts=n, mode=router) if n else None
        )
        self.fusion = TangentFusion(width, features=OUT, num_experts=n, mode=fusion)
        self.head = HEADS[head](OUT, num_targets=num_targets, members=members, dropout=dropout)
        questions = self.question_dim if aggregate == "question" else 0
        self.answers = QuestionAwareAnswers(questions, num_targets=num_targets)
        self.aggregate = aggregate

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the projectors."""
        return self.tokenizer.standardizers()

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        question = self._question(tokens, token_mask, answer_mask)  # (B, T, Dq)
        parts, masks, present = self.tokenizer(tokens, token_mask)
        text, text_mask = self._anchor(parts["text"], masks["text"], question)
        h, u = self._pooled(text, text_mask, parts, masks)
        z = (
            self.enhancer(h["text"], u["audio"], u["video"], present)
            if self.enhancer
            else h["text"]
        )
        paths = torch.stack([h["text"], h["audio"], h["video"], u["audio"], u["video"], z], dim=1)
        r, path_weight = self.routing(paths, path_mask(present))
        features, logits = self._experts(r)
        weight = None if logits is None else torch.softmax(logits, dim=-1)
        members = self.head(self.fusion(r, features, weight))  # (N, K, M)
        return self._gather(members, question, answer_mask, path_weight, weight, features)

    def _question(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> Tensor:
        """(B, T, Dq) question embedding, zeros where there is none."""
        if self.asked is None:
            return torch.zeros(*answer_mask.shape, 0, device=answer_mask.device)
        return (tokens[self.asked] * token_mask[self.asked].unsqueeze(-1)).sum(dim=2)

    def _anchor(self, text: Tensor, mask: Tensor, question: Tensor) -> tuple[Tensor, Tensor]:
        """The question joins the text as a token that is always there."""
        if self.question is None:
            return text, mask
        token = self.question(question.flatten(0, 1)).unsqueeze(1)
        return torch.cat([text, token], dim=1), torch.cat([mask, torch.ones_like(mask[:, :1])], 1)

    def _pooled(
        self,
        text: Tensor,
        text_mask: Tensor,
        parts: Mapping[str, Tensor],
        masks: Mapping[str, Tensor],
    ) -> tuple[dict[str, Tensor], dict[str, Tensor]]:
        """Modality vectors h and connected vectors u, each (N, D)."""
        others = ("audio", "video")
        h = {m: self.pool(parts[m], masks[m]) for m in others}
        h["text"] = self.pool(text, text_mask)
        u = {m: self.connectors[m](text, text_mask, parts[m], masks[m]) for m in others}
        return h, u

    def _experts(self, r: Tensor) -> tuple[Tensor | None, Tensor | None]:
        """Features (N, K, E, F) and router logits (N, K, E)."""
        if self.router is None:
            return None, None
        features = torch.stack([expert(r) for expert in self.experts], dim=2)
        return features, self.router(r, self.routing.trait)

    def _gather(
        self,
        members: Tensor,
        question: Tensor,
        answer_mask: Tensor,
        path_weight: Tensor,
        expert_weight: Tensor | None,
        features: Tensor | None,
    ) -> NetworkOutput:
        shape = answer_mask.shape
        members = members.unflatten(0, shape)  # (B, T, K, M)
        asked = question if self.aggregate == "question" else question[..., :0]
        candidate = self.answers(members, answer_mask, asked)
        return NetworkOutput(
            candidate=candidate.mean(dim=-1),
            answer=members.mean(dim=-1),
            members=candidate,
            path_weight=path_weight.unflatten(0, shape),
            expert_weight=None if expert_weight is None else expert_weight.unflatten(0, shape),
            expert_features=None if features is None else features.unflatten(0, shape),
        )


class StreamTokens(nn.Module):
    """All streams to D-wide tokens per modality, null tokens where a modality is missing."""

    def __init__(
        self,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        *,
        width: int,
        hidden: int,
        dropout: float,
        prompt_gate: bool,
        mode: str,
        contour_streams: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.by_modality = {
            m: sorted(s for s in stream_dims if stream_modality[s] == m) for m in MODALITIES
        }
        self.streams = tuple(s for names in self.by_modality.values() for s in names)
        self.projectors = nn.ModuleDict(
            {
                s: ChunkProjector(
                    stream_dims[s],
                    width=width,
                    hidden=hidden,
                    dropout=dropout,
                    prompt_gate=prompt_gate,
                    mode=mode,
                )
                for s in self.streams
            }
        )
        for s in (s for s in self.streams if s in contour_streams):
            self.projectors[s] = ContourPath(stream_dims[s], width=width, dropout=dropout)
        self.kind = nn.ParameterDict({s: nn.Parameter(torch.zeros(width)) for s in self.streams})
        self.null = nn.Parameter(0.02 * torch.randn(len(MODALITIES), width))

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Stream name to the module that whitens its tokens."""
        parts = {s: cast(ChunkProjector | ContourPath, self.projectors[s]) for s in self.streams}
        return {s: part.standardizer for s, part in parts.items()}

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]
    ) -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
        """(B, T, L, ·) streams to (N, L', D) per modality, (N, L') masks and present (N, 3)."""
        batch, answers, _ = next(iter(token_mask.values())).shape
        rows = batch * answers
        parts: dict[str, Tensor] = {}
        masks: dict[str, Tensor] = {}
        there: list[Tensor] = []
        for index, modality in enumerate(MODALITIES):
            pairs = [self._project(s, tokens, token_mask) for s in self.by_modality[modality]]
            null = self.null[index].expand(rows, 1, -1)
            mask = torch.cat([m for _, m in pairs], 1) if pairs else null.new_zeros(rows, 0) > 0
            present = mask.any(dim=1)
            parts[modality] = torch.cat([null, *(p for p, _ in pairs)], dim=1)
            masks[modality] = torch.cat([~present.unsqueeze(1), mask], dim=1)
            there.append(present)
        return parts, masks, torch.stack(there, dim=1)

    def _project(
        self, stream: str, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]
    ) -> tuple[Tensor, Tensor]:
        projector = cast(ChunkProjector | ContourPath, self.projectors[stream])
        x, mask = tokens[stream].flatten(0, 1), token_mask[stream].flatten(0, 1)
        contours = isinstance(projector, ContourPath)
        projected = projector(x, mask) if contours else projector(x)
        return projected + self.kind[stream], projector.token_mask(mask)


def path_mask(present: Tensor) -> Tensor:
    """(N, 3) presence of text, audio, video to (N, 6) in the order of ``routing.PATHS``.

    The connected and enhanced paths are anchored in the text slot, which a null or question token
    fills, so they need only their other modality; the last path is always there.
    """
    text, audio, video = present.unbind(dim=1)
    return torch.stack([text, audio, video, audio, video, torch.ones_like(text)], dim=1)
