"""Gaussian processes against closed forms, and ensembles of networks."""

from __future__ import annotations

import numpy as np
import pytest
import torch
from scipy.stats import norm, rankdata
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, ConstantKernel, WhiteKernel
from torch.export import Dim, export

from tests.network.network_factory import DIMS, MODALITY, make_batch
from trifold.contracts import FeatureBatch
from trifold.network.kernels.additive_gp import AdditiveGaussianProcess
from trifold.network.kernels.scaling import RankGaussian, TfIdf
from trifold.network.kernels.summary import QuestionSlots, shared_columns
from trifold.network.wrappers.ensemble import EnsembleNetwork
from trifold.training.gaussian_process.marginal_likelihood import maximize_evidence

VIEWS = [
    {"streams": ["sentences"], "kernel": "rbf", "scaling": "centred"},
    {"streams": ["contours", "prosody"], "kernel": "rbf", "scaling": "rank"},
    {"streams": ["face"], "kernel": "linear", "scaling": "standard"},
]
BY_QUESTION = [
    {"streams": ["sentences"], "kernel": "rbf", "scaling": "standard", "by_question": True},
    {"streams": ["contours"], "kernel": "linear", "scaling": "standard", "by_question": True},
]


def batch_of(inputs) -> FeatureBatch:
    tokens, mask, answer_mask = inputs
    ids = tuple(map(str, range(len(answer_mask))))
    return FeatureBatch({s: x.double() for s, x in tokens.items()}, mask, answer_mask, None, ids)


def counts_alone(counts: torch.Tensor) -> FeatureBatch:
    """(B, T, L, D) counts of one stream, of answers to unknown questions."""
    mask = torch.ones(counts.shape[:3]) > 0
    question = torch.zeros(*counts.shape[:2], 1, DIMS["question"]).double()
    ids = tuple(map(str, range(len(counts))))
    tokens = {"contours": counts, "question": question}
    return FeatureBatch(tokens, dict.fromkeys(tokens, mask), mask[..., 0], None, ids)


def process(views, support: int, questions: int = 1) -> AdditiveGaussianProcess:
    built = AdditiveGaussianProcess(
        stream_dims=DIMS,
        stream_modality=MODALITY,  # type: ignore[arg-type]
        num_targets=2,
        views=views,
        support=support,
        questions=questions,
    )
    return built.double()


def asked(inputs, questions: int = 3):
    """The same batch in which answer t is to question t."""
    inputs[0]["question"] = (
        torch.eye(DIMS["question"])[:questions].expand(len(inputs[2]), -1, -1).unsqueeze(2).clone()
    )
    return inputs


@pytest.mark.parametrize(("views", "questions"), [(VIEWS, 1), (BY_QUESTION, 3)])
def test_on_training_rows_it_is_gram_times_coefficients(views, questions) -> None:
    train = batch_of(asked(make_batch(rows=20)))
    built = process(views, 20, questions)
    grams, there = built.fit_grams(train)
    assert len(grams) == (3 if questions == 1 else 6)
    generator = torch.Generator().manual_seed(0)
    weight = torch.rand(2, len(grams), generator=generator, dtype=torch.float64)
    coef = torch.randn(2, 20, generator=generator, dtype=torch.float64)
    built.set_weights(weight, coef, there)
    expected = torch.einsum("kj,jnm,km->nk", weight, grams, coef)
    got = built(train.tokens, train.token_mask, train.answer_mask).candidate
    torch.testing.assert_close(got, expected)


def test_grams_are_centred_positive_and_of_unit_diagonal() -> None:
    grams, _ = process(VIEWS, 20).fit_grams(batch_of(make_batch(rows=20)))
    for gram in grams:
        torch.testing.assert_close(gram, gram.mT)
        assert torch.linalg.eigvalsh(gram).min() > -1e-9
        assert gram.sum(dim=0).abs().max() < 1e-8
        assert gram.diagonal().mean() == pytest.approx(1.0)


def test_what_is_missing_says_nothing() -> None:
    train = batch_of(make_batch(rows=20))
    built = process(VIEWS, 20)
    _grams, there = built.fit_grams(train)
    built.set_weights(torch.ones(2, 3).double(), torch.randn(2, 20).double(), there)
    nothing = {s: torch.zeros_like(m) for s, m in train.token_mask.items()}
    output = built(train.tokens, nothing, train.answer_mask)
    torch.testing.assert_close(output.candidate, torch.zeros(20, 2).double())


