"""Language models of Llama's architecture, such as SmolLM2, from a GGUF file.

transformers reads such files too, but takes a minute of a processor for this one, and another
package.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch
import transformers
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers
from torch import Tensor

from trifold.errors import EncoderError
from trifold.pretrained.gguf.reading import GgufFile

ARCHITECTURE, VOCABULARY, SPLIT = "llama", "gpt2", "smollm"
CONTROL = 3  # kind of a token that stands for no text
BODY = {
    "token_embd": "model.embed_tokens",
    "output_norm": "model.norm",
}
LAYER = {
    "attn_norm": "input_layernorm",
    "attn_q": "self_attn.q_proj",
    "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj",
    "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm",
    "ffn_gate": "mlp.gate_proj",
    "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}
HEAD = "output.weight"
SETTINGS = (
    "block_count",
    "context_length",
    "embedding_length",
    "feed_forward_length",
    "attention.head_count",
    "attention.head_count_kv",
    "attention.layer_norm_rms_epsilon",
    "rope.freq_base",
)


def llama_config(file: GgufFile) -> transformers.LlamaConfig:
    """The configuration; the head is the embedding where the file has none of its own.

    Raises:
        EncoderError: when the model is of another architecture, or a setting is missing.
    """
    named = file.fact("general.architecture")
    if named != ARCHITECTURE:
        raise EncoderError(
            expected=f"a GGUF model of architecture {ARCHITECTURE}", got=named, where=file.path
        )
    facts = {key: file.fact(f"{ARCHITECTURE}.{key}") for key in SETTINGS}
    return transformers.LlamaConfig(
        architectures=["LlamaForCausalLM"],
        vocab_size=len(file.fact("tokenizer.ggml.tokens")),
        hidden_size=facts["embedding_length"],
        intermediate_size=facts["feed_forward_length"],
        num_hidden_layers=facts["block_count"],
        num_attention_heads=facts["attention.head_count"],
        num_key_value_heads=facts["attention.head_count_kv"],
        max_position_embeddings=facts["context_length"],
        rms_norm_eps=facts["attention.layer_norm_rms_epsilon"],
        rope_parameters={"rope_type": "default", "rope_theta": facts["rope.freq_base"]},
        tie_word_embeddings=HEAD not in file.places,
        bos_token_id=file.facts.get("tokenizer.ggml.bos_token_id"),
        eos_token_id=file.facts.get("tokenizer.ggml.eos_token_id"),
        pad_token_id=file.facts.get("tokenizer.ggml.padding_token_id"),
    )


def llama_model(file: GgufFile, dtype: torch.dtype) -> transformers.LlamaForCausalLM:
    """The model with its head, on the CPU, its quantised numbers expanded.

    Raises:
        EncoderError: when a tensor is missing or does not fit.
    """
    config = llama_config(file)
    with torch.device("meta"):
        model = transformers.LlamaForCausalLM(config)
    weights = dict(_weights(file, config, dtype))
    if config.tie_word_embeddings:
        weights["lm_head.weight"] = weights["model.embed_tokens.weight"]
    try:
        model.load_state_dict(weights, assign=True)
    except RuntimeError as error:
        reason = str(error).splitlines()[-1].strip()
        raise EncoderError(
            expected="weights that fit the architecture", got=reason, where=file.path
        ) from error
    model.tie_weights()
    model.model.rotary_emb = type(model.model.rotary_emb)(config=config)  # it has no weights
    return model


def llama_tokenizer(file: GgufFile) -> transformers.PreTrainedTokenizerFast:
    """Byte-level pairs with each digit alone, as SmolLM2 was trained.

    Raises:
        EncoderError: when the vocabulary is of another kind.
    """
    kind = file.fact("tokenizer.ggml.model"), file.fact("tokenizer.ggml.pre")
    if kind != (VOCABULARY, SPLIT):
        raise EncoderError(
            expected=f"a {VOCABULARY} vocabulary split as {SPLIT}", got=str(kind), where=file.path
        )
    tokens = file.fact("tokenizer.ggml.tokens")
    merges = [tuple(merge.split(" ", 1)) for merge in file.fact("tokenizer.ggml.merges")]
    core = Tokenizer(models.BPE({token: i for i, token in enumerate(tokens)}, merges))
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Digits(individual_digits=True),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    core.decoder = decoders.ByteLevel()
    kinds = zip(tokens, file.fact("tokenizer.ggml.token_type"), strict=True)
    control = [AddedToken(t, normalized=False, special=True) for t, k in kinds if k == CONTROL]
    core.add_special_tokens(control)
    return transformers.PreTrainedTokenizerFast(
        tokenizer_object=core,
        chat_template=file.facts.get("tokenizer.chat_template"),
        **_named_tokens(file, tokens),
    )


def _named_tokens(file: GgufFile, tokens: list[str]) -> dict[str, Any]:
    names = {"bos": "bos", "eos": "eos", "unk": "unknown", "pad": "padding"}
    ids = {name: file.facts.get(f"tokenizer.ggml.{key}_token_id") for name, key in names.items()}
    return {f"{name}_token": tokens[i] for name, i in ids.items() if i is not None}


def _weights(
    file: GgufFile, config: transformers.LlamaConfig, dtype: torch.dtype
) -> Iterator[tuple[str, Tensor]]:
    """Every tensor under its name in transformers."""
    for stored, name in BODY.items():
        yield f"{name}.weight", _tensor(file, f"{stored}.weight", dtype)
    if not config.tie_word_embeddings:
        yield "lm_head.weight", _tensor(file, HEAD, dtype)
    heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
    for number in range(config.num_hidden_layers):
        for stored, name in LAYER.items():
            values = _tensor(file, f"blk.{number}.{stored}.weight", dtype)
            values = _halves_apart(values, heads[stored]) if stored in heads else values
            yield f"model.layers.{number}.{name}.weight", values


def _tensor(file: GgufFile, name: str, dtype: torch.dtype) -> Tensor:
    return torch.from_numpy(file.tensor(name)).to(dtype)


def _halves_apart(values: Tensor, n_heads: int) -> Tensor:
    """Rows of a rotated projection: ggml turns neighbours, transformers the halves of a head."""
    rows, columns = values.shape
    pairs = values.reshape(n_heads, rows // n_heads // 2, 2, columns)
    return pairs.transpose(1, 2).reshape(rows, columns).contiguous()
