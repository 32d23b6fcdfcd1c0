"""The model card says what the run did and what it may be used for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from trifold.contracts import Corpus, Finding, Target, TargetSchema
from trifold.terms import terms
from trifold.training.results.card import write_card

SCHEMA = TargetSchema(
    "s", (Target("warmth", 1, 7), Target("neuroticism", 0, 1, "self_report", polarity=-1))
)


def corpus(stated: str, *, synthetic: bool = False) -> Corpus:
    findings = (Finding("near_empty", 2, 9, "answers have 5 words or fewer", "left out", ("a",)),)
    return Corpus("people", (), {"a": np.array([1.0, 0.5])}, SCHEMA, {"a": "train"}, stated,
                  synthetic=synthetic, findings=findings)  # fmt: skip


def metrics() -> dict:
    table = {m: {"mean": 0.25, "low": 0.1, "high": 0.4} for m in ("spearman", "ccc", "mse")}
    none = {m: {"mean": None, "low": None, "high": None} for m in ("spearman", "ccc", "mse")}
    data = {"corpus": "people", "n_train": 30, "n_test": 10, "split": "by candidate",
            "streams": ["sentences", "face"]}  # fmt: skip
    return {"test": table, "baselines": {"train_mean": none}, "data": data}


def test_a_card_has_targets_results_terms_and_findings(tmp_path: Path) -> None:
    stated = terms("Somebody's data", forbids=("commercial", "hiring"))
    card = write_card(metrics(), corpus(stated), tmp_path / "run").read_text(encoding="utf-8")
    for line in (
        "# Model card: run",
        "| warmth | 1 to 7 | observers' ratings | warmth |",
        "| neuroticism | 0 to 1 | self-reports | little neuroticism |",
        "| model | 0.250 | 0.250 | 0.250 |",
        "| train mean | \N{EN DASH} | \N{EN DASH} | \N{EN DASH} |",
        "Means over targets on 10 test candidates; 95 % bootstrap interval",
        "0.100 to 0.400",
        "Terms of the training data: Somebody's data [forbids: commercial, hiring].",
        "| near empty: answers have 5 words or fewer | 2 | 9 | left out |",
    ):
        assert line in card, line
    assert "**Synthetic.**" not in card


@pytest.mark.parametrize(
    ("stated", "allowed"),
    [
        (terms("x", forbids=("commercial", "hiring")), {"research"}),
        (terms("x", forbids=("hiring",)), {"research", "commercial"}),
        ("own recordings", {"research", "commercial", "hiring"}),
        ("unstated", {"research"}),
        (terms("x", forbids=("hiring",)) + " [rights stated for hiring: ours]",
         {"research", "commercial", "hiring"}),
    ],
)  # fmt: skip
def test_purposes_follow_the_terms(tmp_path: Path, stated: str, allowed: set[str]) -> None:
    made = write_card(metrics(), corpus(stated, synthetic=True), tmp_path / "run")
    card = made.read_text(encoding="utf-8")
    for purpose in ("research", "commercial", "hiring"):
        (row,) = [line for line in card.splitlines() if line.startswith(f"| {purpose} |")]
        assert ("| yes" in row) == (purpose in allowed), row
    assert "**Synthetic.**" in card
