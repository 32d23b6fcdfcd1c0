"""Drift as a table and a page."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from trifold.drift.comparison import Counts, Drift, compare, withheld_share
from trifold.drift.profile import LEAST, Profile
from trifold.runtime.private import private_folder, write_atomically
from trifold.templates import render

TABLE, PAGE = "drift.csv", "drift.html"
COLUMNS = ("quantity", "alarm", "n_training", "n", "psi", "psi_limit", "ks", "ks_limit")


@dataclass(frozen=True)
class DriftReport:
    """What was held against what.

    Attributes:
        title: what came since training, such as ``trifold 1.0, the last 168 h``.
        bundle: id of the model.
        found: each quantity, alarms first.
        withheld: share of people without scores, in training and since; None where unknown.
        n: people since.
    """

    title: str
    bundle: str
    found: Sequence[Drift]
    withheld: tuple[float, float] | None
    n: int

    @property
    def alarms(self) -> list[Drift]:
        """What lies elsewhere, by more than chance."""
        return [one for one in self.found if one.alarm]

    def lines(self) -> list[str]:
        """A few lines for a terminal."""
        if not self.found:
            return [f"{self.title}: {self.n} people; nothing is said of fewer than {LEAST}"]
        head = f"{self.title}: {self.n} people, {len(self.found)} quantities"
        named = ", ".join(one.name for one in self.alarms) or "none"
        return [f"{head}; drifted by more than chance: {named}"]

    def write(self, folder: Path) -> list[Path]:
        """Write the table and the page; returns their paths."""
        private_folder(folder)
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        writer.writerows([COLUMNS, *map(_cells, self.found)])
        write_atomically(folder / TABLE, text.getvalue().encode(), sync=False)
        page = render(
            "drift.html.j2",
            folder / PAGE,
            title="Drift since training",
            synthetic=False,
            terms="those of the model",
            report=self,
            rows=[dict(zip(COLUMNS, _cells(one), strict=True)) for one in self.found],
            least=LEAST,
        )
        return [folder / TABLE, page]


def report_of(profile: Profile, counts: Counts, *, title: str, bundle: str) -> DriftReport:
    """Hold counts against a profile.

    Args:
        profile: of training.
        counts: name to people in each bin.
        title: see ``DriftReport``.
        bundle: id of the model.
    """
    found = sorted(compare(profile, counts), key=lambda one: (not one.alarm, -one.psi))
    outcome, withheld = profile.bins.get("outcome"), None
    n = max((sum(own) for own in counts.values()), default=0)
    if outcome is not None and sum(counts.get("outcome", ())) >= LEAST:
        withheld = (
            withheld_share(outcome, outcome.counts),
            withheld_share(outcome, counts["outcome"]),
        )
    return DriftReport(title, bundle, found, withheld, n)


def _cells(one: Drift) -> list[str]:
    facts = one.numbers
    numbers = [f"{facts[name]:.3f}" if name in facts else "" for name in COLUMNS[4:]]
    return [one.name, "yes" if one.alarm else "no", str(one.n_reference), str(one.n), *numbers]
