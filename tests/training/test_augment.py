"""What training hides: whole modalities, single tokens, never everything."""

from __future__ import annotations

import pytest
import torch

from trifold.training.gradient.augment import drop_modalities, drop_tokens

MODALITY = {"words": "text", "contours": "text", "voice": "audio", "face": "video"}


def make(rows: int = 4000) -> dict[str, torch.Tensor]:
    return {stream: torch.ones(rows, 2, 3, dtype=torch.bool) for stream in MODALITY}


def test_streams_of_one_modality_go_together_and_one_always_stays() -> None:
    torch.manual_seed(0)
    masks = drop_modalities(make(), MODALITY, probability=0.9)
    assert torch.equal(masks["words"], masks["contours"])
    kept = torch.stack([mask.flatten(1).any(dim=1) for mask in masks.values()])
    assert kept.any(dim=0).all()
    for mask in masks.values():  # all of a candidate's tokens or none
        assert torch.equal(mask.flatten(1).any(dim=1), mask.flatten(1).all(dim=1))


@pytest.mark.parametrize("probability", [0.0, 0.15])
def test_rate(probability: float) -> None:
    torch.manual_seed(0)
    masks = drop_modalities(make(), MODALITY, probability=probability)
    hidden = 1 - masks["face"].float().mean().item()
    assert hidden == pytest.approx(probability, abs=0.02)


def test_never_reveals_what_was_missing() -> None:
    before = make(50)
    before["voice"][:10] = False
    after = drop_modalities(before, MODALITY, probability=0.3)
    assert not (after["voice"] & ~before["voice"]).any()


def test_what_a_candidate_has_is_never_hidden_whole() -> None:
    mask = make(200)
    for stream in ("words", "contours", "face"):
        mask[stream][:] = False
    after = drop_modalities(mask, MODALITY, probability=0.9)
    assert torch.equal(after["voice"], mask["voice"])


def test_modalities_that_nobody_reads_are_not_spared_for() -> None:
    """A network of words alone never has them hidden for a face that it cannot see."""
    words = {"words": make(300)["words"]}
    assert torch.equal(drop_modalities(words, MODALITY, probability=0.9)["words"], words["words"])


def test_questions_stay() -> None:
    mask = make(50) | {"question": torch.ones(50, 2, 1, dtype=torch.bool)}
    after = drop_modalities(mask, MODALITY | {"question": "question"}, probability=0.9)
    assert after["question"].all()


def test_a_single_modality_is_never_hidden() -> None:
    mask = {"voice": torch.ones(20, 1, 1, dtype=torch.bool)}
    assert drop_modalities(mask, {"voice": "audio"}, probability=0.99)["voice"].all()


@pytest.mark.parametrize("share", [0.1, 0.3, 0.7])
def test_a_share_of_the_tokens_is_shown_and_one_of_them_always(share: float) -> None:
    torch.manual_seed(0)
    before = {"words": torch.rand(500, 2, 40) < 0.5}
    before["words"][:20] = False
    after = drop_tokens(before, MODALITY, share=share)["words"]
    assert not (after & ~before["words"]).any()
    assert torch.equal(after.any(dim=-1), before["words"].any(dim=-1))
    shown = after.sum() / before["words"].sum()
    assert shown.item() == pytest.approx(share, abs=0.03)
    assert not torch.equal(after, drop_tokens(before, MODALITY, share=share)["words"])


def test_all_tokens_are_shown_and_nothing_is_drawn_unless_asked() -> None:
    state = torch.random.get_rng_state()
    before = make(5)
    assert drop_tokens(before, MODALITY, share=1.0) == before
    assert torch.equal(state, torch.random.get_rng_state())


def test_questions_and_single_tokens_are_kept_whole() -> None:
    mask = {"question": torch.ones(50, 2, 6, dtype=torch.bool),
            "voice": torch.ones(50, 2, 1, dtype=torch.bool)}  # fmt: skip
    after = drop_tokens(mask, MODALITY | {"question": "question"}, share=0.01)
    assert after["question"].all()
    assert after["voice"].all()
