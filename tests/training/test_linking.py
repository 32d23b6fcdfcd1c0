"""Laws of scores from part of an interview: no shift, honest intervals, nothing lost."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch
from torch.export import Dim, export

from trifold.contracts import Target, TargetSchema, TokenSequence
from trifold.features.collate import CandidateSample, collate
from trifold.forms import Form, Grid, form_of, knots_up_to
from trifold.network.base import FusionNetwork
from trifold.network.wrappers.linking import LinkedNetwork, place_of
from trifold.training.dataset import Dataset, subset
from trifold.training.learners.base import build_learner, mean_of_others
from trifold.training.protocol.fold import fit_linked, predict
from trifold.training.protocol.short_scores import short_facts
from trifold.training.protocol.testing import cross_validated
from trifold.training.shortening import grid_of, presence, shortened, versions

pytestmark = pytest.mark.slow

DIMS = {"words": 4, "voice": 3}
MODALITY = {"words": "text", "voice": "audio"}
PEOPLE = 360
SCHEMA = TargetSchema("two", (Target("warmth", -9, 17), Target("poise", -9, 17)))
KERNELS = {
    "_target_": "trifold.training.learners.kernels.KernelLearner",
    "views": [
        {"streams": ["words"], "kernel": "rbf", "scaling": "standard", "spread": True},
        {"streams": ["voice"], "kernel": "linear", "scaling": "rank"},
        {"streams": ["words", "voice"], "kernel": "rbf", "scaling": "standard"},
    ],
}
NETWORK = {
    "_target_": "trifold.training.learners.network.NetworkLearner",
    "network": {"_target_": "trifold.network.pooled.PooledFusion", "width": 8},
    "trainer": {"max_epochs": 6, "logger": False, "enable_progress_bar": False,
                "enable_model_summary": False, "accelerator": "cpu"},
    "learning_rate": 1e-2,
    "folds": 2,
}  # fmt: skip
ENSEMBLE = {
    "_target_": "trifold.training.learners.ensemble.EnsembleLearner",
    "members": {"kernels": KERNELS, "network": NETWORK},
    "weights": "stacked",
    "calibrate": 1.0,
}
LEARNERS = {"kernels": KERNELS, "network": NETWORK, "ensemble": ENSEMBLE}


def crowd(n: int, *, answers: int = 4, seed: int = 0) -> Dataset:
    """People of two traits, one said and one heard; each answer tells about them anew."""
    generator = np.random.default_rng(seed)
    traits = generator.normal(size=(n, 2))
    labels = 4 + traits + 0.4 * generator.normal(size=(n, 2))
    samples = []
    for i, (said, heard) in enumerate(traits):
        made = []
        for _ in range(answers):
            mood = generator.normal(size=2)
            words = said + mood[0] + 0.5 * generator.normal(size=(3, 4))
            voice = heard + mood[1] + 0.5 * generator.normal(size=(2, 3))
            made.append({"words": sequence(words, "text"), "voice": sequence(voice, "audio")})
        samples.append(CandidateSample(f"p{seed}-{i}", tuple(made), labels[i]))
    return Dataset(tuple(samples), collate(samples, DIMS), labels, SCHEMA, DIMS, MODALITY)


def sequence(values: np.ndarray, modality) -> TokenSequence:
    times = np.arange(len(values), dtype=np.float32)
    return TokenSequence(values.astype(np.float32), times, times + 1, modality, "f")


@pytest.fixture(scope="module", params=list(LEARNERS))
def model(request, tmp_path_factory):
    out = tmp_path_factory.mktemp(request.param)
    return fit_linked(build_learner(LEARNERS[request.param]), crowd(120), seed=0, out=out)


@pytest.fixture(scope="module", params=list(LEARNERS))
def facts(request, tmp_path_factory):
    """Of people none of whom the model that scores them has seen."""
    data = crowd(PEOPLE)
    found = cross_validated(
        build_learner(LEARNERS[request.param]), data, lambda fit, test: {}, folds=4, seeds=[0],
        coverage=0.9, identity="", out=tmp_path_factory.mktemp(request.param),
    )  # fmt: skip
    return short_facts(found.short, found.preds, data.labels, found.parts, SCHEMA.names)


def test_scores_do_not_shift_with_what_is_missing(facts) -> None:
    assert list(facts["fewer_answers"]) == ["1", "2", "3", "4"]
    assert list(facts["fewer_modalities"]) == ["text+audio", "text", "audio"]
    for part in (*facts["fewer_answers"].values(), *facts["fewer_modalities"].values()):
        assert part["n"] == PEOPLE
        assert all(abs(shift) < 0.05 for shift in part["shift_sd"].values()), part


def test_intervals_cover_what_they_promise_at_every_length(facts) -> None:
    for part in (*facts["fewer_answers"].values(), *facts["fewer_modalities"].values()):
        for nominal, share in part["coverage"].items():
            assert share >= float(nominal) - 0.02, part


def test_errors_shrink_as_answers_come_in(facts) -> None:
    errors = [part["mse"] for part in facts["fewer_answers"].values()]
    assert errors == sorted(errors, reverse=True)
    assert errors[0] < 1.16  # the variance of the labels, which the training mean errs by
    whole = facts["fewer_answers"]["4"]
    assert whole["mse"] == pytest.approx(whole["mse_whole"], abs=1e-6)
    assert errors[0] > 1.2 * errors[-1]


def test_without_links_the_same_model_drifts(tmp_path: Path) -> None:
    """What the links are for: this is the fault that they mend."""
    data, new = crowd(250), crowd(300, seed=1)
    fitted = build_learner(KERNELS).fit(data, seed=0, out=tmp_path)
    batch = {v.form: v for v in versions(*_there(new))}[Form(("text", "audio"), 1)]
    part = shortened(new.batch, batch.shown, MODALITY)
    score = fitted.network(part.tokens, part.token_mask, part.answer_mask).candidate
    whole = fitted.network(new.batch.tokens, new.batch.token_mask, new.batch.answer_mask).candidate
    spread = [float(x.std(dim=0).mean()) for x in (score, whole)]
    assert spread[0] > 1.1 * spread[1]


def test_the_whole_interview_scores_as_before(tmp_path: Path) -> None:
    data = crowd(60)
    plain = build_learner(KERNELS).fit(data, seed=0, out=tmp_path)
    linked = fit_linked(build_learner(KERNELS), data, seed=0, out=tmp_path).fitted
    for before, after in zip(predict(plain, data)[:1], predict(linked, data)[:1], strict=True):
        np.testing.assert_array_equal(before, after)
    np.testing.assert_allclose(linked.held_out, plain.held_out, atol=1e-6)


def test_intervals_narrow_as_answers_come_in(model) -> None:
    data = crowd(1, seed=5)
    widths = []
    for n in (1, 2, 3, 4):
        shown = {m: torch.arange(4)[None] < n for m in ("text", "audio")}
        widths.append(model.half_widths(shown, coverage=0.9)[0])
    assert (np.diff(widths, axis=0) <= 0).all()
    assert (widths[0] > widths[-1]).all()
    nothing = {m: torch.zeros(1, 4, dtype=torch.bool) for m in ("text", "audio")}
    assert np.isinf(model.half_widths(nothing, coverage=0.9)).all()
    part = shortened(data.batch, nothing, MODALITY)
    silent = model.fitted.network(part.tokens, part.token_mask, part.answer_mask).candidate
    assert (silent == 0).all()  # the training mean


def test_an_answer_scores_as_the_interview_that_it_would_be_alone(model) -> None:
    data = crowd(3, seed=6)
    _, answers = predict(model.fitted, data)
    for row, person in enumerate(data.samples):
        for t in range(4):
            alone = replace(person, answers=person.answers[t : t + 1])
            one = replace(
                subset(data, np.array([row])), samples=(alone,), batch=collate([alone], DIMS)
            )
            np.testing.assert_allclose(predict(model.fitted, one)[0][0], answers[row, t], atol=1e-4)


def test_people_of_different_lengths_are_each_compared_with_more(tmp_path: Path) -> None:
    """Corpora in which some gave one answer and some four: nobody is made shorter than given."""
    data = crowd(120)
    kept = np.random.default_rng(0).integers(1, 5, 120)
    samples = tuple(
        replace(s, answers=s.answers[:n]) for s, n in zip(data.samples, kept, strict=True)
    )
    data = replace(data, samples=samples, batch=collate(samples, DIMS))
    there, grid = _there(data)
    for version in versions(there, grid):
        counts = version.shown[version.form.shown[0]].sum(dim=1).numpy()
        assert (counts[version.rows] == version.form.answers).all()
        assert (counts[~version.rows] == 0).all()
        assert (version.rows == (kept >= version.form.answers)).all()
    model = fit_linked(build_learner(KERNELS), data, seed=0, out=tmp_path)
    assert np.isfinite(model.fitted.held_out).all()


def test_few_people_keep_the_line_of_the_next_longer_form(tmp_path: Path) -> None:
    model = fit_linked(build_learner(KERNELS), crowd(8), seed=0, out=tmp_path)
    link = model.fitted.network
    assert isinstance(link, LinkedNetwork)
    assert (link.slope[1:] == 1).all()
    assert (model.half_widths(_there(crowd(8))[0], coverage=0.9) == np.inf).all()


def test_between_numbers_of_answers_lines_go_by_one_over_answers() -> None:
    link = LinkedNetwork(
        stream_dims=DIMS, stream_modality=MODALITY, num_targets=1,
        network={"_target_": "trifold.network.pooled.PooledFusion", "width": 4},
        modalities=["text", "audio"], answers=[1, 2, 6],
    )  # fmt: skip
    link.offset[1, :, 0] = torch.tensor([1.0, 0.5, 1 / 6])
    for n in range(1, 10):
        there = torch.zeros(1, 9, 2, dtype=torch.bool)
        there[:, :n, 0] = True
        _, offset = link.line(place_of(there))
        assert float(offset) == pytest.approx(1 / min(n, 6), abs=1e-6)
    assert isinstance(link, FusionNetwork)


def test_what_is_no_grid_is_refused() -> None:
    settings = {
        "stream_dims": DIMS, "stream_modality": MODALITY, "num_targets": 1,
        "network": {"_target_": "trifold.network.pooled.PooledFusion", "width": 4},
    }  # fmt: skip
    with pytest.raises(ValueError, match="expected modalities of the streams, got video"):
        LinkedNetwork(**settings, modalities=["video"], answers=[1])
    with pytest.raises(ValueError, match="expected modalities of the streams, got none"):
        LinkedNetwork(**settings, modalities=[], answers=[1])
    with pytest.raises(ValueError, match=r"expected numbers .* ascending from 1, got \[2\]"):
        LinkedNetwork(**settings, modalities=["text"], answers=[2])


def test_forms_have_names_and_places() -> None:
    grid = Grid(("text", "audio"), knots_up_to(9))
    assert grid.answers == (1, 2, 3, 4, 5, 6, 8, 9)
    assert [form_of(form.key) for form in grid.forms] == list(grid.forms)
    assert grid.forms[0] == Form(("text", "audio"), 9)
    assert grid.form(0b10, 7.5) == Form(("audio",), 6)
    assert grid.form(0b11, 0.4) == Form(("text", "audio"), 1)
    assert grid.form(0, 3) is None
    with pytest.raises(ValueError, match="expected modalities and a number of answers, got 'me 3'"):
        form_of("me 3")


def test_a_link_exports_and_scores_candidates_alone(model) -> None:
    network, data = model.fitted.network, crowd(5, seed=7)
    batch = data.batch
    inputs = (dict(batch.tokens), batch.token_mask, batch.answer_mask)
    whole = network(*inputs).candidate
    torch.testing.assert_close(network.candidates(*inputs), whole)
    size = Dim("B", min=2, max=64)
    shapes = ({s: {0: size} for s in DIMS}, {s: {0: size} for s in DIMS}, {0: size})
    program = export(network, inputs, dynamic_shapes=shapes)
    torch.testing.assert_close(program.module()(*inputs).candidate, whole)


def test_the_mean_of_others_leaves_out_all_rows_of_a_person() -> None:
    target = np.array([[1.0, np.nan], [3.0, 2.0], [5.0, np.nan]])
    found = mean_of_others(target, ["ann", "ann", "bob"])
    np.testing.assert_array_equal(found, [[5.0, 0.0], [5.0, 0.0], [2.0, 2.0]])


def _there(data: Dataset):
    there = presence(data.batch, data.stream_modality)
    return there, grid_of(there)
