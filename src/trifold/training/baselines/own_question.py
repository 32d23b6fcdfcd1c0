"""What the words of one answer say: kernel ridge on TF-IDF of the answer to a target's question.

Where a question was written for a target, its answer alone is read for it; for other targets all
answers are. This is what somebody would try first, and better than most methods that average.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial

import numpy as np
from scipy import sparse
from sklearn.feature_extraction.text import TfidfTransformer

from trifold.contracts import QUESTION, Array
from trifold.features.pooling import WIDEST
from trifold.training.baselines.pooled import ridge_on_kernels
from trifold.training.baselines.targets import by_target
from trifold.training.dataset import Dataset

OWN_QUESTION = "own_question_tfidf"
Counts = Sequence[sparse.csr_matrix]  # one (B, D) per stream of counted words
Words = Sequence[Counts]  # one per target


def counted_words(data: Dataset) -> Words:
    """Counts of the answers to each target's own question, or of all where it has none.

    Streams wider than ``WIDEST`` columns are counts, see ``features.pooling``.

    Returns:
        by target, by stream (B, D); empty where no stream counts words.
    """
    streams = [s for s, x in data.batch.tokens.items() if s != QUESTION and x.shape[-1] > WIDEST]
    if not streams:
        return ()
    known = {question for asked in data.asked for question in asked}
    own = [data.own_questions.get(name) for name in data.schema.names]
    own = [question if question in known else None for question in own]
    read = {question: [_counts(data, s, question) for s in streams] for question in set(own)}
    return [read[question] for question in own]


def _counts(data: Dataset, stream: str, question: str | None) -> sparse.csr_matrix:
    """(B, D) sums over the answers to the question, or over all."""
    rows = []
    for row, sample in enumerate(data.samples):
        read = [
            answer[stream].values.sum(axis=0)
            for t, answer in enumerate(sample.answers)
            if stream in answer and (question is None or data.asked[row][t] == question)
        ]
        total = np.sum(read, axis=0) if read else np.zeros(data.stream_dims[stream])
        rows.append(sparse.csr_matrix(np.nan_to_num(total)[None].astype(float)))
    return sparse.vstack(rows, format="csr")


def own_question_tfidf(
    words: Words, labels: Array, fit_rows: Array, test_rows: Array, people: Array
) -> Array:
    """Kernel ridge on the mean of one cosine kernel per stream, rarity learned on ``fit_rows``.

    Args:
        words: of all candidates, see ``counted_words``.
        labels: (n, K) of ``fit_rows``, NaN where unlabelled.
        fit_rows: (n,) to learn from.
        test_rows: (m,) to predict.
        people: (n,) number of the person of each of ``fit_rows``.

    Returns:
        (m, K); who said nothing to the question is at the training mean.
    """

    def predict(counts: Counts, y: Array, seen: Array) -> Array:
        spoke = np.sum([np.asarray(one.sum(axis=1))[:, 0] for one in counts], axis=0) > 0
        heard = spoke[fit_rows][seen]
        train, own = fit_rows[seen][heard], people[seen][heard]
        if len(np.unique(own)) < 2:
            return np.zeros(len(test_rows))  # of one person nothing is learned about others
        pairs = [_cosines(one[train], one[test_rows]) for one in counts]
        gram, cross = (np.mean(part, axis=0) for part in zip(*pairs, strict=True))
        everyone = np.ones(len(train), dtype=bool)
        found = ridge_on_kernels([(gram, cross)], y[heard, None], everyone, own)[:, 0]
        return np.where(spoke[test_rows], found, 0.0)

    columns = [
        by_target(labels[:, [k]], partial(predict, counts), n_rows=len(test_rows))
        for k, counts in enumerate(words)
    ]
    return np.concatenate(columns, axis=1)


def _cosines(train: sparse.csr_matrix, test: sparse.csr_matrix) -> tuple[Array, Array]:
    """(n, n) and (m, n) of the TF-IDF of counts, logarithms of which are taken."""
    weighting = TfidfTransformer(sublinear_tf=True)
    x, z = weighting.fit_transform(train), weighting.transform(test)
    return (x @ x.T).toarray(), (z @ x.T).toarray()