def test_an_answer_alone_is_a_candidate_with_one_answer() -> None:
    train = batch_of(asked(make_batch(rows=12)))
    built = process(BY_QUESTION, 12, 3)
    _grams, there = built.fit_grams(train)
    built.set_weights(torch.ones(2, 6).double(), torch.randn(2, 12).double(), there)
    output = built(train.tokens, train.token_mask, train.answer_mask)
    only = torch.zeros_like(train.answer_mask)
    only[:, 1] = True
    alone = built(train.tokens, train.token_mask, only & train.answer_mask).candidate
    torch.testing.assert_close(output.answer[1:, 1], alone[1:])


def test_questions_are_told_apart_whatever_their_order() -> None:
    inputs = asked(make_batch(rows=12))
    built = process(BY_QUESTION, 12, 3)
    train = batch_of(inputs)
    _grams, there = built.fit_grams(train)
    built.set_weights(torch.rand(2, 6).double(), torch.randn(2, 12).double(), there)
    order = torch.tensor([2, 0, 1])
    tokens = {s: x[1:, order] for s, x in train.tokens.items()}
    mask = {s: m[1:, order] for s, m in train.token_mask.items()}
    torch.testing.assert_close(
        built(tokens, mask, train.answer_mask[1:]).candidate,
        built(*(x[1:] if isinstance(x, torch.Tensor) else {s: v[1:] for s, v in x.items()}
                for x in (train.tokens, train.token_mask, train.answer_mask))).candidate,
    )  # fmt: skip
    slots = QuestionSlots(DIMS["question"], slots=3)
    slots.fit(inputs[0]["question"].sum(dim=2), inputs[2])
    unknown = torch.zeros(1, 1, DIMS["question"])
    unknown[..., 7] = 1
    assert not slots(unknown, torch.ones(1, 1) > 0).any()


def test_counts_add_up_over_answers_and_measures_average() -> None:
    generator = torch.Generator().manual_seed(0)
    counts = torch.poisson(torch.ones(30, 3, 1, DIMS["contours"]), generator=generator).double()
    answers, joined = counts_alone(counts), counts_alone(counts.sum(dim=1, keepdim=True))
    for scaling, agree in (("tfidf", True), ("standard", False)):
        view = {"streams": ["contours"], "kernel": "linear", "scaling": scaling}
        built = process([view], 30)
        _grams, there = built.fit_grams(answers)
        built.set_weights(torch.ones(2, 1).double(), torch.randn(2, 30).double(), there)
        apart = built(answers.tokens, answers.token_mask, answers.answer_mask).candidate
        whole = built(joined.tokens, joined.token_mask, joined.answer_mask).candidate
        assert torch.allclose(apart, whole) is agree
    with pytest.raises(ValueError, match="spread of measures, got it for counts"):
        process([view | {"scaling": "tfidf", "spread": True}], 30)


def test_columns_that_few_have_are_not_read() -> None:
    generator = torch.Generator().manual_seed(0)
    rates = 0.06 * torch.ones(30, 3, 1, DIMS["contours"])
    counts = torch.poisson(rates, generator=generator).double()
    train, view = counts_alone(counts), {"streams": ["contours"], "scaling": "tfidf"}
    kept = shared_columns(counts)
    frequency = (counts.sum(dim=(1, 2)) > 0).sum(dim=0)
    assert 0 < len(kept) < DIMS["contours"]
    assert kept.tolist() == [d for d, n in enumerate(frequency) if n >= 5]
    spec = {"views": [view | {"kernel": "linear"}], "support": 30, "num_targets": 2}
    built = [
        AdditiveGaussianProcess(
            stream_dims=DIMS, stream_modality=MODALITY, columns=c, **spec
        ).double()  # type: ignore[arg-type]
        for c in ({"contours": len(kept)}, None)
    ]
    coef, scores = torch.randn(2, 30).double(), []
    for one in built:
        _grams, there = one.fit_grams(train)
        one.set_weights(torch.ones(2, 1).double(), coef, there)
        scores.append(one(train.tokens, train.token_mask, train.answer_mask).candidate)
    torch.testing.assert_close(*scores)
    assert shared_columns(torch.zeros(3, 1, 1, 4)).tolist() == [0]


def test_words_that_nobody_shares_say_nothing() -> None:
    scaling = TfIdf(2, support=4)
    scaling.fit(torch.tensor([[1.0, 1.0], [2.0, 0.0], [1.0, 0.0], [3.0, 0.0], [1.0, 0.0]]))
    assert scaling.idf[0] > 0
    assert scaling.idf[1] == 0
    batch = batch_of(make_batch(rows=4))
    built = process([{"streams": ["contours"], "kernel": "linear", "scaling": "tfidf"}], 4)
    grams, _ = built.fit_grams(batch)
    assert (grams == 0).all()


