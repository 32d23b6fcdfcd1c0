"""Where a pretrained model lies on disk and what exactly it is: the one door for all weights.

A model is named by a local folder or by a hub id with a pinned revision; both end as a folder of
weights and JSON files, and everything after that is the same code.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

from huggingface_hub import snapshot_download
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError

from trifold.errors import EncoderError

COMMIT = re.compile(r"[0-9a-f]{40}")
HUB_ID = re.compile(r"\w[\w.-]*/\w[\w.-]*", re.ASCII)
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"
DESCRIBING = (".json", ".txt", ".model", ".jinja")  # no code, no pickles
CARD = "README.md"  # says which languages a model reads; no part of what it is
_MAY_DOWNLOAD = ContextVar("may_download", default=True)
PICKLES = ("pytorch_model*.bin", "*.pt", "*.pth", "*.ckpt")


@dataclass(frozen=True)
class Layout:
    """Which files a kind of model is made of.

    Attributes:
        pattern: of its weights, as a hub takes it.
        marks: names of which one is there when the model is.
        weights: folder to the weights in it; raises ``EncoderError`` where they are not whole.
    """

    pattern: str
    marks: tuple[str, ...]
    weights: Callable[[Path], tuple[Path, ...]]


@dataclass(frozen=True)
class Snapshot:
    """A model's files.

    Attributes:
        folder: holds ``config.json``, safetensors and, where there is one, the tokenizer; or a
            GGUF file, which is all of that.
        revision: hub commit, None for a folder whose origin nobody stated.
        sha256: over names and contents of the weights and of all files that describe them.
    """

    folder: Path
    revision: str | None
    sha256: str

    @property
    def identity(self) -> dict[str, str | None]:
        """What goes into a fingerprint; equal for a hub id and a copy of it with its revision."""
        return {"weights": self.sha256, "revision": self.revision}

    @property
    def weight_files(self) -> tuple[Path, ...]:
        """The safetensors that make up the model, in name order."""
        return weight_files(self.folder)

    @property
    def gguf(self) -> Path | None:
        """The GGUF file that is the model, where there is one."""
        return gguf_file(self.folder)

    def config(self) -> Mapping[str, object]:
        """``config.json`` as it stands.

        Raises:
            EncoderError: when it is missing or not JSON.
        """
        return _read_json(self.folder / "config.json")


def locate(model: str, revision: str | None = None, *, layout: Layout | None = None) -> Snapshot:
    """Find a model's files, downloading them only for a hub id that is not cached yet.

    Args:
        model: a folder, or a hub id such as ``facebook/wav2vec2-base-960h``.
        revision: commit of 40 hex digits. A hub id needs one: branch names move. With a folder it
            states where the copy came from.
        layout: of the files; None takes safetensors, as transformers and timm read them.

    Raises:
        EncoderError: when there is no such model, the revision is no commit, or the weights are not
            of the layout.
    """
    layout = layout or SAFETENSORS
    if revision is not None and not COMMIT.fullmatch(revision):
        raise EncoderError(expected="a revision of 40 hex digits", got=repr(revision), where=model)
    if not isinstance(model, str) or "\0" in model:
        raise EncoderError(expected="a model folder or hub id", got=repr(model)[:80])
    folder = Path(model).expanduser()
    if not folder.is_dir():
        folder = _from_hub(model, revision, layout)
    return Snapshot(folder, revision, sha256_of(folder, layout))


@contextmanager
def no_downloads() -> Iterator[None]:
    """Inside, hub ids are only looked up in the cache: whoever wrote them may be a stranger."""
    before = _MAY_DOWNLOAD.set(False)
    try:
        yield
    finally:
        _MAY_DOWNLOAD.reset(before)


def gguf_file(folder: Path) -> Path | None:
    """The folder's only GGUF file, where there are no safetensors."""
    found = sorted(folder.glob("*.gguf"))
    others = any((folder / name).is_file() for name in (WEIGHTS, INDEX))
    return found[0] if len(found) == 1 and not others else None


