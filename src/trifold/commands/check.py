"""``trifold check corpora=… corpora.root=DIR``: what a corpus holds, before it is trusted."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pandas as pd
from omegaconf import DictConfig
from rich.console import Console
from rich.table import Table

from trifold.commands.shared import read_corpus
from trifold.contracts import Corpus, Finding
from trifold.corpora.splits import count
from trifold.people.grouping import summary
from trifold.tables.writing import write_csv


def check(config: DictConfig) -> list[Path]:
    """Read the corpus and print its size, terms and the table of findings."""
    corpus: Corpus = read_corpus(config.corpora)
    # names, targets and terms are as people wrote them: brackets in them are no styles
    console = Console(width=None if Console().is_terminal else 160, markup=False, emoji=False)
    splits = ", ".join(f"{n} {name}" for name, n in count(corpus.splits).items())
    console.print(f"{corpus.name}: {len(corpus.clips)} answers of {len(corpus.labels)} candidates")
    people = summary([clip.person for clip in corpus.clips])
    console.print(people, highlight=False)
    console.print(f"targets: {', '.join(corpus.schema.names)}")
    console.print(f"splits: {splits}")
    console.print(f"terms: {corpus.terms}")
    console.print(table_of(corpus.findings))
    return [] if config.out is None else [write_findings(corpus.findings, Path(config.out))]


def table_of(findings: Sequence[Finding]) -> Table:
    """The findings as a table for a terminal that reads no markup."""
    table = Table("check", "found", "of", "what", "then", "for example")
    for found in findings:
        then = found.action if found.count else ""
        row = (found.check, str(found.count), str(found.total), found.what, then)
        examples = ", ".join(found.examples)
        table.add_row(*row, examples, style="bold" if found.count else "dim")
    return table


def write_findings(findings: Sequence[Finding], path: Path) -> Path:
    """Write the findings as CSV."""
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [vars(found) | {"examples": " ".join(found.examples)} for found in findings]
    return write_csv(pd.DataFrame(rows), path)
