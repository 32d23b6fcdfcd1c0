"""``python -m src.corpora.make NAME out=DIR [key=value …]``: a corpus to try things on.

``synthetic`` writes interviews with a known ceiling; every other name the twin of a published data
set: its layout, tiny, with invented people. Nobody in any of them exists.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.progress import track

from src.corpora.synthetic.corpus import Settings, write_corpus
from src.corpora.twins.cast import Twin
from src.corpora.twins.registry import TWINS
from src.errors import InputError, TrifoldError

SYNTHETIC = (
    "python -m src.corpora.make synthetic out=DIR [candidates=300 answers=2 seconds=6 seed=0]"
)
USAGE = f"{SYNTHETIC}, or one of {', '.join(TWINS)} with [people=24 seconds=2 media=true seed=0]"


def make(arguments: list[str]) -> Path:
    """Write the corpus named by the arguments and return its folder.

    Raises:
        InputError: when the arguments are not of the form in ``USAGE``.
        CorpusError: when the folder holds another corpus.
    """
    name = arguments[0] if arguments else ""
    known = name == "synthetic" or name in TWINS
    if not known or not all("=" in a for a in arguments[1:]):
        raise InputError(expected=USAGE, got=" ".join(arguments) or "nothing")
    values: Any = OmegaConf.to_container(OmegaConf.from_cli(arguments[1:]))
    if "out" not in values:
        raise InputError(expected=USAGE, got="no out=DIR")
    root = Path(str(values.pop("out")))
    steps, total = _synthetic(root, values) if name == "synthetic" else _twin(name, root, values)
    console = Console(file=sys.stderr)
    for _ in track(
        steps,
        total=total,
        description=f"{name} (synthetic)",
        console=console,
        disable=not console.is_terminal,
    ):
        pass
    return root


def _synthetic(root: Path, values: dict[str, Any]) -> tuple[Iterator[str], int]:
    settings = Settings.parse(values)
    return write_corpus(root, settings, workers=os.cpu_count() or 1), settings.candidates


def _twin(name: str, root: Path, values: dict[str, Any]) -> tuple[Iterator[str], int]:
    twin = Twin.parse(values)
    return TWINS[name].write(root, twin), TWINS[name].steps * twin.people


def main() -> None:
    """Entry point: prints the folder, or one line about what is wrong."""
    try:
        print(make(sys.argv[1:]))
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
