"""Laws of networks that read each target from the answers to its own question."""

from __future__ import annotations

import pytest
import torch
from torch import Tensor

from tests.network.network_factory import DIMS, MODALITY, make_batch
from trifold.errors import InputError
from trifold.network.build import build_network
from trifold.network.wrappers.own_question import OwnQuestionNetwork
from trifold.testing.contract import check_network

SPEC = {
    "_target_": "trifold.network.wrappers.own_question.OwnQuestionNetwork",
    "network": {"_target_": "trifold.network.pooled.PooledFusion", "width": 8},
}
ASKED = torch.nn.functional.normalize(torch.randn(3, 8, generator=torch.Generator().manual_seed(1)))


def make() -> OwnQuestionNetwork:
    """Of three targets: the last has no question of its own."""
    torch.manual_seed(0)
    network = build_network(SPEC, stream_dims=DIMS, stream_modality=MODALITY, num_targets=3)
    assert isinstance(network, OwnQuestionNetwork)
    network.read_own_questions(torch.stack([5 * ASKED[1], ASKED[2], torch.zeros(8)]))
    return network.eval()


def asked() -> tuple[dict[str, Tensor], dict[str, Tensor], Tensor]:
    """Everybody is asked the three questions in order; the first person answered only the first."""
    tokens, mask, answers = make_batch()
    return tokens | {"question": ASKED.expand(6, 3, 8).unsqueeze(2).clone()}, mask, answers


def test_it_holds_the_contract() -> None:
    check_network(OwnQuestionNetwork, network=SPEC["network"])


def test_a_target_hears_its_own_question_alone() -> None:
    network, (tokens, mask, answers) = make(), asked()
    before = network(tokens, mask, answers).candidate
    tokens["prosody"][:, 1] += 3.0  # of the answers to the second question
    changed = (network(tokens, mask, answers).candidate - before).abs() > 1e-6
    assert changed[1:].tolist() == [[True, False, True]] * 5
    assert not changed[0].any()  # who did not answer it is not heard there


def test_who_did_not_answer_it_is_read_as_a_whole() -> None:
    network, (tokens, _, answers) = make(), asked()
    read = network.answers_read(tokens, answers)
    assert read[0].tolist() == [[True, False, False]] * 3
    assert read[1].tolist() == [[False, True, False], [False, False, True], [True] * 3]


def test_the_order_of_answers_changes_nothing() -> None:
    network, (tokens, mask, answers) = make(), asked()
    turned = [2, 0, 1]
    found = network(
        {s: x[:, turned] for s, x in tokens.items()},
        {s: x[:, turned] for s, x in mask.items()},
        answers[:, turned],
    )
    expected = network(tokens, mask, answers)
    torch.testing.assert_close(found.candidate, expected.candidate)
    torch.testing.assert_close(found.answer, expected.answer[:, turned])


def test_without_questions_every_answer_is_read() -> None:
    dims = {s: d for s, d in DIMS.items() if s != "question"}
    network = build_network(SPEC, stream_dims=dims, stream_modality=MODALITY, num_targets=2)
    assert isinstance(network, OwnQuestionNetwork)
    tokens, _, answers = make_batch()
    assert torch.equal(network.answers_read(tokens, answers), answers.unsqueeze(1).expand(6, 2, 3))


def test_without_any_own_question_it_is_refused() -> None:
    """Rather than be a plain network under another name."""
    with pytest.raises(InputError, match="expected targets with questions of their own"):
        make().read_own_questions(torch.zeros(3, 8))


def test_all_targets_learn() -> None:
    network, batch = make(), asked()
    network.train()(*batch).candidate.square().sum().backward()
    assert all(p.grad is not None for p in network.parameters())
