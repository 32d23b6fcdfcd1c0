"""What the commands of studies share: reading, telling and writing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from omegaconf import DictConfig

from trifold.commands.governance.policies import Gate
from trifold.decimals import decimal
from trifold.messages import joined, raw, say, sentence
from trifold.policy.facts import ReportFacts
from trifold.psychometrics.estimate import Estimate
from trifold.studies.columns import Roles
from trifold.studies.document import Document
from trifold.studies.reading import read_scores
from trifold.studies.scores import Scores
from trifold.studies.sections.parts import listed
from trifold.studies.writing import lines_of, write_document

COUNTS = ("people", "n")  # headings of columns that count people
RATE = "rate"  # of how many people, its estimate says
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
        sheet=config.sheet,
    )


def lead_of(scores: Scores) -> tuple[str, ...]:
    """Who and what was read, and how the columns were understood."""
    counts: dict[str, object] = {
        "people": len(scores.people),
        "targets": len(scores.targets),
        "scores": decimal(len(scores.frame), 0, grouped=True),
    }
    first = say("%(people)s people, %(targets)s targets, %(scores)s scores.", **counts)
    if scores.raters:
        first = say(
            "%(people)s people, %(targets)s targets, %(raters)s raters, %(scores)s scores.",
            raters=len(scores.raters),
            **counts,
        )
    named = say("Targets: %(names)s.", names=listed(scores.targets))
    notes = (sentence(joined([raw(note), "."], "")) for note in scores.notes)
    return (first, named, *notes)


def told(
    document: Document, config: DictConfig, *, out: Path | None = None, **facts: Any
) -> list[Path]:
    """Ask the policies, write the findings, and then print them: readers may stop reading.

    Args:
        document: the study.
        config: of its command.
        out: the folder; None takes that of the command.
        facts: further ones for rules about reports, such as ``norms`` and ``cuts``.

    Raises:
        PolicyError: when a rule refuses the page; nothing is written then.
    """
    gate = Gate.of(config)
    gate.look("report", study_facts(document, deployment=gate.deployment, **facts))
    written = write_document(document, Path(config.out) if out is None else out)
    print(*lines_of(document), sep="\n")
    return written


def study_facts(document: Document, **facts: Any) -> ReportFacts:
    """A study as rules about reports look at it: notes, headings of columns, and sizes of cells.

    Titles and sentences hold names of the reader's own columns and groups, which are not what the
    program says. A study tells of all people together, so its evidence is the study itself.

    Args:
        document: the study.
        facts: others of ``ReportFacts``.
    """
    tables = [table for section in document.sections for table in section.tables]
    texts = {
        f"the notes of '{section.key}'": " ".join(table.note for table in section.tables)
        for section in document.sections
    }
    columns = tuple(dict.fromkeys(name for table in tables for name in table.columns))
    cells = tuple(
        cell.n if isinstance(cell, Estimate) else cell
        for table in tables
        for row in table.rows
        for name, cell in zip(table.columns, row, strict=True)
        if (name in COUNTS and isinstance(cell, int))
        or (name == RATE and isinstance(cell, Estimate))
    )
    return ReportFacts(texts=texts, columns=columns, cells=cells, has_evidence=True, **facts)
