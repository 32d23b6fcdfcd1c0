"""Evidence of real bundles: it adds up, hides what it says it hides, and finds planted tokens."""

from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest

from tests.bundle.bundle_factory import ENSEMBLE, KERNELS, people, write_run
from trifold.bundle.bundle import load_bundle
from trifold.contracts import Segment, Transcript
from trifold.errors import InputError
from trifold.scoring.attribution.explain import explain
from trifold.scoring.attribution.pieces import MOST, cut, words_between
from trifold.scoring.attribution.record import NORMAL_95
from trifold.scoring.attribution.shapley import shapley
from trifold.scoring.attribution.value_function import ValueFunction
from trifold.scoring.predictor import Predictor

SAID = Transcript(
    (Segment("I plan every step.", 0.0, 2.0), Segment("Then I rest.", 2.0, 3.0)), "vtt"
)


@pytest.fixture(scope="module", params=["ensemble", "kernels"])
def predictor(request, tmp_path_factory) -> Predictor:
    folder = tmp_path_factory.mktemp(request.param)
    write_run(folder, {"ensemble": ENSEMBLE, "kernels": KERNELS}[request.param])
    return Predictor(load_bundle(folder))


def test_contributions_add_up_to_the_score_minus_the_reference(predictor: Predictor) -> None:
    description = predictor.bundle.description
    for sample in people(description, 3, seed=8):
        evidence = explain(predictor, sample)
        scored = predictor.score(sample).candidate.score
        for k, target in enumerate(evidence.targets):
            assert target.score == scored[k]
            change = target.score - target.reference
            total = sum(piece.contribution for piece in target.pieces)
            assert any(piece.error > 0 for piece in target.pieces)
            assert total == pytest.approx(change, abs=1e-12)
            assert sum(target.by_modality.values()) == pytest.approx(change, abs=1e-12)
        plain = evidence.to_dict()
        assert json.loads(json.dumps(plain, allow_nan=False)) == plain


def test_the_same_candidate_has_the_same_evidence(predictor: Predictor) -> None:
    (sample,) = people(predictor.bundle.description, 1)
    assert explain(predictor, sample) == explain(predictor, sample)


def test_another_seed_moves_pieces_by_no_more_than_their_errors(predictor: Predictor) -> None:
    samples = people(predictor.bundle.description, 4, answers=3, seed=4)
    held = []
    for sample in samples:
        pieces = cut(sample, predictor.bundle.description.stream_modality)
        value = ValueFunction(predictor.bundle, sample, pieces)
        ends = tuple(value.scores(np.array([[False] * len(pieces), [True] * len(pieces)])))
        groups = [piece.modality for piece in pieces]
        one, other = (shapley(value.scores, groups, ends=ends, seed=seed) for seed in (1, 2))
        apart = np.abs(one.values - other.values)
        held.append(apart <= NORMAL_95 * np.hypot(one.error, other.error) + 1e-6)
        assert np.abs(one.values.sum(axis=0) - (ends[1] - ends[0])).max() < 1e-5
    assert np.mean(held) > 0.9


def test_hiding_pieces_is_as_if_they_had_never_been_recorded(predictor: Predictor) -> None:
    (sample,) = people(predictor.bundle.description, 1)
    pieces = cut(sample, predictor.bundle.description.stream_modality)
    value = ValueFunction(predictor.bundle, sample, pieces)
    shown = np.array([[True] * len(pieces), [p.modality != "video" for p in pieces]])
    without = tuple({s: x for s, x in a.items() if s != "face"} for a in sample.answers)
    expected = [
        predictor.score(s).candidate.score for s in (sample, replace(sample, answers=without))
    ]
    np.testing.assert_allclose(value.scores(shown), expected, atol=1e-5)