def test_rank_scaling_is_the_normal_score_of_mid_ranks() -> None:
    x = torch.tensor([[3.0], [1.0], [1.0], [8.0]])
    scaling = RankGaussian(1, support=4)
    scaling.fit(x)
    expected = norm.ppf(rankdata(x[:, 0]) / 5)
    np.testing.assert_allclose(scaling(x)[:, 0], expected, rtol=1e-5)
    ends = scaling(torch.tensor([[-9.0], [99.0]]))[:, 0]
    np.testing.assert_allclose(ends, norm.ppf([0.1, 0.9]), rtol=1e-5)


def test_tfidf_is_scikit_learns() -> None:
    counts = np.random.default_rng(0).poisson(0.7, (30, 12)).astype(np.float64)
    scaling = TfIdf(12, support=30, least=1)
    scaling.fit(torch.as_tensor(counts))
    expected = TfidfTransformer(sublinear_tf=True).fit_transform(counts).toarray()
    np.testing.assert_allclose(scaling(torch.as_tensor(counts)), expected, atol=1e-6)


def test_evidence_agrees_with_scikit_learn() -> None:
    generator = np.random.default_rng(0)
    x = generator.normal(size=(80, 1))
    y = np.sin(2 * x[:, 0]) + 0.3 * generator.normal(size=80)
    y = (y - y.mean()) / y.std()
    kernel = ConstantKernel(1.0) * RBF(0.7, "fixed") + WhiteKernel(0.5, (0.05, 50))
    theirs = GaussianProcessRegressor(kernel, alpha=0, n_restarts_optimizer=0).fit(x, y)
    found = maximize_evidence(RBF(0.7)(x)[None], y, prior_precision=0)
    weight, noise = theirs.kernel_.k1.k1.constant_value, theirs.kernel_.k2.noise_level
    assert found.weight[0] == pytest.approx(weight, rel=0.02)
    assert found.noise == pytest.approx(noise, rel=0.02)
    gram = found.weight[0] * RBF(0.7)(x)
    np.testing.assert_allclose(
        found.inverse @ (gram + found.noise * np.eye(80)), np.eye(80), atol=1e-9
    )


def test_evidence_finds_the_kernel_that_matters_and_skips_unlabelled_rows() -> None:
    generator = np.random.default_rng(1)
    x = generator.normal(size=(100, 2))
    grams = np.stack([np.outer(c, c) + 1e-6 * np.eye(100) for c in x.T])
    y = 0.8 * x[:, 1] + 0.6 * generator.normal(size=100)
    y[:10] = np.nan
    found = maximize_evidence(grams, y)
    assert found.weight[1] > 100 * found.weight[0]
    assert (found.coef[:10] == 0).all()
    assert found.inverse.shape == (90, 90)


def test_ensemble_is_the_weighted_mean_and_exports() -> None:
    spec = {"_target_": "trifold.network.pooled.PooledFusion", "width": 8}
    kernels = {
        "_target_": "trifold.network.kernels.additive_gp.AdditiveGaussianProcess",
        "views": VIEWS,
        "support": 20,
    }
    torch.manual_seed(0)
    ensemble = EnsembleNetwork(
        stream_dims=DIMS,
        stream_modality=MODALITY,  # type: ignore[arg-type]
        num_targets=2,
        members=[spec, spec, kernels],
    ).eval()
    train = batch_of(make_batch(rows=20))
    member = ensemble.networks[2].double()
    _grams, there = member.fit_grams(train)
    member.set_weights(torch.ones(2, 3).double(), torch.randn(2, 20).double(), there)
    ensemble.float()
    ensemble.weight[:] = torch.tensor([0.5, 0.2, 0.3])[:, None]
    ensemble.slope[:], ensemble.offset[:] = 1.5, 0.25
    inputs = make_batch(rows=5, seed=3)
    parts = [network(*inputs).candidate for network in ensemble.networks]
    mixed = 0.5 * parts[0] + 0.2 * parts[1] + 0.3 * parts[2]
    output = ensemble(*inputs)
    torch.testing.assert_close(output.candidate, 1.5 * mixed + 0.25)
    assert output.members.shape == (5, 2, 3)
    size = Dim("B", min=2, max=64)
    shapes = ({s: {0: size} for s in DIMS}, {s: {0: size} for s in DIMS}, {0: size})
    program = export(ensemble, make_batch(rows=4), dynamic_shapes=shapes)
    torch.testing.assert_close(program.module()(*inputs).candidate, output.candidate)


def test_unknown_streams_are_refused() -> None:
    views = [{"streams": ["smell"], "kernel": "rbf", "scaling": "rank"}]
    with pytest.raises(ValueError, match=r"expected streams among sentences, .* got 'smell'"):
        process(views, 3)
