"""``trifold manual input=PATH out=DIR``: the technical manual, evidence under each heading."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.studies import impact, validate
from trifold.commands.studies.shared import lead_of, told
from trifold.errors import InputError
from trifold.psychometrics.norms.reading import read_norms
from trifold.studies.document import Document, Section
from trifold.studies.sections.manual import (
    AFTER,
    BEFORE,
    norm_section,
    read_facts,
    robustness_section,
    stated_sections,
    titled,
)
from trifold.studies.sections.reliability import reliability_sections
from trifold.studies.sections.validity import validity_sections


def manual(config: DictConfig) -> list[Path]:
    """Every study that the scores allow, under the headings of a manual."""
    outside = validate.is_file(config.criterion)
    scores = impact.scores_with(config, None if outside else config.criterion)
    facts = read_facts(None if config.facts is None else Path(config.facts))
    norm = None if config.norms is None else read_norms(Path(config.norms))
    robustness = robustness_section(None if config.panel is None else Path(config.panel))
    lead = lead_of(scores)
    before = stated_sections(facts, BEFORE)
    reliability = reliability_sections(
        scores, days=config.days, draws=config.draws, seed=config.seed
    )
    groups = [] if config.groups is None else impact.sections_of(config, scores)
    sections = [
        *before[:2],
        Section("sample", "Sample", lead),
        *before[2:],
        *titled(reliability, "Reliability", "reliability", ""),
        norm_section(norm),
        *titled(_validity(config, scores), "Validity", "validity", validate.MISSING),
        *titled(groups, "Bias and impact", "impact", impact.MISSING),
        robustness,
        *stated_sections(facts, AFTER),
    ]
    there = sum(section.refused is None for section in sections)
    first = f"{there} of {len(sections)} headings have evidence; the others say what is missing."
    document = Document("Technical manual", (first,), tuple(sections), str(scores.where))
    norms = {} if norm is None else dict.fromkeys(norm.targets, (norm.sample.norm_id,))
    return told(document, config, norms=norms, cuts=impact.cuts_of(config, scores))


def _validity(config: DictConfig, scores: validate.Scores) -> list[Section]:
    if config.criterion is None and scores.only_ratings:
        return []  # ratings alone predict nothing
    try:
        study, criterion = validate.study_of(config, scores)
    except InputError as error:
        return [Section("validity", "Validity", refused=str(error))]
    scored_by = validate.scored_by(scores)
    return validity_sections(study, criterion=criterion, scored_by=scored_by)
