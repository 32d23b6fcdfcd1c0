r"""Checksums of a release and their signature: ``python -m release.sums FOLDER [KEYFILE]``.

Writes ``SHA256SUMS`` for every file of the folder, and with a key (``trifold signing-key``)
``SHA256SUMS.sig`` in the format of OpenSSH (PROTOCOL.sshsig), which ``ssh-keygen`` verifies:

    ssh-keygen -Y verify -f allowed_signers -I release -n trifold-release \
        -s SHA256SUMS.sig < SHA256SUMS && sha256sum --check --strict SHA256SUMS
"""

from __future__ import annotations

import base64
import hashlib
import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

from trifold.bundle.integrity.signing import read_private_key
from trifold.errors import TrifoldError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

SUMS, SIGNATURE, SIGNERS = "SHA256SUMS", "SHA256SUMS.sig", "allowed_signers"
# no signature of a bundle is one of a release, and the other way round
NAMESPACE, IDENTITY = "trifold-release", "release"
OWN = (SUMS, SIGNATURE, SIGNERS)


def main(folder: str, key_file: str = "") -> int:
    """Write the sums, and sign them where there is a key."""
    root = Path(folder)
    key = read_private_key(Path(key_file)) if key_file else None
    sums = write_sums(root)
    print(sums)
    if key is not None:
        (root / SIGNATURE).write_text(signed(sums.read_bytes(), key), encoding="ascii")
        (root / SIGNERS).write_text(f"{IDENTITY} {public_line(key)}\n", encoding="ascii")
        print(root / SIGNATURE)
    return 0


def write_sums(folder: Path) -> Path:
    """SHA-256 of every file, as ``sha256sum`` writes and reads them."""
    lines = []
    for path in sorted(path for path in folder.iterdir() if path.is_file()):
        if path.name not in OWN:
            with path.open("rb") as content:
                lines.append(f"{hashlib.file_digest(content, 'sha256').hexdigest()}  {path.name}\n")
    sums = folder / SUMS
    sums.write_text("".join(lines), encoding="utf-8")
    return sums


def signed(message: bytes, key: Ed25519PrivateKey) -> str:
    """A signature as ``ssh-keygen -Y sign`` makes it (OpenSSH, PROTOCOL.sshsig)."""
    about = _string(NAMESPACE.encode()) + _string(b"") + _string(b"sha512")
    digest = _string(hashlib.sha512(message).digest())
    kind = _string(b"ssh-ed25519")
    public = kind + _string(key.public_key().public_bytes_raw())
    signature = kind + _string(key.sign(b"SSHSIG" + about + digest))
    content = b"SSHSIG" + (1).to_bytes(4) + _string(public) + about + _string(signature)
    text = "\n".join(textwrap.wrap(base64.b64encode(content).decode("ascii"), 70))
    return f"-----BEGIN SSH SIGNATURE-----\n{text}\n-----END SSH SIGNATURE-----\n"


def public_line(key: Ed25519PrivateKey) -> str:
    """The public key as ``authorized_keys`` has it."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH).decode("ascii")


def _string(content: bytes) -> bytes:
    """With its length before it (RFC 4251, section 5)."""
    return len(content).to_bytes(4) + content


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:]))
    except TrifoldError as error:
        sys.exit(f"error: {error}")
