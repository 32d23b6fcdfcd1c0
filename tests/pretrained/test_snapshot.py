"""One door for weights: folder or hub, safetensors or nothing, and a hash that tells them apart."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file

from tests.factories.models import (
    image_text_model,
    llm,
    sentence_encoder,
    timm_model,
    whisper,
)
from trifold.encoders.text.sentence_encoder import SentenceEncoder
from trifold.errors import EncoderError
from trifold.pretrained.convert import convert
from trifold.pretrained.models import load_config, load_model, load_timm
from trifold.pretrained.snapshot import locate, sha256_of

COMMIT = "0123456789abcdef0123456789abcdef01234567"
CPU = torch.device("cpu")


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return sentence_encoder(tmp_path_factory.mktemp("models") / "bert")


@pytest.fixture
def hub(folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The hub's own cache layout, filled; the hub itself is out of reach."""
    repository = tmp_path / "hub" / "models--tiny--bert"
    snapshot = repository / "snapshots" / COMMIT
    shutil.copytree(folder, snapshot)
    (repository / "refs").mkdir()
    (repository / "refs" / "main").write_text(COMMIT)
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setattr("huggingface_hub.constants.HF_HUB_OFFLINE", True)
    return "tiny/bert"


def test_a_hub_id_and_a_copy_of_it_are_the_same_encoder(hub: str, folder: Path) -> None:
    from_hub = SentenceEncoder(model=hub, revision=COMMIT)
    from_copy = SentenceEncoder(model=str(folder), revision=COMMIT)
    assert from_hub.snapshot.folder != from_copy.snapshot.folder
    assert from_hub.fingerprint == from_copy.fingerprint
    texts = ["I plan every step.", "We talk."]
    assert (from_hub.embed(texts) == from_copy.embed(texts)).all()


def test_the_revision_is_part_of_the_fingerprint(folder: Path) -> None:
    stated = SentenceEncoder(model=str(folder), revision=COMMIT)
    assert stated.fingerprint != SentenceEncoder(model=str(folder)).fingerprint


def test_hub_ids_need_a_pinned_revision(hub: str) -> None:
    with pytest.raises(
        EncoderError, match=r"expected a pinned revision beside a hub id .* got none"
    ):
        locate(hub)
    with pytest.raises(EncoderError, match="expected a revision of 40 hex digits, got 'main'"):
        locate(hub, "main")
    with pytest.raises(EncoderError, match="expected a model in the hub's cache, or a hub that"):
        locate("tiny/other", COMMIT)
    with pytest.raises(EncoderError, match="expected a model folder or hub id, got no such folder"):
        locate("/no/such/folder")


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_any_changed_file_changes_the_fingerprint(folder: Path, tmp_path: Path, name: str) -> None:
    copy = tmp_path / "copy"
    shutil.copytree(folder, copy)
    assert sha256_of(copy) == sha256_of(folder)
    changed = tmp_path / "changed"
    shutil.copytree(folder, changed)
    if name == "model.safetensors":
        tensors = load_file(changed / name)
        tensors["pooler.dense.bias"][0] += 1
        save_file(tensors, changed / name, metadata={"format": "pt"})
    else:
        content = json.loads((changed / name).read_text())
        (changed / name).write_text(json.dumps({**content, "note": 1}))
    assert locate(str(changed)).sha256 != locate(str(folder)).sha256


