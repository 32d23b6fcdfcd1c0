"""Laws of ensemble heads and of the aggregation of answers."""

from __future__ import annotations

import pytest
import torch
from torch.nn import functional as F

from trifold.network.blocks.answers import QuestionAwareAnswers
from trifold.network.blocks.heads import BatchEnsembleHead, FullEnsembleHead
from trifold.network.blocks.pooling import masked_mean

FUSED = torch.randn(5, 3, 12, generator=torch.Generator().manual_seed(0))


def test_batch_ensemble_equals_a_loop_over_members() -> None:
    torch.manual_seed(0)
    head = BatchEnsembleHead(12, num_targets=3, members=4, hidden=6).eval()
    got = head(FUSED)
    assert got.shape == (5, 3, 4)
    for m in range(4):
        h = head.shared(F.gelu(FUSED) * head.fast_in[m]) + head.bias[m]
        h = torch.relu(h * head.fast_out[m])
        torch.testing.assert_close(got[..., m], (h * head.read[m]).sum(-1) + head.offset[:, m])


def test_full_heads_equal_a_loop_over_members() -> None:
    torch.manual_seed(0)
    head = FullEnsembleHead(12, num_targets=3, members=4, hidden=6).eval()
    got = head(FUSED)
    for m in range(4):
        h = torch.relu(FUSED @ head.first[m] + head.bias[m])
        torch.testing.assert_close(got[..., m], (h * head.read[m]).sum(-1) + head.offset[:, m])


def test_members_start_apart() -> None:
    torch.manual_seed(0)
    spread = BatchEnsembleHead(12, num_targets=3, members=8)(FUSED).std(dim=-1)
    assert spread.min() > 1e-3


class TestAnswers:
    @pytest.fixture
    def answers(self) -> QuestionAwareAnswers:
        torch.manual_seed(0)
        return QuestionAwareAnswers(7, num_targets=3)

    def test_starts_as_the_mean(self, answers) -> None:
        scores, mask = torch.randn(4, 6, 3), torch.rand(4, 6) < 0.6
        mask[:, 0] = True
        got = answers(scores, mask, torch.randn(4, 6, 7))
        torch.testing.assert_close(got, masked_mean(scores, mask))

    def test_trained_weights_sum_to_one_over_what_is_there(self, answers) -> None:
        torch.nn.init.normal_(answers.key)
        mask = torch.tensor([[True, False, True], [True, False, False]])
        weight = answers.weights(mask, torch.randn(2, 3, 7))
        torch.testing.assert_close(weight.sum(dim=1), torch.ones(2, 3))
        assert (weight[~mask] == 0).all()

    def test_learns_which_question_belongs_to_which_trait(self, answers) -> None:
        generator = torch.Generator().manual_seed(1)
        question = torch.eye(7)[:3].expand(64, 3, 7)
        scores = torch.randn(64, 3, 3, generator=generator)
        target = scores.diagonal(dim1=1, dim2=2)  # trait k is answered by question k
        optimizer = torch.optim.Adam(answers.parameters(), lr=0.05)
        for _ in range(200):
            optimizer.zero_grad()
            mask = torch.ones(64, 3, dtype=torch.bool)
            (answers(scores, mask, question) - target).square().mean().backward()
            optimizer.step()
        weight = answers.weights(torch.ones(1, 3) > 0, question[:1])[0]
        assert weight.argmax(dim=0).tolist() == [0, 1, 2]

    def test_members_are_aggregated_alike(self, answers) -> None:
        scores, mask = torch.randn(2, 3, 3, 5), torch.ones(2, 3) > 0
        question = torch.randn(2, 3, 7)
        got = answers(scores, mask, question)
        torch.testing.assert_close(got[..., 2], answers(scores[..., 2], mask, question))
