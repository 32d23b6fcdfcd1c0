"""Models for the foundation benchmark, by their configurations, with random weights.

``small`` is for a look at our own code; ``cpu`` has the sizes of the set ``foundation_cpu``,
``real`` those of the largest models in the named sets, with a tokenizer that knows the words of
prompts and questionnaire, as theirs do. Random weights take the same time as trained ones.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
import transformers as hf
from safetensors.torch import save_file

from tests.factories.models import WORDS, tokenizer
from trifold.pretrained.device import pick_device

Sizes = dict[str, dict[str, Any]]
SIZES: dict[str, Sizes] = {
    "small": {
        "language": {"hidden_size": 512, "intermediate_size": 1536, "num_hidden_layers": 8,
                     "num_attention_heads": 8, "num_key_value_heads": 4},
        "sentences": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 12,
                      "intermediate_size": 1536},
        "wav2vec2": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6,
                     "intermediate_size": 1536, "conv_dim": (256,) * 7},
        "whisper": {"d_model": 384, "encoder_layers": 4, "encoder_attention_heads": 6,
                    "encoder_ffn_dim": 1536, "num_mel_bins": 80},
        "siglip": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6,
                   "intermediate_size": 1536, "image_size": 224, "patch_size": 16},
        "videomae": {"hidden_size": 384, "num_hidden_layers": 6, "num_attention_heads": 6,
                     "intermediate_size": 1536},
        "timm": {"architecture": "vit_small_patch16_224"},
    },
    "cpu": {
        "sentences": {"hidden_size": 384, "num_hidden_layers": 12, "num_attention_heads": 12,
                      "intermediate_size": 1536, "vocab_size": 30522},
        "wav2vec2": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
                     "intermediate_size": 3072},
        "siglip": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
                   "intermediate_size": 3072, "image_size": 224, "patch_size": 16},
    },
    "real": {
        "language": {"hidden_size": 3584, "intermediate_size": 18944, "num_hidden_layers": 28,
                     "num_attention_heads": 28, "num_key_value_heads": 4, "vocab_size": 152064,
                     "whole_words": True},
        "sentences": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
                      "intermediate_size": 4096, "vocab_size": 30522, "whole_words": True},
        "wav2vec2": {"hidden_size": 1024, "num_hidden_layers": 24, "num_attention_heads": 16,
                     "intermediate_size": 4096},
        "whisper": {"d_model": 1280, "encoder_layers": 32, "encoder_attention_heads": 20,
                    "encoder_ffn_dim": 5120, "num_mel_bins": 128},
        "siglip": {"hidden_size": 1152, "num_hidden_layers": 27, "num_attention_heads": 16,
                   "intermediate_size": 4304, "image_size": 384, "patch_size": 14},
        "videomae": {"hidden_size": 768, "num_hidden_layers": 12, "num_attention_heads": 12,
                     "intermediate_size": 3072},
        "timm": {"architecture": "vit_large_patch14_reg4_dinov2.lvd142m"},
    },
}  # fmt: skip


def build_models(root: Path, sizes: Sizes, only: set[str]) -> dict[str, str]:
    """Save a model of each chosen kind; returns kind to folder."""
    chosen = {kind: size for kind, size in sizes.items() if not only or kind in only}
    return {kind: str(_BUILDERS[kind](root / kind, dict(size))) for kind, size in chosen.items()}


def _tokenizer(folder: Path, whole_words: bool) -> hf.PreTrainedTokenizerFast:
    if not whole_words:
        return tokenizer(folder)
    configs = ("prompts/hexaco.yaml", "prompts/questionnaire.yaml", "questionnaires/mini_ipip.yaml")
    known = [(Path("configs/encoders") / name).read_text(encoding="utf-8") for name in configs]
    return tokenizer(folder, words=" ".join([WORDS, *known]), vocab_size=8000)


def _language(folder: Path, size: dict[str, Any]) -> Path:
    words = _tokenizer(folder, size.pop("whole_words", False))
    size.setdefault("vocab_size", len(words))
    ids = {"eos_token_id": 0, "pad_token_id": 0, "bos_token_id": None}
    return _saved(hf.Qwen2ForCausalLM, hf.Qwen2Config(**size, **ids), folder)


def _sentences(folder: Path, size: dict[str, Any]) -> Path:
    words = _tokenizer(folder, size.pop("whole_words", False))
    size.setdefault("vocab_size", len(words))
    return _saved(hf.BertModel, hf.BertConfig(**size), folder)


def _wav2vec2(folder: Path, size: dict[str, Any]) -> Path:
    hf.Wav2Vec2FeatureExtractor(sampling_rate=16000).save_pretrained(folder)
    config = hf.Wav2Vec2Config(**size, feat_extract_norm="layer", do_stable_layer_norm=True)
    return _saved(hf.Wav2Vec2Model, config, folder)


def _whisper(folder: Path, size: dict[str, Any]) -> Path:
    hf.WhisperFeatureExtractor(feature_size=size["num_mel_bins"]).save_pretrained(folder)
    config = hf.WhisperConfig(**size, decoder_layers=1, decoder_attention_heads=2)
    return _saved(hf.WhisperModel, config, folder)


def _siglip(folder: Path, size: dict[str, Any]) -> Path:
    side = size["image_size"]
    hf.SiglipImageProcessor(size={"height": side, "width": side}).save_pretrained(folder)
    text = {"hidden_size": 64, "num_hidden_layers": 1, "num_attention_heads": 2, "vocab_size": 99}
    config = hf.SiglipConfig(text_config=text, vision_config=size)
    return _saved(hf.SiglipModel, config, folder)


def _videomae(folder: Path, size: dict[str, Any]) -> Path:
    hf.VideoMAEImageProcessor().save_pretrained(folder)
    return _saved(hf.VideoMAEModel, hf.VideoMAEConfig(**size), folder)


def _timm(folder: Path, size: dict[str, Any]) -> Path:
    import timm

    folder.mkdir(parents=True)
    model = timm.create_model(size["architecture"], num_classes=0)
    facts = {
        "architecture": size["architecture"].partition(".")[0],
        "num_features": model.num_features,
        "pretrained_cfg": {**model.pretrained_cfg, "num_classes": 0},
    }
    (folder / "config.json").write_text(json.dumps(facts, default=str))
    save_file(model.state_dict(), folder / "model.safetensors")
    return folder


def _saved(made: Callable[..., torch.nn.Module], config: Any, folder: Path) -> Path:
    """Half precision on disk, as large models are published."""
    hf.utils.logging.disable_progress_bar()
    torch.set_default_dtype(torch.bfloat16)
    try:
        with pick_device():  # billions of random numbers: fast on a GPU
            model: Any = made(config)
    finally:
        torch.set_default_dtype(torch.float32)
    model.save_pretrained(folder)
    return folder


_BUILDERS = {
    "language": _language,
    "sentences": _sentences,
    "wav2vec2": _wav2vec2,
    "whisper": _whisper,
    "siglip": _siglip,
    "videomae": _videomae,
    "timm": _timm,
}
