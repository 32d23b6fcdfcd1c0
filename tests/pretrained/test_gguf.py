"""GGUF: read as its own project writes it, whole or not at all."""

from __future__ import annotations

import json
import shutil
import struct
from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf

from tests.factories.models import tokenizer
from trifold.contracts import Segment, Transcript
from trifold.encoders.build import packaged_weights
from trifold.encoders.text.prompting.prompted import PromptedLanguageModel
from trifold.errors import EncoderError
from trifold.pretrained.gguf.blocks import KINDS, expanded
from trifold.pretrained.gguf.llama import llama_model, llama_tokenizer
from trifold.pretrained.gguf.reading import read_gguf
from trifold.pretrained.models import load_config, load_model, load_tokenizer
from trifold.pretrained.snapshot import locate

gguf = pytest.importorskip("gguf", reason="an independent writer of GGUF, of the dev extra")
STORED = gguf.GGMLQuantizationType
LAYER = {
    "attn_norm": "input_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
    "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
    "ffn_norm": "post_attention_layernorm", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
    "ffn_down": "mlp.down_proj",
}  # fmt: skip
PROMPT = {"name": "short", "source": "test", "instruction": "Read this.", "cue": "So it is"}
TEXTS = ("I plan 123 steps.\n\n\tThen  we talk, don't we?", "ünï 漢字 🙂", "", "<|im_start|>user")


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> tuple[hf.LlamaForCausalLM, hf.PreTrainedTokenizerFast, Path]:
    """A small Llama, its tokenizer, and the file that the ggml project's writer made of them."""
    root = tmp_path_factory.mktemp("gguf")
    words = tokenizer(root)
    torch.manual_seed(0)
    model = hf.LlamaForCausalLM(
        hf.LlamaConfig(
            vocab_size=len(words), hidden_size=64, intermediate_size=96, num_hidden_layers=2,
            num_attention_heads=4, num_key_value_heads=2, initializer_range=0.3,
            tie_word_embeddings=True, rms_norm_eps=1e-5,
            rope_parameters={"rope_type": "default", "rope_theta": 5e4},
        )
    ).eval()  # fmt: skip
    return model, words, written(root / "tiny.gguf", model, words)


def written(
    path: Path, model: hf.LlamaForCausalLM, words: hf.PreTrainedTokenizerFast, named: str = "llama"
) -> Path:
    writer, config = gguf.GGUFWriter(path, named), model.config
    writer.add_block_count(config.num_hidden_layers)
    writer.add_context_length(config.max_position_embeddings)
    writer.add_embedding_length(config.hidden_size)
    writer.add_feed_forward_length(config.intermediate_size)
    writer.add_head_count(config.num_attention_heads)
    writer.add_head_count_kv(config.num_key_value_heads)
    writer.add_layer_norm_rms_eps(config.rms_norm_eps)
    writer.add_rope_freq_base(config.rope_parameters["rope_theta"])
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    vocabulary = sorted(words.get_vocab(), key=words.get_vocab().get)
    writer.add_token_list(vocabulary)
    special = set(words.all_special_tokens)
    writer.add_token_types([3 if token in special else 1 for token in vocabulary])
    merges = json.loads(words.backend_tokenizer.to_str())["model"]["merges"]
    writer.add_token_merges([" ".join(pair) for pair in merges])
    writer.add_eos_token_id(words.eos_token_id)
    writer.add_pad_token_id(words.pad_token_id)
    writer.add_chat_template(words.chat_template)
    weights = {name: tensor.numpy() for name, tensor in model.state_dict().items()}
    writer.add_tensor("token_embd.weight", weights["model.embed_tokens.weight"])
    writer.add_tensor("output_norm.weight", weights["model.norm.weight"])
    for number in range(config.num_hidden_layers):
        for stored, name in LAYER.items():
            values = weights[f"model.layers.{number}.{name}.weight"]
            heads = {"attn_q": config.num_attention_heads, "attn_k": config.num_key_value_heads}
            if stored in heads:  # halves of a head to neighbours, as llama.cpp's converter does
                halves = values.reshape(heads[stored], 2, -1, values.shape[1])
                values = np.ascontiguousarray(halves.swapaxes(1, 2)).reshape(values.shape)
            writer.add_tensor(f"blk.{number}.{stored}.weight", values)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return path


