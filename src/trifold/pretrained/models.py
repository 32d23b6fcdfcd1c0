"""Models, tokenizers and processors from a snapshot; nothing is run that the snapshot brings."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import lru_cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import torch
import transformers
from safetensors import safe_open
from safetensors.torch import load_file
from torch import nn

from trifold.errors import EncoderError
from trifold.pretrained.gguf.llama import llama_config, llama_model, llama_tokenizer
from trifold.pretrained.gguf.reading import read_gguf
from trifold.pretrained.snapshot import Snapshot

KINDS = {
    "causal": transformers.AutoModelForCausalLM,
    "speech_to_text": transformers.AutoModelForSpeechSeq2Seq,
    "speaker": transformers.AutoModelForAudioXVector,
}
PARTS: dict[str, Callable[[Any], nn.Module]] = {
    "encoder": lambda model: model.get_encoder(),
    "vision": lambda model: model.vision_model,
}
# word times need attention weights, which the default kernels do not give
ATTENTION = {"speech_to_text": {"attn_implementation": "eager"}}
HEAD = "lm_head.weight"
NEVER_READ = ("pooler", "masked_spec_embed")  # some published encoders come without
SAFE = {"local_files_only": True, "trust_remote_code": False}


@lru_cache(maxsize=16)
def load_config(snapshot: Snapshot) -> Any:
    """The transformers configuration.

    Raises:
        EncoderError: when the architecture is unknown or wants to bring its own code.
    """
    if snapshot.gguf is not None:
        return llama_config(read_gguf(snapshot.gguf))
    return _guarded(transformers.AutoConfig.from_pretrained, snapshot)


@lru_cache(maxsize=8)
def load_model(
    snapshot: Snapshot, kind: str, device: torch.device, dtype: torch.dtype
) -> nn.Module:
    """A frozen transformers model in evaluation mode, once per process and device.

    The body of a causal language model is that of the model with its head, where the snapshot has
    one, so that both readings of it share their memory.

    Args:
        snapshot: of the model.
        kind: ``base``, ``causal``, ``speech_to_text``, ``speaker``; or a part of a model alone:
            ``encoder``, or ``vision`` of a model of pictures and text.
        device: where to.
        dtype: of its weights.

    Raises:
        EncoderError: see ``read_model``.
    """
    if kind == "base" and _has_causal_head(snapshot):
        body: nn.Module = load_model(snapshot, "causal", device, dtype).base_model  # type: ignore[assignment]
        return body
    model = read_model(snapshot, kind, dtype)
    part = PARTS[kind](model) if kind in PARTS else model
    return part.to(device).eval().requires_grad_(False)


def read_model(snapshot: Snapshot, kind: str, dtype: torch.dtype) -> nn.Module:
    """A transformers model of the caller's own, on the CPU.

    Raises:
        EncoderError: when the architecture is unknown, wants to bring its own code, or the snapshot
            lacks weights of it.
    """
    if snapshot.gguf is not None:
        return _from_gguf(snapshot, kind, dtype)
    transformers.utils.logging.disable_progress_bar()
    model: nn.Module
    with quiet():
        model, report = _guarded(
            KINDS.get(kind, transformers.AutoModel).from_pretrained,
            snapshot,
            use_safetensors=True,
            dtype=dtype,
            output_loading_info=True,
            **ATTENTION.get(kind, {}),
        )
    _require_all(report["missing_keys"], snapshot)
    return model


def load_tokenizer(snapshot: Snapshot) -> Any:
    """The tokenizer; needs to be a fast one, for character offsets.

    Raises:
        EncoderError: when there is none, or no fast one.
    """
    if snapshot.gguf is not None:
        return llama_tokenizer(read_gguf(snapshot.gguf))
    tokenizer = _guarded(transformers.AutoTokenizer.from_pretrained, snapshot)
    if not tokenizer.is_fast:
        raise EncoderError(
            expected="a tokenizer with offsets (tokenizer.json)",
            got=type(tokenizer).__name__,
            where=snapshot.folder,
        )
    return tokenizer


def load_processor(snapshot: Snapshot, kind: str) -> Any:
    """The feature extractor of audio (``audio``) or the processor of images (``image``)."""
    source = {
        "audio": transformers.AutoFeatureExtractor,
        "image": transformers.AutoImageProcessor,
    }[kind]
    return _guarded(source.from_pretrained, snapshot)


def is_timm(snapshot: Snapshot) -> bool:
    """Whether the snapshot is one of timm's, which name an architecture in place of a type."""
    config = snapshot.config()
    return "architecture" in config and "model_type" not in config


