"""Signatures of bundles: whose they are, and that no file was changed, added or taken away.

Ed25519 (RFC 8032) over the bytes of ``checksums.json``, which lists every other file with its
SHA-256. Keys are written as OpenSSH writes them, so ``ssh-keygen -t ed25519`` makes them too, and a
file of trusted keys looks like ``authorized_keys``.
"""

from __future__ import annotations

import base64
import binascii
import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from trifold.bundle.integrity.checksums import (
    CHECKSUMS,
    SIGNATURE,
    files_of,
    member,
    verify,
    write_checksums,
)
from trifold.errors import BundleError, InputError
from trifold.runtime.strict_json import read_object

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

ALGORITHM = "ed25519"
CONTEXT = b"trifold bundle 1\n"  # a key that signs other things too signs no bundle by that
LARGEST_KEYS = 1 << 20


@dataclass(frozen=True)
class TrustedKeys:
    """Public keys whose bundles are loaded.

    Attributes:
        keys: raw 32 bytes each.
        path: the file that they stood in.
    """

    keys: tuple[bytes, ...]
    path: Path


def make_key(path: Path) -> Path:
    """Write a new private key that only its owner can read; returns the public key's path.

    Args:
        path: of the private key; ``.pub`` is added for the public one.

    Raises:
        InputError: when one of them is there already: a key is not to be lost by mistake.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    key = Ed25519PrivateKey.generate()
    private = key.private_bytes(form.Encoding.PEM, form.PrivateFormat.OpenSSH, form.NoEncryption())
    public = key.public_key().public_bytes(form.Encoding.OpenSSH, form.PublicFormat.OpenSSH)
    shown = path.with_name(f"{path.name}.pub")
    for file, content, mode in ((path, private, 0o600), (shown, public + b"\n", 0o644)):
        try:
            with os.fdopen(os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as out:
                out.write(content)
        except FileExistsError as error:
            raise InputError(expected="a new file", got="one that is there", where=file) from error
    return shown


def sign_bundle(folder: Path, key_file: Path) -> Path:
    """List the files of a bundle afresh and sign the list; returns the signature's path.

    Args:
        folder: an exported bundle, whose files must be those that were exported.
        key_file: private key without a passphrase.

    Raises:
        BundleError: when the folder holds links, or files that are changed or not listed.
        InputError: when the key cannot be used.
    """
    key = read_private_key(key_file)
    _require_complete(folder, verify(folder))
    listed = write_checksums(folder)
    signature = key.sign(CONTEXT + listed.read_bytes())
    facts = {
        "algorithm": ALGORITHM,
        "public_key": _to_text(key.public_key().public_bytes_raw()),
        "signature": _to_text(signature),
    }
    path = folder / SIGNATURE
    path.write_text(json.dumps(facts, indent=2) + "\n", encoding="utf-8")
    return path


def read_trusted(path: Path | str | None) -> TrustedKeys | None:
    """Public keys, one a line as in ``authorized_keys``; None and no name give none.

    Raises:
        InputError: when the file cannot be read, holds a line that is no Ed25519 key, or no key.
    """
    if not path:
        return None
    path = Path(path)
    try:
        with path.open("rb") as file:
            content = file.read(LARGEST_KEYS)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(expected="a file of public keys", got=reason, where=path) from error
    lines = [line.strip() for line in content.splitlines()]
    keys = [_public_key(line, path) for line in lines if line and not line.startswith(b"#")]
    if not keys:
        raise InputError(expected="at least one public key", got="none", where=path)
    return TrustedKeys(tuple(keys), path)


def verify_signature(folder: Path, trusted: TrustedKeys) -> None:
    """Hold a bundle against its signature, and every file against the signed list.

    Raises:
        BundleError: when it is not signed, by another key, changed since, or holds a file that is
            not listed, a link, or not all that are.
    """
    path = folder / SIGNATURE
    if not path.exists():
        raise BundleError(expected="a signed bundle", got=f"no {SIGNATURE}", where=folder)
    facts = read_object(member(folder, SIGNATURE, what="a signature"), BundleError)
    public, signature = (_from_text(facts.get(name), path) for name in ("public_key", "signature"))
    if facts.get("algorithm") != ALGORITHM or public not in trusted.keys:
        raise BundleError(
            expected=f"a signature by a key of {trusted.path}",
            got=f"one by {str(facts.get('public_key'))[:44]}",
            where=path,
        )
    listed = member(folder, CHECKSUMS, what="the list of files that was signed").read_bytes()
    if not _fits(public, signature, CONTEXT + listed):
        raise BundleError(
            expected=f"the {CHECKSUMS} that was signed", got="another", where=folder / CHECKSUMS
        )
    _require_complete(folder, verify(folder))


def _require_complete(folder: Path, sums: dict[str, str]) -> None:
    """Every file of the folder is on the list, and nothing is a link."""
    extra = [name for name in files_of(folder) if name not in sums]
    if extra:
        raise BundleError(
            expected=f"files that {CHECKSUMS} lists alone (trifold export run=…)",
            got=extra[0],
            where=folder,
        )


def _fits(public: bytes, signature: bytes, message: bytes) -> bool:
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


def read_private_key(path: Path) -> Ed25519PrivateKey:
    """A private key that only its owner can read.

    Raises:
        InputError: when it cannot be used.
    """
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

    expected = "a private Ed25519 key without a passphrase (trifold signing-key out=FILE)"
    try:
        mode = path.stat().st_mode & 0o777
        key = form.load_ssh_private_key(path.read_bytes(), password=None)
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InputError(expected=expected, got=reason, where=path) from error
    except Exception as error:  # of many kinds; their messages may not quote the key
        raise InputError(expected=expected, got="something else", where=path) from error
    if not isinstance(key, Ed25519PrivateKey):
        raise InputError(expected=expected, got="a key of another kind", where=path)
    if mode & 0o077:
        raise InputError(
            expected="a key that only its owner can read (chmod 600)", got=f"{mode:o}", where=path
        )
    return key


def _public_key(line: bytes, path: Path) -> bytes:
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    try:
        key = form.load_ssh_public_key(line)
    except Exception as error:  # UnsupportedAlgorithm is no ValueError
        raise InputError(
            expected="lines such as 'ssh-ed25519 AAAA… name'", got=repr(line[:40]), where=path
        ) from error
    if not isinstance(key, Ed25519PublicKey):
        raise InputError(expected="an Ed25519 key", got=repr(line[:40]), where=path)
    return key.public_bytes_raw()


def _to_text(content: bytes) -> str:
    return base64.b64encode(content).decode("ascii")


def _from_text(text: object, path: Path) -> bytes:
    try:
        return base64.b64decode(str(text), validate=True)
    except (binascii.Error, ValueError) as error:
        raise BundleError(expected="base64", got=str(text)[:60], where=path) from error
