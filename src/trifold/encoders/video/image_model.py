"""Image models over the face or the picture, as tokens of a fixed length."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
import torch
from torch.nn import functional as F

from trifold.contracts import Array, Frame, TokenSequence
from trifold.encoders.base import VideoEncoder
from trifold.encoders.foundation import PretrainedEncoder
from trifold.encoders.video.towers import TimmTower, TransformersTower
from trifold.encoders.video.views import Seen, View
from trifold.errors import InputError
from trifold.pretrained.layers import Layer
from trifold.pretrained.models import is_timm

POOLINGS = ("mean", "max")


class ImageModel(PretrainedEncoder, VideoEncoder):
    """One token per stretch of video: pooled image features of its frames.

    Works with any timm model and with the image side of transformers models such as CLIP and
    SigLIP; the model's own configuration says how images are prepared. Of several faces the largest
    is taken and then followed. No model made to recognise people belongs here: identity is no
    feature.

    Args:
        view: ``face`` cuts out the main face, ``frame`` takes the picture.
        layer: −1 for the model's pooled output; see ``trifold.encoders.video.towers`` for others.
        frame_rate_hz: frames looked at per second.
        max_side_px: longer side of the frames.
        token_s: seconds per token.
        pooling: of the frames of a token, ``mean`` or ``max``.
        normalize: give each frame's features unit length first.
        margin: side of a face crop in sides of the face's box.
        crop_px: side of face crops before the model's own preparation.
        detector: path of YuNet's file; None takes the embedded face detector.
        min_face_fraction: share of frames that must show a face; with fewer there is no token.
        options: as for ``PretrainedEncoder``.

    Raises:
        InputError: for an unknown view, layer or pooling, or sizes that are not positive.
    """

    def __init__(
        self,
        *,
        view: str = "face",
        layer: Layer = -1,
        frame_rate_hz: float = 2.0,
        max_side_px: int = 640,
        token_s: float = 1.0,
        pooling: str = "mean",
        normalize: bool = False,
        margin: float = 1.3,
        crop_px: int = 256,
        detector: str | None = None,
        min_face_fraction: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if pooling not in POOLINGS or min(frame_rate_hz, max_side_px, token_s) <= 0:
            raise InputError(
                expected=f"pooling among {', '.join(POOLINGS)} and positive rates and sizes",
                got=f"{pooling!r}, {frame_rate_hz}, {max_side_px}, {token_s}",
            )
        self.view = View(
            view,
            margin=margin,
            crop_px=crop_px,
            detector=detector,
            min_face_fraction=min_face_fraction,
        )
        self.is_timm = is_timm(self.snapshot)
        self.tower = (TimmTower if self.is_timm else TransformersTower)(self.snapshot, layer)
        self.dim = self.tower.dim
        self.frame_rate_hz, self.max_side_px, self.token_s = frame_rate_hz, max_side_px, token_s
        self.pooling, self.normalize = pooling, normalize

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer, view and sampling; not with the batch size or device."""
        names = ("frame_rate_hz", "max_side_px", "token_s", "pooling", "normalize")
        settings = {name: getattr(self, name) for name in names}
        settings |= {"layer": self.tower.layer, **self.view.settings}
        return self.identify(settings, timm=self.is_timm)

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """What ``layer=all`` puts side by side; empty for timm, whose stages differ in width."""
        tower = self.tower
        return () if isinstance(tower, TimmTower) else tuple(range(tower.n_layers + 1))

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Tokens of one video; none when too few frames show a face."""
        look = self.view.look()
        tokens = PooledFrames(self.token_s, self.pooling)
        for time_s, features in self.batches.run(
            look.see(frames), self._forward, device=self.device
        ):
            tokens.add(time_s, features)
        values, start_s = tokens.finish(self.dim)
        last_s = tokens.last_s + 1 / self.frame_rate_hz
        keep = slice(None) if look.enough else slice(0, 0)
        return TokenSequence(
            values=values[keep],
            start_s=start_s[keep],
            end_s=np.minimum(start_s + self.token_s, last_s).astype(np.float32)[keep],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality=look.quality(),
        )

    @torch.inference_mode()
    def _forward(self, seen: list[Seen]) -> list[tuple[float, Array]]:
        """Time and (D,) features of each image."""
        features = self.tower([image for _, image in seen], self.device, self.dtype).float()
        features = F.normalize(features, dim=-1) if self.normalize else features
        times = [time_s for time_s, _ in seen]
        return list(zip(times, features.cpu().numpy(), strict=True))


class PooledFrames:
    """Collects features frame by frame and keeps one row per token, whatever the rate."""

    def __init__(self, token_s: float, pooling: str) -> None:
        self.token_s, self.pooling = token_s, pooling
        self.rows: list[Array] = []
        self.numbers: list[int] = []
        self.counts: list[int] = []
        self.last_s = 0.0

    def add(self, time_s: float, features: Array) -> None:
        """Times must not fall."""
        number = int(time_s / self.token_s + 1e-6)
        self.last_s = time_s
        if not self.numbers or self.numbers[-1] != number:
            self.rows.append(features.astype(np.float64))
            self.numbers.append(number)
            self.counts.append(1)
            return
        row = self.rows[-1]
        self.rows[-1] = np.maximum(row, features) if self.pooling == "max" else row + features
        self.counts[-1] += 1

    def finish(self, dim: int) -> tuple[Array, Array]:
        """(L, D) values and (L,) starts in seconds."""
        values = np.array(self.rows, dtype=np.float64).reshape(-1, dim)
        if self.pooling == "mean":
            values = values / np.array(self.counts).reshape(-1, 1)
        starts = np.array(self.numbers, dtype=np.float64) * self.token_s
        return values.astype(np.float32), starts.astype(np.float32)