def test_shards_are_read_through_their_index(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "sharded"
    shutil.copytree(folder, copy)
    tensors = list(load_file(copy / "model.safetensors").items())
    (copy / "model.safetensors").unlink()
    names = ["model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors"]
    halves = [dict(tensors[::2]), dict(tensors[1::2])]
    for name, half in zip(names, halves, strict=True):
        save_file(half, copy / name, metadata={"format": "pt"})
    weight_map = {key: n for n, half in zip(names, halves, strict=True) for key in half}
    index = copy / "model.safetensors.index.json"
    index.write_text(json.dumps({"metadata": {}, "weight_map": weight_map}))
    texts = ["I plan every step."]
    whole = SentenceEncoder(model=str(folder)).embed(texts)
    assert (SentenceEncoder(model=str(copy)).embed(texts) == whole).all()
    (copy / names[1]).unlink()
    sha256_of.cache_clear()
    with pytest.raises(EncoderError, match=r"expected all shards of the index, got no \['model-0"):
        locate(str(copy))


def test_pickles_are_refused_and_can_be_converted(folder: Path, tmp_path: Path) -> None:
    pickled = tmp_path / "pickled"
    shutil.copytree(folder, pickled)
    torch.save(load_file(pickled / "model.safetensors"), pickled / "pytorch_model.bin")
    (pickled / "model.safetensors").unlink()
    with pytest.raises(EncoderError, match=r"got pytorch_model.bin: convert it with python -m"):
        locate(str(pickled))
    made = convert(pickled, tmp_path / "converted")
    texts = ["I plan every step."]
    expected = SentenceEncoder(model=str(folder)).embed(texts)
    assert (SentenceEncoder(model=str(made)).embed(texts) == expected).all()


class Trap:
    """Does something when it is unpickled."""

    def __reduce__(self):
        return exec, ("raise SystemExit('code of the checkpoint ran')",)


def test_a_checkpoint_cannot_run_code(tmp_path: Path) -> None:
    torch.save({"a": Trap()}, tmp_path / "pytorch_model.bin")
    with pytest.raises(EncoderError, match="expected a checkpoint of tensors"):
        convert(tmp_path, tmp_path / "out")
    with pytest.raises(EncoderError, match=r"expected pytorch_model.bin, got none"):
        convert(tmp_path / "out", tmp_path / "more")


def test_a_model_with_code_of_its_own_is_refused_and_its_code_not_run(
    folder: Path, tmp_path: Path
) -> None:
    copy = tmp_path / "remote"
    shutil.copytree(folder, copy)
    config = json.loads((copy / "config.json").read_text())
    remote = {"model_type": "own", "auto_map": {"AutoConfig": "own.C", "AutoModel": "own.M"}}
    (copy / "config.json").write_text(json.dumps(config | remote))
    (copy / "own.py").write_text("raise SystemExit('code of the snapshot ran')")
    with pytest.raises(EncoderError, match="expected a model that transformers loads without code"):
        SentenceEncoder(model=str(copy))
    assert ".py" not in {file.suffix for file in locate(str(copy)).weight_files}


def test_missing_parts_are_named(folder: Path, tmp_path: Path) -> None:
    copy = tmp_path / "bare"
    shutil.copytree(folder, copy)
    (copy / "config.json").write_text("{")
    with pytest.raises(EncoderError, match="expected valid JSON"):
        locate(str(copy)).config()
    (copy / "config.json").unlink()
    with pytest.raises(EncoderError, match="expected a model folder with this file, got none"):
        locate(str(copy)).config()
    (copy / "model.safetensors").unlink()
    sha256_of.cache_clear()
    with pytest.raises(EncoderError, match=r"expected weights as model.safetensors, got none"):
        locate(str(copy))


def test_one_model_is_loaded_once_per_device_and_precision(tmp_path: Path) -> None:
    snapshot = locate(str(llm(tmp_path)))
    first = load_model(snapshot, "base", CPU, torch.float32)
    assert load_model(locate(str(tmp_path)), "base", CPU, torch.float32) is first
    half = load_model(snapshot, "base", CPU, torch.bfloat16)
    assert {p.dtype for p in half.parameters()} == {torch.bfloat16}
    assert not any(p.requires_grad for p in first.parameters())
    assert not first.training


def test_a_language_model_and_its_body_share_their_memory(tmp_path: Path) -> None:
    snapshot = locate(str(llm(tmp_path / "llm")))
    body, whole = (load_model(snapshot, k, CPU, torch.float32) for k in ("base", "causal"))
    shared = {p.data_ptr() for p in whole.parameters()}
    assert {p.data_ptr() for p in body.parameters()} < shared


def test_a_body_whose_head_is_missing_is_read_without_it(tmp_path: Path) -> None:
    """Embedding models may name a head in their configuration and come without one."""
    folder = llm(tmp_path / "llm")
    tensors = load_file(folder / "model.safetensors")
    del tensors["lm_head.weight"]
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    sha256_of.cache_clear()
    snapshot = locate(str(folder))
    body = load_model(snapshot, "base", CPU, torch.float32)
    assert len(list(body.parameters())) > 10
    with pytest.raises(EncoderError, match=r"expected all weights of the model, got none for lm"):
        load_model(snapshot, "causal", CPU, torch.float32)


def test_a_body_saved_alone_under_its_heads_name_is_read(tmp_path: Path) -> None:
    """As Qwen3-Embedding is published: tied weights, and no prefix before the layers' names."""
    folder = llm(tmp_path / "llm")
    whole = load_model(locate(str(folder)), "causal", CPU, torch.float32)
    config = json.loads((folder / "config.json").read_text())
    (folder / "config.json").write_text(json.dumps(config | {"tie_word_embeddings": True}))
    body = {n.removeprefix("model."): t for n, t in whole.state_dict().items() if "head" not in n}
    save_file(body, folder / "model.safetensors", metadata={"format": "pt"})
    sha256_of.cache_clear()
    found = load_model(locate(str(folder)), "base", CPU, torch.float32)
    ids = torch.arange(5, 15)[None]
    expected = whole.base_model(input_ids=ids).last_hidden_state
    torch.testing.assert_close(found(input_ids=ids).last_hidden_state, expected)


def test_parts_are_loaded_alone(tmp_path: Path) -> None:
    for kind, folder, left_out in (
        ("encoder", whisper(tmp_path / "whisper"), "decoder"),
        ("vision", image_text_model(tmp_path / "siglip", "siglip"), "text_model"),
    ):
        part = load_model(locate(str(folder)), kind, CPU, torch.float32)
        assert not any(left_out in name for name, _ in part.named_parameters())
        assert not any(p.requires_grad for p in part.parameters())


def test_timm_weights_of_another_architecture_are_refused(tmp_path: Path) -> None:
    folder = timm_model(tmp_path / "vit")
    config = json.loads((folder / "config.json").read_text())
    config["model_args"]["embed_dim"] = 48
    (folder / "config.json").write_text(json.dumps(config))
    with pytest.raises(EncoderError, match="expected weights of the timm model vit_tiny"):
        load_timm(locate(str(folder)), CPU, torch.float32)


def test_configurations_come_from_the_folder(folder: Path) -> None:
    assert load_config(locate(str(folder))).hidden_size == 32
