"""``trifold signing-key out=KEYFILE``: a pair of keys to sign bundles with.

KEYFILE is the private key, which its owner alone can read and nobody else should ever get;
KEYFILE.pub is the public one, a line for the ``trusted_keys`` of those who use the bundles.
"""

from __future__ import annotations

from pathlib import Path

from trifold.bundle.integrity.signing import make_key
from trifold.errors import InputError
from trifold.runtime.endings import run_plain, values_of


def signing_key(arguments: list[str]) -> list[Path]:
    """Write both; returns their paths."""
    given = values_of(arguments, ["out"])
    if not given.get("out"):
        raise InputError(expected="out=KEYFILE", got="no out")
    path = Path(given["out"])
    return [path, make_key(path)]


def main() -> None:
    """Entry point: prints the paths, or one line about what is wrong."""
    run_plain(signing_key, __doc__ or "")


if __name__ == "__main__":
    main()
