"""Files of a bundle and their checksums: they find damage and later changes, they sign nothing."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

from trifold.errors import BundleError
from trifold.runtime.strict_json import read_object

CHECKSUMS, SIGNATURE = "checksums.json", "signature.json"


def sha256(path: Path) -> str:
    """Hex digest of a file, read piece by piece."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def member(folder: Path, name: str, *, what: str) -> Path:
    """A file of a bundle; one that a link shows from elsewhere is not one.

    Args:
        folder: of the bundle.
        name: with ``/`` between its parts, as ``Path.as_posix`` writes it.
        what: name of the file, for the message.

    Raises:
        BundleError: when there is no such file inside the folder, or the name is written otherwise.
    """
    path = folder / name
    try:
        given = path.relative_to(folder)
        inside = given.as_posix() == name and ".." not in given.parts
        real = path.resolve()
        inside = inside and real.is_relative_to(folder.resolve()) and real.is_file()
    except (ValueError, OSError, RuntimeError):  # NUL, no Unicode, too long, links in a circle
        inside = False
    if not inside:
        linked = "\0" not in name and len(name) < 200 and path.is_symlink()
        got = "a link to elsewhere (a copy by cp -rL has none)" if linked else "none"
        raise BundleError(expected=what, got=got, where=folder / name[:200])
    return path


def files_of(folder: Path) -> list[str]:
    """Names of all files below a folder but checksums and signature, in order.

    Raises:
        BundleError: for a link or anything else that is neither file nor folder.
    """
    found = []
    for path in sorted(folder.rglob("*")):
        if path.is_symlink() or not (path.is_file() or path.is_dir()):
            raise BundleError(expected="files and folders alone", got="a link", where=path)
        if path.is_file():
            found.append(path.relative_to(folder).as_posix())
    return [name for name in found if name not in (CHECKSUMS, SIGNATURE)]


def write_checksums(folder: Path) -> Path:
    """List every file below the folder with its SHA-256; written last."""
    sums = {name: sha256(folder / name) for name in files_of(folder)}
    path = folder / CHECKSUMS
    path.write_text(json.dumps(sums, indent=2) + "\n", encoding="utf-8")
    return path


def verify(folder: Path) -> dict[str, str]:
    """Hold every listed file against its checksum; a folder without a list passes.

    Returns:
        File names with SHA-256; nothing without a list.

    Raises:
        BundleError: naming the first file that is missing, changed or listed from elsewhere.
    """
    if not (folder / CHECKSUMS).exists() and not (folder / CHECKSUMS).is_symlink():
        return {}
    path = member(folder, CHECKSUMS, what="a list of checksums")
    sums = read_object(path, BundleError)
    for name, expected in sums.items():
        if not isinstance(expected, str):
            raise BundleError(
                expected="file names with SHA-256", got=repr(expected)[:80], where=path
            )
        file = member(folder, name, what="the file that was exported")
        came = sha256(file)
        if came != expected:
            raise BundleError(
                expected=f"SHA-256 {expected[:80]}",
                got=f"{came}: changed since its export",
                where=file,
            )
    return sums
