"""Whether a hierarchy of constructs, learnt without ratings, is a better view of people if curved.

``python -m benchmarks.construct_hierarchy vlogs=DIR [features=DIR] [dim=5] [steps=400] [seeds=3]``
embeds sentences (frozen MiniLM, one linear map) with facets and domains of personality in a space
of few dimensions: every sentence near the statements that it resembles, every statement near
its facet, every facet near its domain, by softmax over distances. Nobody's ratings are used. A
person is the midpoint of their sentences; distances to all facets and domains are one more view
beside those of style, profile, voice and motion in a sum of kernels, ten folds by candidate for
each seed. The ball is held against a flat twin of equal width and against itself flattened.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping

import geoopt
import numpy as np
import torch
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from benchmarks.geometry import FOLDS
from benchmarks.kernel_ridge import rbf, ridge
from benchmarks.paired_scores import differences, rank_correlations, squared_errors
from benchmarks.vlog_views import VIEWS, vlog_views
from trifold.contracts import Array
from trifold.corpora.splits import k_folds
from trifold.encoders.text.facets import STATEMENTS
from trifold.encoders.text.minilm import MiniLM
from trifold.network.geometry.poincare import clip_norm
from trifold.network.geometry.spaces import Ball, Flat, Space, flat_dist

# domain to facet to numbers of statements at its high and at its low end; after HEXACO
CONSTRUCTS = {
    "honesty": {
        "fairness": ((0, 1, 8, 9), (4, 5)),
        "modesty": ((6,), (7,)),
        "greed avoidance": ((2,), (3,)),
        "sincerity": ((10,), ()),
    },
    "emotionality": {"anxiety": ((37, 39), (38,)), "dependence": ((40,), ())},
    "extraversion": {
        "self-esteem": ((11,), ()),
        "boldness": ((12, 17, 50), (16, 18)),
        "sociability": ((13,), (15, 48)),
        "liveliness": ((14, 53), ()),
    },
    "agreeableness": {
        "forgiveness": ((19,), (27,)),
        "patience": ((20,), (21,)),
        "flexibility": ((24,), (22,)),
        "gentleness": ((23,), (26,)),
        "altruism": ((47, 49, 52), ()),
    },
    "conscientiousness": {
        "organization": ((28, 30), (29,)),
        "diligence": ((31, 51, 60), (35,)),
        "perfectionism": ((32, 33), ()),
        "prudence": ((34,), (36, 59)),
    },
    "openness": {
        "inquisitiveness": ((41, 44), ()),
        "aesthetics": ((42,), ()),
        "creativity": ((43,), ()),
        "adaptability": ((45, 46), ()),
    },
}
BATCH, RATE, NEARNESS, SHARPNESS = 1024, 1e-2, 0.2, 0.05  # of distances; of cosines


def tree() -> tuple[list[int], list[int], list[int]]:
    """Statements that have a facet, the facet's end of each, and the domain's end of each facet."""
    statements, facet_of, domain_of = [], [], []
    for d, facets in enumerate(CONSTRUCTS.values()):
        for ends in facets.values():
            for low, numbers in enumerate(ends):
                if numbers:
                    statements += numbers
                    facet_of += [len(domain_of)] * len(numbers)
                    domain_of.append(2 * d + low)
    known = sorted(set(domain_of))
    return statements, facet_of, [known.index(d) for d in domain_of]


class Hierarchy(nn.Module):
    """Sentences, facets and domains in one space.

    Args:
        space: of all of them.
        dim: of the space.
        sentences: (n, D) unit vectors.
        statements: (P, D) those of ``STATEMENTS``.
    """

    def __init__(self, space: Space, *, dim: int, sentences: Tensor, statements: Tensor) -> None:
        super().__init__()
        self.space, self.is_flattened = space, False
        self.sentences, self.statements = sentences, statements
        self.centre = torch.cat([sentences.mean(dim=0), statements.mean(dim=0)]).view(2, -1).mean(0)
        self.known, self.facet_of, self.domain_of = map(torch.tensor, tree())
        self.project = nn.Linear(sentences.shape[1], dim, bias=False)
        self.log_scale = nn.Parameter(torch.tensor(0.0))
        with torch.no_grad():
            reach = self.embed(statements).square().sum(dim=-1).mean().sqrt()
            self.log_scale.sub_(reach.log())
        manifold = space.manifold()
        counts = (len(self.domain_of), int(self.domain_of.max()) + 1)
        self.facets, self.domains = (
            geoopt.ManifoldParameter(space.exp(0.1 * torch.randn(n, dim)), manifold=manifold)
            for n in counts
        )

    def embed(self, x: Tensor) -> Tensor:
        """(..., D) to (..., dim) tangent coordinates."""
        u = (x - self.centre) @ (self.project.weight / self.project.weight.norm()).mT
        one = torch.ones(())
        return clip_norm(u * self.log_scale.exp(), one, longest=self.space.longest)

    def loss(self, rows: Tensor) -> Tensor:
        """Of the chosen sentences and of the whole tree above them."""
        said = self.sentences[rows]
        alike = torch.softmax(said @ self.statements.mT / SHARPNESS, dim=1)
        statements = self.space.exp(self.embed(self.statements))
        terms = (
            cross_entropy(self._near(self.space.exp(self.embed(said)), statements), alike),
            cross_entropy(self._near(statements[self.known], self.facets), self.facet_of),
            cross_entropy(self._near(self.facets, self.domains), self.domain_of),
        )
        return torch.stack(terms).sum()

    @torch.no_grad()
    def people(self, whose: Tensor, count: int) -> Array:
        """(count, facets + domains) distances from each person's midpoint."""
        u = self.embed(self.sentences)
        weight = nn.functional.one_hot(whose, count).mT.to(u.dtype)
        silent = weight.sum(dim=1) == 0
        weight[silent] = 1.0  # whoever said nothing is like everybody
        constructs = torch.cat([self.facets, self.domains])
        if self.is_flattened:
            mean = weight @ u / weight.sum(dim=1, keepdim=True)
            return flat_dist(mean.unsqueeze(1), self.space.log(constructs)).numpy()
        points = self.space.exp(u)
        middle = torch.stack([self.space.midpoint(points[w > 0], w[w > 0]) for w in weight])
        return self.space.dist(middle.unsqueeze(1), constructs).numpy()

    def _near(self, one: Tensor, other: Tensor) -> Tensor:
        return -self.space.dist(one.unsqueeze(1), other) / NEARNESS


