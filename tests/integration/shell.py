"""A process that has loaded what is large, and runs commands in children of it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from subprocess import PIPE, CompletedProcess, Popen

from tests.integration.documented import ROOT


class Shell:
    """Commands, one after the other; loading PyTorch would take most of the time of each."""

    def __init__(self) -> None:
        self.process = Popen(
            [sys.executable, str(ROOT / "tests/integration/forking.py")], text=True,
            stdin=PIPE, stdout=PIPE,
            env=os.environ | {"PYTHONPATH": f"{ROOT / 'src'}{os.pathsep}{ROOT}"},
        )  # fmt: skip

    def python(self, *words: str | Path, folder: Path = ROOT) -> CompletedProcess[str]:
        """As ``python WORDS`` ends in a folder: ``-m MODULE …``, ``-c CODE …`` or ``FILE …``."""
        assert self.process.stdin is not None
        assert self.process.stdout is not None
        order = {"words": [str(word) for word in words], "folder": str(folder)}
        self.process.stdin.write(json.dumps(order) + "\n")
        self.process.stdin.flush()
        return CompletedProcess(order["words"], **json.loads(self.process.stdout.readline()))

    def trifold(self, *words: str | Path, folder: Path = ROOT) -> CompletedProcess[str]:
        """As ``trifold WORDS`` ends."""
        return self.python("-m", "trifold", *words, folder=folder)

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(240)
