"""LinMulT under the interface of the networks; the package needs Python 3.12 or later."""

from __future__ import annotations

import sys

import pytest
import torch
from torch.nn import functional as F

from tests.network.network_factory import DIMS, MODALITY, make_batch
from trifold.contracts import FeatureBatch
from trifold.errors import InputError
from trifold.network.published.linmult import LinMulTFusion


def make(**settings: object) -> LinMulTFusion:
    pytest.importorskip("linmult", reason="the extra peers is for Python 3.12 or later")
    torch.manual_seed(0)
    options: dict[str, object] = {"stream_dims": DIMS, "width": 8, "heads": 2, "layers": 1}
    return LinMulTFusion(stream_modality=MODALITY, num_targets=4, **options | settings).eval()


def test_a_missing_package_is_named_with_its_extra(monkeypatch) -> None:
    monkeypatch.setitem(sys.modules, "linmult", None)
    with pytest.raises(InputError, match=r"linmult, on Python 3.12 .*'trifold\[peers\]'"):
        LinMulTFusion(stream_dims=DIMS, stream_modality=MODALITY, num_targets=4)


def test_one_stream_and_odd_widths_are_refused() -> None:
    with pytest.raises(InputError, match="expected two streams or more, got face"):
        make(stream_dims={"face": 4, "question": 8})
    with pytest.raises(InputError, match="expected heads that divide the width, got 9 and 2"):
        make(width=9)


@pytest.mark.parametrize("missing", [None, "text", "audio", "video"])
def test_scores_are_finite_and_every_weight_learns(missing: str | None) -> None:
    network = make()
    tokens, mask, answer_mask = make_batch()
    mask = {s: m & (MODALITY[s] != missing) for s, m in mask.items()}
    network.fit_standardizers(FeatureBatch(tokens, mask, answer_mask, None, ("x",) * 6))
    output = network.train()(tokens, mask, answer_mask)
    assert output.candidate.shape == (6, 4)
    assert output.answer.shape == (6, 3, 4)
    assert torch.isfinite(output.answer).all()
    torch.testing.assert_close(output.candidate[0], output.answer[0, 0])  # its only answer
    output.candidate.square().sum().backward()
    assert all(p.grad is not None and torch.isfinite(p.grad).all() for p in network.parameters())


@pytest.mark.parametrize("smoothing", [0, 3])
def test_what_is_masked_and_the_question_do_not_matter(smoothing: int) -> None:
    network = make(smoothing=smoothing)
    tokens, mask, answer_mask = make_batch()
    expected = network(tokens, mask, answer_mask).candidate
    noisy = {s: torch.where(mask[s][..., None], t, 9.0) for s, t in tokens.items()}
    noisy = {s: torch.where(answer_mask[..., None, None], t, 7.0) for s, t in noisy.items()}
    noisy["question"] = tokens["question"] + 9
    torch.testing.assert_close(network(noisy, mask, answer_mask).candidate, expected)


@pytest.mark.parametrize("smoothing", [0, 3])
def test_padding_and_company_do_not_matter(smoothing: int) -> None:
    network = make(smoothing=smoothing)
    tokens, mask, answer_mask = make_batch()
    expected = network(tokens, mask, answer_mask).candidate
    longer = {s: F.pad(t, (0, 0, 0, 3), value=5.0) for s, t in tokens.items()}
    masked = {s: F.pad(m, (0, 3)) for s, m in mask.items()}
    torch.testing.assert_close(network(longer, masked, answer_mask).candidate, expected)
    two = [{s: x[:2] for s, x in part.items()} for part in (tokens, mask)]
    torch.testing.assert_close(network(*two, answer_mask[:2]).candidate, expected[:2])


def test_a_missing_stream_is_the_same_whatever_it_would_have_been() -> None:
    network = make()
    tokens, mask, answer_mask = make_batch()
    mask["face"] = torch.zeros_like(mask["face"])
    first = network(tokens, mask, answer_mask).candidate
    tokens["face"] = -tokens["face"]
    assert torch.equal(network(tokens, mask, answer_mask).candidate, first)
    mask["face"] = torch.ones_like(mask["face"])
    assert not torch.allclose(network(tokens, mask, answer_mask).candidate, first)


def test_words_change_what_is_made_of_the_voice() -> None:
    """The branch of one stream depends on the others: that is the attention across modalities."""
    network = make()
    tokens, mask, answer_mask = make_batch()
    (taken,) = [i for i, s in enumerate(network.streams) if s == "prosody"]
    seen = []
    network.transformer.cross_modal.register_forward_hook(
        lambda module, given, branches: seen.append(branches[taken])
    )
    network(tokens, mask, answer_mask)
    network({**tokens, "sentences": -tokens["sentences"]}, mask, answer_mask)
    assert not torch.allclose(*seen)
