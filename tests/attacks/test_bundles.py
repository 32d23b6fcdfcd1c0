"""Whatever stands in a bundle's folder: it loads and scores the same, or is refused by name."""

from __future__ import annotations

import copy
import json
import os
import resource
import shutil
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.attacks.watching import watched
from tests.bundle.bundle_factory import KERNELS, PARTS, PLAIN, TRIFOLD, people, write_run
from trifold.bundle.bundle import Bundle, load_bundle
from trifold.bundle.integrity.checksums import sha256, write_checksums
from trifold.errors import BundleError, InputError, TrifoldError
from trifold.scoring.predictor import Predictor

MOST_S, MOST_MIB = 20.0, 400  # of processor time and of more memory; a bomb asks for far more
NAMES = ("bundle.json", "weights.safetensors", "reference.safetensors", "card.md", "checksums.json")
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder with checksums of its files."""
    folder = tmp_path_factory.mktemp("attacked") / "bundle"
    write_run(folder, TRIFOLD)
    write_checksums(folder)
    load_bundle(folder)  # what is loaded once per process is no part of what is measured
    return folder


@pytest.fixture(scope="module")
def in_parts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run's folder as it is written today, with a network of parts."""
    folder = tmp_path_factory.mktemp("parts") / "bundle"
    write_run(folder, PARTS)
    return folder


@pytest.fixture
def victim(bundle: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(bundle, tmp_path / "bundle"))


def scored(loaded: Bundle) -> np.ndarray:
    return Predictor(loaded).score(people(loaded.description, 1)[0]).candidate.score


def outcome(folder: Path) -> Bundle | TrifoldError:
    """A bundle or a refusal, within bounds, and nothing else happened."""
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    start_s = time.process_time()
    with watched() as seen:
        try:
            found: Bundle | TrifoldError = load_bundle(folder)
        except TrifoldError as error:
            found = error
    assert not seen
    assert time.process_time() - start_s < MOST_S
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - memory < MOST_MIB << 10
    return found


def sealed(folder: Path) -> Path:
    """Hashes as whoever changes a bundle would write them."""
    path = folder / "bundle.json"
    facts = json.loads(path.read_text())
    for name in ("weights", "reference"):
        if (folder / f"{name}.safetensors").is_file():
            facts[f"{name}_sha256"] = sha256(folder / f"{name}.safetensors")
    path.write_text(json.dumps(facts))
    (folder / "checksums.json").unlink(missing_ok=True)
    return folder


def edited(folder: Path, **changes: Any) -> Path:
    facts = json.loads((folder / "bundle.json").read_text()) | changes
    (folder / "bundle.json").write_text(json.dumps(facts))
    return sealed(folder)


def network(folder: Path, **changes: Any) -> Path:
    return edited(folder, network=TRIFOLD | changes)


def parts(folder: Path, **changes: Any) -> Path:
    return edited(folder, network=PARTS | changes)


def part(folder: Path, name: str, **changes: Any) -> Path:
    return parts(folder, **{name: PARTS[name] | changes})


