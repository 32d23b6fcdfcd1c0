"""What the simple methods share: folds by person, standardised targets, chosen penalties."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from sklearn.linear_model import Ridge, RidgeCV
from sklearn.model_selection import GroupKFold, KFold

from trifold.contracts import Array

INNER, LEAST_LABELS = 5, 3  # inner folds; labels of a target
TIED = 1e-9


def inner_folds(people: Array) -> list[tuple[Array, Array]]:
    """Five shuffled folds by person, or as many as there are people; two at least.

    Args:
        people: (n,) number of the person of each row.

    Returns:
        Rows to fit on and rows held out, per fold; none for fewer than two people.
    """
    count = len(np.unique(people))
    if count < 2:
        return []
    shared = count < len(people)
    options = {"n_splits": min(INNER, count), "shuffle": True, "random_state": 0}
    splitter = GroupKFold(**options) if shared else KFold(**options)
    return list(splitter.split(people, groups=people if shared else None))


def penalised(x: Array, y: Array, z: Array, penalties: Array, people: Array) -> tuple[Array, Array]:
    """Ridge whose penalty is chosen for each target.

    By leave-one-out in closed form where each row is another person, else on people held out. All
    targets go through the same fits: one by one, eighteen ratings took eighteen times as long.

    Args:
        x: (n, D) features.
        y: (n, k) targets without holes.
        z: (m, D) features of who is predicted.
        penalties: (P,) to choose from.
        people: (n,) number of the person of each row.

    Returns:
        (m, k) predictions, and (k,) the mean squared error of the chosen penalty on held-out rows.
    """
    if len(np.unique(people)) in (1, len(people)):
        closed = RidgeCV(penalties, alpha_per_target=True).fit(x, y)
        return closed.predict(z).reshape(-1, y.shape[1]), -np.atleast_1d(closed.best_score_)
    error = np.zeros((len(penalties), y.shape[1]))
    for fit, held in inner_folds(people):
        for number, penalty in enumerate(penalties):
            found = Ridge(penalty).fit(x[fit], y[fit]).predict(x[held])
            error[number] += np.square(found.reshape(-1, y.shape[1]) - y[held]).sum(axis=0)
    chosen = Ridge(penalties[error.argmin(axis=0)]).fit(x, y).predict(z)
    return chosen.reshape(-1, y.shape[1]), error.min(axis=0) / len(y)


def together(labels: Array, predict: Callable[[Array, Array], Array], *, n_rows: int) -> Array:
    """Targets standardised and on their labelled rows alone, those of the same rows at once.

    Args:
        labels: (n, K), NaN where unlabelled.
        predict: (n', k) standardised labels and the (n,) bool rows that have them to (m, k).
        n_rows: m.

    Returns:
        (m, K); the mean where labels are fewer than three or equal, NaN where there is none.
    """
    preds = np.full((n_rows, labels.shape[1]), np.nan)
    patterns: dict[bytes, list[int]] = {}
    for k, y in enumerate(labels.T):
        seen = np.isfinite(y)
        if not seen.any():
            continue
        preds[:, k] = y[seen].mean()
        if seen.sum() >= LEAST_LABELS and y[seen].std() > TIED:
            patterns.setdefault(seen.tobytes(), []).append(k)
    for columns in patterns.values():
        seen = np.isfinite(labels[:, columns[0]])
        known = labels[np.ix_(seen, columns)]
        centre, spread = known.mean(axis=0), known.std(axis=0)
        preds[:, columns] = centre + spread * predict((known - centre) / spread, seen)
    return preds


def by_target(labels: Array, predict: Callable[[Array, Array], Array], *, n_rows: int) -> Array:
    """The same one by one, for methods that learn one target at a time.

    Args:
        labels: (n, K), NaN where unlabelled.
        predict: (n',) standardised labels and the (n,) bool rows that have them to (m,).
        n_rows: m.

    Returns:
        (m, K), as of ``together``.
    """

    def each(y: Array, seen: Array) -> Array:
        return np.stack([predict(column, seen) for column in y.T], axis=1)

    return together(labels, each, n_rows=n_rows)
