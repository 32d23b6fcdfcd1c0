"""A text or audio encoder trained end to end with the fusion network, by low-rank adapters."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.checkpoint import checkpoint

from trifold.contracts import FeatureBatch, Modality
from trifold.errors import EncoderError, InputError
from trifold.network.base import FusionNetwork, NetworkOutput
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.pooling import masked_mean
from trifold.network.budget import uncounted
from trifold.network.build import build_network
from trifold.pretrained.models import load_config, read_model
from trifold.pretrained.snapshot import Snapshot, locate
from trifold.specs import Spec

FRAME = 320  # samples per frame of audio models


class FineTunedEncoder(FusionNetwork):
    """Wraps a fusion network: one stream of raw input goes through a pretrained encoder first.

    Low-rank adaptation, Hu et al. (2022), by peft: the encoder's weights stay frozen and each
    adapted matrix W gets B·A of rank r beside it. Only adapters and the fusion network are trained
    and stored; the encoder comes from its own snapshot, whose hash is stored and checked.

    Args:
        stream_dims: stream name to token width.
        stream_modality: stream name to text, audio, video or question.
        num_targets: K.
        network: specification of the fusion network.
        stream: of ``TokenIds`` or ``Waveform``.
        model: folder or hub id of the encoder.
        revision: hub commit of 40 hex digits; needed with a hub id.
        rank: r of the adapters.
        alpha: their scale, α/r.
        dropout: before the adapters.
        target_modules: names of the matrices to adapt; None takes peft's choice for the
            architecture, or all linear layers.
        batch_size: windows that are in memory together; gradients recompute them one batch after
            the other.

    Raises:
        EncoderError: when peft is not installed, or the encoder is missing.
        InputError: when there is no such stream, or it is neither text nor audio.
    """

    weights_sha256: Tensor

    def __init__(
        self,
        *,
        stream_dims: Mapping[str, int],
        stream_modality: Mapping[str, Modality],
        num_targets: int,
        network: Spec,
        stream: str,
        model: str,
        revision: str | None = None,
        rank: int = 8,
        alpha: float = 16.0,
        dropout: float = 0.05,
        target_modules: Sequence[str] | None = None,
        batch_size: int = 16,
    ) -> None:
        super().__init__()
        readers = {"text": _text_states, "audio": _audio_states}
        modality = stream_modality.get(stream)
        if modality not in readers:
            raise InputError(
                expected=f"a text or audio stream among {', '.join(stream_dims)}", got=repr(stream)
            )
        snapshot = locate(model, revision)
        self.stream, self.batch_size = stream, batch_size
        self.read: Callable[[nn.Module, Tensor], Tensor] = readers[modality]
        self.encoder = adapted(
            snapshot, rank=rank, alpha=alpha, dropout=dropout, target_modules=target_modules
        )
        width = int(load_config(snapshot).hidden_size)
        self.inner = build_network(
            network,
            stream_dims={**stream_dims, stream: width},
            stream_modality=stream_modality,
            num_targets=num_targets,
        )
        self.streams = tuple(self.inner.streams)
        digest = torch.frombuffer(bytearray.fromhex(snapshot.sha256), dtype=torch.uint8)
        self.register_buffer("weights_sha256", digest.clone())
        self.register_state_dict_post_hook(_drop_frozen)
        self.register_load_state_dict_pre_hook(_fill_frozen)

    def train(self, mode: bool = True) -> FineTunedEncoder:
        """The encoder's own dropout and masking stay off; that of the adapters does not."""
        super().train(mode)
        self.encoder.eval()
        for name, module in self.encoder.named_modules():
            if "lora_dropout" in name:
                module.train(mode)
        return self

    def standardizers(self) -> dict[str, TokenStandardizer]:
        """Those of the fusion network."""
        return self.inner.standardizers()

    @torch.no_grad()
    def fit_standardizers(
        self, train: FeatureBatch, resolution: Mapping[str, Tensor] | None = None
    ) -> None:
        """Fit them on the tokens of the training candidates, encoded as they are at the start.

        See ``FusionNetwork``.
        """
        self.eval()
        encoded = self._encoded(train.tokens, train.token_mask)
        others = {s: r for s, r in (resolution or {}).items() if s != self.stream}
        self.inner.fit_standardizers(replace(train, tokens=encoded), others)

    @torch.no_grad()
    def initialise(self, train: FeatureBatch) -> None:
        """Start the fusion network from tokens as they are encoded at the start."""
        encoded = self.eval()._encoded(train.tokens, train.token_mask)
        self.inner.initialise(replace(train, tokens=encoded))

    def forward(
        self, tokens: dict[str, Tensor], token_mask: dict[str, Tensor], answer_mask: Tensor
    ) -> NetworkOutput:
        """Score a batch; see ``FusionNetwork``."""
        output: NetworkOutput = self.inner(
            self._encoded(tokens, token_mask), token_mask, answer_mask
        )
        return output

    def _encoded(
        self, tokens: Mapping[str, Tensor], token_mask: Mapping[str, Tensor]
    ) -> dict[str, Tensor]:
        """The batch with features in place of the raw stream, zeros where masked."""
        raw, mask = tokens[self.stream], token_mask[self.stream]
        width = self.inner.standardizers()[self.stream].mean.shape[0]
        windows = raw[mask]  # (n, W)
        if len(windows):
            found = torch.cat([self._features(part) for part in windows.split(self.batch_size)])
        else:
            found = raw.new_zeros(0, width)
        features = raw.new_zeros(*mask.shape, width)
        return {**tokens, self.stream: features.masked_scatter(mask.unsqueeze(-1), found)}

    def _features(self, windows: Tensor) -> Tensor:
        """(n, W) raw windows to (n, D); recomputed for the gradient, so that memory stays small."""
        if torch.is_grad_enabled():
            states: Tensor = checkpoint(self.read, self.encoder, windows, use_reentrant=False)
            return states
        return self.read(self.encoder, windows)


