"""Tiny randomly initialised models, saved as the real ones are published."""
# ruff: noqa: S106  what looks like passwords are names of special tokens

from __future__ import annotations

import json
from pathlib import Path

import torch
import transformers as hf
from safetensors.torch import save_file
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import nn

WORDS = (
    "I plan every step of the work and talk with the team. We met the deadline, and then I "
    "rested for a while. You read an interview. Question: How do you deal with criticism? "
    "Answer: 1 2 3 4 5. Am the life of the party. Am always prepared. The speaker comes across as "
)
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n"
    "{% endfor %}{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer(
    folder: Path,
    specials: tuple[str, ...] = ("<|endoftext|>", "<|im_start|>", "<|im_end|>"),
    *,
    words: str = WORDS,
    vocab_size: int = 420,
) -> hf.PreTrainedTokenizerFast:
    """Byte-level BPE of these words with a chat template; the first special token ends and pads."""
    core = Tokenizer(models.BPE())
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [pre_tokenizers.Digits(individual_digits=True),
         pre_tokenizers.ByteLevel(add_prefix_space=False)]
    )  # fmt: skip
    core.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=vocab_size,
        special_tokens=list(specials),
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
    )
    core.train_from_iterator([words] * 3, trainer)
    made = hf.PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token=specials[0],
        pad_token=specials[0],
        additional_special_tokens=list(specials[1:]),
        chat_template=CHAT_TEMPLATE,
    )
    made.save_pretrained(folder)
    return made


def llm(folder: Path, *, layers: int = 3, seed: int = 0, kind: str = "qwen2") -> Path:
    """A causal language model with its tokenizer."""
    words = tokenizer(folder)
    sizes = {
        "vocab_size": len(words),
        "hidden_size": 32,
        "intermediate_size": 64,
        "num_hidden_layers": layers,
        "num_attention_heads": 4,
        "num_key_value_heads": 2,
        "max_position_embeddings": 4096,
        "initializer_range": 0.3,
        "pad_token_id": words.pad_token_id,
        "eos_token_id": words.eos_token_id,
        "bos_token_id": None,
    }
    torch.manual_seed(seed)
    if kind == "mistral":  # a sliding window: its cache cannot be shared
        made = hf.MistralForCausalLM(hf.MistralConfig(**sizes, sliding_window=16))
    else:
        made = hf.Qwen2ForCausalLM(hf.Qwen2Config(**sizes))
    return saved(made, folder)