@lru_cache(maxsize=8)
def load_timm(snapshot: Snapshot, device: torch.device, dtype: torch.dtype) -> nn.Module:
    """A frozen timm model without its classifier, in evaluation mode.

    Raises:
        EncoderError: when timm knows no such architecture, or the weights are another's.
    """
    import timm

    config = snapshot.config()
    (weights,) = snapshot.weight_files
    try:
        model: nn.Module = timm.create_model(
            f"local-dir:{snapshot.folder}",
            pretrained=True,
            pretrained_cfg_overlay={"state_dict": load_file(weights)},
            num_classes=0,
        )
    except (RuntimeError, KeyError, TypeError) as error:
        reason = str(error).splitlines()[0]
        raise EncoderError(
            expected=f"weights of the timm model {config['architecture']}",
            got=reason,
            where=snapshot.folder,
        ) from error
    return model.to(device, dtype).eval().requires_grad_(False)


def timm_data_config(model: nn.Module) -> Mapping[str, Any]:
    """How the images of a timm model are to be prepared, by its own account."""
    from timm.data import resolve_model_data_config

    config: Mapping[str, Any] = resolve_model_data_config(model)
    return config


def library_versions(*, timm: bool = False) -> dict[str, str]:
    """Versions of what computes, for fingerprints."""
    return {"timm": version("timm")} if timm else {"transformers": transformers.__version__}


def _guarded(load: Any, snapshot: Snapshot, **options: Any) -> Any:
    try:
        return load(snapshot.folder, **SAFE, **options)
    except (ValueError, OSError, KeyError, ImportError, RuntimeError, TypeError) as error:
        reason = (str(error).strip() or type(error).__name__).splitlines()[0]
        raise EncoderError(
            expected="a model that transformers loads without code of its own",
            got=reason,
            where=snapshot.folder,
        ) from error


def _from_gguf(snapshot: Snapshot, kind: str, dtype: torch.dtype) -> nn.Module:
    """The model with its head or its body alone; GGUF holds no other kind."""
    if snapshot.gguf is None or kind not in ("base", "causal"):
        raise EncoderError(
            expected="a language model from a GGUF file", got=kind, where=snapshot.folder
        )
    model = llama_model(read_gguf(snapshot.gguf), dtype)
    return model if kind == "causal" else model.model


def _has_causal_head(snapshot: Snapshot) -> bool:
    """Whether the snapshot is a causal language model with all that its head needs."""
    config = load_config(snapshot)
    name = (getattr(config, "architectures", None) or [""])[0]
    if not name.endswith("ForCausalLM"):
        return False
    if snapshot.gguf or getattr(config.get_text_config(decoder=True), "tie_word_embeddings", False):
        return True
    return any(_holds(file, HEAD) for file in snapshot.weight_files)


def _holds(file: Path, name: str) -> bool:
    with safe_open(file, framework="pt") as tensors:
        return name in tensors.keys()  # noqa: SIM118  it is no dictionary


def _require_all(missing: Iterable[str], snapshot: Snapshot) -> None:
    """Weights that a snapshot lacks would be drawn at random, with one line of warning."""
    wanted = sorted(key for key in missing if not any(part in key for part in NEVER_READ))
    if wanted:
        raise EncoderError(
            expected="all weights of the model", got=f"none for {wanted[0]}", where=snapshot.folder
        )


@contextmanager
def quiet() -> Iterator[None]:
    """Without transformers' warnings about what is meant, such as a body without its head."""
    level = transformers.utils.logging.get_verbosity()
    transformers.utils.logging.set_verbosity_error()
    try:
        yield
    finally:
        transformers.utils.logging.set_verbosity(level)