BOMBS: dict[str, tuple[Callable[[Path], object], str]] = {
    "width": (lambda f: network(f, width=10**9), "whole numbers up to 1000000 in network"),
    "a million wide": (lambda f: network(f, width=10**6), "a network of the size of its weights"),
    "a million deep": (lambda f: network(f, connector_layers=10**6), "of the size of its weights"),
    "a million members": (lambda f: network(f, members=10**6), "of the size of its weights"),
    "inside": (lambda f: network(f, hyperbolic={"prototypes": 10**6}), "of the size of its"),
    "a wide network of parts": (lambda f: parts(f, width=10**9), "whole numbers up to 1000000"),
    "a part a million wide": (lambda f: parts(f, feature_dim=10**6), "of the size of its weights"),
    "a million traits wide": (lambda f: parts(f, trait_dim=10**6), "of the size of its weights"),
    "a part of a million": (lambda f: part(f, "head", members=10**6), "of the size of its weights"),
    "a part a million deep": (lambda f: part(f, "connectors", audio=PARTS["connectors"]["audio"]
                              | {"layers": 10**6}), "of the size of its weights"),
    "many parts": (lambda f: parts(f, experts={str(i): PARTS["experts"]["hyperbolic"]
                   for i in range(20_000)}), "of the size of its weights"),
    "a projector of a million": (lambda f: part(f, "projection", projector={
        **PARTS["projection"]["projector"], "hidden": 10**6}), "of the size of its weights"),
    "an unknown code in a part": (lambda f: part(f, "head", _target_="os.system"),
                                  "a _target_ below"),
    "a size of a part": (lambda f: part(f, "head", feature_dim=8), "takes these settings"),
    "many": (lambda f: edited(f, network={
             "_target_": "trifold.network.wrappers.ensemble.EnsembleNetwork",
             "members": [TRIFOLD] * 20_000}), "a network of the size of its weights"),
    "nested": (lambda f: edited(f, network=blinded(100)), "more than 64 levels"),
    "support": (lambda f: edited(f, network=KERNELS | {"support": 10**6}), "of the size of its"),
    "questions": (lambda f: edited(f, network=KERNELS | {"questions": 10**6}), "weights that fit"),
    "a wide stream": (lambda f: widened(f, 10**6), "encoder 'prosody' of audio, 1000000 wide"),
    "a wider stream": (lambda f: widened(f, 10**9), "dim 1 to 1000000"),
    "a short resolution": (lambda f: stream(f, resolution=[1.0]), "a resolution for each column"),
    "a resolution below 0": (lambda f: stream(f, dim=1, resolution=[-1.0]), "resolutions >= 0"),
    "a resolution of text": (lambda f: stream(f, dim=1, resolution=["a"]), "number as resolution"),
    "coverage": (lambda f: edited(f, coverage=1e300), "coverage between 0 and 1"),
    "an unknown code": (lambda f: edited(f, network={"_target_": "os.system"}), "a _target_ below"),
    "an unknown part": (lambda f: edited(f, run="id"), "a complete description"),
    "names for terminals": (lambda f: edited(f, name="\x1b[2J"), "name of printable text"),
    "a list": (lambda f: edited(f, streams=[1]), "a complete description"),
    "no targets": (lambda f: edited(f, schema={"name": "s", "targets": []}), "different names"),
    "not a number": (lambda f: raw(f, '{"format": 1, "coverage": NaN}'), "the number NaN"),
    "a key twice": (lambda f: raw(f, '{"format": 1, "format": 1}'), "'format' twice"),
    "deep": (lambda f: raw(f, "[" * 10**6), "more than 64 levels"),
    "long": (lambda f: raw(f, " " * (9 << 20)), "at most 8,388,608 bytes"),
    "many digits": (lambda f: raw(f, '{"format": ' + "9" * 10**6 + "}"), "valid JSON"),
    "no text": (lambda f: raw(f, '{"format": "\\ud800"}'), "valid JSON"),
}  # fmt: skip


def blinded(depth: int) -> dict[str, Any]:
    spec: dict[str, Any] = PLAIN
    for _ in range(depth):
        spec = {
            "_target_": "trifold.network.wrappers.blind.BlindNetwork",
            "unseen": [],
            "network": spec,
        }
    return spec


def widened(folder: Path, dim: int) -> Path:
    return stream(folder, dim=dim)


def stream(folder: Path, **changes: object) -> Path:
    streams = json.loads((folder / "bundle.json").read_text())["streams"]
    streams["prosody"] |= changes
    return edited(folder, streams=streams)


def raw(folder: Path, content: str) -> None:
    (folder / "bundle.json").write_text(content)
    (folder / "checksums.json").unlink()


@pytest.mark.parametrize("name", BOMBS)
def test_descriptions_that_ask_for_too_much(victim: Path, name: str) -> None:
    attack, message = BOMBS[name]
    attack(victim)
    found = outcome(victim)
    assert isinstance(found, BundleError | InputError)
    with pytest.raises(TrifoldError, match=message):
        raise found


