"""Tiny Whispers in CTranslate2's layout, whose words and habits are set by hand."""
# ruff: noqa: S106  what looks like passwords are names of special tokens

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
import transformers as hf
from ctranslate2.converters import TransformersConverter
from tokenizers import Tokenizer, decoders, models, pre_tokenizers

from tests.factories.models import saved

SAID = (
    "plan step work talk team met the deadline and then rested for while. yes no we learn from "
    "each other every day. quite often people ask why that helps"
)
SPOKEN = SAID.split()
MULTILINGUAL = ""  # the token by which CTranslate2 tells a Whisper of many languages
NEVER = -40.0
DECISIVE = 3.0  # by what logits are spread, so that rounding in a batch changes no word
WHISPER = "trifold.encoders.speech_to_text.whisper.WhisperRecogniser"
LOOSE = {"compression": 1e9, "repeats": 1e9, "no_speech": 2.0, "log_probability": -1e9,
         "invented": 1e9, "unclear": -1e9}  # fmt: skip
SINGLE = ("<|endoftext|>", "<|startoftranscript|>")
TASKS = ("<|translate|>", "<|transcribe|>", "<|startoflm|>", "<|startofprev|>", "<|nospeech|>",
         "<|notimestamps|>")  # fmt: skip


def converted_whisper(
    folder: Path,
    *,
    languages: Sequence[str] = (),
    habits: Mapping[str, float] | None = None,
    seed: int = 0,
) -> Path:
    """A Whisper that says some twenty of ``SPOKEN`` per utterance, whatever it hears.

    Args:
        folder: to be made.
        languages: codes that it tells apart; none makes it one for English.
        habits: token to what is added to its logit, such as ``{"<|nospeech|>": 30}``.
        seed: of the weights.
    """
    words = _tokenizer(folder / "transformers", languages)
    ids = words.get_vocab()
    config = hf.WhisperConfig(
        vocab_size=len(ids), d_model=32, encoder_layers=1, decoder_layers=2,
        encoder_attention_heads=4, decoder_attention_heads=4, encoder_ffn_dim=32,
        decoder_ffn_dim=32, max_source_positions=1500, max_target_positions=448, init_std=0.3,
        pad_token_id=ids["<|endoftext|>"], bos_token_id=ids["<|endoftext|>"],
        eos_token_id=ids["<|endoftext|>"], decoder_start_token_id=ids["<|startoftranscript|>"],
        begin_suppress_tokens=None, suppress_tokens=None,
    )  # fmt: skip
    torch.manual_seed(seed)
    model = hf.WhisperForConditionalGeneration(config)
    wished = {t: NEVER for t in ids if t.startswith("<") or t == MULTILINGUAL}
    wished |= {"<|endoftext|>": 6.0, **dict.fromkeys(_language_tokens(languages), NEVER)}
    _favour(model, {ids[token]: value for token, value in {**wished, **(habits or {})}.items()})
    generation = model.generation_config
    generation._from_model_config = False
    generation.alignment_heads = [[1, 0], [1, 2]]
    generation.lang_to_id = {token: ids[token] for token in _language_tokens(languages)}
    saved(model, folder / "transformers")
    converter = TransformersConverter(
        str(folder / "transformers"), copy_files=["tokenizer.json"], load_as_float16=False
    )
    converter.convert(str(folder / "converted"))
    return folder / "converted"


def recogniser_spec(folder: Path, **settings: object) -> dict:
    """As ``asr=…`` gives it, letting everything pass."""
    return {"_target_": WHISPER, "model": str(folder), "guards": LOOSE, **settings}


def _tokenizer(folder: Path, languages: Sequence[str]) -> hf.PreTrainedTokenizerFast:
    """A word each; special tokens behind them, as Whisper has them."""
    stamps = [f"<|{n * 0.02:.2f}|>" for n in range(1501)]
    special = [*SINGLE, *_language_tokens(languages), *TASKS]
    plain = ["<unk>", *(f"Ġ{word}" for word in SPOKEN)]
    plain += [MULTILINGUAL] if languages else []
    tokens = [*plain, *special, *stamps]
    core = Tokenizer(models.WordLevel({t: i for i, t in enumerate(tokens)}, unk_token="<unk>"))
    core.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    core.decoder = decoders.ByteLevel()
    core.add_special_tokens([*special, *stamps])
    made = hf.PreTrainedTokenizerFast(tokenizer_object=core, eos_token="<|endoftext|>")
    made.save_pretrained(folder)
    return made


def _language_tokens(languages: Sequence[str]) -> list[str]:
    return [f"<|{code}|>" for code in languages]


@torch.no_grad()
def _favour(model: hf.WhisperForConditionalGeneration, wished: Mapping[int, float]) -> None:
    """Add to logits by the first dimension, which nothing else writes to."""
    norm = model.model.decoder.layer_norm
    norm.weight[0], norm.bias[0] = 0.0, 1.0
    embeddings = model.model.decoder.embed_tokens.weight
    embeddings *= DECISIVE
    embeddings[:, 0] = 0.0
    for token, value in wished.items():
        embeddings[token, 0] = value
