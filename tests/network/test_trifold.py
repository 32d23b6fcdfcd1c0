"""The assembled network: masks, gradients, subsets, switches, export and compilation."""

from __future__ import annotations

from itertools import product

import pytest
import torch
from torch.export import Dim, export

from tests.network.network_factory import DIMS, MODALITY, make_batch, make_network
from trifold.errors import InputError
from trifold.network.base import trained_numbers
from trifold.network.build import build_network
from trifold.network.wrappers.ensemble import EnsembleNetwork

SUBSETS = [s for s in product([True, False], repeat=3) if any(s)]
SWITCHES = [
    {"projector": "concat"},
    {"projector": "linear"},
    {"missing": "zero"},
    {"prompt_gate": False},
    *({"connector": kind} for kind in ("headgate", "concat", "none")),
    *({"direction": way} for way in ("av_query", "both")),
    {"connector_layers": 2},
    {"enhancer": False},
    {"question_token": False},
    *({"routing": mode} for mode in ("static", "uniform", "text", "text+audio+video")),
    *({"experts": names} for names in ([], ["euclidean"], ["hyperbolic"], ["spherical"])),
    {"experts": ["euclidean", "euclidean_for_hyperbolic", "euclidean_for_spherical"]},
    {"hyperbolic": {"readout": "dist", "curvature": 0.5}, "spherical": {"readout": "cos"}},
    *({"router": mode} for mode in ("static", "uniform")),
    {"router_noise": 0.5},
    *({"fusion": mode} for mode in ("gyromidpoint", "concat", "scores")),
    {"fusion": "scores", "experts": []},
    {"hyperbolic": {"model": "lorentz"}},
    {"routing": "fixed", "routing_prior": [[0.0, -20.0, -20.0, 0.0, 0.0, 0.0]] * 4},
    {"head": "full_mlp"},
    *({"aggregate": mode} for mode in ("question_hard", "mean", "max")),
    {"streams": ["sentences", "face"]},
]


def test_default_width_has_one_to_two_million_parameters() -> None:
    dims = {"sentences": 384, "contours": 45, "prosody": 41, "face": 25, "question": 384}
    spec = {"_target_": "trifold.network.trifold.TrifoldNetwork"}
    network = build_network(spec, stream_dims=dims, stream_modality=MODALITY, num_targets=5)  # type: ignore[arg-type]
    assert 1_000_000 < trained_numbers(network) < 2_000_000
    parts = network.parameters_by_part()
    assert set(parts) >= {"tokenizer", "connectors", "routing", "experts", "fusion", "head"}
    assert sum(parts.values()) == trained_numbers(network)
    two = EnsembleNetwork(
        stream_dims=dims,
        stream_modality=MODALITY,  # type: ignore[arg-type]
        num_targets=5,
        members=[spec, spec],
    )
    assert two.parameters_by_part() == {name: 2 * n for name, n in parts.items()}


def test_what_is_masked_does_not_matter() -> None:
    network = make_network()
    tokens, mask, answer_mask = make_batch()
    noisy = {
        s: torch.where(mask[s][..., None], v, torch.full_like(v, 9)) for s, v in tokens.items()
    }
    expected = network(tokens, mask, answer_mask)
    got = network(noisy, mask, answer_mask)
    torch.testing.assert_close(got.candidate, expected.candidate)
    noisy = {s: torch.where(answer_mask[..., None, None], v, 9 + v) for s, v in tokens.items()}
    torch.testing.assert_close(network(noisy, mask, answer_mask).candidate, expected.candidate)


def test_candidates_do_not_depend_on_one_another() -> None:
    network = make_network()
    tokens, mask, answer_mask = make_batch()
    expected = network(tokens, mask, answer_mask).candidate[2:3]
    alone = network(
        {s: v[2:3] for s, v in tokens.items()},
        {s: m[2:3] for s, m in mask.items()},
        answer_mask[2:3],
    )
    torch.testing.assert_close(alone.candidate, expected)


@pytest.mark.parametrize("present", SUBSETS)
def test_every_subset_of_modalities_gives_finite_scores(present) -> None:
    network = make_network()
    tokens, mask, answer_mask = make_batch()
    shown = dict(zip(("text", "audio", "video"), present, strict=True), question=True)
    mask = {s: m & shown[MODALITY[s]] for s, m in mask.items()}
    output = network(tokens, mask, answer_mask)
    assert torch.isfinite(output.candidate).all()
    for index, (modality, there) in enumerate(
        zip(("text", "audio", "video"), present, strict=True)
    ):
        if not there:
            assert (output.path_weight[..., index] == 0).all(), modality


