"""Image models behind one call: timm's, and the vision towers of transformers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torchvision.transforms import InterpolationMode
from torchvision.transforms.v2 import functional as vision

from trifold.contracts import Array
from trifold.errors import EncoderError, InputError
from trifold.pretrained.layers import Layer, check_layer, read_layer, width_of
from trifold.pretrained.models import (
    load_config,
    load_model,
    load_processor,
    load_timm,
    timm_data_config,
)
from trifold.pretrained.snapshot import Snapshot


class TransformersTower:
    """The image side of a transformers model: ViT, CLIP, SigLIP, DINOv2 and the like.

    Layer −1 is the pooled output of CLIP and SigLIP and the mean over tokens of others; any other
    layer is the mean over its tokens.
    """

    def __init__(self, snapshot: Snapshot, layer: Layer) -> None:
        self.snapshot = snapshot
        config = load_config(snapshot)
        self.has_two_towers = hasattr(config, "vision_config")
        self.kind = "vision" if self.has_two_towers else "base"
        config = config.vision_config if self.has_two_towers else config
        self.n_layers = int(config.num_hidden_layers)
        self.layer = check_layer(layer, self.n_layers)
        self.dim = width_of(self.layer, hidden=int(config.hidden_size), n_layers=self.n_layers)

    @cached_property
    def processor(self) -> Any:
        """The model's own preparation of images."""
        return load_processor(self.snapshot, "image")

    def __call__(self, images: Sequence[Array], device: torch.device, dtype: torch.dtype) -> Tensor:
        """Images of any sizes to (n, D)."""
        pixels = self.prepare(images, device).to(dtype)
        model: Any = load_model(self.snapshot, self.kind, device, dtype)
        if self.has_two_towers and self.layer == self.n_layers:
            pooled: Tensor = model(pixel_values=pixels).pooler_output
            return pooled
        states = read_layer(model, self.layer, lambda **e: model(pixel_values=pixels, **e))
        return states.mean(dim=1)

    def prepare(self, images: Sequence[Array], device: torch.device) -> Tensor:
        """(n, 3, H, W) as the model wants them."""
        prepared: Tensor = self.processor(
            images=[channels_first(image) for image in images],
            return_tensors="pt",
            device=str(device),
        )["pixel_values"]
        return prepared.to(device)


class TimmTower:
    """Any timm model, with the preparation that its own data configuration names.

    Layer −1 is the pooled features before the classifier; 1 to n is the mean over places of the
    n-th stage or block that timm lists.
    """

    def __init__(self, snapshot: Snapshot, layer: Layer) -> None:
        self.snapshot = snapshot
        model = _on_meta(snapshot)
        stages = list(getattr(model, "feature_info", []))
        known = isinstance(layer, int) and (layer == -1 or 1 <= layer <= len(stages))
        if not known or (layer != -1 and not hasattr(model, "forward_intermediates")):
            raise InputError(
                expected=f"layer -1 or 1 to {len(stages)} of a timm model", got=str(layer)
            )
        self.layer: int = layer  # type: ignore[assignment]
        pooled = int(getattr(model, "head_hidden_size", None) or model.num_features)  # type: ignore[arg-type]
        self.dim = pooled if layer == -1 else int(stages[self.layer - 1]["num_chs"])

    def __call__(self, images: Sequence[Array], device: torch.device, dtype: torch.dtype) -> Tensor:
        """Images of any sizes to (n, D)."""
        model: Any = load_timm(self.snapshot, device, dtype)
        pixels = prepare_for_timm(images, timm_data_config(model), device).to(dtype)
        if self.layer == -1:
            pooled: Tensor = model(pixels)
            return pooled
        (maps,) = model.forward_intermediates(
            pixels, indices=[self.layer - 1], output_fmt="NCHW", intermediates_only=True
        )
        places: Tensor = maps.mean(dim=(2, 3))
        return places


def prepare_for_timm(
    images: Sequence[Array], config: Mapping[str, Any], device: torch.device
) -> Tensor:
    """Resize, crop in the middle and normalise by a timm data configuration.

    Args:
        images: (H, W, 3) uint8 of any sizes.
        config: ``input_size``, ``crop_pct``, ``interpolation``, ``mean`` and ``std``.
        device: where to.

    Returns:
        (n, 3, H, W) float32.
    """
    height, width = config["input_size"][1:]
    prepared = torch.empty(len(images), 3, height, width, device=device)
    for shape in {image.shape for image in images}:  # same sizes together
        rows = [i for i, image in enumerate(images) if image.shape == shape]
        batch = torch.from_numpy(np.stack([images[i] for i in rows])).to(device)
        prepared[rows] = _scaled_crop(batch.permute(0, 3, 1, 2), height, width, config)
    mean, std = (torch.tensor(config[key], device=device).view(3, 1, 1) for key in ("mean", "std"))
    return (prepared / 255 - mean) / std


def _scaled_crop(images: Tensor, height: int, width: int, config: Mapping[str, Any]) -> Tensor:
    """The shorter side to size / crop_pct, then the middle."""
    wanted = [int(side / config["crop_pct"]) for side in (height, width)]
    scale = max(wanted[0] / images.shape[2], wanted[1] / images.shape[3])
    size = [max(w, int(s * scale + 1e-6)) for w, s in zip(wanted, images.shape[2:], strict=True)]
    mode = InterpolationMode(config["interpolation"])
    resized = vision.resize(images, size, interpolation=mode, antialias=True)
    return vision.center_crop(resized, [height, width]).float()


def _on_meta(snapshot: Snapshot) -> nn.Module:
    """The architecture without weights, to learn its sizes."""
    import timm

    config = snapshot.config()
    arguments: Any = config.get("model_args") or {}
    try:
        with torch.device("meta"):
            return timm.create_model(str(config["architecture"]), num_classes=0, **arguments)
    except (RuntimeError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise EncoderError(
            expected="an architecture of timm", got=reason, where=snapshot.folder
        ) from error


def channels_first(image: Array) -> Tensor:
    """(H, W, 3) to (3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(image.transpose(2, 0, 1)))
