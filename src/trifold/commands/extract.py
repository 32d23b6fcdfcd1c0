"""``trifold extract input=FOLDER``: media to cached features."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig, OmegaConf

from trifold.commands.governance.policies import Gate, ScoringGate
from trifold.commands.shared import engine_settings, existing, word_settings
from trifold.features.extract import extract, shard
from trifold.features.store import FeatureStore
from trifold.features.words import with_words
from trifold.media.files.folder import survey


def extract_folder(config: DictConfig) -> list[Path]:
    """Fill the feature cache and list what is in it."""
    source = existing(config.input, what="a folder or manifest of media")
    people = ScoringGate.of(config, Gate.of(config))
    interviews = survey(
        source, candidates=config.candidates, links=config.links, closed=people.closed
    )
    found = list(interviews.clips)
    people.look(tuple(dict.fromkeys(clip.candidate_id for clip in found)), interviews.columns)
    specs: Any = OmegaConf.to_container(config.encoders, resolve=True)
    clips = with_words(shard(found, config.shard), encoders=specs, **word_settings(config))
    store = FeatureStore(Path(config.paths.features))
    settings = engine_settings(config)
    records = extract(clips, specs, store, settings=settings, progress=config.progress)
    failed = [record for record in records if record.error_code is not None]
    for record in failed:
        print(f"{record.clip_id}: {record.error_code}: {record.error_message}")
    print(f"{len(records) - len(failed)} of {len(records)} files encoded")
    return [store.write_manifest()]
