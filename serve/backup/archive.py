"""A backup as one file: a tar with a list of what is in it, first, and its SHA-256."""

from __future__ import annotations

import hashlib
import io
import json
import os
import tarfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import IO, Any, BinaryIO

from trifold.errors import InputError
from trifold.runtime.private import appearing
from trifold.serve.backup.snapshot import AUDIT, ENDPOINT, KEPT, Member

MANIFEST, FORMAT = "manifest.json", 1
PIECE_BYTES = 1 << 20
MOST_MANIFEST_BYTES = 1 << 28


def write_backup(path: Path, members: Sequence[Member], **facts: object) -> dict[str, Any]:
    """Write a backup that its owner alone can read; returns its list.

    Args:
        path: of the file.
        members: what goes into it.
        facts: what else its list says.
    """
    manifest = {
        "format": FORMAT,
        "made": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
        **facts,
        "files": {one.name: [one.size, _sha256(one)] for one in members},
    }
    with appearing(path) as file, tarfile.open(fileobj=file, mode="w|") as packed:
        listed = json.dumps(manifest, indent=1).encode()
        packed.addfile(_info(MANIFEST, len(listed)), io.BytesIO(listed))
        for one in members:
            with one.path.open("rb") as content:
                packed.addfile(_info(one.name, one.size), content)
    return manifest


def unpack_backup(path: Path, folder: Path) -> dict[str, Any]:
    """Unpack a backup, which is checked to the byte; returns its list.

    Args:
        path: of the file.
        folder: gets the files; made where it is not there.

    Raises:
        InputError: when it is no backup, damaged, or holds what its list does not name.
    """
    folder.mkdir(exist_ok=True, mode=0o700)
    try:
        with path.open("rb") as file, tarfile.open(fileobj=file, mode="r|") as packed:
            manifest: dict[str, Any] = {}
            wanted: dict[str, list[Any]] = {}
            for info in packed:
                content = packed.extractfile(info)
                if content is None or (not manifest and info.name != MANIFEST):
                    raise _damaged("another file", path)
                if not manifest:
                    manifest = _manifest(content, path)
                    wanted = dict(manifest["files"])
                    continue
                if info.name not in wanted or not _is_ours(info.name):
                    raise _damaged(f"a file {info.name[:80]!r} that its list lacks", path)
                size, digest = wanted.pop(info.name)
                target = folder / info.name
                for part in reversed(target.parents[: len(Path(info.name).parts) - 1]):
                    part.mkdir(exist_ok=True, mode=0o700)  # a mode is of the last one alone
                if _written(content, target) != (size, digest):
                    raise _damaged(f"another {info.name[:80]}", path)
    except (tarfile.TarError, OSError, EOFError) as error:
        raise _damaged(str(error)[:200], path) from error
    if not manifest or wanted:
        raise _damaged(f"no {next(iter(wanted), MANIFEST)[:80]}", path)
    return manifest


def _manifest(content: IO[bytes], path: Path) -> dict[str, Any]:
    try:
        facts = json.loads(content.read(MOST_MANIFEST_BYTES))
        if facts["format"] != FORMAT or not isinstance(facts["files"], Mapping):
            raise ValueError(f"format {facts['format']!r:.40}")
        if not all(isinstance(one, list) and len(one) == 2 for one in facts["files"].values()):
            raise ValueError("files without a size and a SHA-256 each")
        return dict(facts)
    except (ValueError, LookupError, TypeError) as error:
        raise _damaged(str(error)[:200], path) from error


def _is_ours(name: str) -> bool:
    """Whether a name stays in the folder of a backup."""
    parts = Path(name).parts
    return len(parts) > 1 and parts[0] in (ENDPOINT, KEPT, AUDIT) and ".." not in parts


def _written(content: IO[bytes], target: Path) -> tuple[int, str]:
    """Write a file for its owner alone; returns its size and SHA-256."""
    digest, size = hashlib.sha256(), 0
    with open(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        while piece := content.read(PIECE_BYTES):
            file.write(piece)
            digest.update(piece)
            size += len(piece)
    return size, digest.hexdigest()


def _sha256(member: Member) -> str:
    digest, left = hashlib.sha256(), member.size
    with member.path.open("rb") as file:
        while left:
            piece = _piece(file, left)
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()


def _piece(file: BinaryIO, left: int) -> bytes:
    piece = file.read(min(PIECE_BYTES, left))
    if not piece:
        raise OSError("a file became shorter while it was read")
    return piece


def _info(name: str, size: int) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.size, info.mode, info.mtime = size, 0o600, int(time.time())
    return info


def _damaged(got: str, path: Path) -> InputError:
    return InputError(expected="a file of trifold serve backup", got=got, where=path)
