"""``trifold compare runs=DIR reference=NAME out=DIR``: runs of one protocol side by side."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.shared import existing
from trifold.errors import InputError
from trifold.training.results.comparison import compare_runs, read_run, write_comparison


def compare(config: DictConfig) -> list[Path]:
    """Read every run folder, hold each against the reference, write table and plot."""
    root = existing(config.runs, what="a folder of run folders")
    folders = sorted(folder.parent for folder in root.glob("*/metrics.json"))
    if not folders:
        raise InputError(expected="run folders with metrics.json", got="none", where=root)
    names = [folder.name for folder in folders]
    if config.reference not in names:
        raise InputError(
            expected=f"a reference among {', '.join(names)}", got=repr(config.reference), where=root
        )
    runs = [read_run(folder) for folder in folders]
    reference = runs[names.index(config.reference)]
    ordered = [reference, *(one for one in runs if one is not reference)]
    table = compare_runs(ordered, reference, resamples=config.resamples, seed=config.seed)
    out = Path(config.out)
    written = write_comparison(table, reference.name, out)
    print((out / "comparison.md").read_text(encoding="utf-8"))
    return written
