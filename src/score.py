"""``python -m src.score input=FOLDER bundle=RUN out=DIR``: interview videos to scores."""

from __future__ import annotations

from pathlib import Path

import hydra
from omegaconf import DictConfig

from src.endings import leave
from src.entry import existing, run, start, with_words
from src.features.workers import start_ahead
from src.imports import large_imports
from src.media.folder import scan

SETTINGS = ("engine", "workers", "timeout_s", "address", "gpus_per_worker", "progress")


def score_folder(config: DictConfig) -> list[Path]:
    """Write tables and a report; files that cannot be scored have rows that say why."""
    found = scan(existing(config.input, what="a folder or manifest of media"), unique=False)
    trained = existing(config.bundle, what="a run folder or bundle")
    if config.engine == "local" and not Path(config.paths.features).exists():
        start_ahead()  # nothing is cached, so there will be workers; they load while this does:
    with large_imports():
        from src.features.store import FeatureStore
        from src.scoring.batch import Settings, score_clips
        from src.scoring.bundle import load_bundle
        from src.scoring.evidence.files import explain_files
        from src.scoring.report import write_report

    clips = with_words(config, found)
    bundle = load_bundle(trained).cleared_for(config.purpose, rights=config.rights)
    bundle = bundle.at_coverage(config.coverage)
    store = FeatureStore(Path(config.paths.features))
    out = Path(config.out)
    scored = score_clips(
        clips,
        bundle,
        store,
        out,
        settings=Settings(**{name: config[name] for name in SETTINGS}),
        withhold=config.withhold,
        explain=explain_files if config.evidence else None,
    )
    n_scored = sum(row["status"] == "scored" for row in scored.answers)
    print(f"{n_scored} of {len(scored.answers)} files scored")
    written = list(scored.paths)
    if config.report:
        written.append(write_report(scored, bundle, out / "report.html", clips=clips))
    return written


@hydra.main(version_base="1.3", config_path="../configs", config_name="score")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(score_folder, config)


if __name__ == "__main__":
    start(main, "score")
    leave()
