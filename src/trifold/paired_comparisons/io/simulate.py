"""Comparisons with known answers: for tests, benchmarks and trying the command out."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.paired_comparisons.model.comparisons import Comparisons, centred
from trifold.paired_comparisons.model.likelihood import RaterEffects, differences, probabilities

DIMENSIONS = (
    "openness",
    "conscientiousness",
    "extraversion",
    "agreeableness",
    "neuroticism",
    "overall_personality",
    "interview_score",
    "answer_score",
    "speaking_skills",
    "confidence_score",
    "facial_expression",
    "overall_performance",
)
NEGATIVE = ("neuroticism",)
LOGIT_SD = 1.5


@dataclass(frozen=True)
class Simulation:
    """Comparisons, the (N, D) centred logits that they were drawn from, and raters' habits."""

    data: Comparisons
    truth: Array
    effects: RaterEffects


def recruitview_sizes() -> list[int]:
    """Clips per question as RecruitView has them: 193, 192 and 74 questions of 14 to 46; 2,011."""
    others = np.floor(15 + 31 * np.linspace(0, 1, 73) ** 3.4).astype(int)
    others[: 1612 - int(others.sum())] += 1  # to the published total
    return [193, 192, 14, *sorted(others.tolist())]


def draw_truth(
    sizes: Sequence[int],
    generator: np.random.Generator,
    *,
    dimensions: Sequence[str] = DIMENSIONS,
    general: float = 0.63,
    group: float = 0.25,
    sd: float = LOGIT_SD,
) -> tuple[Array, Array]:
    """Gaussian scores with one general factor and three group factors.

    Two dimensions of one group correlate with general + group, others with general; the defaults
    give twelve dimensions a mean |r| of .69.

    Args:
        sizes: clips per question.
        generator: of the draws.
        dimensions: D names; those in ``NEGATIVE`` count against the others.
        general: share of variance of the general factor.
        group: share of variance of the group factors.
        sd: standard deviation within question in logits, expected after centring.

    Returns:
        (N, D) scores, centred within question, and (N,) question of each clip.
    """
    n, d = sum(sizes), len(dimensions)
    question = np.repeat(np.arange(len(sizes)), sizes)
    groups = generator.normal(size=(n, 3))[:, np.arange(d) * 3 // d]
    own = generator.normal(size=(n, d))
    scores = (
        np.sqrt(general) * generator.normal(size=(n, 1))
        + np.sqrt(group) * groups
        + np.sqrt(1 - general - group) * own
    )
    signs = np.array([-1.0 if name in NEGATIVE else 1.0 for name in dimensions])
    widened = np.sqrt(np.array(sizes) / np.maximum(np.array(sizes) - 1, 1))[question]
    return centred(sd * signs * scores, question) * widened[:, None], question


def draw_pairs(
    question: Array,
    generator: np.random.Generator,
    *,
    per_clip: float,
    dimensions: int,
    shared: bool = False,
) -> tuple[Array, Array, Array]:
    """Distinct random pairs within each question, as many as give each clip ``per_clip``.

    Args:
        question: (N,) question of each clip.
        generator: of the draws.
        per_clip: comparisons that a clip takes part in, on average and per dimension; fewer where
            a question has not that many pairs.
        dimensions: D.
        shared: judge the same pairs on all dimensions; otherwise each dimension has its own.

    Returns:
        (M,) left, right and dimension.
    """
    rows: list[tuple[Array, Array, Array]] = []
    for clips in (np.flatnonzero(question == g) for g in range(int(question.max()) + 1)):
        first, second = (clips[side] for side in np.triu_indices(len(clips), 1))
        count = min(len(first), round(len(clips) * per_clip / 2))
        chosen = generator.choice(len(first), count, replace=False)
        for k in range(dimensions):
            if not shared and k:
                chosen = generator.choice(len(first), count, replace=False)
            rows.append((first[chosen], second[chosen], np.full(count, k)))
    left, right, dimension = (np.concatenate(part) for part in zip(*rows, strict=True))
    swap = generator.random(len(left)) < 0.5
    return np.where(swap, right, left), np.where(swap, left, right), dimension


def draw_outcomes(x: Array, tie_weight: Array | float, generator: np.random.Generator) -> Array:
    """(M,) judgements 1, .5 or 0 at differences ``x``."""
    left, tie, _ = probabilities(x, tie_weight)
    u = generator.random(len(x))
    outcomes: Array = np.where(u < left, 1.0, np.where(u < left + tie, 0.5, 0.0))
    return outcomes


def simulate(
    sizes: Sequence[int],
    *,
    per_clip: float,
    seed: int = 0,
    dimensions: Sequence[str] = DIMENSIONS,
    shared: bool = False,
    tie_weight: float = 0.0,
    side: float = 0.0,
    raters: int = 0,
    rater_side_sd: float = 0.0,
) -> Simulation:
    """Draw scores, pairs, raters and judgements.

    Args:
        sizes: clips per question.
        per_clip: comparisons per clip and dimension.
        seed: of everything.
        dimensions: D names.
        shared: judge the same pairs on all dimensions.
        tie_weight: ν of ties; 0 for none.
        side: β, advantage of the left side.
        raters: R; 0 leaves raters unknown.
        rater_side_sd: spread of the raters' own side bias γ.

    Raises:
        InputError: for a question of fewer than two clips.
    """
    if min(sizes) < 2:
        raise InputError(expected="at least two clips per question", got=str(min(sizes)))
    generator = np.random.default_rng(seed)
    truth, question = draw_truth(sizes, generator, dimensions=dimensions)
    left, right, dimension = draw_pairs(
        question, generator, per_clip=per_clip, dimensions=len(dimensions), shared=shared
    )
    effects = RaterEffects(
        side, generator.normal(0, rater_side_sd, raters), np.full(len(dimensions), tie_weight)
    )
    rater = generator.integers(0, raters, len(left)) if raters else np.full(len(left), -1)
    data = _unjudged(left, right, dimension, rater, question, dimensions, raters)
    x = differences(truth, effects, data)
    outcome = draw_outcomes(x, effects.tie_weight[dimension], generator)
    return Simulation(replace(data, outcome=outcome), truth, effects)


def _unjudged(
    left: Array,
    right: Array,
    dimension: Array,
    rater: Array,
    question: Array,
    dimensions: Sequence[str],
    raters: int,
) -> Comparisons:
    """The pairs with made-up names of everything, and no outcome yet."""
    return Comparisons(
        left=left,
        right=right,
        dimension=dimension,
        outcome=np.zeros(len(left)),
        rater=rater,
        weight=np.ones(len(left)),
        question=question,
        clips=tuple(f"clip{i:05d}" for i in range(len(question))),
        questions=tuple(f"q{g + 1}" for g in range(int(question.max()) + 1)),
        dimensions=tuple(dimensions),
        raters=tuple(f"rater{r + 1}" for r in range(raters)),
    )
