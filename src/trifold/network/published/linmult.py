"""LinMulT, a multimodal transformer of linear complexity, to stand beside ours.

Fodor et al. (2022, PMLR 173) trained it on First Impressions; the layers are those of the authors'
package ``linmult`` (MIT). The published model has one recording per person: here it reads each
answer, and a candidate is the mean over answers.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from torch import Tensor, nn

from trifold.contracts import Modality
from trifold.errors import InputError
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.pooling import masked_mean


class LinMulTFusion(FusionNetwork):
    """Every stream attends to every other by linear attention, is pooled, and all are read out.

    A stream that an answer lacks is masked: nothing attends to it, and its own vector is zero. The
    question is not read.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question.
        num_targets: K.
        width: of a token in the transformers, a multiple of ``heads``.
        heads: of the attention.
        layers: of every transformer between two streams, and of the one after them.
        smoothing: layers of causal convolution over a stream before that, as later versions of the
            package have; 0, as published in 2022, leaves them out. Their batch norm counts padding
            while training.
        dropout: on the inputs of the transformers; the package's own rate within them is .1.

    Raises:
        InputError: when linmult is not installed, there are fewer than two streams, or the heads do
            not divide the width.
    """

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        width: int = 40,
        heads: int = 8,
        layers: int = 6,
        smoothing: int = 0,
        dropout: float = 0.0,
    ) -> None:
        super().__init__()
        try:
            from linmult import HeadConfig, LinMulT, LinMulTConfig
        except ImportError as error:
            raise InputError(
                expected="the package linmult, on Python 3.12 or later (pip install "
                "'trifold[peers]')",
                got="not installed",
                where="network",
            ) from error
        self.streams = tuple(sorted(s for s in stream_dims if stream_modality[s] != "question"))
        if len(self.streams) < 2:
            came = ", ".join(self.streams) or "none"
            raise InputError(expected="two streams or more", got=came, where="network")
        if width % heads:
            came = f"{width} and {heads}"
            raise InputError(expected="heads that divide the width", got=came, where="network")
        self.standardize = nn.ModuleDict(
            {s: TokenStandardizer(stream_dims[s]) for s in self.streams}
        )
        self.transformer = LinMulT(
            LinMulTConfig(
                input_feature_dim=[stream_dims[s] for s in self.streams],
                d_model=width,
                num_heads=heads,
                cmt_num_layers=layers,
                branch_sat_num_layers=layers,
                dropout_input=dropout,
                add_module_tcn=smoothing > 0,
                tcn_num_layers=smoothing,
                time_dim_reducer="attentionpool",
                heads=[HeadConfig(type="simple", output_dim=num_targets, name="targets")],
            )
        )

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """One per stream."""
        return {s: cast(TokenStandardizer, self.standardize[s]) for s in self.streams}

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        masks = [token_mask[s].flatten(0, 1) for s in self.streams]
        read = [self.standardize[s](tokens[s]).flatten(0, 1) for s in self.streams]
        # convolutions see through masks, so what is masked is emptied first
        known = [x.masked_fill(~m.unsqueeze(-1), 0.0) for x, m in zip(read, masks, strict=True)]
        answer = self.transformer(known, masks)["targets"].unflatten(0, answer_mask.shape)
        return NetworkOutput(candidate=masked_mean(answer, answer_mask), answer=answer)
