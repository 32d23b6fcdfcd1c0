"""Aggregating answers: padding and order do not matter, and no question means the mean."""

from __future__ import annotations

import torch

from trifold.network.blocks.answers import (
    EvenAnswers,
    HardQuestionAnswers,
    HighestAnswer,
    QuestionAwareAnswers,
)
from trifold.network.blocks.pooling import masked_mean


def make(
    kind: type[QuestionAwareAnswers] = QuestionAwareAnswers,
) -> tuple[QuestionAwareAnswers, torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    reads = {} if issubclass(kind, EvenAnswers) else {"question_dim": 7}
    answers = kind(num_targets=3, **reads)
    torch.nn.init.normal_(answers.key)
    mask = torch.rand(4, 6) < 0.6
    mask[:, 0] = True
    return answers, torch.randn(4, 6, 3), mask, torch.randn(4, 6, 7)


def test_equals_a_softmax_over_the_answers_that_exist() -> None:
    answers, scores, mask, question = make()
    got = answers(scores, mask, question)
    for b in range(4):
        keep = mask[b]
        logits = question[b, keep] @ answers.key @ answers.trait.mT  # (answers, K)
        expected = (torch.softmax(logits, dim=0) * scores[b, keep]).sum(dim=0)
        torch.testing.assert_close(got[b], expected)


def test_order_and_padding_do_not_matter() -> None:
    answers, scores, mask, question = make()
    expected = answers(scores, mask, question)
    turned = torch.tensor([3, 0, 5, 1, 4, 2])
    got = answers(scores[:, turned], mask[:, turned], question[:, turned])
    torch.testing.assert_close(got, expected)
    more = torch.cat([scores, torch.full((4, 2, 3), 9.0)], dim=1)
    longer = torch.cat([mask, torch.zeros(4, 2, dtype=torch.bool)], dim=1)
    asked = torch.cat([question, torch.randn(4, 2, 7)], dim=1)
    torch.testing.assert_close(answers(more, longer, asked), expected)


def test_without_any_question_it_is_the_mean() -> None:
    _, scores, mask, _ = make()
    answers = QuestionAwareAnswers(0, num_targets=3)
    got = answers(scores, mask, torch.zeros(4, 6, 0))
    torch.testing.assert_close(got, masked_mean(scores, mask))


def test_even_answers_are_the_mean_whatever_was_asked() -> None:
    answers, scores, mask, question = make(EvenAnswers)
    torch.testing.assert_close(answers(scores, mask, question), masked_mean(scores, mask))


def test_hard_questions_take_one_answer_and_the_soft_gradient() -> None:
    hard, scores, mask, question = make(HardQuestionAnswers)
    soft, *_ = make()
    weight, shares = hard.weights(mask, question), soft.weights(mask, question)
    torch.testing.assert_close(weight, weight.round())
    assert torch.equal(weight.argmax(dim=1), shares.argmax(dim=1))
    for module in (hard, soft):
        (module.weights(mask, question)[..., 0] * scores[..., 0]).sum().backward()
    torch.testing.assert_close(hard.key.grad, soft.key.grad)


def test_max_never_takes_an_answer_that_is_not_there() -> None:
    answers, scores, mask, question = make(HighestAnswer)
    expected = torch.stack([scores[b, mask[b]].amax(dim=0) for b in range(4)])
    torch.testing.assert_close(answers(scores, mask, question), expected)
