"""Write the locks anew from ``pyproject.toml``: ``make lock``, which is this with uv installed.

``dev.lock`` is what ``make`` and CI install, ``run.lock`` what scores, trains and serves. Both hold
for Linux, macOS and Windows, and name a SHA-256 for every file. Their PyTorch is the default build:
on Linux the one with CUDA, which runs on a CPU too. ``cpu.lock`` is ``run.lock`` without PyTorch
and CUDA, for a machine where PyTorch's build for CPUs, which another index serves, is there first.
"""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
UV = Path(sys.executable).with_name("uv")
INSTALLER = "uv==0.13.9"
EXTRAS = {"dev": ["dev"], "run": ["serve", "studio", "ray", "ray-serve", "lora"]}
OF_PYTORCH = re.compile(r"^(torch|torchvision|torchaudio|triton|(?:nvidia|cuda)-[a-z0-9-]+)==")


def main() -> None:
    """Write all locks; later ones keep to the versions of ``dev.lock``."""
    _compile("-", "installer", given=INSTALLER)
    for name, extras in EXTRAS.items():
        words = [word for extra in extras for word in ("--extra", extra)]
        keep = [] if name == "dev" else ["--constraint", str(HERE / "dev.lock")]
        _compile("pyproject.toml", name, *words, *keep)
    (HERE / "cpu.lock").write_text(without_pytorch((HERE / "run.lock").read_text()))


def _compile(source: str, name: str, *words: str, given: str | None = None) -> None:
    command = [str(UV), "pip", "compile", source, "--quiet", "--universal", "--python-version",
               "3.11", "--generate-hashes", "--no-header", "--no-annotate", "--upgrade", *words,
               "--output-file", str(HERE / f"{name}.lock")]  # fmt: skip
    subprocess.run(command, cwd=HERE.parent, input=given, text=True, check=True)


def without_pytorch(lock: str) -> str:
    """The lock without the packages of PyTorch and CUDA, each with the hashes below it."""
    kept, skipped = [], False
    for line in lock.splitlines(keepends=True):
        if not line.startswith(" "):
            skipped = OF_PYTORCH.match(line) is not None
        if not skipped:
            kept.append(line)
    return "".join(kept)


if __name__ == "__main__":
    main()