def learn(hierarchy: Hierarchy, *, steps: int) -> Hierarchy:
    """Train it; the tree is small, so every step sees all of it."""
    curved = [hierarchy.facets, hierarchy.domains]
    flat = [hierarchy.project.weight, hierarchy.log_scale]
    optimizers = [
        torch.optim.Adam(flat, lr=RATE),
        geoopt.optim.RiemannianAdam(curved, lr=3 * RATE),
    ]
    for _ in range(steps):
        rows = torch.randint(len(hierarchy.sentences), (BATCH,))
        for optimizer in optimizers:
            optimizer.zero_grad()
        hierarchy.loss(rows).backward()
        for optimizer in optimizers:
            optimizer.step()
    return hierarchy


def views_of(
    space: Space, vlogs: Mapping[str, Array], statements: Array, *, dim: int, seed: int, steps: int
) -> tuple[Array, Array, str]:
    """The view of everybody, the same flattened, and how training ended."""
    torch.manual_seed(seed)
    sentences = normalize(torch.as_tensor(vlogs["sentences"], dtype=torch.float32), dim=1)
    anchors = torch.as_tensor(statements, dtype=torch.float32)
    made = learn(Hierarchy(space, dim=dim, sentences=sentences, statements=anchors), steps=steps)
    whose, count = torch.as_tensor(vlogs["whose"]), len(vlogs["voice"])
    curved = made.people(whose, count)
    made.is_flattened = True
    with torch.no_grad():
        loss = made.loss(torch.arange(len(sentences))).item()
        radius = made.embed(sentences).norm(dim=1).square().mean().sqrt().item()
    return curved, made.people(whose, count), f"loss {loss:.3f}, radius {radius:.2f}"


def main(arguments: list[str]) -> None:
    """Print one row per set of views, with differences to the four views and to the flat twin."""
    given = dict(a.split("=", 1) for a in arguments)
    vlogs, labels = vlog_views(given["vlogs"], features=given.get("features", "data/features"))
    statements = MiniLM(window_words=0).embed(STATEMENTS)
    dim, steps, count = (int(given.get(k, v)) for k, v in
                         {"dim": 5, "steps": 400, "seeds": 3}.items())  # fmt: skip
    mean, spread = labels.mean(axis=0), labels.std(axis=0)
    found: dict[str, list[Array]] = {}
    for seed in range(count):
        sets: dict[str, dict[str, Array]] = {"four views": {v: vlogs[v] for v in VIEWS}}
        for space in (Ball(), Flat()):
            view, flat, told = views_of(space, vlogs, statements, dim=dim, seed=seed, steps=steps)
            print(f"seed {seed}, {space.geometry}: {told}", flush=True)
            sets[f"{space.geometry} alone"] = {"hierarchy": view}
            sets[f"four and {space.geometry}"] = {**sets["four views"], "hierarchy": view}
            if isinstance(space, Ball):
                sets["four and flattened"] = {**sets["four views"], "hierarchy": flat}
        for name, views in sets.items():
            scored = (out_of_fold(views, labels, seed=seed) - mean) / spread
            found.setdefault(name, []).append(scored)
    report({name: np.stack(each) for name, each in found.items()}, (labels - mean) / spread)


def out_of_fold(views: Mapping[str, Array], labels: Array, *, seed: int) -> Array:
    """(n, K) scores by ridge regression on the mean of one RBF kernel per view."""
    preds = np.empty_like(labels)
    for train, test in k_folds([str(i) for i in range(len(labels))], folds=FOLDS, seed=seed):
        kernel = np.mean([rbf(v, train) for v in views.values()], axis=0)
        y = labels[train] - labels[train].mean(axis=0)
        weights = ridge(kernel[train], y)
        preds[test] = labels[train].mean(axis=0) + kernel[test] @ weights
    return preds


def report(found: Mapping[str, Array], y: Array) -> None:
    """ρ and MSE, and paired differences with people and seeds in the intervals."""
    everybody = np.full((1, len(y)), 1 / len(y))
    for name, scored in found.items():
        rho, error = (q(scored, y, everybody).mean() for q in (rank_correlations, squared_errors))
        print(f"{name:<24} ρ {rho:.3f}  MSE {error:.3f}")
    pairs = (("four and hyperbolic", "four views"), ("four and hyperbolic", "four and euclidean"),
             ("four and hyperbolic", "four and flattened"),
             ("hyperbolic alone", "euclidean alone"))  # fmt: skip
    for first, second in pairs:
        told = differences(found[first], found[second], y)
        print(f"{first} minus {second}: {told}")


if __name__ == "__main__":
    main(sys.argv[1:])
