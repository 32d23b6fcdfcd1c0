"""What the distance from the training candidates notices.

``python -m benchmarks.distribution run=RUN [features=DIR] [avi=DIR] [people=50]`` takes a run whose
corpus has transcripts. In five folds it learns the distribution without a fifth of the candidates
and asks how many of those, and of candidates whose words were changed, lie beyond the limit; with
``avi``, also interviewees of another corpus. The mean distance to the ten nearest training
candidates stands beside ours.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from hydra.utils import instantiate
from omegaconf import OmegaConf
from sklearn.metrics import roc_auc_score
from sklearn.neighbors import NearestNeighbors

from trifold.bundle.bundle import Bundle, load_bundle
from trifold.bundle.out_of_distribution import WIDEST, fit_distribution
from trifold.contracts import Array, Clip, Segment, Transcript
from trifold.corpora.readers.avi import read_avi
from trifold.features.collate import collate
from trifold.features.extract import extract
from trifold.features.pooling import pooled_features
from trifold.features.samples import by_candidate, load_sample
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.workers.base import EngineSettings

Views = Mapping[str, Array]
LIMIT, FOLDS, NEAREST = 0.99, 5, 10
LETTERS = list("abcdefghijklmnopqrstuvwxyz")


def main(arguments: list[str]) -> None:
    """Print one row per method and kind of candidate."""
    settings = dict(a.split("=", 1) for a in arguments)
    run, people = Path(settings["run"]), int(settings.get("people", 50))
    bundle, store = load_bundle(run), FeatureStore(Path(settings.get("features", "data/features")))
    corpora = OmegaConf.load(run / "config.yaml").corpora
    corpus = instantiate({k: v for k, v in corpora.items() if k != "test_root"})
    inside = _pooled(list(corpus.clips), bundle, store)
    others = {
        name: _pooled([_changed(c, change) for c in corpus.clips[:people]], bundle, store)
        for name, change in changes(np.random.default_rng(0)).items()
    }
    if "avi" in settings:
        avi = read_avi(settings["avi"], labels="observer_hexaco")
        chosen = set(list(avi.labels)[:people])
        clips = [clip for clip in avi.clips if clip.candidate_id in chosen]
        others["another corpus"] = _pooled(clips, bundle, store)
    for name, method in {"Mahalanobis": mahalanobis, "ten nearest": ten_nearest}.items():
        report(name, method, inside, others)


def changes(generator: np.random.Generator) -> dict[str, Callable[[str], str]]:
    """Ways to spoil a transcript."""

    def nonsense(_: str) -> str:
        lengths = generator.integers(2, 9, 150)
        return " ".join("".join(generator.choice(LETTERS, n)) for n in lengths)

    return {
        "words shuffled": lambda text: " ".join(generator.permutation(text.split())),
        "first 15 words": lambda text: " ".join(text.split()[:15]),
        "one sentence, 20 times": lambda text: " ".join([re.split(r"(?<=[.!?])\s", text)[0]] * 20),
        "random letters": nonsense,
    }


def report(
    name: str,
    method: Callable[[Views, Views], tuple[Array, Array]],
    inside: Views,
    others: Mapping[str, Views],
) -> None:
    """Shares beyond the limit, and areas under the curve against held-out candidates."""
    n = len(next(iter(inside.values())))
    fold = np.random.default_rng(0).permutation(n) % FOLDS
    beyond: dict[str, list[float]] = {"held out": [], **{k: [] for k in others}}
    area: dict[str, list[float]] = {k: [] for k in others}
    for f in range(FOLDS):
        train = {s: x[fold != f] for s, x in inside.items()}
        known, held_out = method(train, {s: x[fold == f] for s, x in inside.items()})
        beyond["held out"].append(_beyond(known, held_out))
        for kind, views in others.items():
            found = method(train, views)[1]
            beyond[kind].append(_beyond(known, found))
            truth = np.repeat([0, 1], [len(held_out), len(found)])
            area[kind].append(roc_auc_score(truth, np.concatenate([held_out, found])))
    print(f"{name}: {n} candidates, {FOLDS} folds; share beyond {LIMIT:.0%}, area under the curve")
    for kind, shares in beyond.items():
        curve = f"{np.mean(area[kind]):.3f}" if kind in area else "-"
        print(f"  {kind:<24} {np.mean(shares):6.1%}  {curve}")


def mahalanobis(train: Views, new: Views) -> tuple[Array, Array]:
    """Distances of training candidates from the others, sorted, and of new ones."""
    distribution = fit_distribution(train)
    if distribution is None:
        raise SystemExit("too few candidates")
    return distribution.distances, distribution.distance(new)


def ten_nearest(train: Views, new: Views) -> tuple[Array, Array]:
    """The same by the mean squared distance to the ten nearest."""
    known, found = [], []
    for stream, x in train.items():
        if x.shape[1] > WIDEST:
            continue
        there = np.isfinite(x).all(axis=1)
        mean, spread = x[there].mean(axis=0), x[there].std(axis=0)
        unit = np.where(spread > 1e-9, spread, 1.0)
        rows = (x[there] - mean) / unit
        search = NearestNeighbors(n_neighbors=NEAREST).fit(rows)
        own = np.full(len(x), np.nan)
        own[there] = np.square(search.kneighbors()[0]).mean(axis=1)
        other = np.full(len(new[stream]), np.nan)
        seen = np.isfinite(new[stream]).all(axis=1)
        if seen.any():
            distances, _ = search.kneighbors((new[stream][seen] - mean) / unit)
            other[seen] = np.square(distances).mean(axis=1)
        known.append(own / np.nanmedian(own))
        found.append(other / np.nanmedian(own))
    return np.sort(np.nanmean(known, axis=0)), np.nanmean(found, axis=0)


def _beyond(known: Array, found: Array) -> float:
    return float(np.mean(np.searchsorted(known, found, side="left") / len(known) > LIMIT))


def _changed(clip: Clip, change: Callable[[str], str]) -> Clip:
    said = Source(clip).transcript
    text = change(said.text if said else "")
    return replace(
        clip, transcript=Transcript((Segment(text),), source="txt"), transcript_path=None
    )


def _pooled(clips: list[Clip], bundle: Bundle, store: FeatureStore) -> dict[str, Array]:
    d = bundle.description
    records = extract(
        clips, d.encoder_specs, store, settings=EngineSettings(workers=1), progress=False
    )
    groups = by_candidate(records).values()
    samples = [load_sample(group, d.fingerprints, store) for group in groups]
    return pooled_features(collate([s for s in samples if s is not None], d.stream_dims))


if __name__ == "__main__":
    main(sys.argv[1:])
