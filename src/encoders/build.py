"""Encoders from plain specifications, as configs and bundles carry them."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

from src.encoders.base import Encoder
from src.errors import InputError

ALLOWED_PREFIX = "src.encoders."
Spec = Mapping[str, Any]


def build_encoder(spec: Spec) -> Encoder:
    """Build one encoder from ``{"_target_": "src.encoders.….Class", **settings}``.

    Only classes below ``src.encoders`` are built, so a bundle cannot name arbitrary code.

    Raises:
        InputError: when the target is missing, lies elsewhere or does not take the settings.
    """
    target = str(spec.get("_target_", ""))
    module_name, _, class_name = target.rpartition(".")
    if not target.startswith(ALLOWED_PREFIX):
        raise InputError(expected=f"an encoder class below {ALLOWED_PREFIX}", got=repr(target))
    settings = {key: value for key, value in spec.items() if key != "_target_"}
    try:
        encoder: Encoder = getattr(import_module(module_name), class_name)(**settings)
    except (ImportError, AttributeError, TypeError) as error:
        raise InputError(
            expected="an encoder that exists and takes these settings", got=str(error), where=target
        ) from error
    return encoder


def build_encoders(specs: Mapping[str, Spec]) -> dict[str, Encoder]:
    """Build every stream's encoder, keeping the order of ``specs``."""
    return {stream: build_encoder(spec) for stream, spec in specs.items()}
