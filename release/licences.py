"""Licences of what is shipped: ``python -m release.licences`` writes ``release/licences.csv``.

One row for every package of ``requirements/run.lock``, from its own metadata where it is
installed, as SPDX writes it. ``ALLOWED`` is what may be in a release; ``NOT_IN_IMAGE`` is installed
by its user from the index and never handed on by us.
"""

from __future__ import annotations

import csv
import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import Distribution, PackageNotFoundError, distribution
from pathlib import Path

from packaging.utils import canonicalize_name

HERE = Path(__file__).parent
LOCKS = HERE.parent / "requirements"
TABLE = HERE / "licences.csv"
PIN = re.compile(r"^([A-Za-z0-9._-]+)==([^ ;]+)(?: ; ([^\\]+))?", re.MULTILINE)
PERMISSIVE = {"0BSD", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "CC0-1.0", "CNRI-Python", "ISC",
              "MIT", "MIT-0", "MIT-CMU", "PSF-2.0", "Zlib"}  # fmt: skip
# used as a library or a file of their own, so that what uses them keeps its licence
WEAK_COPYLEFT = {"LGPL-3.0-only", "MPL-2.0"}
ALLOWED = PERMISSIVE | WEAK_COPYLEFT
NOT_IN_IMAGE = {"LicenseRef-NVIDIA-Proprietary"}
SAID = {  # what metadata says in other words
    "apache": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache 2.0 license": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "BSD-3-Clause",
    "bsd license": "BSD-3-Clause",
    "3-clause bsd license": "BSD-3-Clause",
    "bsd 3-clause license": "BSD-3-Clause",
    "isc license": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "nvidia proprietary software": "LicenseRef-NVIDIA-Proprietary",
    "psfl": "PSF-2.0",
    "python software foundation license": "PSF-2.0",
}
BY_HAND = {  # metadata that says nothing, or less than the files beside it
    "cuda-toolkit": "LicenseRef-NVIDIA-Proprietary",
    "httpx2-jsfetch": "BSD-3-Clause",  # of Emscripten alone; as the rest of its project
    "nvidia-nvtx": "Apache-2.0",
}


@dataclass(frozen=True)
class Locked:
    """A package at a version that a lock names.

    Attributes:
        name, version: of it.
        marker: of the systems that it is for; empty for all.
    """

    name: str
    version: str
    marker: str = ""


def locked(lock: str) -> list[Locked]:
    """All packages of ``requirements/LOCK.lock``, in its order."""
    text = (LOCKS / f"{lock}.lock").read_text(encoding="utf-8")
    return [Locked(canonicalize_name(name), version, marker.strip())
            for name, version, marker in PIN.findall(text)]  # fmt: skip


def licence_of(package: Distribution) -> str:
    """SPDX expression of an installed package; empty where its metadata do not say."""
    facts = package.metadata
    stated = facts.get("License-Expression") or ""
    lines = (facts.get("License") or "").strip().splitlines()
    kinds = [kind.rpartition("::")[2].strip() for kind in facts.get_all("Classifier") or []
             if kind.startswith("License ::")]  # fmt: skip
    for text in (stated, *lines[:1], *kinds):
        known = SAID.get(text.lower(), text)
        if re.fullmatch(r"(LicenseRef-)?[A-Za-z0-9.-]+(( AND | OR | WITH )[A-Za-z0-9.-]+)*", known):
            return known
    return ""


def table() -> dict[str, str]:
    """Package to licence, as written down."""
    with TABLE.open(encoding="utf-8", newline="") as file:
        return {row["package"]: row["licence"] for row in csv.DictReader(file)}


def refused(expression: str) -> list[str]:
    """Licences of an expression that are on no list; of an OR one that is allowed is enough."""
    choices = [re.split(r" AND | WITH ", choice) for choice in expression.split(" OR ")]
    known = ALLOWED | NOT_IN_IMAGE
    if any(set(names) <= known for names in choices):
        return []
    return sorted({name for names in choices for name in names} - known)


def found() -> Iterator[tuple[str, str]]:
    """Package and licence of everything that is locked, in order, each once."""
    before = table() if TABLE.exists() else {}
    for name in sorted({package.name for package in locked("run")}):
        try:
            own = licence_of(distribution(name))
        except PackageNotFoundError:  # of another system
            own = before.get(name, "")
        yield name, BY_HAND.get(name) or own or before.get(name, "")


def main() -> int:
    """Write the table; 1 where a licence is unknown or on no list."""
    rows = list(found())
    with TABLE.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerows([("package", "licence"), *rows])
    wrong = [(name, licence) for name, licence in rows if not licence or refused(licence)]
    for name, licence in wrong:
        print(f"{name}: {licence or 'no licence is known'}", file=sys.stderr)
    print(f"{TABLE}: {len(rows)} packages")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main())
