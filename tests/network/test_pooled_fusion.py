"""Laws of the plain fusion network."""

from __future__ import annotations

from itertools import product

import pytest
import torch

from trifold.contracts import FeatureBatch, Target, TargetSchema
from trifold.network.blocks.affine import TokenStandardizer
from trifold.network.blocks.pooling import masked_mean
from trifold.network.pooled import PooledFusion
from trifold.network.targets.standard import StandardTargets

DIMS = {"face": 5, "words": 7, "voice": 3}
MODALITY = {"face": "video", "words": "text", "voice": "audio"}


def built(**settings) -> PooledFusion:
    torch.manual_seed(0)
    return PooledFusion(
        stream_dims=DIMS, stream_modality=MODALITY, num_targets=4, **settings
    ).eval()


@pytest.fixture(params=[False, True], ids=["tokens projected", "pooled first"])
def network(request) -> PooledFusion:
    return built(pool_first=request.param)


def make(rows: int = 6, answers: int = 3, length: int = 5, seed: int = 0):
    generator = torch.Generator().manual_seed(seed)
    tokens = {
        s: torch.randn(rows, answers, length, d, generator=generator) for s, d in DIMS.items()
    }
    mask = {s: torch.rand(rows, answers, length, generator=generator) < 0.7 for s in DIMS}
    answer_mask = torch.ones(rows, answers, dtype=torch.bool)
    answer_mask[0, 1:] = False
    return tokens, mask, answer_mask


def test_what_is_masked_does_not_matter(network) -> None:
    tokens, mask, answer_mask = make()
    noisy = {
        s: torch.where(mask[s][..., None], v, torch.full_like(v, 99)) for s, v in tokens.items()
    }
    expected, got = network(tokens, mask, answer_mask), network(noisy, mask, answer_mask)
    torch.testing.assert_close(expected.candidate, got.candidate)
    noisy = {s: torch.where(answer_mask[..., None, None], v, 99 + v) for s, v in tokens.items()}
    torch.testing.assert_close(expected.candidate, network(noisy, mask, answer_mask).candidate)


def test_order_of_answers_and_candidates_does_not_matter(network) -> None:
    tokens, mask, answer_mask = make()
    shuffled = torch.tensor([2, 0, 1])
    turned = network(
        {s: v[:, shuffled] for s, v in tokens.items()},
        {s: v[:, shuffled] for s, v in mask.items()},
        answer_mask[:, shuffled],
    )
    torch.testing.assert_close(turned.candidate, network(tokens, mask, answer_mask).candidate)
    rows = torch.tensor([5, 1])
    alone = network(
        {s: v[rows] for s, v in tokens.items()},
        {s: v[rows] for s, v in mask.items()},
        answer_mask[rows],
    )
    torch.testing.assert_close(alone.candidate, network(tokens, mask, answer_mask).candidate[rows])


@pytest.mark.parametrize("present", [p for p in product([True, False], repeat=3) if any(p)])
def test_every_subset_of_modalities_is_finite_and_differs(network, present) -> None:
    tokens, mask, answer_mask = make()
    some = {s: m & keep for (s, m), keep in zip(mask.items(), present, strict=True)}
    candidate = network(tokens, some, answer_mask).candidate
    assert candidate.isfinite().all()
    if not all(present):
        assert not torch.allclose(candidate, network(tokens, mask, answer_mask).candidate)


def test_every_parameter_gets_a_gradient(network) -> None:
    tokens, mask, answer_mask = make()
    for stream in mask:
        mask[stream][0] = False  # so that the null vectors are used
    network(tokens, mask, answer_mask).candidate.square().sum().backward()
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        assert parameter.grad.abs().sum() > 0, name


def test_one_answer_alone_is_the_candidate(network) -> None:
    tokens, mask, answer_mask = make()
    output = network(tokens, mask, answer_mask)
    torch.testing.assert_close(output.candidate[0], output.answer[0, 0])


def test_stream_order_in_the_config_does_not_matter() -> None:
    torch.manual_seed(0)
    first = PooledFusion(stream_dims=DIMS, stream_modality=MODALITY, num_targets=2)
    second = PooledFusion(
        stream_dims=dict(reversed(DIMS.items())), stream_modality=MODALITY, num_targets=2
    )
    assert first.streams == second.streams == ("words", "voice", "face")


def test_masked_mean_is_the_mean_and_zero_of_nothing() -> None:
    values = torch.tensor([[1.0], [3.0], [100.0]])
    assert masked_mean(values, torch.tensor([True, True, False])).item() == 2.0
    assert masked_mean(values, torch.zeros(3, dtype=torch.bool)).item() == 0.0


