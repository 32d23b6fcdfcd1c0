"""TF-IDF of the answer to a target's own question."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
import torch
from scipy import sparse

from tests.training.degenerate_factory import dataset_of, make_people
from trifold.contracts import QUESTION
from trifold.errors import InputError
from trifold.training.baselines.own_question import counted_words, own_question_tfidf
from trifold.training.baselines.trivial import baselines_of
from trifold.training.dataset import Dataset, own_questions, subset

WIDE, N = 2100, 60
LENGTHS = {"words": np.ones(N), "seconds": np.ones(N)}
NAME = "own_question_tfidf"


def data_of(*, own: bool = True) -> Dataset:
    """Who uses word 7 in the second answer is rated high on drive; in the first, nothing."""
    people = make_people(N, dims={"words": WIDE, "profile": 3})
    draw = np.random.default_rng(0)
    high = draw.random(N) < 0.5
    for i, answers in enumerate(people.answers):
        for t, answer in enumerate(answers):
            counts = np.zeros((1, WIDE))
            counts[0, draw.integers(20, 60, 10)] += 1
            counts[0, 7] = 3 * (high[i] if t == 1 else draw.random() < 0.5)
            answer["words"] = counts
    people.labels[:, 1] = np.where(high, 6, 2)
    data = dataset_of(people, {"words": WIDE, "profile": 3})
    asked = tuple(("q1", "q2") for _ in range(N))
    data = replace(data, lengths=LENGTHS)
    return replace(data, asked=asked, own_questions={"drive": "q2"} if own else {})


def test_words_of_the_own_question_are_read_and_others_are_not() -> None:
    data = data_of()
    (all_words,), (own,) = counted_words(data)
    answers = [np.stack([s.answers[t]["words"].values[0] for s in data.samples]) for t in (0, 1)]
    np.testing.assert_array_equal(own.toarray(), answers[1])
    np.testing.assert_array_equal(all_words.toarray(), answers[0] + answers[1])
    rows = np.arange(N)
    preds = baselines_of([NAME], data)(rows[:40], rows[40:])[NAME]
    mixed = baselines_of([NAME], data_of(own=False))(rows[:40], rows[40:])[NAME]
    errors = [np.mean((p[:, 1] - data.labels[40:, 1]) ** 2) for p in (preds, mixed)]
    assert errors[0] < 0.5 * errors[1]


def test_who_said_nothing_is_at_the_training_mean_and_gaps_are_left_out() -> None:
    data = data_of()
    words = counted_words(data)
    kept = sparse.diags((np.arange(N) != 50).astype(float)).tocsr()
    silent = [[kept @ one for one in each] for each in words]
    for one in (one for each in silent for one in each):
        one.eliminate_zeros()
    labels = data.labels[:40].copy()
    labels[:10, 1] = np.nan
    rows = np.arange(N)
    preds = own_question_tfidf(silent, labels, rows[:40], rows[40:], rows[:40])
    assert preds[10].tolist() == pytest.approx(np.nanmean(labels, axis=0).tolist())
    assert np.isfinite(preds).all()


def test_of_one_person_nothing_is_learned() -> None:
    data, rows = data_of(), np.arange(N)
    words = counted_words(data)
    preds = own_question_tfidf(words, data.labels[:40], rows[:40], rows[40:], np.zeros(40, int))
    np.testing.assert_allclose(preds, np.tile(data.labels[:40].mean(axis=0), (20, 1)))


def test_without_counted_words_it_is_refused() -> None:
    data = dataset_of(make_people(12, dims={"profile": 3}), {"profile": 3})
    data = replace(data, lengths=LENGTHS)
    expected = f"expected a stream of counted words for the baseline '{NAME}', .* got none"
    with pytest.raises(InputError, match=expected):
        baselines_of([NAME], data)


def test_questions_follow_the_candidates() -> None:
    data = replace(data_of(), asked=tuple((f"a{i}", "q2") for i in range(N)))
    assert subset(data, np.array([3, 1])).asked == (("a3", "q2"), ("a1", "q2"))


def test_networks_are_told_how_the_own_question_was_asked() -> None:
    people = make_people(N, dims={QUESTION: 4, "profile": 3})
    asked = np.eye(4, dtype=np.float32)
    for answers in people.answers:
        for t, answer in enumerate(answers):
            answer[QUESTION] = asked[[t]]
    data = dataset_of(people, {QUESTION: 4, "profile": 3})
    told = replace(data, asked=(("q1", "q2"),) * N, own_questions={"drive": "q2"})
    found = torch.nn.functional.normalize(own_questions(told), dim=-1)
    names = list(data.schema.names)
    assert found[names.index("drive")].tolist() == [0, 1, 0, 0]
    assert not found[[k for k, name in enumerate(names) if name != "drive"]].any()
    assert not own_questions(data).any()  # nobody says which question is whose
    assert not own_questions(replace(told, own_questions={"drive": "q9"})).any()
