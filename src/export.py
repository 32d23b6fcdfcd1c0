"""``python -m src.export run=RUN out=DIR``: a trained run to a self-describing bundle."""

from __future__ import annotations

from src.entry import existing, ready, run, start

if __name__ == "__main__":
    ready("export")  # before anything large is loaded

from pathlib import Path

import hydra
from omegaconf import DictConfig

from src.scoring.exporting import export_bundle


def export(config: DictConfig) -> list[Path]:
    """Write the bundle; it gives the scores of the run, bit for bit."""
    folder = existing(config.run, what="a run folder")
    return export_bundle(folder, Path(config.out), program=config.program)


@hydra.main(version_base="1.3", config_path="../configs", config_name="export")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(export, config)


if __name__ == "__main__":
    start(main, "export")
