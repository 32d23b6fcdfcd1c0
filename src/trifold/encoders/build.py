"""The encoders of a profile or bundle."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import isabstract

from trifold.encoders.adapters import Adapter, adapted
from trifold.encoders.base import Encoder
from trifold.errors import InputError
from trifold.pretrained.packages import PACKAGED
from trifold.specs import Spec, build, resolve

ALLOWED_PACKAGE = "trifold.encoders"
OFFERS = ("encode", "fingerprint")  # what tells an encoder from its parts and from recognisers


def build_encoder(spec: Spec) -> Encoder:
    """Build one encoder from ``{"_target_": "trifold.encoders.….Class", **settings}``.

    Raises:
        InputError: see ``encoder_class`` and ``trifold.specs.build``.
    """
    return adapted(build(spec, below=ALLOWED_PACKAGE, kind=encoder_class(spec)))


def build_encoders(specs: Mapping[str, Spec]) -> dict[str, Encoder]:
    """Build every stream's encoder, keeping the order of ``specs``."""
    return {stream: build_encoder(spec) for stream, spec in specs.items()}


def encoder_class(spec: Spec) -> type:
    """The class that a specification names.

    Raises:
        InputError: when it names none below ``trifold.encoders``, or one that is no encoder.
    """
    found = resolve(spec, below=ALLOWED_PACKAGE)
    whole = not isabstract(found) and not issubclass(found, Adapter)
    if not whole or not all(hasattr(found, name) for name in OFFERS):
        raise InputError(expected="a class of kind Encoder", got=repr(spec["_target_"]))
    return found


def reads_words(spec: Spec) -> bool:
    """Whether the encoder reads a transcript, and so has nothing where there is none.

    Raises:
        InputError: see ``encoder_class``.
    """
    return getattr(encoder_class(spec), "modality", None) == "text"


def is_pretrained(spec: Spec) -> bool:
    """Whether the encoder runs a large model, of which a process should hold few.

    Raises:
        InputError: see ``encoder_class``.
    """
    return bool(getattr(encoder_class(spec), "pretrained", False))


def packaged_weights(spec: Spec) -> tuple[str, ...]:
    """Names of the packaged weights that the encoder reads; a folder of one's own is none.

    Raises:
        InputError: see ``encoder_class``.
    """
    if spec.get("model_dir"):
        return ()
    if spec.get("model"):
        return (str(spec["model"]),) if spec["model"] in PACKAGED else ()
    return tuple(getattr(encoder_class(spec), "packaged_weights", ()))
