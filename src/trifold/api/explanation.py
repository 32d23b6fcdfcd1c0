"""Why a score came out as it did, as a table and as a picture."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

from trifold.contracts import MODALITIES
from trifold.errors import unknown
from trifold.figures import INK, MUTED, STYLE
from trifold.scoring.attribution.cue_words import cues_between
from trifold.scoring.attribution.record import NORMAL_95

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from trifold.scoring.rows import Row

WORDS_SHOWN = 2  # stretches of speech that moved the score most are quoted


@dataclass(frozen=True)
class Explanation:
    """Where one score of one person comes from.

    Contributions are Shapley values in points of the target's scale; they add up to the score minus
    the reference, which is the score of somebody of whom nothing is read, heard or seen.

    Attributes:
        candidate: id of the person.
        target: name of the score.
        score: on the target's scale.
        low: lower end of its interval.
        high: upper end.
        reference: the score of somebody who shows nothing.
        by_modality: modality to the sum of its contributions.
        pieces: a row per stretch: answer, clip_id, modality, start_s, end_s, text, contribution
            and its standard error, and cues: what was heard or seen there, in words.
    """

    candidate: str
    target: str
    score: float
    low: float | None
    high: float | None
    reference: float
    by_modality: Mapping[str, float]
    pieces: pd.DataFrame

    @classmethod
    def of(cls, evidence: Mapping[str, Any], target: str, row: Row) -> Explanation:
        """One target of what ``trifold score evidence=true`` writes, with the person's row."""
        names = [one["target"] for one in evidence["targets"]]
        if target not in names:
            raise unknown(target, names, what="targets")
        found = evidence["targets"][names.index(target)]
        low, high = row.get(f"{target}_low"), row.get(f"{target}_high")
        return cls(
            candidate=str(evidence["candidate_id"]),
            target=target,
            score=float(found["score"]),
            low=None if low is None else float(low),  # type: ignore[arg-type]
            high=None if high is None else float(high),  # type: ignore[arg-type]
            reference=float(found["reference"]),
            by_modality=dict(found["by_modality"]),
            pieces=pd.DataFrame([{**p, "cues": _cues(evidence, p)} for p in found["pieces"]]),
        )

    def __str__(self) -> str:
        """Score, interval and modalities in a line."""
        interval = "" if self.low is None else f" [{self.low:.2f}, {self.high:.2f}]"
        parts = ", ".join(f"{m} {value:+.2f}" for m, value in self.by_modality.items())
        return (
            f"{self.candidate}: {self.target} {self.score:.2f}{interval} = {self.reference:.2f} "
            f"(nothing shown) with {parts or 'nothing'}"
        )

    def strongest(self, n: int = 5) -> pd.DataFrame:
        """The n stretches that moved the score most, either way."""
        if self.pieces.empty:
            return self.pieces
        order = self.pieces["contribution"].abs().sort_values(ascending=False, kind="stable")
        return self.pieces.loc[order.index[:n]]

    def plot(self, path: str | os.PathLike[str] | None = None) -> Figure:
        """Draw the contributions over time: a row per answer, a lane per modality.

        Stretches whose 95 % range spans zero are pale: they may have moved nothing.

        Args:
            path: where to write the picture (PNG, SVG or PDF); None writes none.
        """
        from matplotlib import rc_context
        from matplotlib.figure import Figure

        answers = sorted(set(self.pieces["answer"])) if len(self.pieces) else []
        with rc_context(STYLE):
            figure = Figure(figsize=(9, 1.3 + 1.3 * max(len(answers), 1)), layout="constrained")
            axes = figure.subplots(max(len(answers), 1), 1, squeeze=False)[:, 0]
            largest = max(self.pieces["contribution"].abs().max(), 1e-12) if answers else 1.0
            for place, answer in zip(axes, answers, strict=False):
                _draw_answer(place, self.pieces[self.pieces["answer"] == answer], largest)
            axes[-1].set_xlabel("seconds")
            figure.suptitle(str(self), fontsize=9, color=INK)
            if path is not None:
                figure.savefig(Path(path), dpi=150)
        return figure


def _cues(evidence: Mapping[str, Any], piece: Mapping[str, Any]) -> str:
    """What was heard or seen in a piece, joined by ``;``; empty where nothing was unusual."""
    place = {name: piece[name] for name in ("answer", "modality", "start_s", "end_s")}
    return "; ".join(cue["words"] for cue in cues_between(evidence.get("cues", ()), **place))


def _draw_answer(axes: Axes, pieces: pd.DataFrame, largest: float) -> None:
    lanes = [m for m in MODALITIES if m in set(pieces["modality"])]
    for lane, modality in enumerate(lanes):
        of_lane = pieces[pieces["modality"] == modality]
        values = of_lane["contribution"].to_numpy()
        certain = np.abs(values) > NORMAL_95 * of_lane["error"].to_numpy()
        axes.bar(
            of_lane["start_s"],
            0.9 * values / (2 * largest),
            width=of_lane["end_s"] - of_lane["start_s"],
            bottom=-lane,
            align="edge",
            color=[_colour(v, sure) for v, sure in zip(values, certain, strict=True)],
            edgecolor="white",
            linewidth=0.5,
        )
        axes.axhline(-lane, color=MUTED, linewidth=0.6)
    axes.set_yticks([-lane for lane in range(len(lanes))], lanes)
    axes.set_ylim(-len(lanes) + 0.45, 0.55)
    axes.set_title(_heading(pieces), fontsize=8, loc="left", color=INK)


def _heading(pieces: pd.DataFrame) -> str:
    """The file's name and the words that moved the score most."""
    name = str(pieces["clip_id"].iloc[0] or f"answer {pieces['answer'].iloc[0] + 1}")
    said = pieces[pieces["text"].notna()].copy()
    order = said["contribution"].abs().sort_values(ascending=False).index[:WORDS_SHOWN]
    quotes = [_quote(said.loc[i, "text"], said.loc[i, "contribution"]) for i in order]
    return "   ".join([name, *quotes])


def _quote(text: object, contribution: object) -> str:
    words = " ".join(str(text).split())
    return f"{float(contribution):+.2f} “{words if len(words) <= 32 else words[:31] + '…'}”"  # type: ignore[arg-type]


def _colour(value: float, certain: bool) -> tuple[float, float, float, float]:
    """Blue raised, orange lowered; pale where the range spans zero."""
    red, green, blue = (0.11, 0.42, 0.66) if value > 0 else (0.76, 0.40, 0.06)
    return red, green, blue, 1.0 if certain else 0.25
