"""``python -m src.extract input=FOLDER``: media to cached features."""

from __future__ import annotations

from src.entry import existing, ready, run, start, with_words

if __name__ == "__main__":
    ready("extract")  # before anything large is loaded

from pathlib import Path

import hydra
from omegaconf import DictConfig, OmegaConf

from src.features.extract import extract, shard
from src.features.store import FeatureStore
from src.media.folder import scan


def extract_folder(config: DictConfig) -> list[Path]:
    """Fill the feature cache and list what is in it."""
    source = existing(config.input, what="a folder or manifest of media")
    found = scan(source, candidates=config.candidates, links=config.links)
    clips = with_words(config, shard(found, config.shard))
    specs = OmegaConf.to_container(config.encoders, resolve=True)
    store = FeatureStore(Path(config.paths.features))
    records = extract(clips, specs, store, workers=config.workers, progress=config.progress)
    failed = [record for record in records if record.error_code is not None]
    for record in failed:
        print(f"{record.clip_id}: {record.error_code}: {record.error_message}")
    print(f"{len(records) - len(failed)} of {len(records)} files encoded")
    return [store.write_manifest()]


@hydra.main(version_base="1.3", config_path="../configs", config_name="extract")
def main(config: DictConfig) -> None:
    """Entry point."""
    run(extract_folder, config)


if __name__ == "__main__":
    start(main, "extract")
