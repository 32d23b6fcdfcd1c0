"""What the checks look at, one record per hook; the commands and the endpoint fill them in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from trifold.policy.deployment import Deployment

Names = Mapping[str, tuple[str, ...]]  # where they stand to names


@dataclass(frozen=True)
class Consent:
    """What a candidate was told and agreed to; dates are None where nothing is recorded.

    Attributes:
        notice_id: which notice.
        notice_on: when it was given.
        explained_on: when it was explained how the AI works and which traits it looks at.
        consent_on: when they agreed to the analysis.
        release_on: when they released biometric data in writing.
        withdrawn_on: when they took the consent back or asked for deletion.
    """

    notice_id: str = ""
    notice_on: date | None = None
    explained_on: date | None = None
    consent_on: date | None = None
    release_on: date | None = None
    withdrawn_on: date | None = None


@dataclass(frozen=True)
class StreamFact:
    """An encoder: its name, modality, class and, where it is pretrained, model."""

    name: str
    modality: str
    target: str
    model: str = ""

    def __str__(self) -> str:
        """All of its names."""
        return " ".join(part for part in (self.name, self.target, self.model) if part)


@dataclass(frozen=True)
class LoadFacts:
    """When a model is loaded.

    Attributes:
        purpose: that it is loaded for.
        terms: of its data, with the rights that were stated.
        targets: names.
        streams: encoders.
        packages: names of the packages that Trifold depends on.
        deployment: what the deployer stated.
    """

    purpose: str
    terms: str
    targets: tuple[str, ...] = ()
    streams: tuple[StreamFact, ...] = ()
    packages: tuple[str, ...] = ()
    deployment: Deployment = field(default_factory=Deployment)


@dataclass(frozen=True)
class TrainFacts:
    """Before a model is trained, or labels are made; ``names`` of columns, prompts, features."""

    purpose: str = "research"
    names: Names = field(default_factory=dict)
    deployment: Deployment = field(default_factory=Deployment)


@dataclass(frozen=True)
class ScoreFacts:
    """Before any recording is opened.

    Attributes:
        purpose: of the scoring.
        names: of columns, prompts and features, by where they stand.
        candidates: ids.
        consents: what is recorded of them; who is not in it has nothing recorded.
        event_log: whether each scoring is written to an append-only log.
        deployment: what the deployer stated.
    """

    purpose: str = "research"
    names: Names = field(default_factory=dict)
    candidates: tuple[str, ...] = ()
    consents: Mapping[str, Consent] = field(default_factory=dict)
    event_log: bool = False
    deployment: Deployment = field(default_factory=Deployment)


@dataclass(frozen=True)
class ReportFacts:
    """Before a report is shown.

    Attributes:
        texts: place to what the program itself says there; words of candidates are not in it.
        columns: of the tables of people.
        page: the HTML of a person's scores; empty where there is none.
        norms: target to the ids of the norm tables in use.
        cuts: target to the cut scores in use.
        cells: sizes of the cells that are to be published.
        has_evidence: main elements of each score are given in words.
        bundle_id: of the model.
        deployment: what the deployer stated.
    """

    texts: Mapping[str, str] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    page: str = ""
    norms: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    cuts: Mapping[str, tuple[float, ...]] = field(default_factory=dict)
    cells: tuple[int, ...] = ()
    has_evidence: bool = False
    bundle_id: str = ""
    deployment: Deployment = field(default_factory=Deployment)


@dataclass(frozen=True)
class ServeFacts:
    """While the endpoint is up.

    Attributes:
        api: its OpenAPI description.
        callers: names of those who may call.
        event_log: whether each scoring is written to an append-only log.
        can_override: overrides are stored.
        deployment: what the deployer stated.
    """

    api: Mapping[str, Any] = field(default_factory=dict)
    callers: tuple[str, ...] = ()
    event_log: bool = False
    can_override: bool = False
    deployment: Deployment = field(default_factory=Deployment)


@dataclass(frozen=True)
class DeleteFacts:
    """When a person is deleted.

    Attributes:
        requested_on: when that was asked for.
        since: ``scored`` and the like to the day on which retention began to run.
        remaining: places that still hold the person; empty before anything is removed.
        receipt: a receipt is written.
        deployment: what the deployer stated.
    """

    requested_on: date
    since: Mapping[str, date] = field(default_factory=dict)
    remaining: tuple[str, ...] = ()
    receipt: bool = False
    deployment: Deployment = field(default_factory=Deployment)
