"""The text-centric fusion network with Euclidean, hyperbolic and spherical experts.

One answer at a time, its forward pass is the data-flow line of the design:

    tokens → project → connect → enhance → route by trait → experts → fuse → heads → candidate
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

import torch
from torch import Tensor, nn

from trifold.contracts import MODALITIES, QUESTION, Modality
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.answers import QuestionAwareAnswers
from trifold.network.blocks.chunks import ChunkProjector
from trifold.network.blocks.connector import AttentionPool, Connector
from trifold.network.blocks.contours import ContourPath
from trifold.network.blocks.enhancer import TextEnhancer
from trifold.network.blocks.experts import OUT, make_experts
from trifold.network.blocks.fusion import ExpertRouter, TangentFusion
from trifold.network.blocks.heads import HEADS
from trifold.network.blocks.projector import TokenProjector
from trifold.network.blocks.routing import TraitRouting

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
        projector: ``tokens``, ``concat``, or ``linear`` for one matrix per stream.
        prompt_gate: learned prompts in the projectors.
        contour_streams: streams that a bidirectional LSTM reads as a series, in place of the
            projector; for sentence-level contours.
        connector: ``mha``, ``headgate``, ``concat`` or ``none``.
        direction: ``text_query``, ``av_query`` or ``both``.
        connector_layers: rounds of attention.
        heads: attention heads.
        enhancer: False takes the pooled text in its place.
        question_token: give the question to the text as a token.
        routing: ``soft``, ``static``, ``fixed``, ``uniform`` or one path.
        routing_prior: (K, 6) start of the per-trait priors over paths; see ``TraitRouting``.
        experts: names as in ``trifold.network.blocks.experts``; empty leaves the residual alone.
        hyperbolic: settings of the hyperbolic expert.
        spherical: settings of the spherical expert.
        router: ``adaptive``, ``static`` or ``uniform``.
        router_noise: on its logits while training.
        fusion: ``tangent``, ``gyromidpoint``, ``concat`` or ``scores``.
        head: ``batchensemble`` or ``full_mlp``.
        members: M.
        aggregate: ``question``, ``question_hard``, ``mean`` or ``max``.
        missing: ``learned`` tokens stand for a missing modality, or ``zero`` ones.
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
        routing_prior: Sequence[Sequence[float]] | None = None,
        experts: Sequence[str] = GEOMETRIES,
        hyperbolic: Mapping[str, object] | None = None,
        spherical: Mapping[str, object] | None = None,
        router: str = "adaptive",
        router_noise: float = 0.0,
        fusion: str = "tangent",
        head: str = "batchensemble",
        members: int = 16,
        aggregate: str = "question",
        missing: str = "learned",
        dropout: float = 0.2,
    ) -> None:
        super().__init__()
        if missing not in ("learned", "zero") or head not in HEADS:
            heads_known = ", ".join(HEADS)
            raise ValueError(
                f"expected missing learned or zero and a head among {heads_known}, "
                f"got {missing!r} and {head!r}"
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
            missing=missing,
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
        self.routing = TraitRouting(
            width,
            num_targets=num_targets,
            mode=routing,
            prior=None if routing_prior is None else torch.tensor(routing_prior),
        )
        self.experts = make_experts(
            experts, width, hyperbolic=dict(hyperbolic or {}), spherical=dict(spherical or {})
        )
        n = len(self.experts)
        gate = {"num_targets": num_targets, "num_experts": n, "mode": router, "noise": router_noise}
        self.router = ExpertRouter(width, **gate) if n else None  # type: ignore[arg-type]
        self.fusion = TangentFusion(width, features=OUT, num_experts=n, mode=fusion)
        self.head = HEADS[head](OUT, num_targets=num_targets, members=members, dropout=dropout)
        self.answers = QuestionAwareAnswers(
            self.question_dim, num_targets=num_targets, mode=aggregate
        )

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
        members = self._members(self.fusion(r, features, weight), weight)
        candidate = self.answers(members.unflatten(0, answer_mask.shape), answer_mask, question)
        return _output(answer_mask, candidate, members, path_weight, weight, features, logits)

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

    def _members(self, fused: Tensor, weight: Tensor | None) -> Tensor:
        """(N, K, F), or (N, K, E, F) of experts that are scored apart, to (N, K, M)."""
        if fused.dim() == 3 or weight is None:
            scores: Tensor = self.head(fused)
            return scores
        apart = self.head(fused.transpose(1, 2).flatten(0, 1)).unflatten(0, (-1, fused.shape[2]))
        return torch.einsum("nke,nekm->nkm", weight, apart)


def _output(
    answer_mask: Tensor,
    candidate: Tensor,
    members: Tensor,
    path_weight: Tensor,
    weight: Tensor | None,
    features: Tensor | None,
    logits: Tensor | None,
) -> NetworkOutput:
    """(N, …) of answers back to (B, T, …); candidate is (B, K, M)."""
    weight, features, logits = (
        None if x is None else x.unflatten(0, answer_mask.shape) for x in (weight, features, logits)
    )
    return NetworkOutput(
        candidate=candidate.mean(dim=-1),
        answer=members.unflatten(0, answer_mask.shape).mean(dim=-1),
        members=candidate,
        path_weight=path_weight.unflatten(0, answer_mask.shape),
        expert_weight=weight,
        expert_features=features,
        expert_logits=logits,
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
        missing: str,
        contour_streams: Sequence[str] = (),
    ) -> None:
        super().__init__()
        self.by_modality = {
            m: sorted(s for s in stream_dims if stream_modality[s] == m) for m in MODALITIES
        }
        self.streams = tuple(s for names in self.by_modality.values() for s in names)
        options = {"hidden": hidden, "prompt_gate": prompt_gate, "mode": mode}
        self.projectors = nn.ModuleDict(
            {
                s: TokenProjector(stream_dims[s], width=width, dropout=dropout)
                if mode == "linear"
                else ChunkProjector(stream_dims[s], width=width, dropout=dropout, **options)  # type: ignore[arg-type]
                for s in self.streams
            }
        )
        for s in (s for s in self.streams if s in contour_streams):
            self.projectors[s] = ContourPath(stream_dims[s], width=width, dropout=dropout)
        self.kind = nn.ParameterDict({s: nn.Parameter(torch.zeros(width)) for s in self.streams})
        self.null = nn.Parameter(0.02 * torch.randn(len(MODALITIES), width))
        if missing == "zero":
            self.null = nn.Parameter(torch.zeros(len(MODALITIES), width), requires_grad=False)

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