def test_every_parameter_gets_a_gradient() -> None:
    network = make_network().train()
    tokens, mask, answer_mask = make_batch(rows=12)
    for row, stream in enumerate(("sentences", "prosody", "face")):
        mask[stream][row] = False
    mask["contours"][0] = False
    output = network(tokens, mask, answer_mask)
    (output.members.square().sum() + output.candidate.sum()).backward()
    dead = [
        name
        for name, p in network.named_parameters()
        if p.grad is None or not torch.isfinite(p.grad).all() or p.grad.abs().max() == 0
    ]
    # e_k and W of the answers multiply: with W = 0 at the start only W moves at first.
    assert dead == ["answers.trait"]


@pytest.mark.parametrize("settings", SWITCHES, ids=str)
def test_every_switch_gives_finite_scores_and_gradients(settings) -> None:
    network = make_network(**settings).train()
    output = network(*make_batch())
    assert output.candidate.shape == (6, 4)
    torch.testing.assert_close(output.members.mean(dim=-1), output.candidate)
    if output.expert_weight is not None:
        torch.testing.assert_close(torch.softmax(output.expert_logits, -1), output.expert_weight)
    output.candidate.square().sum().backward()
    grads = [p.grad for p in network.parameters() if p.grad is not None]
    assert grads
    assert all(torch.isfinite(g).all() for g in grads)


def test_unknown_switches_are_refused() -> None:
    with pytest.raises(InputError, match="expected head among batchensemble, full_mlp, got 'tree'"):
        make_network(head="tree")
    with pytest.raises(InputError, match="expected missing among learned, zero, got 'none'"):
        make_network(missing="none")
    with pytest.raises(InputError, match=r"expected aggregate among question, .* got 'median'"):
        make_network(aggregate="median")
    with pytest.raises(InputError, match=r"expected a prior of shape \(4, 6\), got \(1, 2\)"):
        make_network(routing_prior=[[0.0, 1.0]])


def test_coordinates_of_hyperbolic_space_do_not_matter() -> None:
    ball, hyperboloid = make_network(), make_network(hyperbolic={"model": "lorentz"})
    hyperboloid.load_state_dict(ball.state_dict())
    inputs = make_batch()
    torch.testing.assert_close(
        hyperboloid(*inputs).candidate, ball(*inputs).candidate, atol=1e-4, rtol=1e-3
    )


def test_a_fixed_prior_closes_paths() -> None:
    prior = [[0.0, -20.0, -20.0, -20.0, -20.0, -20.0]] * 4
    network = make_network(routing="fixed", routing_prior=prior)
    weight = network(*make_batch()).path_weight
    assert weight[..., 1:].max() < 1e-6
    assert "routing.prior" not in dict(network.named_parameters())


def test_export_with_a_dynamic_batch_agrees_with_eager() -> None:
    network = make_network()
    batch = Dim("B", min=2, max=64)
    shapes = ({s: {0: batch} for s in DIMS}, {s: {0: batch} for s in DIMS}, {0: batch})
    program = export(network, make_batch(rows=4), dynamic_shapes=shapes)
    for rows in (2, 9):
        inputs = make_batch(rows=rows, seed=rows)
        for got, expected in zip(program.module()(*inputs), network(*inputs), strict=True):
            torch.testing.assert_close(got, expected)


def test_compiles_as_one_graph() -> None:
    network = make_network()
    compiled = torch.compile(network, fullgraph=True, backend="aot_eager")
    inputs = make_batch()
    with torch.no_grad():
        got, expected = compiled(*inputs), network(*inputs)
    torch.testing.assert_close(got.candidate, expected.candidate, atol=1e-5, rtol=1e-5)


def test_bf16_autocast_stays_close() -> None:
    network = make_network()
    inputs = make_batch()
    with torch.no_grad(), torch.autocast("cpu", dtype=torch.bfloat16):
        got = network(*inputs).candidate.float()
    expected = network(*inputs).candidate
    assert (got - expected).abs().max() < 0.1 * expected.std() + 0.05
