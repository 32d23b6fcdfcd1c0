"""The text-centric fusion network, assembled from parts that are built elsewhere."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, NamedTuple, cast

import torch
from torch import Tensor, nn

from trifold.contracts import FeatureBatch
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.answers import QuestionAwareAnswers
from trifold.network.blocks.attention import AttentionPool
from trifold.network.blocks.connector import Connector
from trifold.network.blocks.enhancer import Enhancer
from trifold.network.blocks.experts.base import Expert
from trifold.network.blocks.experts.fusion import ExpertFusion
from trifold.network.blocks.experts.router import ExpertRouter
from trifold.network.blocks.heads import EnsembleHead
from trifold.network.blocks.question import QuestionInText
from trifold.network.blocks.routing import TraitRouting, path_mask
from trifold.network.blocks.streams.projection import StreamProjection


class Routed(NamedTuple):
    """(N, K, D) vectors of traits, (N, K, 6) weights of their paths and (B, T, D_q) questions."""

    r: Tensor
    path_weight: Tensor
    asked: Tensor


class TrifoldNetwork(FusionNetwork):
    """One answer at a time: project → connect → enhance → route by trait → experts → fuse → score.

    A specification names a part for each argument, and beside them the sizes that all parts share;
    ``trifold.network.parts`` builds the parts in the order of the arguments.
    """

    handed_down: ClassVar = {"width": 256, "feature_dim": 64, "trait_dim": 64, "dropout": 0.2}

    def __init__(
        self,
        *,
        projection: StreamProjection,  # streams to D-wide tokens by modality
        question: QuestionInText,  # lets the text know what was asked
        pool: AttentionPool,  # tokens of a modality to one vector
        connectors: Mapping[str, Connector],  # of ``audio`` and of ``video`` with the text
        enhancer: Enhancer,  # the text, with what the connectors brought
        routing: TraitRouting,  # paths to one vector per trait
        experts: Mapping[str, Expert],  # E readings of it; may be empty
        router: ExpertRouter | None = None,  # how much each expert counts; None without any
        fusion: ExpertFusion,  # of the experts' features
        head: EnsembleHead,  # to the scores of M members
        answers: QuestionAwareAnswers,  # to the candidate
    ) -> None:
        super().__init__()
        if set(connectors) != {"audio", "video"}:
            raise ValueError(f"expected connectors audio and video, got {', '.join(connectors)}")
        if bool(experts) != (router is not None):
            raise ValueError(f"expected a router for experts alone, got {len(experts)} experts")
        self.tokenizer = projection  # bundles hold its weights under this name
        self.streams = projection.streams
        self.question, self.pool = question, pool
        self.connectors = nn.ModuleDict(connectors)
        self.enhancer, self.routing = enhancer, routing
        self.experts, self.router = nn.ModuleList(experts.values()), router
        self.fusion, self.head, self.answers = fusion, head, answers

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the projectors."""
        return self.tokenizer.standardizers()

    @torch.no_grad()
    def initialise(self, train: FeatureBatch) -> None:
        """Start the experts from the routed vectors of the training candidates' answers."""
        training = self.training
        routed = self.eval()._routed(train.tokens, train.token_mask)
        rows = routed.r[train.answer_mask.flatten()].flatten(0, 1)
        for expert in self.experts:
            cast(Expert, expert).initialise(rows)
        self.train(training)

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``. N = B·T answers go through side by side."""
        r, path_weight, asked = self._routed(tokens, token_mask)
        features = logits = weight = None
        if self.router is not None:
            features = torch.stack([expert(r) for expert in self.experts], dim=2)  # (N, K, E, F)
            logits = self.router(r, self.routing.trait)  # (N, K, E)
            weight = torch.softmax(logits, dim=-1)
        members = self.fusion.read(self.head, self.fusion(r, features, weight), weight)
        each = answer_mask.shape  # from N back to B, T
        candidate = self.answers(members.unflatten(0, each), answer_mask, asked)  # (B, K, M)
        return NetworkOutput(
            candidate=candidate.mean(dim=-1),
            answer=members.unflatten(0, each).mean(dim=-1),
            members=candidate,
            path_weight=path_weight.unflatten(0, each),
            expert_weight=None if weight is None else weight.unflatten(0, each),
            expert_features=None if features is None else features.unflatten(0, each),
            expert_logits=None if logits is None else logits.unflatten(0, each),
        )

    def fused(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Tensor:
        """(B, T, D) mean of the traits' vectors; see ``FusionNetwork``."""
        r, _, asked = self._routed(tokens, token_mask)
        return r.mean(dim=1).unflatten(0, asked.shape[:2])

    def _routed(self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor]) -> Routed:
        """What was said, as one vector for each trait."""
        x, mask, present, asked = self.tokenizer(tokens, token_mask)
        text = self.question(x["text"], mask["text"], asked.flatten(0, 1))  # tokens and their mask
        audio, video = ((x[m], mask[m]) for m in ("audio", "video"))
        h = [self.pool(*modality) for modality in (text, audio, video)]  # (N, D) each
        u_audio = self.connectors["audio"](*text, *audio)  # (N, D)
        u_video = self.connectors["video"](*text, *video)
        z = self.enhancer(h[0], u_audio, u_video, present)
        paths = torch.stack([*h, u_audio, u_video, z], dim=1)  # (N, 6, D)
        r, path_weight = self.routing(paths, path_mask(present))
        return Routed(r, path_weight, asked)
