"""Views of the published vlogs, for benchmarks that need no training run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from omegaconf import OmegaConf

from trifold.contracts import Array
from trifold.corpora.readers.youtube_personality import read_youtube_personality
from trifold.encoders.build import build_encoder
from trifold.features.extract import extract
from trifold.features.samples import by_candidate, load_sample
from trifold.features.store import FeatureStore
from trifold.workers.base import EngineSettings

ENCODERS = Path(__file__).parents[1] / "configs/encoders/youtube_personality.yaml"
VIEWS = ("style", "profile", "voice", "motion")


def vlog_views(folder: str, *, features: str) -> tuple[dict[str, Array], Array]:
    """View name to (n, D), with ``sentences`` and ``whose`` of each sentence; (n, 5) ratings.

    Args:
        folder: of the published tables and transcripts.
        features: folder of the feature cache, as of ``trifold train``.
    """
    corpus = read_youtube_personality(folder)
    given: Any = OmegaConf.to_container(OmegaConf.load(ENCODERS))
    specs = {stream: given[stream] for stream in (*VIEWS, "sentences")}
    encoders = {stream: build_encoder(spec) for stream, spec in specs.items()}
    prints = {stream: encoder.fingerprint for stream, encoder in encoders.items()}
    dims = {stream: encoder.dim for stream, encoder in encoders.items()}
    store = FeatureStore(Path(features))
    records = extract(
        list(corpus.clips), specs, store, settings=EngineSettings(workers=1), progress=False
    )
    labels = np.array(list(corpus.labels.values()))
    streams: dict[str, list[Array]] = {stream: [] for stream in specs}
    for one in by_candidate(records).values():
        sample = load_sample(one, prints, store)
        if sample is None:
            raise SystemExit(f"nothing of {one[0].candidate_id} could be encoded")
        for stream, values in streams.items():
            tokens = sample.answers[0].get(stream)
            values.append(np.zeros((0, dims[stream])) if tokens is None else tokens.values)
    views = {s: np.stack([_mean(v) for v in streams[s]]) for s in VIEWS}
    each = [v.shape[0] for v in streams["sentences"]]
    whose = np.repeat(np.arange(len(each)), each)
    return {**views, "sentences": np.concatenate(streams["sentences"]), "whose": whose}, labels


def _mean(values: Array) -> Array:
    """Over tokens; 0 where there are none."""
    return np.nan_to_num(values).mean(axis=0) if len(values) else np.zeros(values.shape[1])
