"""Signs and scales of the maps between schemas."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.corpora.twin_factory import READERS, publish
from trifold.contracts import Target, TargetSchema
from trifold.corpora.maps import convert, mapped, pairs_between, read_map
from trifold.corpora.targets import read_schema
from trifold.errors import CorpusError

CONFIGS = Path(__file__).parents[2] / "configs/corpora"
BIG_FIVE, HEXACO = (read_schema(CONFIGS / f"schemas/{n}.yaml") for n in ("big_five", "hexaco"))
SIGNS = {
    ("big_five_to_hexaco", "emotional_stability", "emotionality"): -1,
    ("big_five_to_hexaco", "neuroticism", "emotionality"): 1,
    ("big_five_to_hexaco", "agreeableness", "honesty_humility"): 1,
    ("hexaco_to_big_five", "emotionality", "emotional_stability"): -1,
    ("hexaco_to_big_five", "emotionality", "neuroticism"): 1,
    ("sixteen_pf_to_big_five", "dominance", "agreeableness"): -1,
    ("sixteen_pf_to_big_five", "emotional_stability", "neuroticism"): -1,
}


def move(
    value: float, origin: Target, target: Target, name: str, *, partial: bool = False
) -> float:
    schemas = TargetSchema("a", (origin,)), TargetSchema("b", (target,))
    served = pairs_between(*schemas, read_map(CONFIGS / f"maps/{name}.yaml"), partial=partial)
    return float(convert(np.array([[value]]), *schemas, served)[0, 0])


@pytest.mark.parametrize(("name", "origin", "target"), SIGNS)
def test_signs_of_the_shipped_maps(name: str, origin: str, target: str) -> None:
    low, high = (move(v, Target(origin, 1, 5), Target(target, 0, 10), name, partial=True)
                 for v in (1.5, 4.5))  # fmt: skip
    assert np.sign(high - low) == SIGNS[name, origin, target]


@pytest.mark.parametrize("trait", ["extraversion", "conscientiousness", "openness"])
@pytest.mark.parametrize("name", ["big_five_to_hexaco", "hexaco_to_big_five"])
def test_equal_factors_keep_their_sign(name: str, trait: str) -> None:
    assert move(2, Target(trait, 1, 5), Target(trait, 1, 7), name) == pytest.approx(2.5)


@given(st.floats(1, 7))
def test_stability_is_reversed_neuroticism_and_back(value: float) -> None:
    stable, neurotic = Target("emotional_stability", 1, 7), Target("neuroticism", 0, 1)
    over = move(value, stable, neurotic, "same_names")
    assert over == pytest.approx((7 - value) / 6)
    assert move(over, neurotic, stable, "same_names") == pytest.approx(value)


def test_polarity_reverses_once_more() -> None:
    at_ease = Target("neuroticism", 0, 1, polarity=-1)  # as First Impressions names it
    assert move(0.9, at_ease, Target("emotional_stability", 0, 1), "same_names") == 0.9
    assert move(0.9, at_ease, Target("neuroticism", 0, 1), "same_names") == pytest.approx(0.1)
    assert move(0.9, at_ease, at_ease, "same_names") == 0.9


def test_parts_are_used_on_request_only_and_the_rest_is_unlabelled() -> None:
    pairs = read_map(CONFIGS / "maps/big_five_to_hexaco.yaml")
    sure = pairs_between(BIG_FIVE, HEXACO, pairs)
    assert set(sure) == {"extraversion", "conscientiousness", "openness"}
    assert set(pairs_between(BIG_FIVE, HEXACO, pairs, partial=True)) == set(HEXACO.names)
    labels = np.array([[1.0, 7, 4, 2, 3], [7, 1, np.nan, 2, 3]])
    converted = convert(labels, BIG_FIVE, HEXACO, sure)
    missing = [name not in sure for name in HEXACO.names]
    assert np.isnan(converted[:, missing]).all()
    extraversion, conscientiousness = map(HEXACO.names.index, ("extraversion", "conscientiousness"))
    assert converted[:, extraversion].tolist() == [1, 5]
    assert np.isnan(converted[1, conscientiousness])


@given(st.lists(st.floats(1, 7), min_size=3, max_size=9, unique=True))
def test_ranks_survive_or_reverse(values: list[float]) -> None:
    moved = [move(v, Target("openness", 1, 7), Target("openness", -3, 3), "same_names")
             for v in values]  # fmt: skip
    assert np.argsort(moved, kind="stable").tolist() == np.argsort(values, kind="stable").tolist()


def test_observers_and_self_reports_are_never_mixed() -> None:
    with pytest.raises(CorpusError, match="expected 'openness' from self_report ratings, got obs"):
        move(3, Target("openness", 1, 5), Target("openness", 1, 5, "self_report"), "same_names")


def test_a_corpus_takes_another_schema_and_says_what_is_lost(tmp_path: Path) -> None:
    corpus = READERS["youtube_personality"](publish("youtube_personality", tmp_path))
    path = CONFIGS / "maps/big_five_to_hexaco.yaml"
    other = mapped(corpus, HEXACO, path)
    assert other.schema == HEXACO
    assert list(other.labels) == list(corpus.labels)
    found = other.findings[-1]
    assert (found.check, found.count, found.total) == ("unmapped", 3, 6)
    alien = TargetSchema("alien", (Target("zest", 0, 1),))
    with pytest.raises(CorpusError, match="expected a counterpart of one of zest, got none among"):
        mapped(corpus, alien, path)
    nothing = replace(corpus, schema=alien)
    with pytest.raises(CorpusError, match="expected a counterpart"):
        mapped(nothing, HEXACO, path)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("pairs: 3", "expected 'name' and 'pairs'"),
        ("- a", "expected 'name' and 'pairs'"),
        ("pairs: [{from: a, to: b}]", "expected pairs of from, overlap, sign, to"),
        ("pairs: [{from: a, to: b, sign: 2, overlap: same}]", "expected sign 1 or -1 and overlap"),
        ("pairs: [{from: a, to: b, sign: 1, overlap: all}]", "got 1 and 'all'"),
        ("pairs: [", "expected a map of targets in YAML"),
    ],
)
def test_wrong_maps_are_named(tmp_path: Path, text: str, message: str) -> None:
    (tmp_path / "m.yaml").write_text(text)
    with pytest.raises(CorpusError, match=message) as caught:
        read_map(tmp_path / "m.yaml")
    assert "m.yaml" in str(caught.value)


def test_shipped_maps_name_targets_of_shipped_schemas() -> None:
    known = {name for path in (CONFIGS / "schemas").glob("*.yaml")
             for name in read_schema(path).names} | {"neuroticism"}  # fmt: skip
    for path in (CONFIGS / "maps").glob("*.yaml"):
        for pair in read_map(path):
            assert {pair.source, pair.target} <= known, path
