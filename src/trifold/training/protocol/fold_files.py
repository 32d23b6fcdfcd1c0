"""Folds on disk, so that a killed run goes on where it was."""

from __future__ import annotations

import hashlib
import shutil
from collections.abc import Mapping
from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.training.protocol.fold import Fold

FORMAT = 7  # of the fold files; those of another are discarded


def prepare_folder(out: Path, identity: str) -> None:
    """Keep the folds of the same identity only."""
    digest = hashlib.sha256(f"{FORMAT}\x00{identity}".encode()).hexdigest()
    mark = out / "identity.txt"
    if not mark.is_file() or mark.read_text(encoding="utf-8") != digest:
        shutil.rmtree(out, ignore_errors=True)
        out.mkdir(parents=True)
        mark.write_text(digest, encoding="utf-8")


def fold_file(out: Path, fold: Fold) -> Path:
    """Where its scores lie; they are whole if the file is there."""
    return out / f"seed{fold.seed}-fold{fold.number}.npz"


def save_fold(path: Path, arrays: Mapping[str, Array]) -> None:
    """Write beside the target, then rename: a killed run leaves no half fold."""
    temporary = path.with_suffix(".tmp.npz")
    np.savez(temporary, **arrays)  # type: ignore[arg-type]
    temporary.replace(path)
