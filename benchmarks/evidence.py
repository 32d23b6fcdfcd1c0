"""How faithful evidence is: ``python -m benchmarks.evidence run=RUN [features=DIR] [n=60] …``.

Deletion tests on the run's own corpus, by method, beside random orders; and with ``planted=DIR``
how often the strongest evidence lies where a smile or a fast passage was planted (the clips are
written there first, if they are not there). ``planted`` takes a run on the synthetic corpus.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import torch
from captum.attr import IntegratedGradients
from hydra.utils import instantiate
from omegaconf import OmegaConf

from trifold.bundle.bundle import load_bundle
from trifold.contracts import Array, Modality
from trifold.corpora.synthetic.planted import TRAIT, Planted, write_planted
from trifold.features.collate import CandidateSample, collate
from trifold.features.extract import extract
from trifold.features.samples import by_candidate, load_sample
from trifold.features.store import FeatureStore
from trifold.media.files.folder import scan
from trifold.scoring.attribution.explain import METHODS, _silent
from trifold.scoring.attribution.faithfulness import against_random, area_between, random_area
from trifold.scoring.attribution.pieces import Piece, cut
from trifold.scoring.attribution.value_function import ValueFunction
from trifold.scoring.predictor import Predictor
from trifold.workers.base import EngineSettings

Method = Callable[[Predictor, CandidateSample, Sequence[Piece], ValueFunction], Array]


def main(arguments: list[str]) -> None:
    """Print one table per question."""
    settings = dict(a.split("=", 1) for a in arguments)
    predictor = Predictor(load_bundle(Path(settings["run"])))
    store = FeatureStore(Path(settings.get("features", "data/features")))
    methods: dict[str, Method] = {
        **{name: _perturbing(name) for name in METHODS},
        "integrated gradients": integrated_gradients,
    }
    if "planted" in settings:
        planted_hits(predictor, store, Path(settings["planted"]), methods, settings)
    else:
        deletion(predictor, store, Path(settings["run"]), methods, int(settings.get("n", 60)))


def deletion(
    predictor: Predictor, store: FeatureStore, run: Path, methods: dict[str, Method], n: int
) -> None:
    """Area between deletion curves in standard deviations of the scores, mean over targets."""
    samples = _samples(predictor, store, run, n)
    unit = np.nanstd(predictor.bundle.reference.norms, axis=0)  # type: ignore[union-attr]
    areas: dict[str, list[float]] = {name: [] for name in methods}
    seconds: dict[str, list[float]] = {name: [] for name in methods}
    random = []
    for i, sample in enumerate(samples):
        pieces = cut(sample, predictor.bundle.description.stream_modality)
        value = ValueFunction(predictor.bundle, sample, pieces)
        for name, method in methods.items():
            begun = time.perf_counter()
            values = method(predictor, sample, pieces, value)
            seconds[name].append(time.perf_counter() - begun)
            areas[name].append(float(np.mean(area_between(value.scores, values) / unit)))
        chance = random_area(value.scores, values, draws=3, seed=i)
        random.append(float(np.mean(chance / unit)))
    print(f"{len(samples)} candidates of {run.name}; area between deletion curves, SD of scores")
    print(f"{'':<22} {'area':>7} {'random':>7} {'better':>7} {'p':>9} {'seconds':>8}")
    for name, found in areas.items():
        t = against_random(found, random)
        cost = float(np.median(seconds[name]))
        print(
            f"{name:<22} {t.mean:7.3f} {t.random:7.3f} {t.better:7.0%} {t.p_value:9.1e} {cost:8.2f}"
        )


def planted_hits(
    predictor: Predictor,
    store: FeatureStore,
    root: Path,
    methods: dict[str, Method],
    settings: dict[str, str],
) -> None:
    """Share of clips whose strongest raising piece lies where it was planted."""
    options = {k: int(settings[k]) for k in ("clips", "seconds", "seed") if k in settings}
    plan = {p.clip_id: p for p in write_planted(root, **options)}
    specs = predictor.bundle.description.encoder_specs
    records = extract(list(scan(root)), specs, store, progress=False)
    fingerprints = predictor.bundle.description.fingerprints
    hits: dict[tuple[str, str], list[bool]] = {}
    for candidate, group in by_candidate(records).items():
        sample = load_sample(group, fingerprints, store)
        if candidate not in plan or sample is None:
            continue
        pieces = cut(sample, predictor.bundle.description.stream_modality)
        value = ValueFunction(predictor.bundle, sample, pieces)
        for name, method in methods.items():
            values = method(predictor, sample, pieces, value)
            for modality, trait in TRAIT.items():
                k = predictor.bundle.description.schema.names.index(trait)
                top = pieces[int(np.argmax(values[:, k]))]
                hit = top.modality == modality and _overlaps(top, plan[candidate], modality)
                hits.setdefault((name, modality), []).append(hit)
    print(
        f"{len(plan)} planted clips (SYNTHETIC); strongest piece of all lies where it was planted"
    )
    for (name, modality), found in hits.items():
        print(
            f"{name:<22} {modality:<6} {TRAIT[modality]:<18} {np.mean(found):.0%} of {len(found)}"
        )


def _overlaps(piece: Piece, planted: Planted, modality: Modality) -> bool:
    start, end = planted.span(modality)
    return start <= (piece.start_s + piece.end_s) / 2 < end


def _perturbing(name: str) -> Method:
    def method(
        predictor: Predictor, sample: CandidateSample, pieces: Sequence[Piece], value: ValueFunction
    ) -> Array:
        scores = [predictor.score(s).candidate.score for s in (_silent(sample, predictor), sample)]
        groups = [piece.modality for piece in pieces]
        return METHODS[name](value.scores, groups, ends=(scores[0], scores[1])).values

    return method


def integrated_gradients(
    predictor: Predictor, sample: CandidateSample, pieces: Sequence[Piece], value: ValueFunction
) -> Array:
    """Captum's, from the mean token of the training candidates to the token, summed by piece."""
    bundle = predictor.bundle
    batch = collate([sample], bundle.description.stream_dims)
    streams = list(batch.tokens)
    gaussians = bundle.reference.distribution.gaussians  # type: ignore[union-attr]
    inputs = tuple(batch.tokens[s] for s in streams)
    start = tuple(
        torch.as_tensor(gaussians[s].mean, dtype=torch.float32).expand_as(x).contiguous()
        if s in gaussians
        else torch.zeros_like(x)
        for s, x in zip(streams, inputs, strict=True)
    )

    def forward(*tokens: torch.Tensor) -> torch.Tensor:
        rows = len(tokens[0])
        mask = {s: m.expand(rows, -1, -1) for s, m in batch.token_mask.items()}
        shown = {s: x * mask[s].unsqueeze(-1) for s, x in zip(streams, tokens, strict=True)}
        output = bundle.network(shown, mask, batch.answer_mask.expand(rows, -1))
        scores: torch.Tensor = bundle.scaler(output.candidate)
        unused = torch.stack([0 * x.flatten(1).sum(dim=1) for x in tokens]).sum(dim=0)
        return scores + unused.unsqueeze(1)  # ranks pass no gradient on, so it is 0 there

    values = np.zeros((len(pieces), len(bundle.description.schema.names)))
    for k in range(values.shape[1]):
        found = IntegratedGradients(forward).attribute(
            inputs, baselines=start, target=k, n_steps=16, internal_batch_size=16
        )
        by_stream = {s: x[0].sum(dim=-1).numpy() for s, x in zip(streams, found, strict=True)}
        for p, piece in enumerate(pieces):
            values[p, k] = sum(
                by_stream[s][piece.answer, at].sum() for s, at in piece.tokens.items()
            )
    return values


def _samples(predictor: Predictor, store: FeatureStore, run: Path, n: int) -> list[CandidateSample]:
    """N of the run's own candidates, tested ones first."""
    corpora = OmegaConf.load(run / "config.yaml").corpora
    corpus = instantiate({k: v for k, v in corpora.items() if k != "test_root"})
    chosen = sorted(corpus.labels, key=lambda c: corpus.splits.get(c) != "test")[:n]
    clips = [clip for clip in corpus.clips if clip.candidate_id in set(chosen)]
    description = predictor.bundle.description
    records = extract(
        clips, description.encoder_specs, store, settings=EngineSettings(workers=1), progress=False
    )
    groups = by_candidate(records).values()
    loaded = [load_sample(group, description.fingerprints, store) for group in groups]
    return [sample for sample in loaded if sample is not None]


if __name__ == "__main__":
    main(sys.argv[1:])
