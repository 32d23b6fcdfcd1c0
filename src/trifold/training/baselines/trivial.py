"""The trivial predictors that every model must stand beside.

Each takes training rows and rows to predict and returns (n, K) predictions on the label scale;
targets are fitted one by one on their labelled rows.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression
from sklearn.pipeline import make_pipeline

from trifold.contracts import Array
from trifold.errors import InputError
from trifold.features.pooling import WIDEST, pooled_features
from trifold.training.baselines.own_question import (
    OWN_QUESTION,
    Words,
    counted_words,
    own_question_tfidf,
)
from trifold.training.baselines.pooled import METHODS, Views
from trifold.training.baselines.targets import by_target
from trifold.training.dataset import Dataset


def train_mean(train_labels: Array, n_rows: int) -> Array:
    """Every candidate gets the mean of the training labels; NaN for targets without any."""
    return by_target(train_labels, lambda y, seen: np.zeros(n_rows), n_rows=n_rows)


def linear(train_x: Array, train_labels: Array, test_x: Array) -> Array:
    """Ordinary least squares, for a handful of features such as answer length."""
    model = make_pipeline(SimpleImputer(keep_empty_features=True), LinearRegression())
    return by_target(
        train_labels,
        lambda y, seen: model.fit(train_x[seen], y).predict(test_x),
        n_rows=len(test_x),
    )


def answer_length(counts: Mapping[str, Array]) -> Array:
    """The length of what was said: log1p of words and of seconds, summed over answers.

    Args:
        counts: ``words`` and ``seconds``, each (B,); NaN where unknown.

    Returns:
        (B, 2).
    """
    return np.log1p(np.stack([counts["words"], counts["seconds"]], axis=1))


@dataclass(frozen=True)
class Baselines:
    """The chosen simple methods, ready for any training and test rows.

    Attributes:
        names: among ``train_mean``, ``answer_length``, ``own_question_tfidf`` and those of
            ``pooled.METHODS``.
        views: stream name to (B, D) pooled features.
        length: (B, 2) answer length.
        labels: (B, K).
        people: (B,) number of the person of each row.
        words: counted words by target, for ``own_question_tfidf``.
    """

    names: tuple[str, ...]
    views: Views
    length: Array
    labels: Array
    people: Array
    words: Words = ()

    def __call__(self, fit_rows: Array, test_rows: Array) -> dict[str, Array]:
        """Fit on some rows, choosing penalties within them, and predict others.

        Returns:
            name to (n, K) predictions.
        """
        return {name: self._one(name, fit_rows, test_rows) for name in self.names}

    def _one(self, name: str, fit_rows: Array, test_rows: Array) -> Array:
        labels = self.labels[fit_rows]
        if name == "train_mean":
            return train_mean(labels, len(test_rows))
        if name == OWN_QUESTION:
            own = self.people[fit_rows]
            return own_question_tfidf(self.words, labels, fit_rows, test_rows, own)
        if name != "answer_length" and not self.views:  # nothing narrow enough to pool
            return train_mean(labels, len(test_rows))
        if name == "answer_length":
            return linear(self.length[fit_rows], labels, self.length[test_rows])
        train = {stream: x[fit_rows] for stream, x in self.views.items()}
        test = {stream: x[test_rows] for stream, x in self.views.items()}
        return METHODS[name](train, labels, test, self.people[fit_rows])


def make_baselines(
    names: Sequence[str],
    *,
    views: Views,
    length: Array,
    labels: Array,
    people: Sequence[str] | None = None,
    words: Words = (),
) -> Baselines:
    """Check the names.

    Args:
        names: see ``Baselines``, as the rest.
        views: pooled features.
        length: of answers.
        labels: of candidates.
        people: whose the B candidates are; None where every row is another person.
        words: see ``own_question.counted_words``.

    Raises:
        InputError: for an unknown one, or for ``own_question_tfidf`` without counted words.
    """
    known = ("train_mean", "answer_length", OWN_QUESTION, *METHODS)
    unknown = [name for name in names if name not in known]
    if unknown:
        raise InputError(expected=f"baselines among {', '.join(known)}", got=repr(unknown[0]))
    if OWN_QUESTION in names and not words:
        raise InputError(
            expected=f"a stream of counted words for the baseline '{OWN_QUESTION}', wider than "
            f"{WIDEST} columns as HashedWords makes them, or baselines without it",
            got="none",
        )
    own = list(people) if people else list(range(len(labels)))
    person = np.unique(own, return_inverse=True)[1]
    return Baselines(tuple(names), views, length, labels, person, words)


def baselines_of(names: Sequence[str], data: Dataset) -> Baselines:
    """The chosen simple methods on a dataset.

    Raises:
        InputError: for an unknown name.
    """
    return make_baselines(
        names,
        views=pooled_features(data.batch),
        length=answer_length(data.lengths),
        labels=data.labels,
        people=data.people,
        words=counted_words(data) if OWN_QUESTION in names else (),
    )
