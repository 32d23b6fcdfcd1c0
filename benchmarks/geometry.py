"""What curvature is worth where a network has nothing else: a bottleneck of few dimensions.

``python -m benchmarks.geometry [vlogs=DIR] [features=DIR] [people=400] [steps=300] [seeds=3]
[dims=2,3,5,8,32] [tasks=tree,rays,vlogs]`` reads people through a point of few dimensions and its
distances to 16 prototypes, and nothing else: no residual path, no normalisation after distances.
The space is hyperbolic, spherical or flat; the expert, the number of parameters, the optimiser and
the start are the same. Ten folds by candidate for every seed, all folds and seeds trained side by
side; the step that does best on an eighth of the training candidates counts. Then every trained
network is flattened and scores again, which says whether it used its curvature. ``tree`` and
``rays`` are the synthetic corpus of ``corpora=geometric``; ``vlogs`` the published tables.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import NamedTuple

import geoopt
import numpy as np
import torch
from scipy import stats
from torch import Tensor
from torch.func import functional_call, stack_module_state

from benchmarks.paired_scores import differences, rank_correlations, squared_errors
from benchmarks.vlog_views import vlog_views
from trifold.contracts import Array
from trifold.corpora.splits import k_folds
from trifold.corpora.synthetic.geometric import RAY, TREE, make_geometric
from trifold.network.blocks.experts.prototypes import (
    EuclideanPrototypes,
    HyperbolicPrototypes,
    PrototypeExpert,
    SphericalPrototypes,
)

KINDS: tuple[type[PrototypeExpert], ...] = (
    HyperbolicPrototypes,
    SphericalPrototypes,
    EuclideanPrototypes,
)
FOLDS, PROTOTYPES, WATCHED, COMPONENTS = 10, 16, 8, 40
RATE, MANIFOLD_RATE, DECAY, EVERY = 1e-2, 3.0, 0.05, 5


class Task(NamedTuple):
    """(n, D) measures and (n, K) labels of n people, and how many components are kept."""

    x: Array
    labels: Array


@dataclass(frozen=True)
class Result:
    """(S, n, K) held-out scores, the same flattened, and what became of the space.

    Attributes:
        scores: standardised by the training labels of each fold.
        flattened: of the same networks.
        radius: mean root mean square distance of people from the origin.
        moved: median way of the prototypes.
    """

    scores: Array
    flattened: Array
    radius: float
    moved: float


def main(arguments: list[str]) -> None:
    """Print one row per task, dimension and geometry."""
    given = dict(a.split("=", 1) for a in arguments)
    steps, seeds = int(given.get("steps", 300)), range(int(given.get("seeds", 3)))
    dims = [int(d) for d in given.get("dims", "2,3,5,8,32").split(",")]
    for name, task in tasks(given):
        print(f"{name}: {len(task.x)} people, {FOLDS} folds, seeds {len(seeds)}, {steps} steps")
        for dim in dims:
            found = {k: bottleneck(k, task, dim=dim, seeds=seeds, steps=steps) for k in KINDS}
            for kind, result in found.items():
                control = None if kind is EuclideanPrototypes else found[EuclideanPrototypes]
                print(f"  {dim:>2} {line(kind, result, task.labels, control)}", flush=True)


def tasks(given: Mapping[str, str]) -> Iterator[tuple[str, Task]]:
    """Those that are asked for."""
    chosen = given.get("tasks", "tree,rays,vlogs" if "vlogs" in given else "tree,rays").split(",")
    corpus = make_geometric(candidates=int(given.get("people", 400)))
    labels = np.array(list(corpus.labels.values()))
    measures = np.array([list((clip.measures or {}).values()) for clip in corpus.clips])
    if "tree" in chosen:
        yield "tree", Task(measures[:, :8], labels[:, : len(TREE)])
    if "rays" in chosen:
        yield "rays", Task(measures[:, 8:], labels[:, len(RAY) :])
    if "vlogs" in chosen:
        views, rated = vlog_views(given["vlogs"], features=given.get("features", "data/features"))
        parts = [views[s] for s in ("style", "profile", "voice", "motion")]
        scaled = [(v - v.mean(axis=0)) / (v.std(axis=0) + 1e-9) / v.shape[1] ** 0.5 for v in parts]
        yield "vlogs", Task(np.concatenate(scaled, axis=1), rated)


def bottleneck(
    kind: type[PrototypeExpert], task: Task, *, dim: int, seeds: range, steps: int
) -> Result:
    """Train one network for every fold of every seed, side by side, and score who was held out."""
    parts = [
        (seed, train, test)
        for seed in seeds
        for train, test in k_folds([str(i) for i in range(len(task.x))], folds=FOLDS, seed=seed)
    ]
    inputs, targets = zip(*(prepared(task, train) for _, train, _ in parts), strict=True)
    x, y = torch.stack(inputs), torch.stack(targets)
    learnt, watched = torch.zeros(x.shape[:2]), torch.zeros(x.shape[:2])
    experts = []
    for i, (seed, train, _) in enumerate(parts):
        torch.manual_seed(1000 * seed + i)
        held = np.random.default_rng(1000 * seed + i).permutation(train)[: len(train) // WATCHED]
        rows = np.setdiff1d(train, held)
        learnt[i, rows], watched[i, held] = 1, 1
        made = kind(x.shape[2], feature_dim=y.shape[2], dim=dim, prototypes=PROTOTYPES)
        made.initialise(x[i, rows])
        experts.append(made)
    state = trained(experts, x, y, learnt, watched, steps=steps)
    curved, flat = (_held_out(e, state, x, parts, seeds) for e in (experts[0], _flat(experts[0])))
    base = kind.space
    moved = base.dist(state["start"], state["prototypes"]).median()
    aim = torch.einsum(
        "bnd,bkd->bnk",
        x - state["centre"].unsqueeze(1),
        state["project.weight"] / state["project.weight"].norm(dim=(1, 2), keepdim=True),
    )
    reach = aim.square().sum(dim=-1).mean(dim=1).sqrt() * state["log_scale"].exp()
    return Result(curved, flat, float(reach.mean()), float(moved))


def prepared(task: Task, train: Array) -> tuple[Tensor, Tensor]:
    """(n, D) measures, (n, K) labels, standardised by training rows; wide ones as components."""
    x = task.x - task.x[train].mean(axis=0)
    if x.shape[1] > COMPONENTS:
        x = x @ np.linalg.svd(x[train], full_matrices=False)[2][:COMPONENTS].T
        x = x / x[train][:, 0].std()
    else:
        x = x / x[train].std(axis=0)
    y = (task.labels - task.labels[train].mean(axis=0)) / task.labels[train].std(axis=0)
    return torch.as_tensor(x, dtype=torch.float32), torch.as_tensor(y, dtype=torch.float32)


def trained(
    experts: list[PrototypeExpert],
    x: Tensor,
    y: Tensor,
    learnt: Tensor,
    watched: Tensor,
    *,
    steps: int,
) -> dict[str, Tensor]:
    """Weights of all networks at the steps that did best on those who were watched.

    Args:
        experts: B of them.
        x: (B, n, D).
        y: (B, n, K).
        learnt: (B, n) 1 for who is learnt from.
        watched: (B, n) 1 for who says when to stop.
        steps: of the whole batch.
    """
    weights, fixed = stack_module_state(experts)  # type: ignore[arg-type]
    flat = {k: v.detach().requires_grad_() for k, v in weights.items() if k != "prototypes"}
    points = geoopt.ManifoldParameter(
        weights["prototypes"].detach(), manifold=experts[0].space.manifold()
    )
    groups = [
        {"params": [v for k, v in flat.items() if k.endswith("weight")], "weight_decay": DECAY},
        {"params": [v for k, v in flat.items() if not k.endswith("weight")], "weight_decay": 0.0},
    ]
    optimizers = [
        torch.optim.AdamW(groups, lr=RATE),
        geoopt.optim.RiemannianAdam([points], lr=MANIFOLD_RATE * RATE),
    ]
    state = {**flat, "prototypes": points, **fixed}
    best = torch.full((len(x),), torch.inf)
    kept = {name: value.detach().clone() for name, value in state.items()}
    for step in range(steps):
        squared = (scores(experts[0], state, x) - y).square().mean(dim=2)  # (B, n)
        if step % EVERY == 0:
            error = ((squared * watched).sum(dim=1) / watched.sum(dim=1)).detach()
            better, best = error < best, torch.minimum(error, best)
            for name, value in state.items():
                kept[name][better] = value.detach()[better]
        for optimizer in optimizers:
            optimizer.zero_grad()
        ((squared * learnt).sum(dim=1) / learnt.sum(dim=1)).sum().backward()
        for optimizer in optimizers:
            optimizer.step()
    return kept


def scores(expert: PrototypeExpert, state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """(B, n, K) of B networks of one form."""

    def one(weights: Mapping[str, Tensor], rows: Tensor) -> Tensor:
        found: Tensor = functional_call(expert, dict(weights), (rows,))
        return found

    return torch.vmap(one)(dict(state), x)


def line(kind: type[PrototypeExpert], result: Result, labels: Array, control: Result | None) -> str:
    """Geometry, ρ and error, what flattening does, and differences to flat space."""
    y = stats.zscore(labels)
    everybody = np.full((1, len(y)), 1 / len(y))
    rho, error = (
        quality(result.scores, y, everybody).mean()
        for quality in (rank_correlations, squared_errors)
    )
    text = f"{kind.geometry:<10} ρ {rho:.3f}  MSE {error:.3f}"
    text += f"  radius {result.radius:.2f}  moved {result.moved:.2f}"
    if control is None:
        return text
    spread = result.scores.std(axis=1)
    shift = ((result.scores - result.flattened).std(axis=1) / spread).mean()
    both = (stats.zscore(scored, axis=1) for scored in (result.scores, result.flattened))
    r = np.multiply(*both).mean()
    text += f"  flattened: {shift:.2f} SD, r {r:.3f}"
    return f"{text}  {differences(result.scores, control.scores, y)}"


def _held_out(
    expert: PrototypeExpert,
    state: Mapping[str, Tensor],
    x: Tensor,
    parts: list[tuple[int, Array, Array]],
    seeds: range,
) -> Array:
    with torch.no_grad():
        each = scores(expert, state, x).numpy()
    found = np.empty((len(seeds), *each.shape[1:]))
    for one, (seed, _, test) in zip(each, parts, strict=True):
        found[seeds.index(seed), test] = one[test]
    return found


def _flat(expert: PrototypeExpert) -> PrototypeExpert:
    copy = deepcopy(expert)
    copy.flatten()
    return copy


if __name__ == "__main__":
    main(sys.argv[1:])
