"""Settings that the network refuses, and padding and order that it ignores."""

from __future__ import annotations

import warnings

import pytest
import torch
from torch.nn.functional import pad

from trifold.errors import InputError
from trifold.network.build import build_network
from trifold.network.trifold import TrifoldNetwork

DIMS = {"words": 7, "style": 5, "voice": 6, "face": 4, "asked": 8}
MODALITY = {
    "words": "text",
    "style": "text",
    "voice": "audio",
    "face": "video",
    "asked": "question",
}


def make(without: str = "", **settings: object) -> TrifoldNetwork:
    torch.manual_seed(0)
    dims = {s: d for s, d in DIMS.items() if s != without}
    options: dict[str, object] = {"width": 16, "members": 2, "bottleneck": 8, **settings}
    network = build_network(
        {"_target_": "trifold.network.trifold.TrifoldNetwork", **options},
        stream_dims=dims,
        stream_modality=MODALITY,  # type: ignore[arg-type]
        num_targets=3,
    )
    assert isinstance(network, TrifoldNetwork)
    return network.eval()


def batch(
    rows: int = 4, answers: int = 3, length: int = 4
) -> tuple[dict[str, torch.Tensor], dict[str, torch.Tensor], torch.Tensor]:
    generator = torch.Generator().manual_seed(1)
    tokens = {
        s: torch.randn(rows, answers, 1 if s == "asked" else length, d, generator=generator)
        for s, d in DIMS.items()
    }
    mask = {s: torch.rand(t.shape[:3], generator=generator) < 0.7 for s, t in tokens.items()}
    answer_mask = torch.ones(rows, answers, dtype=torch.bool)
    answer_mask[0, 1:] = False
    return tokens, mask, answer_mask


def test_padding_of_tokens_and_answers_changes_no_score() -> None:
    network = make()
    torch.nn.init.normal_(network.answers.key)  # so that answers have unequal weights
    tokens, mask, answer_mask = batch()
    expected = network(tokens, mask, answer_mask)
    wider = network(
        {s: pad(t, (0, 0, 0, 3, 0, 2), value=5.0) for s, t in tokens.items()},
        {s: pad(m, (0, 3, 0, 2)) for s, m in mask.items()},
        pad(answer_mask, (0, 2)),
    )
    torch.testing.assert_close(wider.candidate, expected.candidate, atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(wider.answer[:, :3], expected.answer, atol=1e-5, rtol=1e-5)


def test_order_of_tokens_and_answers_does_not_matter() -> None:
    network = make()
    torch.nn.init.normal_(network.answers.key)
    tokens, mask, answer_mask = batch()
    expected = network(tokens, mask, answer_mask).candidate
    turned = network(
        {s: t.flip(1, 2) for s, t in tokens.items()},
        {s: m.flip(1, 2) for s, m in mask.items()},
        answer_mask.flip(1),
    )
    torch.testing.assert_close(turned.candidate, expected, atol=1e-5, rtol=1e-5)


def test_the_question_is_found_by_its_modality_and_matters() -> None:
    network = make()
    assert network.tokenizer.asked == "asked"
    assert network.answers.key.shape[0] == 8
    tokens, mask, answer_mask = batch()
    mask["asked"][:] = True
    other = {**tokens, "asked": tokens["asked"] + 1}
    first, second = (network(t, mask, answer_mask).candidate for t in (tokens, other))
    assert not torch.allclose(first, second)


def test_works_without_a_question_and_without_warning() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error", UserWarning)
        network = make(without="asked")
    tokens, mask, answer_mask = batch()
    del tokens["asked"], mask["asked"]
    assert network(tokens, mask, answer_mask).candidate.isfinite().all()


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"streams": ["wrods"]}, r"expected streams among words, .*, got \['wrods'\]"),
        ({"width": 18}, "expected a width that 4 heads divide, got 18"),
        ({"projector": "slices"}, "expected projector among tokens, concat, linear, got 'slices'"),
        ({"connector": "sum"}, "expected connector among mha, headgate, concat, none, got 'sum'"),
        ({"direction": "face"}, "expected direction among text_query, av_query, both, got 'face'"),
        ({"routing": "hard"}, "expected routing among soft, static, .*, got 'hard'"),
        ({"experts": ["torus"]}, "expected experts among euclidean, .*, got 'torus'"),
        ({"router": "top1"}, "expected router among adaptive, static, uniform, got 'top1'"),
        (
            {"fusion": "sum"},
            "expected fusion among tangent, gyromidpoint, concat, scores, got 'sum'",
        ),
        ({"head": "mlp"}, "expected head among batchensemble, full_mlp, got 'mlp'"),
        ({"colour": 1}, "expected settings that it takes among width, .*, got 'colour'"),
        ({"experts": "euclidean"}, "expected a list of names as experts, got 'euclidean'"),
        ({"contour_streams": None}, "expected a list of names as contour_streams, got None"),
        ({"hyperbolic": 3}, "expected settings of an expert, got 3"),
        ({"hyperbolic": {"_target_": "os.system"}}, "expected settings of an expert, got "),
        ({"hyperbolic": {"readout": "cos"}}, "expected a readout among both, log, dist, got 'cos'"),
        ({"spherical": {"readout": "dist"}}, "expected a readout among both, log, cos, got 'dist'"),
    ],
    ids=str,
)
def test_unknown_settings_are_refused(settings: dict[str, object], message: str) -> None:
    with pytest.raises(InputError, match=message):
        make(**settings)  # type: ignore[arg-type]
