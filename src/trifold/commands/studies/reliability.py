"""``trifold reliability input=PATH out=DIR``: how a score would come out next time."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.studies.shared import lead_of, scores_of, told
from trifold.messages import say
from trifold.studies.document import Document
from trifold.studies.sections.reliability import reliability_sections


def reliability(config: DictConfig) -> list[Path]:
    """Agreement, generalizability, consistency and retest, as far as the scores allow."""
    scores = scores_of(config)
    sections = reliability_sections(
        scores, design=config.design, days=config.days, draws=config.draws, seed=config.seed
    )
    document = Document(say("Reliability"), lead_of(scores), tuple(sections), str(scores.where))
    return told(document, config)