def leaves(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    yield path
    for key, inner in (value.items() if isinstance(value, dict) else
                       enumerate(value) if isinstance(value, list) else ()):  # fmt: skip
        yield from leaves(inner, (*path, key))


ODD = st.sampled_from(
    [None, True, False, 0, -1, 1, 2, 7, 10**6, 10**9, -(10**9), 1e308, -1e-308, 0.5, "", "../x",
     "os.system", "trifold.specs.build", "trifold.network.build.build", "\u202e", [], {}, [[]],
     {"a": 1}, {"_target_": "os.getcwd"}, PLAIN, KERNELS, ["text"], "text", "question",
     "/etc/passwd"]
)  # fmt: skip


@given(st.data())
@FEW
def test_any_other_value_anywhere(bundle: Path, tmp_path_factory, data: st.DataObject) -> None:
    change_values(Path(shutil.copytree(bundle, tmp_path_factory.mktemp("m") / "bundle")), data)


@given(st.data())
@FEW
def test_any_other_value_in_any_part(in_parts: Path, tmp_path_factory, data: st.DataObject) -> None:
    change_values(Path(shutil.copytree(in_parts, tmp_path_factory.mktemp("m") / "bundle")), data)


def change_values(folder: Path, data: st.DataObject) -> None:
    """Change up to three values of the description; the bundle scores, or is refused by name."""
    facts = json.loads((folder / "bundle.json").read_text())
    for _ in range(data.draw(st.integers(1, 3))):
        changed = copy.deepcopy(facts)
        *above, last = data.draw(st.sampled_from([p for p in leaves(facts) if p]))
        place = changed
        for key in above:
            place = place[key]
        if data.draw(st.booleans()):
            place[last] = data.draw(ODD)
        elif isinstance(place, dict):
            place[data.draw(st.sampled_from(["_args_", "_partial_", "model", "x"]))] = place.pop(
                last
            )
        facts = changed
    (folder / "bundle.json").write_text(json.dumps(facts))
    found = outcome(sealed(folder))
    if isinstance(found, Bundle):
        assert scored(found).shape == (len(found.description.schema.targets),)


def changed_bytes(content: bytes, data: st.DataObject) -> bytes:
    """Bits turned, cut off, put in, or something else altogether."""
    place = data.draw(st.integers(0, max(len(content) - 1, 0)) | st.integers(0, 200))
    how = data.draw(st.sampled_from(["flip", "cut", "insert", "replace", "length"]))
    if how == "flip":
        some = bytearray(content or b"\0")
        some[place % len(some)] ^= 1 << data.draw(st.integers(0, 7))
        return bytes(some)
    if how == "cut":
        return content[:place]
    if how == "insert":
        return content[:place] + data.draw(st.binary(max_size=20)) + content[place:]
    if how == "length":
        return struct.pack("<Q", data.draw(st.integers(0, 2**64 - 1))) + content[8:]
    return data.draw(st.binary(max_size=60))


@given(st.data())
@FEW
def test_any_other_bytes_in_any_file(bundle: Path, tmp_path_factory, data: st.DataObject) -> None:
    folder = Path(shutil.copytree(bundle, tmp_path_factory.mktemp("b") / "bundle"))
    name = data.draw(st.sampled_from(NAMES))
    before = (folder / name).read_bytes()
    (folder / name).write_bytes(changed_bytes(before, data))
    if data.draw(st.booleans()) and name.endswith(".safetensors"):
        found = outcome(sealed(folder))  # a changed model, but a whole one
        if isinstance(found, Bundle):
            assert scored(found).shape == (2,)
        return
    found = outcome(folder)
    if isinstance(found, Bundle):
        np.testing.assert_array_equal(scored(found), scored(load_bundle(bundle)))
        assert name == "checksums.json" or (folder / name).read_bytes() == before


def tensors(header: object, body: bytes = b"") -> bytes:
    text = json.dumps(header).encode() if not isinstance(header, bytes) else header
    return struct.pack("<Q", len(text)) + text + body


F32 = {"dtype": "F32", "shape": [2], "data_offsets": [0, 8]}
HEADERS = {
    "nothing": b"",
    "half a length": b"\1\0\0",
    "a huge length": struct.pack("<Q", 2**63) + b"{}",
    "a length beyond the file": struct.pack("<Q", 3 << 20) + b"{}",
    "five mebibytes": tensors(b"{" + b" " * (5 << 20) + b"}"),
    "offsets outside": tensors({"a": F32 | {"data_offsets": [0, 2**40], "shape": [2**38]}}),
    "overlapping": tensors({"a": F32, "b": F32}, bytes(8)),
    "a hole": tensors({"a": F32 | {"data_offsets": [8, 16]}}, bytes(16)),
    "backwards": tensors({"a": F32 | {"data_offsets": [8, 0]}}, bytes(8)),
    "an overflow": tensors({"a": F32 | {"shape": [2**33, 2**33]}}, bytes(8)),
    "another length than its shape": tensors({"a": F32 | {"shape": [3]}}, bytes(8)),
    "an unknown kind": tensors({"a": F32 | {"dtype": "PY"}}, bytes(8)),
    "deep": tensors(b'{"a":' * 10_000 + b"1" + b"}" * 10_000),
    "a key twice": tensors(b'{"a":%b,"a":%b}' % ((json.dumps(F32).encode(),) * 2), bytes(8)),
    "a pickle": b"\x80\x04\x95" + bytes(40),
    "others": tensors({"a": F32}, bytes(8)),
}


@pytest.mark.parametrize("file", ["weights", "reference"])
@pytest.mark.parametrize("name", HEADERS)
def test_headers_of_safetensors(victim: Path, file: str, name: str) -> None:
    (victim / f"{file}.safetensors").write_bytes(HEADERS[name])
    found = outcome(sealed(victim))
    assert isinstance(found, BundleError)
    assert f"{file}.safetensors: expected" in str(found)


def test_weights_that_are_no_numbers(victim: Path) -> None:
    from safetensors.torch import load_file, save_file

    path = victim / "weights.safetensors"
    save_file({k: torch.full_like(v, torch.nan) if v.is_floating_point() else v
               for k, v in load_file(path).items()}, path)  # fmt: skip
    with pytest.raises(BundleError, match="expected numbers as weights, got NaN in "):
        load_bundle(sealed(victim))


@pytest.mark.parametrize("name", ["bundle.json", "weights.safetensors", "reference.safetensors"])
@pytest.mark.parametrize("kind", ["link", "circle", "folder", "pipe", "device"])
def test_links_and_what_is_no_file(victim: Path, tmp_path: Path, name: str, kind: str) -> None:
    (victim / "checksums.json").unlink()
    file = victim / name
    kept = tmp_path / "elsewhere"
    shutil.move(file, kept)
    {"link": lambda: file.symlink_to(kept), "circle": lambda: file.symlink_to(name),
     "folder": file.mkdir, "pipe": lambda: os.mkfifo(file),
     "device": lambda: file.symlink_to("/dev/zero")}[kind]()  # fmt: skip
    found = outcome(victim)
    assert isinstance(found, BundleError)
    assert ("got a link to elsewhere" if file.is_symlink() else "got none") in str(found)


@pytest.mark.parametrize(
    "name",
    ["../elsewhere", "/etc/passwd", "a/../card.md", "a/../../bundle/card.md", "./card.md",
     "//card.md", "", ".", "x" * 5000, "card.md\0", "link"],
)  # fmt: skip
def test_checksums_name_files_of_the_folder(victim: Path, tmp_path: Path, name: str) -> None:
    (tmp_path / "elsewhere").write_text("x")
    (victim / "link").symlink_to(tmp_path / "elsewhere")
    (victim / "checksums.json").write_text(json.dumps({name: sha256(tmp_path / "elsewhere")}))
    with pytest.raises(
        BundleError, match=r"expected the file that was exported, got (none|a link)"
    ):
        load_bundle(victim)


def test_a_bundle_downloads_nothing(victim: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("trifold.pretrained.snapshot._cached", lambda *_: None)
    facts = json.loads((victim / "bundle.json").read_text())
    facts["streams"]["prosody"]["spec"] = {
        "_target_": "trifold.encoders.audio.speech_model.SpeechModel",
        "model": "evil/model",
        "revision": "0" * 40,
    }
    found = outcome(edited(victim, streams=facts["streams"]))
    assert isinstance(found, TrifoldError)
    assert "expected a model in the hub's cache (hf download evil/model --revision 000" in str(
        found
    )


def test_a_model_beside_the_bundle_brings_no_code(victim: Path, tmp_path: Path) -> None:
    """Transformers would ask at the terminal whether to run it."""
    from trifold.encoders.text.minilm import MiniLM, _load

    code, ran = tmp_path / "model", tmp_path / "ran"
    code.mkdir()
    config = {"model_type": "evil", "auto_map": {"AutoConfig": "evil.Config",
              "AutoModel": "evil.Model", "AutoTokenizer": ["evil.T", None]}}  # fmt: skip
    for name in ("config.json", "tokenizer_config.json"):
        (code / name).write_text(json.dumps(config))
    (code / "evil.py").write_text(f"open({str(ran)!r}, 'w')\nclass Config: pass\n")
    (code / "model.safetensors").write_bytes(tensors({"a": F32}, bytes(8)))
    MiniLM(model_dir=str(code), sha256=None)
    with pytest.raises(ValueError, match="trust_remote_code"):
        _load(code)
    assert not ran.exists()
