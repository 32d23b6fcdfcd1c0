"""What encoders with pretrained weights share: where weights come from, where and how they run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from trifold.encoders.base import fingerprint
from trifold.errors import InputError
from trifold.pretrained.batching import Batches
from trifold.pretrained.device import pick_device, pick_dtype
from trifold.pretrained.languages import ANY, check_languages, stated_languages
from trifold.pretrained.layers import Layer, check_layer, width_of
from trifold.pretrained.models import library_versions, load_config
from trifold.pretrained.packaged import packaged
from trifold.pretrained.packages import PACKAGED
from trifold.pretrained.snapshot import locate


class PretrainedEncoder:
    """Base of all encoders that read a model from the hub or a folder.

    Weights are found and hashed when the encoder is built and loaded when it first encodes.

    Args:
        model: name of packaged weights, folder or hub id.
        revision: hub commit of 40 hex digits; needed with a hub id.
        device: ``auto``, ``cpu`` or ``cuda:N``.
        precision: ``auto``, ``float32``, ``bfloat16`` or ``float16``. ``auto`` is half precision on
            a GPU and float32 on a CPU under one fingerprint, so that what was trained on the one
            can score on the other; name a precision to keep them apart.
        batch_size: items per forward pass, or ``auto``; halved when memory runs out.
        languages: that a model of words reads, such as ``[en]``; None takes those that its card or
            configuration states, and any where these say nothing.

    Raises:
        EncoderError: when the weights are missing or not safetensors.
        InputError: for an unknown device or precision, an impossible batch size, or languages of a
            model that reads no words.
    """

    version = 1
    pretrained = True

    def __init__(
        self,
        *,
        model: str,
        revision: str | None = None,
        device: str = "auto",
        precision: str = "auto",
        batch_size: int | str = "auto",
        languages: Sequence[str] | None = None,
    ) -> None:
        self.snapshot = locate(str(packaged(model)) if model in PACKAGED else model, revision)
        self._read_languages(languages)
        self.precision, self._device = precision, device
        self.batches = Batches(batch_size)
        pick_dtype(precision, torch.device("cpu"))  # a wrong name shall fail now

    def _read_languages(self, given: Sequence[str] | None) -> None:
        if getattr(self, "modality", None) != "text":
            if given is not None:
                raise InputError(expected="languages of a model of words alone", got=repr(given))
            return
        found = stated_languages(self.snapshot.folder) if given is None else check_languages(given)
        self.languages_stated = found is not None
        self.languages = None if found is None or ANY in found else found

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return pick_device(self._device)

    @property
    def dtype(self) -> torch.dtype:
        """Of the weights."""
        return pick_dtype(self.precision, self.device)

    def identify(self, settings: dict[str, Any], *, timm: bool = False) -> str:
        """The fingerprint: settings, weights, revision, precision and library version."""
        everything = settings | {
            "model": self.snapshot.identity,
            "precision": self.precision,
            "libraries": library_versions(timm=timm),
        }
        return fingerprint(type(self).__name__, self.version, everything)


class LayeredEncoder(PretrainedEncoder):
    """A transformers model of which one layer, or a mixture of all, is read.

    Args:
        layer: −1 for the model's output, 0 for the embeddings, 1 to n for a layer; ``8+14`` for
            some side by side; ``mean`` of all; n + 1 weights of a sum; or ``all`` side by side, for
            ``trifold probe``.
        part: name of the configuration's part that describes the tower, such as
            ``vision_config``.
        options: as for ``PretrainedEncoder``.

    Raises:
        InputError: when there is no such layer.
    """

    def __init__(self, *, layer: Layer = -1, part: str | None = None, **options: Any) -> None:
        super().__init__(**options)
        config = load_config(self.snapshot)
        config = getattr(config, part, config) if part else config
        self.n_layers = int(config.num_hidden_layers)
        self.layer = check_layer(layer, self.n_layers)
        self.dim = width_of(self.layer, hidden=int(config.hidden_size), n_layers=self.n_layers)

    @property
    def layer_numbers(self) -> tuple[int, ...]:
        """What ``layer=all`` puts side by side."""
        return tuple(range(self.n_layers + 1))
