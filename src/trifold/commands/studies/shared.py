"""What the commands of studies share: reading, telling and writing."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.studies.columns import Roles
from trifold.studies.document import Document
from trifold.studies.reading import read_scores
from trifold.studies.scores import Scores
from trifold.studies.writing import lines_of, write_document

ROLES = ("candidate_id", "question_id", "rater", "session", "target", "score")


def scores_of(config: DictConfig, *beside: str | None, people: bool = False) -> Scores:
    """The scores that ``input`` names, with further columns by person.

    Args:
        config: of a study.
        beside: columns that are wanted; None is passed over.
        people: of a folder of scores read people's own, not those of single answers.
    """
    return read_scores(
        Path(config.input),
        roles=Roles(**{name: config[name] for name in ROLES}),
        targets=list(config.only),
        suffix=config.suffix,
        beside=[column for column in beside if column is not None],
        run=None if config.run is None else Path(config.run),
        people=people,
    )


def lead_of(scores: Scores) -> tuple[str, ...]:
    """Who and what was read, and how the columns were understood."""
    raters = f", {len(scores.raters)} raters" if scores.raters else ""
    first = (
        f"{len(scores.people)} people, {len(scores.targets)} targets{raters}, "
        f"{len(scores.frame):,} scores."
    )
    return (first, *(f"{note[:1].upper()}{note[1:]}." for note in scores.notes))


def told(document: Document, out: Path) -> list[Path]:
    """Write the findings, and then print them: whoever reads them may stop reading."""
    written = write_document(document, out)
    print(*lines_of(document), sep="\n")
    return written
