"""``python -m src.corpora.make synthetic out=DIR [key=value …]``: a corpus to try things on."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Any

from omegaconf import OmegaConf
from rich.console import Console
from rich.progress import track

from src.corpora.synthetic.corpus import Settings, write_corpus
from src.errors import InputError, TrifoldError

USAGE = "python -m src.corpora.make synthetic out=DIR [candidates=300 answers=2 seconds=6 seed=0]"


def make(arguments: list[str]) -> Path:
    """Write the corpus named by the arguments and return its folder.

    Raises:
        InputError: when the arguments are not of the form in ``USAGE``.
        CorpusError: when the folder holds another corpus.
    """
    if not arguments or arguments[0] != "synthetic" or not all("=" in a for a in arguments[1:]):
        raise InputError(expected=USAGE, got=" ".join(arguments) or "nothing")
    values: Any = OmegaConf.to_container(OmegaConf.from_cli(arguments[1:]))
    if "out" not in values:
        raise InputError(expected=USAGE, got="no out=DIR")
    root = Path(str(values.pop("out")))
    settings = Settings.parse(values)
    console = Console(file=sys.stderr)
    done = write_corpus(root, settings, workers=os.cpu_count() or 1)
    for _ in track(
        done,
        total=settings.candidates,
        description="synthetic interviews",
        console=console,
        disable=not console.is_terminal,
    ):
        pass
    return root


def main() -> None:
    """Entry point: prints the folder, or one line about what is wrong."""
    try:
        print(make(sys.argv[1:]))
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        sys.exit(2)


if __name__ == "__main__":
    main()
