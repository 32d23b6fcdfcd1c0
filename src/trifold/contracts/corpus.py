"""A labelled data set: its targets, its clips, and what its checks found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from trifold.contracts.kinds import Array, Split
from trifold.contracts.media import Clip


@dataclass(frozen=True)
class Target:
    """One regressed quantity.

    Attributes:
        name: lower-case identifier, e.g. ``extraversion``.
        low: lowest value of the rating scale.
        high: highest value of the rating scale.
        source: who rated: ``observer``, ``self_report`` or ``synthetic``; never mixed.
        polarity: +1, or -1 when a high value means little of the named construct.
    """

    name: str
    low: float
    high: float
    source: Literal["observer", "self_report", "synthetic"] = "observer"
    polarity: Literal[1, -1] = 1


@dataclass(frozen=True)
class TargetSchema:
    """The K targets of a corpus or model, in column order."""

    name: str
    targets: tuple[Target, ...]

    @property
    def names(self) -> tuple[str, ...]:
        """The K target names in column order."""
        return tuple(target.name for target in self.targets)


@dataclass(frozen=True)
class Finding:
    """What one check of a corpus found.

    Attributes:
        check: short name, e.g. ``missing_media``.
        count: how often; 0 where the check found nothing.
        total: of how many.
        what: what was found, as it reads after the numbers.
        action: what becomes of it: ``kept``, ``left out`` or the like.
        examples: a few ids.
    """

    check: str
    count: int
    total: int
    what: str
    action: str = "kept"
    examples: tuple[str, ...] = ()

    def __str__(self) -> str:
        """One line for people."""
        named = f": {', '.join(self.examples)}" if self.examples else ""
        return f"{self.count} of {self.total} {self.what} ({self.action}){named}"


@dataclass(frozen=True)
class Corpus:
    """A labelled data set as read and checked.

    A *candidate* is what carries one row of labels. Where every answer has ratings of its own, each
    is a candidate, its clip says whose it is, and splits and folds keep a person's together.

    Attributes:
        name: short identifier.
        clips: every answer of every candidate.
        labels: candidate id to (K,) float64 on the schema's scale, NaN where unlabelled.
        schema: the K targets.
        splits: candidate id to ``train``, ``val`` or ``test``.
        terms: what the licence allows; it travels into runs and bundles.
        synthetic: True when people and labels are generated.
        findings: what the reader's checks found and kept or left out, one entry per check.
        columns: all that its own table has, read or not, so that policies can look at their names;
            none where a published layout says which are read.
        own_questions: target name to the ``question_id`` of the question that was written for it.
    """

    name: str
    clips: tuple[Clip, ...]
    labels: Mapping[str, Array]
    schema: TargetSchema
    splits: Mapping[str, Split]
    terms: str
    synthetic: bool = False
    findings: tuple[Finding, ...] = ()
    columns: tuple[str, ...] = ()
    own_questions: Mapping[str, str] = field(default_factory=dict)

    @property
    def people(self) -> dict[str, str]:
        """Candidate id to the person's, for every candidate with a clip."""
        return {clip.candidate_id: clip.person for clip in self.clips}

    @property
    def sessions(self) -> dict[str, str]:
        """Candidate id to the session that was rated, for every candidate that has one."""
        return {clip.candidate_id: clip.session for clip in self.clips if clip.session is not None}
