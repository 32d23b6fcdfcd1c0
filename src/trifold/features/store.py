"""The feature cache: one file per (content, encoder), never half-written, never stale.

``ROOT/<fingerprint>/<first two digits>/<content>.safetensors`` holds values and times; its header
holds modality, fingerprint and quality numbers as JSON. ``ROOT/media-<reading>`` keeps what the
headers of media files say, so that a file whose tokens are there is not opened again;
``ROOT/people`` whose content all of this is (``owners``).
"""

from __future__ import annotations

import hashlib
import json
import time
from dataclasses import asdict, fields
from functools import lru_cache
from pathlib import Path

import numpy as np
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from trifold.contracts import MediaInfo, TokenSequence
from trifold.errors import DecodeError
from trifold.features.owners import Owners
from trifold.runtime.private import private_folder, write_atomically

FORMAT = "1"
READING = 5  # raised whenever the same media file could be read as something else
SUFFIX = ".safetensors"
MANIFEST = "manifest.parquet"
SETTLED_NS = 2 * 10**9  # what changed just now may change again at the same time on a coarse clock


def hash_file(path: Path) -> str:
    """32 hex digits of SHA-256 over a media file's bytes and the version of our reading.

    The file is read once per process while it stays the same.

    Raises:
        DecodeError: when the file cannot be read.
    """
    try:
        status = path.stat()
        if time.time_ns() - status.st_ctime_ns < SETTLED_NS:
            return _digest(path)
        return _known_digest(path, status.st_ino, status.st_size, status.st_ctime_ns)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise DecodeError(expected="a readable file", got=reason.lower(), where=path) from error


@lru_cache(maxsize=100_000)
def _known_digest(path: Path, *_state: int) -> str:
    return _digest(path)


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, _begun).hexdigest()[:32]


def _begun() -> hashlib._Hash:
    return hashlib.sha256(f"reading {READING}\n".encode())


class FeatureStore:
    """Token sequences on disk, addressed by content hash and encoder fingerprint.

    Safe with any number of readers and writers: files appear whole or not at all, and two writers
    of one key write the same bytes.
    """

    def __init__(self, root: Path) -> None:
        self.root = root

    def path(self, content: str, fingerprint: str) -> Path:
        """Where the tokens of this content and encoder lie, or would lie."""
        return self.root / f"{fingerprint}/{content[:2]}/{content}{SUFFIX}"

    def get(self, content: str, fingerprint: str) -> TokenSequence | None:
        """The stored tokens; None when there are none or the file is damaged."""
        try:
            return _load(self.path(content, fingerprint), fingerprint)
        except (OSError, SafetensorError, ValueError, KeyError):
            return None

    def put(self, content: str, sequence: TokenSequence) -> Path:
        """Store tokens under their own fingerprint; returns the path."""
        path = self.path(content, sequence.fingerprint)
        private_folder(path.parent)
        arrays = {
            "values": np.ascontiguousarray(sequence.values, dtype=np.float32),
            "start_s": np.ascontiguousarray(sequence.start_s, dtype=np.float32),
            "end_s": np.ascontiguousarray(sequence.end_s, dtype=np.float32),
        }
        header = {
            "format": FORMAT,
            "modality": sequence.modality,
            "fingerprint": sequence.fingerprint,
            "quality": json.dumps(dict(sequence.quality), sort_keys=True),
        }
        write_atomically(path, save(arrays, header))
        return path

    def note(self, person: str, content: str) -> None:
        """Write down whose content this is, before anything is stored under it."""
        Owners(self.root).note(person, content)

    def get_info(self, content: str) -> MediaInfo | None:
        """What the header of a media file was found to say; None where nobody looked."""
        try:
            facts = json.loads(self._info_path(content).read_bytes())
            complete = {field.name for field in fields(MediaInfo)} == set(facts)
            return MediaInfo(**facts) if complete else None  # else an older version's
        except (OSError, ValueError, TypeError):
            return None

    def put_info(self, content: str, info: MediaInfo) -> None:
        """Keep what the header of a media file says."""
        path = self._info_path(content)
        private_folder(path.parent)
        write_atomically(path, json.dumps(asdict(info)).encode())

    def _info_path(self, content: str) -> Path:
        return self.root / f"media-{READING}/{content[:2]}/{content}.json"

    def write_manifest(self) -> Path:
        """List what is there as Parquet: fingerprint, content, bytes; returns its path."""
        import pandas as pd  # scoring does without, and starts sooner

        files = sorted(self.root.glob(f"*/*/*{SUFFIX}"))
        table = pd.DataFrame(
            {
                "fingerprint": [file.parts[-3] for file in files],
                "content": [file.stem for file in files],
                "bytes": [file.stat().st_size for file in files],
            }
        )
        private_folder(self.root)
        write_atomically(self.root / MANIFEST, table.to_parquet(index=False))
        return self.root / MANIFEST


def _load(path: Path, fingerprint: str) -> TokenSequence:
    with safe_open(path, framework="np") as file:
        header = file.metadata() or {}
        if header.get("format") != FORMAT or header.get("fingerprint") != fingerprint:
            raise ValueError("another format or encoder")
        return TokenSequence(
            values=file.get_tensor("values"),
            start_s=file.get_tensor("start_s"),
            end_s=file.get_tensor("end_s"),
            modality=header["modality"],
            fingerprint=header["fingerprint"],
            quality=json.loads(header["quality"]),
        )
