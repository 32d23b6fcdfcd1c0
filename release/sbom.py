"""What a release is made of: ``python -m release.sbom wheel|image OUT.cdx.json [SITE-PACKAGES]``.

CycloneDX 1.6: every locked package with its licence and, where a folder of installed packages is
given, every native library inside them with its SHA-256. Of an image the packages are those of
``requirements/cpu.lock`` and of PyTorch, and Debian's as ``/var/lib/dpkg/status`` of the base lists
them. The same input gives the same bytes (``SOURCE_DATE_EPOCH`` sets the date).
"""

from __future__ import annotations

import hashlib
import os
import re
import sys
import tomllib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from cyclonedx.contrib.license.factories import LicenseFactory
from cyclonedx.model import HashAlgorithm, HashType
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from release.libraries import Library, libraries
from release.licences import Locked, locked, table

ROOT = Path(__file__).parents[1]
WHEEL, IMAGE = "wheel", "image"
STATUS = re.compile(r"^Package: (\S+)\n(?:.+\n)*?Version: (\S+)$", re.MULTILINE)


def main(kind: str, out: str, packages: str = "", status: str = "") -> int:
    """Write one."""
    if kind not in (WHEEL, IMAGE):
        print(f"expected {WHEEL} or {IMAGE}, got {kind}", file=sys.stderr)
        return 2
    folder = Path(packages) if packages else None
    Path(out).write_text(document(kind, folder, Path(status) if status else None), "utf-8")
    print(out)
    return 0


def document(kind: str, packages: Path | None = None, status: Path | None = None) -> str:
    """The bill of materials as JSON.

    Args:
        kind: ``wheel`` or ``image``.
        packages: folder of installed packages, for native libraries.
        status: of Debian's packages, for the base of an image.
    """
    version = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["version"]
    own = Component(name="trifold", version=version, bom_ref=f"pkg:pypi/trifold@{version}",
                    type=ComponentType.CONTAINER if kind == IMAGE else ComponentType.LIBRARY,
                    licenses=[LicenseFactory().make_from_string("Apache-2.0")])  # fmt: skip
    parts = [*_packages(kind), *(map(_library, libraries(packages)) if packages else ()),
             *(_debian(status) if status else ())]  # fmt: skip
    moment = datetime.fromtimestamp(int(os.environ.get("SOURCE_DATE_EPOCH", "0")), UTC)
    names = "\n".join(sorted(str(part.bom_ref.value) for part in parts))
    bom = Bom(components=parts, serial_number=uuid5(NAMESPACE_URL, f"{kind} {version} {names}"))
    bom.metadata.component, bom.metadata.timestamp = own, moment
    bom.register_dependency(own, parts)
    return JsonV1Dot6(bom).output_as_string(indent=1) + "\n"


def locked_for(kind: str) -> list[Locked]:
    """What is installed on Linux: of an image PyTorch's build for CPUs, and nothing of CUDA."""
    pytorch = [p for p in locked("run") if p.name in ("torch", "torchvision", "torchaudio")]
    found = locked("run") if kind == WHEEL else [*locked("cpu"), *pytorch]
    return [p for p in found if not re.search(r"win32|== 'emscripten'|darwin", p.marker)]


def _packages(kind: str) -> Iterator[Component]:
    licences, make = table(), LicenseFactory()
    for one in locked_for(kind):
        address = PackageURL("pypi", name=one.name, version=one.version)
        yield Component(name=one.name, version=one.version, purl=address, bom_ref=str(address),
                        licenses=[make.make_from_string(licences[one.name])])  # fmt: skip


def _library(library: Library) -> Component:
    content = library.path.read_bytes()
    sha256 = HashType(alg=HashAlgorithm.SHA_256, content=hashlib.sha256(content).hexdigest())
    return Component(name=library.path.name, bom_ref=f"{library.wheel}/{library.path.name}",
                     description=f"in the wheel of {library.wheel}", hashes=[sha256],
                     licenses=[LicenseFactory().make_from_string(library.licence)])  # fmt: skip


def _debian(status: Path) -> Iterator[Component]:
    for name, version in STATUS.findall(status.read_text("utf-8")):
        address = PackageURL("deb", "debian", name, version)
        yield Component(name=name, version=version, purl=address, bom_ref=str(address))


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
