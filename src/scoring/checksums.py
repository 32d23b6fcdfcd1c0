"""Checksums of a bundle's files: they find damage and later changes, they are no signature."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from src.errors import BundleError

CHECKSUMS = "checksums.json"


def sha256(path: Path) -> str:
    """Hex digest of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def write_checksums(folder: Path) -> Path:
    """List every file below the folder with its SHA-256; written last."""
    files = sorted(p for p in folder.rglob("*") if p.is_file() and p.name != CHECKSUMS)
    sums = {path.relative_to(folder).as_posix(): sha256(path) for path in files}
    path = folder / CHECKSUMS
    path.write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
    return path


def verify(folder: Path) -> None:
    """Hold every listed file against its checksum; a folder without a list passes.

    Raises:
        BundleError: naming the first file that is missing, changed or listed from elsewhere.
    """
    path = folder / CHECKSUMS
    if not path.is_file():
        return
    try:
        sums = dict(json.loads(path.read_text(encoding="utf-8")))
    except (ValueError, TypeError) as error:
        raise BundleError(expected="file names with SHA-256", got=str(error), where=path) from error
    for name, expected in sums.items():
        file = folder / name
        inside = file.resolve().is_relative_to(folder.resolve())
        if not inside or not file.is_file():
            raise BundleError(expected="the file that was exported", got="none", where=file)
        came = sha256(file)
        if came != expected:
            raise BundleError(
                expected=f"SHA-256 {expected}", got=f"{came}: changed since its export", where=file
            )