def weight_files(folder: Path) -> tuple[Path, ...]:
    """``model.safetensors``, the shards that its index names, or a single GGUF file.

    Raises:
        EncoderError: when there are none, or a shard is missing.
    """
    if (folder / WEIGHTS).is_file():
        return (folder / WEIGHTS,)
    if not (folder / INDEX).is_file():
        if (whole := gguf_file(folder)) is not None:
            return (whole,)
        raise EncoderError(
            expected=f"weights as {WEIGHTS}", got=_what_instead(folder), where=folder
        )
    shards = _read_json(folder / INDEX).get("weight_map")
    names = sorted(set(shards.values())) if isinstance(shards, Mapping) else []
    missing = [name for name in names if not (folder / Path(name).name).is_file()]
    if missing or not names:
        raise EncoderError(
            expected="all shards of the index", got=f"no {missing or 'shards'}", where=folder
        )
    return tuple(folder / Path(name).name for name in names)


SAFETENSORS = Layout("model*.safetensors", (WEIGHTS, INDEX), weight_files)


@lru_cache(maxsize=64)
def sha256_of(folder: Path, layout: Layout = SAFETENSORS) -> str:
    """SHA-256 over names and SHA-256 of the weights and of the files that describe them."""
    describing = [f for f in folder.iterdir() if f.is_file() and f.suffix in DESCRIBING]
    files = sorted({*describing, *layout.weights(folder)}, key=lambda file: file.name)
    with ThreadPoolExecutor(4) as pool:  # hashing lets other threads run
        digests = list(pool.map(sha256_of_file, files))
    listing = "\n".join(
        f"{file.name} {digest}" for file, digest in zip(files, digests, strict=True)
    )
    return hashlib.sha256(listing.encode()).hexdigest()


def sha256_of_file(path: Path) -> str:
    """64 hex digits over a file's bytes.

    Raises:
        EncoderError: when it cannot be read.
    """
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        reason = (error.strerror or type(error).__name__).lower()
        raise EncoderError(expected="a readable file", got=reason, where=path) from error


def _from_hub(model: str, revision: str | None, layout: Layout) -> Path:
    """The cached snapshot of a hub id; only what is not there yet is fetched."""
    if not HUB_ID.fullmatch(model):
        raise EncoderError(expected="a model folder or hub id", got="no such folder", where=model)
    if revision is None:
        raise EncoderError(
            expected="a pinned revision beside a hub id (the model page lists its commits)",
            got="none",
            where=model,
        )
    options: dict[str, Any] = {
        "revision": revision,
        "allow_patterns": (layout.pattern, CARD, *(f"*{suffix}" for suffix in DESCRIBING)),
        "ignore_patterns": "*/*",
    }
    cached = _cached(model, options, layout)
    if cached is not None:
        return cached
    if not _MAY_DOWNLOAD.get():
        raise EncoderError(
            expected=f"a model in the hub's cache (hf download {model} --revision {revision})",
            got="none",
            where=model,
        )
    try:
        return Path(snapshot_download(model, **options))
    except (LocalEntryNotFoundError, HfHubHTTPError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise EncoderError(
            expected="a model in the hub's cache, or a hub that answers", got=reason, where=model
        ) from error


def _cached(model: str, options: Mapping[str, Any], layout: Layout) -> Path | None:
    """The snapshot if all of it was fetched before; asks nobody."""
    try:
        folder = Path(snapshot_download(model, local_files_only=True, **options))
    except LocalEntryNotFoundError:
        return None
    return folder if any((folder / name).is_file() for name in layout.marks) else None


def _what_instead(folder: Path) -> str:
    pickles = sorted(f.name for pattern in PICKLES for f in folder.glob(pattern))
    if pickles:
        return f"{pickles[0]}: convert it with python -m trifold.pretrained.convert"
    return "none"


def _read_json(path: Path) -> dict[str, object]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise EncoderError(
            expected="a model folder with this file", got="none", where=path
        ) from error
    except ValueError as error:
        raise EncoderError(expected="valid JSON", got=str(error), where=path) from error
    if not isinstance(content, dict):
        raise EncoderError(expected="a JSON object", got=type(content).__name__, where=path)
    return content