def test_token_standardizer_whitens_columns_and_clips() -> None:
    torch.manual_seed(0)
    values = torch.randn(500, 3) * torch.tensor([1.0, 50.0, 0.0]) + 7
    standardizer = TokenStandardizer(3, limit=4.0)
    standardizer.fit(values)
    whitened = standardizer(values)
    torch.testing.assert_close(whitened.std(dim=0)[:2], torch.ones(2), atol=0.02, rtol=0)
    assert whitened[:, 2].abs().max() < 1e-4  # a constant column is centred, not blown up
    assert standardizer(values + 1e9).max() == 4.0


def test_a_column_is_divided_by_its_resolution_where_it_varies_less() -> None:
    torch.manual_seed(0)
    values = torch.randn(500, 4) * torch.tensor([1.0, 0.1, 0.0, 0.0])
    plain, floored = TokenStandardizer(4), TokenStandardizer(4)
    plain.fit(values)
    floored.fit(values, torch.tensor([0.5, 0.5, 0.5, 0.0]))
    assert floored.scale.tolist() == [plain.scale[0].item(), 0.5, 0.5, 1.0]
    torch.testing.assert_close(floored.mean, plain.mean, rtol=0, atol=0)
    without = TokenStandardizer(4)
    without.fit(values, torch.zeros(4))
    assert torch.equal(without(values), plain(values))


def test_target_scaler_inverts_inside_the_scale_and_keeps_scores_on_it() -> None:
    schema = TargetSchema("s", (Target("warmth", 1, 7), Target("drive", 0, 1)))
    scaler = StandardTargets(schema)
    labels = torch.rand(20, 2) * 0.5 + 0.2
    labels[:, 0] = labels[:, 0] * 6 + 1
    scaler.fit(labels.numpy())
    torch.testing.assert_close(scaler(scaler.standardize(labels)), labels)
    assert scaler.standardize(labels).mean().abs() < 1e-5
    extreme = scaler(torch.tensor([[99.0, -99.0]]))
    assert extreme.tolist() == [[7.0, 0.0]]


def test_of_one_token_each_both_orders_are_the_same() -> None:
    tokens, _, answer_mask = make(length=1)
    mask = {s: torch.ones(v.shape[:3], dtype=torch.bool) for s, v in tokens.items()}
    train = FeatureBatch(tokens, mask, answer_mask, None, tuple("abcdef"))
    networks = built(), built(pool_first=True)
    for network in networks:
        network.fit_standardizers(train)
    one, other = (network(tokens, mask, answer_mask).candidate for network in networks)
    torch.testing.assert_close(one, other)


def test_pooled_numbers_get_the_same_say_however_tokens_vary() -> None:
    tokens, mask, answer_mask = make(rows=40, length=30)
    tokens["voice"][..., 0] *= 50  # from token to token
    network = built(pool_first=True)
    network.fit_standardizers(
        FeatureBatch(tokens, mask, answer_mask, None, tuple(map(str, range(40))))
    )
    read = network.standardizers()["voice"](masked_mean(tokens["voice"], mask["voice"]))
    torch.testing.assert_close(read.flatten(0, 1).std(dim=0), torch.ones(3), atol=0.02, rtol=0)


def test_a_condensed_batch_gives_the_same_scores(network) -> None:
    tokens, mask, answer_mask = make()
    mask["face"][1] = False  # shows nobody
    tokens = {s: v * mask[s].unsqueeze(-1) for s, v in tokens.items()}
    small = network.condensed(FeatureBatch(tokens, mask, answer_mask, None, tuple("abcdef")))
    found = network(small.tokens, small.token_mask, small.answer_mask)
    torch.testing.assert_close(found.answer, network(tokens, mask, answer_mask).answer)
    assert all(v.shape[2] == (1 if network.pool_first else 5) for v in small.tokens.values())


def test_some_streams_alone_are_read() -> None:
    network, (tokens, mask, answer_mask) = built(streams=["voice", "words"]), make()
    assert network.streams == ("words", "voice")
    expected = network(tokens, mask, answer_mask).candidate
    torch.testing.assert_close(
        network(tokens | {"face": tokens["face"] + 9}, mask, answer_mask).candidate, expected
    )


@pytest.mark.parametrize("streams", [[], ["voice", "none"]])
def test_streams_that_are_not_there_are_refused_by_name(streams) -> None:
    with pytest.raises(ValueError, match="expected streams among face, words, voice, got"):
        built(streams=streams)