def test_an_unusual_token_stands_out(predictor: Predictor) -> None:
    """Every other token is the same: only what differs can have moved the score apart."""
    (sample,) = people(predictor.bundle.description, 1, answers=1)
    flat = {s: replace(x, values=np.zeros_like(x.values)) for s, x in sample.answers[0].items()}
    flat["prosody"].values[1] = 3.0
    evidence = explain(predictor, replace(sample, answers=(flat,)))
    for target in evidence.targets:
        heard = [p.contribution for p in target.pieces if p.modality == "audio"]
        assert np.argmax(np.abs(np.array(heard) - np.median(heard))) == 1


def test_words_and_files_are_named(predictor: Predictor) -> None:
    (sample,) = people(predictor.bundle.description, 1, answers=2)
    evidence = explain(predictor, sample, clip_ids=["a/1", "a/2"], transcripts=[SAID, None])
    pieces = evidence.targets[0].pieces
    said = {(p.answer, p.start_s): p.text for p in pieces if p.modality == "text"}
    assert said[0, 2.0] == "Then I rest."
    assert said[1, 2.0] is None
    assert {p.clip_id for p in pieces} == {"a/1", "a/2"}
    assert all(p.text is None for p in pieces if p.modality != "text")


def test_missing_modalities_contribute_nothing(predictor: Predictor) -> None:
    (sample,) = people(predictor.bundle.description, 1, answers=1)
    alone = replace(sample, answers=({"face": sample.answers[0]["face"]},))
    for target in explain(predictor, alone).targets:
        assert list(target.by_modality) == ["video"]
    nothing = explain(predictor, replace(sample, answers=({},)))
    for target in nothing.targets:
        assert (target.pieces, target.by_modality) == ((), {})
        assert target.score == target.reference


def test_weights_are_shown_where_the_network_has_them(predictor: Predictor) -> None:
    (sample,) = people(predictor.bundle.description, 1)
    for target in explain(predictor, sample).targets:
        if type(predictor.bundle.network).__name__ == "AdditiveGaussianProcess":
            assert target.expert_weight is None
            assert target.path_weight is None
        else:
            assert list(target.expert_weight) == ["euclidean", "hyperbolic", "spherical"]
            assert sum(target.expert_weight.values()) == pytest.approx(1)
            assert sum(target.path_weight.values()) == pytest.approx(1)


def test_wrong_arguments_are_refused(predictor: Predictor) -> None:
    (sample,) = people(predictor.bundle.description, 1, answers=2)
    with pytest.raises(InputError, match="expected a method among shapley, occlusion, got 'looks'"):
        explain(predictor, sample, method="looks")
    with pytest.raises(InputError, match="expected clip ids of 2 answers, got 1"):
        explain(predictor, sample, clip_ids=["one"])


@pytest.mark.parametrize(("length", "times"), [(4, 1.0), (400, 1.0), (7, 0.0)])
def test_every_token_is_in_one_piece(predictor: Predictor, length: int, times: float) -> None:
    (sample,) = people(predictor.bundle.description, 1, answers=2)
    start = np.arange(length, dtype="f4") * times
    longer = tuple(
        {
            s: replace(
                x, values=np.ones((length, x.values.shape[1])), start_s=start, end_s=start + times
            )
            for s, x in answer.items()
        }
        for answer in sample.answers
    )
    pieces = cut(replace(sample, answers=longer), predictor.bundle.description.stream_modality)
    assert len(pieces) <= max(MOST + 6, 2 * 3 * length if length < 10 else 0)
    if length < 10:
        assert len(pieces) == 2 * 3 * length
    for answer in range(2):
        for stream in predictor.bundle.description.streams:
            found = [p.tokens[stream] for p in pieces if p.answer == answer and stream in p.tokens]
            assert sorted(np.concatenate(found)) == list(range(length))
    for piece in pieces:
        assert piece.start_s <= piece.end_s


def test_words_are_found_by_time() -> None:
    assert words_between(SAID, 0.0, 2.0) == "I plan every step."
    assert words_between(SAID, 0.0, 3.0) == "I plan every step. Then I rest."
    assert words_between(SAID, 5.0, 6.0) is None
    untimed = Transcript((Segment("one two"),), "txt")
    assert words_between(untimed, 0.0, 4.0, duration_s=7.0) == "one"