def adapted(
    snapshot: Snapshot,
    *,
    rank: int,
    alpha: float,
    dropout: float,
    target_modules: Sequence[str] | None,
) -> nn.Module:
    """A frozen transformers model with trainable adapters.

    Raises:
        EncoderError: when peft is not installed.
    """
    try:
        from peft import LoraConfig, inject_adapter_in_model
    except ImportError as error:
        raise EncoderError(
            expected="the package peft (pip install 'trifold[lora]')", got="not installed"
        ) from error
    with uncounted():  # its weights are its own, and not the bundle's
        model = read_model(snapshot, "base", torch.float32).requires_grad_(False)
    chosen = list(target_modules) if target_modules is not None else None
    options = {"r": rank, "lora_alpha": alpha, "lora_dropout": dropout}
    try:
        return inject_adapter_in_model(LoraConfig(**options, target_modules=chosen), model)
    except ValueError as error:
        if chosen is not None:
            raise InputError(expected="target_modules of the model", got=str(chosen)) from error
        return inject_adapter_in_model(LoraConfig(**options, target_modules="all-linear"), model)


def _text_states(model: Any, windows: Tensor) -> Tensor:
    """(n, W) ids, −1 where filled up, to the (n, D) mean over real tokens."""
    mask = windows >= 0
    length = int(mask.sum(dim=1).max())
    mask, ids = mask[:, :length], windows[:, :length].clamp(min=0).long()
    states = model(input_ids=ids, attention_mask=mask.long()).last_hidden_state
    return masked_mean(states.float(), mask)


def _audio_states(model: Any, windows: Tensor) -> Tensor:
    """(n, N) samples, NaN where filled up, to the (n, D) mean over frames of real sound."""
    real = torch.isfinite(windows)
    counts = real.sum(dim=1, keepdim=True)
    waves = torch.nan_to_num(windows, nan=0.0)
    mean = waves.sum(dim=1, keepdim=True) / counts
    centred = torch.where(real, waves - mean, 0.0)
    waves = centred * torch.rsqrt(centred.square().sum(dim=1, keepdim=True) / counts + 1e-7)
    states = model(input_values=waves).last_hidden_state
    frames = torch.arange(states.shape[1], device=states.device)
    return masked_mean(states.float(), frames < (counts / FRAME).ceil())


def _drop_frozen(
    module: FineTunedEncoder, state: dict[str, Tensor], prefix: str, _metadata: object
) -> None:
    """Leave the encoder's own weights out of what is stored."""
    for name in _frozen(module):
        state.pop(f"{prefix}{name}", None)


def _fill_frozen(
    module: FineTunedEncoder, state: dict[str, Tensor], prefix: str, *_: object
) -> None:
    """Put them back from the snapshot, if it is the same.

    Raises:
        EncoderError: when the stored adapters belong to other weights.
    """
    stored = state.get(f"{prefix}weights_sha256")
    if stored is not None and not torch.equal(stored.cpu(), module.weights_sha256.cpu()):
        came = bytes(module.weights_sha256.tolist()).hex()
        raise EncoderError(
            expected=f"an encoder with SHA-256 {bytes(stored.tolist()).hex()}", got=came
        )
    for name, tensor in _frozen(module).items():
        state.setdefault(f"{prefix}{name}", tensor)


def _frozen(module: FineTunedEncoder) -> dict[str, Tensor]:
    """Name to tensor of all that comes from the snapshot."""
    named = module.encoder.state_dict()
    return {f"encoder.{name}": t for name, t in named.items() if "lora_" not in name}