@pytest.mark.parametrize("kind", sorted(KINDS))
def test_blocks_are_expanded_as_their_own_project_does(kind: int) -> None:
    values = np.random.default_rng(kind).normal(size=(7, 64)).astype(np.float32)
    stored = gguf.quants.quantize(values, STORED(kind))
    expected = gguf.quants.dequantize(stored, STORED(kind))
    assert STORED(kind).name == KINDS[kind].name
    found = expanded(np.ascontiguousarray(stored).view(np.uint8).reshape(-1), KINDS[kind])
    np.testing.assert_array_equal(found.reshape(7, 64), expected)


@torch.inference_mode()
def test_a_model_comes_back_with_the_same_logits(original) -> None:
    model, words, path = original
    found = llama_model(read_gguf(path), torch.float32).eval()
    ids = words("I plan every step of the work and talk with the team.", return_tensors="pt")
    expected = model(ids["input_ids"]).logits
    torch.testing.assert_close(found(ids["input_ids"]).logits, expected, atol=1e-5, rtol=1e-5)


def test_a_tokenizer_comes_back_with_the_same_tokens(original) -> None:
    _, words, path = original
    found = llama_tokenizer(read_gguf(path))
    for text in TEXTS:
        assert found(text)["input_ids"] == words(text)["input_ids"]
    chat = [{"role": "user", "content": "I plan."}]
    assert found.apply_chat_template(chat, tokenize=False) == words.apply_chat_template(
        chat, tokenize=False
    )
    assert (found.eos_token_id, found.pad_token_id) == (words.eos_token_id, words.pad_token_id)


def test_a_folder_with_one_such_file_is_a_model(original, tmp_path: Path) -> None:
    shutil.copy(original[2], tmp_path)
    snapshot = locate(str(tmp_path))
    config = load_config(snapshot)
    assert (config.hidden_size, config.num_hidden_layers) == (64, 2)
    assert load_tokenizer(snapshot).is_fast
    cpu = torch.device("cpu")
    whole = load_model(snapshot, "causal", cpu, torch.float32)
    assert load_model(snapshot, "base", cpu, torch.float32) is whole.model
    with pytest.raises(EncoderError, match="a language model from a GGUF file, got vision"):
        load_model(snapshot, "vision", cpu, torch.float32)


def test_a_file_that_is_cut_or_changed_is_refused_or_read(original, tmp_path: Path) -> None:
    """Any bytes in: nothing but an EncoderError comes out."""
    whole, generator = original[2].read_bytes(), np.random.default_rng(0)
    read = 0
    for number in range(60):
        changed = bytearray(whole[: generator.integers(len(whole))] if number % 2 else whole)
        for at in generator.integers(min(len(changed), 3000) or 1, size=number % 5):
            changed[at : at + 1] = generator.bytes(1)
        path = tmp_path / f"{number}.gguf"
        path.write_bytes(changed)
        try:
            llama_model(read_gguf(path), torch.float32)
            read += 1
        except EncoderError:
            pass
    assert 5 < read < 55


def test_what_is_not_known_is_named(original, tmp_path: Path) -> None:
    model, words, path = original
    other = written(tmp_path / "other.gguf", model, words, named="gemma")
    with pytest.raises(EncoderError, match="of architecture llama, got gemma"):
        llama_model(read_gguf(other), torch.float32)
    future = tmp_path / "future.gguf"
    future.write_bytes(b"GGUF" + struct.pack("<I", 9) + path.read_bytes()[8:])
    with pytest.raises(EncoderError, match="version 9"):
        read_gguf(future)
    with pytest.raises(EncoderError, match="the tensor nowhere"):
        read_gguf(path).tensor("nowhere")


def test_the_packaged_model_reads_the_same_with_and_without_its_memory() -> None:
    """SmolLM2 itself: keys and values of the prompt are kept, and batches do not matter."""
    texts = ("I like order.", "We met, late, twice.")
    said = [Transcript((Segment(text),), "txt") for text in texts]
    shared = {"model": "smollm2", "prompt": PROMPT, "layer": 2, "span": "answer"}
    made = [
        PromptedLanguageModel(**shared, batch_size=size, reuse_prefix=keep)
        for size, keep in ((2, True), (1, False))
    ]
    first, second = (one.encode_batch(said, [None, None]) for one in made)
    assert made[0].fingerprint == made[1].fingerprint
    assert made[0].reader()[0].reuse
    for a, b in zip(first, second, strict=True):
        assert a.values.shape == (1, 576)
        np.testing.assert_allclose(a.values, b.values, atol=2e-3)
    spec = {"_target_": f"{PromptedLanguageModel.__module__}.PromptedLanguageModel"}
    assert packaged_weights({**spec, "model": "smollm2"}) == ("smollm2",)
    assert packaged_weights({**spec, "model": "a/folder"}) == ()
