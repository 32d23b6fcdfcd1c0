"""Video models such as VideoMAE over windows of the face or the picture."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import cached_property
from typing import Any

import numpy as np
import torch

from trifold.contracts import Array, Frame, TokenSequence
from trifold.encoders.base import VideoEncoder
from trifold.encoders.foundation import LayeredEncoder
from trifold.encoders.video.towers import channels_first
from trifold.encoders.video.views import Seen, View
from trifold.errors import EncoderError, InputError
from trifold.pretrained.layers import read_layer
from trifold.pretrained.models import load_config, load_model, load_processor

Window = tuple[int, list[Array]]  # number and images


class VideoModel(LayeredEncoder, VideoEncoder):
    """One token per window of as many frames as the model reads: the mean over its patches.

    Tong et al. (2022), VideoMAE, and other transformers models that take ``num_frames`` frames. A
    window spans ``num_frames / frame_rate_hz`` seconds; where it has other than ``num_frames``
    images (the end, frames without the face), evenly spaced ones stand in, repeated if need be.

    Args:
        view: ``face`` cuts out the main face, ``frame`` takes the picture.
        frame_rate_hz: frames looked at per second.
        max_side_px: longer side of the frames.
        margin: side of a face crop in sides of the face's box.
        crop_px: side of face crops before the model's own preparation.
        detector: path of YuNet's file; None takes the embedded face detector.
        min_face_fraction: share of frames that must show a face; with fewer there is no token.
        options: as for ``LayeredEncoder``.

    Raises:
        EncoderError: when the model reads no windows of frames.
        InputError: for an unknown view, or sizes that are not positive.
    """

    def __init__(
        self,
        *,
        view: str = "frame",
        frame_rate_hz: float = 8.0,
        max_side_px: int = 320,
        margin: float = 1.5,
        crop_px: int = 256,
        detector: str | None = None,
        min_face_fraction: float = 0.1,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if min(frame_rate_hz, max_side_px) <= 0:
            raise InputError(
                expected="positive frame_rate_hz and max_side_px",
                got=f"{frame_rate_hz} and {max_side_px}",
            )
        config = load_config(self.snapshot)
        if not hasattr(config, "num_frames"):
            raise EncoderError(
                expected="a model of windows of frames, such as VideoMAE",
                got=config.model_type,
                where=self.snapshot.folder,
            )
        self.view = View(
            view,
            margin=margin,
            crop_px=crop_px,
            detector=detector,
            min_face_fraction=min_face_fraction,
        )
        self.num_frames = int(config.num_frames)
        self.frame_rate_hz, self.max_side_px = frame_rate_hz, max_side_px
        self.window_s = self.num_frames / frame_rate_hz

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer, view and sampling; not with the batch size or device."""
        settings = {"layer": self.layer, **self.view.settings}
        settings |= {"frame_rate_hz": self.frame_rate_hz, "max_side_px": self.max_side_px}
        return self.identify(settings)

    @cached_property
    def processor(self) -> Any:
        """The model's own preparation of images."""
        return load_processor(self.snapshot, "image")

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        """Tokens of one video; none when too few frames show a face."""
        look = self.view.look()
        windows = _Windows(look.see(frames), self.window_s)
        found = list(self.batches.run(windows, self._forward, device=self.device))
        keep = found if look.enough else []
        starts = np.array([number * self.window_s for number, _ in keep], dtype=np.float64)
        values = np.array([value for _, value in keep], dtype=np.float32).reshape(-1, self.dim)
        ends = np.minimum(starts + self.window_s, windows.last_s + 1 / self.frame_rate_hz)
        return TokenSequence(
            values=values,
            start_s=starts.astype(np.float32),
            end_s=ends.astype(np.float32),
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality=look.quality(),
        )

    @torch.inference_mode()
    def _forward(self, windows: list[Window]) -> list[tuple[int, Array]]:
        """Number and (D,) features of each window."""
        model = load_model(self.snapshot, "base", self.device, self.dtype)
        images = [
            channels_first(image) for _, seen in windows for image in evenly(seen, self.num_frames)
        ]
        pixels = self.processor(images=images, return_tensors="pt", device=str(self.device))[
            "pixel_values"
        ]
        pixels = pixels.flatten(0, -4).unflatten(0, (len(windows), self.num_frames))
        pixels = pixels.to(self.device, self.dtype)
        states = read_layer(model, self.layer, lambda **e: model(pixel_values=pixels, **e))
        features = states.mean(dim=1).float().cpu().numpy()
        return list(zip([number for number, _ in windows], features, strict=True))


class _Windows:
    """Images by the window that their time falls in; only the current one is held."""

    def __init__(self, seen: Iterator[Seen], window_s: float) -> None:
        self.seen, self.window_s = seen, window_s
        self.last_s = 0.0

    def __iter__(self) -> Iterator[Window]:
        current = 0
        images: list[Array] = []
        for time_s, image in self.seen:
            number = int(time_s / self.window_s + 1e-6)
            if images and number != current:
                yield current, images
                images = []
            current, self.last_s = number, time_s
            images.append(image)
        if images:
            yield current, images


def evenly(images: list[Array], count: int) -> list[Array]:
    """``count`` of them, evenly spaced from first to last; repeated where there are fewer."""
    chosen = np.linspace(0, len(images) - 1, count).round().astype(int)
    return [images[i] for i in chosen]
