"""The encoders of a profile or bundle."""

from __future__ import annotations

from collections.abc import Mapping

from src.encoders.base import Encoder
from src.specs import Spec, build, resolve

ALLOWED_PACKAGE = "src.encoders"


def build_encoder(spec: Spec) -> Encoder:
    """Build one encoder from ``{"_target_": "src.encoders.….Class", **settings}``.

    Raises:
        InputError: see ``src.specs.build``.
    """
    encoder: Encoder = build(spec, below=ALLOWED_PACKAGE)
    return encoder


def build_encoders(specs: Mapping[str, Spec]) -> dict[str, Encoder]:
    """Build every stream's encoder, keeping the order of ``specs``."""
    return {stream: build_encoder(spec) for stream, spec in specs.items()}


def is_pretrained(spec: Spec) -> bool:
    """Whether the encoder runs a large model, of which a process should hold few.

    Raises:
        InputError: see ``src.specs.build``.
    """
    return bool(getattr(resolve(spec, below=ALLOWED_PACKAGE), "pretrained", False))
