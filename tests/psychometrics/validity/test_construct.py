"""Multitrait-multimethod matrices, HTMT, halo and congruence."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.errors import InputError
from trifold.psychometrics.validity.discriminant import (
    first_loadings,
    halo,
    halo_excess,
    htmt,
    htmt_study,
    tucker_congruence,
)
from trifold.psychometrics.validity.multitrait import matrix_summary, multitrait_multimethod

# Campbell and Fiske's (1959) synthetic matrix, lower triangle with reliabilities, A1 B1 C1 A2 …
SYNTHETIC = """.89; .51 .89; .38 .37 .76; .57 .22 .09 .93; .22 .57 .10 .68 .94;
.11 .11 .46 .59 .58 .84; .56 .22 .11 .67 .42 .33 .94; .23 .58 .12 .43 .66 .34 .67 .92;
.11 .11 .45 .34 .32 .58 .58 .60 .85"""
# Holzinger and Swineford, x1 to x9: upper triangle by columns
HOLZINGER = """.297346 .440668 .339849 .372706 .152930 .158640 .293444 .139387 .077198 .733170
.356770 .192532 .197661 .704480 .719956 .066864 -.075669 .071931 .173829 .102045 .121102 .223927
.092279
.186013 .106898 .138670 .149611 .486758 .390340 .206041 .328651 .207848 .227466 .214162 .340646
.449015"""
BLOCKS = {"visual": [0, 1, 2], "textual": [3, 4, 5], "speed": [6, 7, 8]}
FEW = settings(max_examples=30, deadline=None)


def synthetic() -> np.ndarray:
    matrix = np.zeros((9, 9))
    for i, row in enumerate(SYNTHETIC.split(";")):
        matrix[i, : i + 1] = [float(x) for x in row.split()]
    return matrix + np.tril(matrix, -1).T


def holzinger() -> np.ndarray:
    matrix, values = np.eye(9), iter(HOLZINGER.split())
    for column in range(1, 9):
        for row in range(column):
            matrix[row, column] = matrix[column, row] = float(next(values))
    return matrix


def test_campbell_and_fiske_synthetic_matrix() -> None:
    summary = matrix_summary(synthetic(), traits=3)
    assert summary.convergent == pytest.approx(0.5667, abs=5e-5)
    assert summary.heterotrait_heteromethod == pytest.approx(0.2183, abs=5e-5)
    assert summary.heterotrait_monomethod == pytest.approx(0.5511, abs=5e-5)
    assert (summary.over_heteromethod.held, summary.over_heteromethod.made) == (36, 36)
    assert (summary.over_monomethod.held, summary.over_monomethod.made) == (16, 36)


def test_first_shares_of_the_synthetic_methods() -> None:
    shares = []
    for method in range(3):
        block = synthetic()[3 * method : 3 * method + 3, 3 * method : 3 * method + 3]
        np.fill_diagonal(block, 1)
        shares.append(np.linalg.eigvalsh(block)[-1] / 3)
    assert shares == pytest.approx((0.6145, 0.7448, 0.7447), abs=5e-5)


def test_htmt_of_holzinger_and_swineford() -> None:
    found = htmt(holzinger(), BLOCKS)
    assert list(found.values()) == pytest.approx((0.424323, 0.466550, 0.289568), abs=5e-6)
    signed = htmt(holzinger(), BLOCKS, kind="signed")
    assert signed["visual", "speed"] == pytest.approx(0.423542, abs=5e-6)
    geometric = htmt(holzinger(), BLOCKS, kind="geometric")
    assert list(geometric.values()) == pytest.approx((0.384088, 0.386773, 0.279683), abs=5e-6)


@FEW
@given(st.floats(-0.99, 0.99))
def test_htmt_of_single_items_is_their_correlation(r: float) -> None:
    matrix = np.array([[1, r], [r, 1]])
    assert htmt(matrix, {"a": [0], "b": [1]})["a", "b"] == pytest.approx(abs(r))


def methods(n: int = 120, *, halo_of_model: float = 0.0) -> dict[str, np.ndarray]:
    generator = np.random.default_rng(0)
    traits, common = generator.normal(size=(n, 3)), generator.normal(size=(n, 1))
    noise = [generator.normal(size=(n, 3)) for _ in range(2)]
    return {"model": traits + noise[0] * 0.5 + halo_of_model * common, "human": traits + noise[1]}


def test_methods_that_share_traits_converge() -> None:
    study = multitrait_multimethod(
        methods(), ["a", "b", "c"], reliabilities={"model": [0.8] * 3, "human": [0.5] * 3},
        resamples=200,
    )  # fmt: skip
    assert study.above_zero.held == study.above_zero.made == 3
    assert study.convergent_minus_monomethod.low > 0
    assert study.disattenuated is not None
    assert study.disattenuated[0, 3] == pytest.approx(study.matrix[0, 3] / np.sqrt(0.4))
    assert "a: model / human" in study.as_json()["validities"]


def test_a_pair_of_one_name_that_disagrees_is_flagged() -> None:
    both = methods()
    both["human"][:, 0] = -both["human"][:, 0]
    study = multitrait_multimethod(both, ["a", "b", "c"], resamples=50)
    flags = {name: value.flags for name, value in study.validities.items()}
    assert flags["a: model / human"] == (Code.SAME_NAME_DISAGREES,)
    assert flags["b: model / human"] == ()


def test_matrices_and_scores_of_the_wrong_shape_are_refused() -> None:
    with pytest.raises(InputError, match="two traits and two methods or more"):
        matrix_summary(np.eye(5), traits=3)
    with pytest.raises(InputError, match="two methods or more, each of the same people"):
        multitrait_multimethod({"a": np.eye(4), "b": np.eye(5)}, list("abcd"))
    with pytest.raises(InputError, match="without gaps"):
        multitrait_multimethod({"a": np.full((9, 2), np.nan)} | {"b": np.eye(9, 2)}, ["x", "y"])


def test_halo_is_the_share_that_targets_have_in_common() -> None:
    scores = methods(300, halo_of_model=4)["model"]
    alike = halo(scores, resamples=100, reliabilities=[0.9] * 3)
    assert Code.READ_AS_ONE in alike.first_share.flags
    assert alike.disattenuated_share > alike.first_share.estimate
    apart = halo(methods(300)["model"], resamples=100)
    assert apart.first_share.estimate == pytest.approx(1 / 3, abs=0.1)
    assert apart.effective_rank.estimate == pytest.approx(3, abs=0.1)
    excess = halo_excess(scores, methods(300)["human"], resamples=100)
    assert excess.low > 0.2


def test_htmt_of_people_has_intervals() -> None:
    items = np.repeat(methods(150)["model"], 2, axis=1)
    items = items + np.random.default_rng(1).normal(size=items.shape)
    blocks = {"a": [0, 1], "b": [2, 3]}
    found = htmt_study(items, blocks, resamples=100)["a", "b"]
    assert found.low <= found.estimate <= found.high < 0.85
    with pytest.raises(InputError, match="kinds of HTMT"):
        htmt(np.eye(2), {"a": [0], "b": [1]}, kind="other")


@FEW
@given(st.lists(st.floats(-1, 1), min_size=3, max_size=3), st.floats(0.1, 9))
def test_congruence_does_not_see_scale(loadings: list[float], scale: float) -> None:
    a = np.array(loadings)
    if np.abs(a).max() < 1e-3:
        return
    assert tucker_congruence(a, scale * a) == pytest.approx(1)
    assert tucker_congruence(a, -a) == pytest.approx(-1)


def test_loadings_of_the_same_structure_are_congruent() -> None:
    scores = methods(400, halo_of_model=2)["model"]
    assert tucker_congruence(first_loadings(scores), first_loadings(3 * scores + 1)) > 0.999
    assert np.isnan(tucker_congruence(np.zeros(2), np.ones(2)))