def sentence_encoder(folder: Path, *, seed: int = 0) -> Path:
    """A BERT with a word-piece tokenizer, as sentence encoders have."""
    core = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    core.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    core.decoder = decoders.WordPiece()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    alphabet = [chr(c) for c in range(32, 127)]
    trainer = trainers.WordPieceTrainer(
        vocab_size=300, special_tokens=specials, initial_alphabet=alphabet
    )
    core.train_from_iterator([WORDS] * 3, trainer)
    core.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    made = hf.PreTrainedTokenizerFast(
        tokenizer_object=core, pad_token="[PAD]", unk_token="[UNK]", cls_token="[CLS]",
        sep_token="[SEP]", mask_token="[MASK]", model_max_length=128,
    )  # fmt: skip
    made.save_pretrained(folder)
    config = hf.BertConfig(
        vocab_size=len(made), hidden_size=32, num_hidden_layers=3, num_attention_heads=4,
        intermediate_size=64, max_position_embeddings=128, initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(seed)
    return saved(hf.BertModel(config), folder)


def speech_model(folder: Path, kind: str, *, seed: int = 0, layers: int = 3) -> Path:
    """wav2vec2, hubert or wavlm with 20 ms frames."""
    config_class, model_class = {
        "wav2vec2": (hf.Wav2Vec2Config, hf.Wav2Vec2Model),
        "hubert": (hf.HubertConfig, hf.HubertModel),
        "wavlm": (hf.WavLMConfig, hf.WavLMModel),
    }[kind]
    config = config_class(
        hidden_size=32, num_hidden_layers=layers, num_attention_heads=4, intermediate_size=64,
        conv_dim=(16,) * 7, num_conv_pos_embeddings=16, num_conv_pos_embedding_groups=4,
        num_codevectors_per_group=8, codevector_dim=16, proj_codevector_dim=16, vocab_size=12,
        initializer_range=0.3,
    )  # fmt: skip
    torch.manual_seed(seed)
    hf.Wav2Vec2FeatureExtractor(sampling_rate=16000, do_normalize=True).save_pretrained(folder)
    return saved(model_class(config), folder)


def videomae(folder: Path, *, seed: int = 0) -> Path:
    """VideoMAE over 4 frames of 32 pixels."""
    config = hf.VideoMAEConfig(
        image_size=32, patch_size=16, num_frames=4, tubelet_size=2, hidden_size=32,
        num_hidden_layers=3, num_attention_heads=4, intermediate_size=64, initializer_range=0.3,
    )  # fmt: skip
    size = {"height": 32, "width": 32}
    hf.VideoMAEImageProcessor(size={"shortest_edge": 32}, crop_size=size).save_pretrained(folder)
    torch.manual_seed(seed)
    return saved(hf.VideoMAEModel(config), folder)


def image_text_model(folder: Path, kind: str, *, seed: int = 0) -> Path:
    """CLIP or SigLIP, both towers, as published."""
    tower = {
        "hidden_size": 32, "num_hidden_layers": 3, "num_attention_heads": 4,
        "intermediate_size": 64,
    }  # fmt: skip
    vision = {**tower, "image_size": 32, "patch_size": 16}
    text = {**tower, "vocab_size": 64, "max_position_embeddings": 16}
    torch.manual_seed(seed)
    if kind == "clip":
        config = hf.CLIPConfig(text_config=text, vision_config=vision, projection_dim=24)
        processor = hf.CLIPImageProcessor(
            size={"shortest_edge": 32}, crop_size={"height": 32, "width": 32}
        )
        processor.save_pretrained(folder)
        return saved(hf.CLIPModel(config), folder)
    config = hf.SiglipConfig(text_config=text, vision_config=vision)
    hf.SiglipImageProcessor(size={"height": 32, "width": 32}).save_pretrained(folder)
    return saved(hf.SiglipModel(config), folder)


def timm_model(
    folder: Path, architecture: str = "vit_tiny_patch16_224", *, seed: int = 0, **arguments: object
) -> Path:
    """Any timm model, in the layout of its hub."""
    import timm

    folder.mkdir(parents=True, exist_ok=True)
    torch.manual_seed(seed)
    arguments = arguments or {"img_size": 32, "depth": 2, "embed_dim": 32, "num_heads": 4}
    made = timm.create_model(architecture, num_classes=5, **arguments)
    side = arguments.get("img_size", 64)
    config = {
        "architecture": architecture,
        "num_classes": 5,
        "num_features": made.num_features,
        "model_args": arguments,
        "pretrained_cfg": {
            "input_size": [3, side, side], "crop_pct": 0.9, "interpolation": "bicubic",
            "mean": [0.5, 0.4, 0.3], "std": [0.5, 0.5, 0.25], "num_classes": 5,
            "fixed_input_size": "img_size" in arguments,
            "first_conv": made.default_cfg["first_conv"],
            "classifier": made.default_cfg["classifier"],
        },
    }  # fmt: skip
    (folder / "config.json").write_text(json.dumps(config))
    save_file(made.state_dict(), folder / "model.safetensors")
    return folder


def saved(model: nn.Module, folder: Path) -> Path:
    """As safetensors and JSON."""
    hf.utils.logging.disable_progress_bar()
    model.save_pretrained(folder)
    return folder


WHISPER_SPECIALS = (
    "<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|de|>", "<|translate|>",
    "<|transcribe|>", "<|startofprev|>", "<|startoflm|>", "<|nospeech|>", "<|notimestamps|>",
)  # fmt: skip


def whisper(folder: Path, *, seed: int = 0, seconds: int = 4, layers: int = 3) -> Path:
    """A multilingual Whisper over windows of a few seconds, with alignment heads."""
    words = tokenizer(folder, WHISPER_SPECIALS)
    vocabulary = {**words.get_vocab()}
    made = hf.WhisperTokenizer.from_pretrained(folder)
    stamps = [f"<|{n * 0.02:.2f}|>" for n in range(seconds * 50 + 1)]
    made.add_tokens(stamps, special_tokens=True)
    made.save_pretrained(folder)
    hf.WhisperFeatureExtractor(feature_size=80, chunk_length=seconds).save_pretrained(folder)
    config = hf.WhisperConfig(
        vocab_size=len(made), d_model=32, encoder_layers=layers, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=64,
        decoder_ffn_dim=64, max_source_positions=seconds * 50, max_target_positions=64,
        init_std=0.3, pad_token_id=0, bos_token_id=0, eos_token_id=0, decoder_start_token_id=1,
        begin_suppress_tokens=None, suppress_tokens=None,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = hf.WhisperForConditionalGeneration(config)
    generation = model.generation_config
    generation._from_model_config = False
    generation.is_multilingual = True
    generation.lang_to_id = {f"<|{code}|>": vocabulary[f"<|{code}|>"] for code in ("en", "de")}
    generation.task_to_id = {t: vocabulary[f"<|{t}|>"] for t in ("transcribe", "translate")}
    generation.no_timestamps_token_id = vocabulary["<|notimestamps|>"]
    generation.alignment_heads = [[1, 0], [1, 2]]
    generation.max_length = 48
    return saved(model, folder)
