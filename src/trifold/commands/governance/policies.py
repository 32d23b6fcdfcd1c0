"""Where commands stop for policies: the facts of each hook, collected and looked at."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifold.policy.collecting import load_facts, names_in
from trifold.policy.deployment import Deployment, read_deployment
from trifold.policy.facts import Consent, ReportFacts, ScoreFacts, TrainFacts
from trifold.policy.findings import Findings, PolicyError, examine, stale_lines
from trifold.policy.reading import COMMON, read_policy
from trifold.policy.rules import Policy

if TYPE_CHECKING:
    from omegaconf import DictConfig

    from trifold.bundle.bundle import Bundle
    from trifold.bundle.description import Description
    from trifold.contracts import Corpus


@dataclass(frozen=True)
class Gate:
    """The policies of one command, and what its deployer states.

    Attributes:
        policy: all rules.
        deployment: statements.
        today: on which rules are looked at.
    """

    policy: Policy
    deployment: Deployment = field(default_factory=Deployment)
    today: date = field(default_factory=date.today)

    @classmethod
    def of(cls, config: DictConfig) -> Gate:
        """The policies that ``policy=…`` names; stale ones are said on stderr."""
        policy = read_policy([str(name) for name in config.get("policy") or (COMMON,)])
        gate = cls(policy, read_deployment(config.get("deployment")))
        _warn(stale_lines(policy, gate.today))
        return gate

    def look(self, hook: str, facts: object) -> Findings:
        """Hold the rules of a hook against facts; warnings go to stderr.

        Raises:
            PolicyError: for what is refused and is about all.
        """
        found = examine(self.policy, hook, facts, self.today)
        found.log()
        _warn(found.lines)
        found.raise_refused()
        return found

    def look_at_model(self, description: Description, *, purpose: str = "research") -> None:
        """The rules of loading."""
        facts = load_facts(
            purpose=purpose,
            terms=description.terms,
            targets=description.schema.names,
            specs=description.encoder_specs,
            modalities=description.stream_modality,
            deployment=self.deployment,
        )
        self.look("load", facts)

    def look_at_corpus(
        self, corpus: Corpus, specs: Mapping[str, Mapping[str, Any]], *, purpose: str = "research"
    ) -> None:
        """The rules of training: columns, measures, targets, streams and prompts."""
        measures = {name for clip in corpus.clips for name in clip.measures}
        names = {
            "the manifest": corpus.columns,
            "the targets": corpus.schema.names,
            "the published features": tuple(sorted(measures)),
            **names_in(specs),
        }
        self.look("train", TrainFacts(purpose, names, self.deployment))

    def look_at_judgements(self, columns: tuple[str, ...]) -> None:
        """The rules of training, for a table of judgements."""
        names = {"the table of judgements": columns}
        self.look("train", TrainFacts(names=names, deployment=self.deployment))

    def look_at_reports(self, bundle: Bundle, *, evidence: bool) -> None:
        """The rules of reporting, before people are scored."""
        self.look("report", self._report_facts(bundle, evidence=evidence))

    def look_at_page(self, bundle: Bundle, page: Path, *, evidence: bool) -> None:
        """The same once more with a page that was written, which is removed if it is refused."""
        from trifold.reports.pages import remove_stale_pages

        facts = self._report_facts(bundle, evidence=evidence)
        text = page.read_text(encoding="utf-8")
        found = examine(self.policy, "report", replace(facts, page=text), self.today)
        try:
            found.raise_refused()
        except PolicyError:
            remove_stale_pages(page, ())
            page.unlink(missing_ok=True)
            raise

    def _report_facts(self, bundle: Bundle, *, evidence: bool) -> ReportFacts:
        from trifold.reports.model import ReportedModel
        from trifold.reports.wording import label
        from trifold.scoring.columns import candidate_columns

        model = ReportedModel.of(bundle)
        norm = (bundle.bundle_id,) if model.norms else ()
        names = tuple(target.name for target in model.targets)
        texts = {"the targets": ". ".join(map(label, names)), "the norm group": model.norm_group}
        return ReportFacts(
            texts=texts,
            columns=tuple(column.name for column in candidate_columns(names)),
            norms=dict.fromkeys(names, norm),
            has_evidence=evidence,
            bundle_id=bundle.bundle_id,
            deployment=self.deployment,
        )


@dataclass(frozen=True)
class ScoringGate:
    """The rules of scoring, before any recording is opened.

    Attributes:
        gate: of the command.
        facts: but for names and candidates.
    """

    gate: Gate
    facts: ScoreFacts

    @classmethod
    def of(cls, config: DictConfig, gate: Gate) -> ScoringGate:
        """With the consent table that ``consent=…`` names."""
        consents: Mapping[str, Consent] = {}
        if config.get("consent"):
            from trifold.records.consent import read_consents

            consents = read_consents(config.consent)
        facts = ScoreFacts(
            purpose=config.get("purpose", "research"),
            consents=consents,
            event_log=bool(config.get("audit_log")),
            deployment=gate.deployment,
        )
        return cls(gate, facts)

    @cached_property
    def _known(self) -> dict[str, tuple[str, str] | None]:
        return {}

    def closed(self, person: str) -> tuple[str, str] | None:
        """Why nothing of a person may be opened, as code and line; None where it may be."""
        if person not in self._known:
            alone = replace(self.facts, candidates=(person,), names={})
            found = examine(self.gate.policy, "score", alone, self.gate.today)
            self._known[person] = found.closed.get(person)
        return self._known[person]

    def look(self, people: tuple[str, ...], columns: tuple[str, ...]) -> None:
        """The rules about all: names of columns, statements, purpose.

        Raises:
            PolicyError: for what is refused.
        """
        names = {"the manifest": columns}
        self.gate.look("score", replace(self.facts, candidates=people, names=names))

    def look_at_model(self, description: Description) -> None:
        """The same names that training is asked for, of the model that is loaded.

        Raises:
            PolicyError: for what is refused.
        """
        names = {"the targets": description.schema.names, **names_in(description.encoder_specs)}
        found = examine(
            self.gate.policy, "score", replace(self.facts, names=names), self.gate.today
        )
        found.raise_refused()


def _warn(lines: list[str]) -> None:
    for line in lines:
        print(line, file=sys.stderr, flush=True)
