"""``trifold override candidate=ID reason=… reviewer=NAME out=DIR``: a word beside a score."""

from __future__ import annotations

from pathlib import Path

from omegaconf import DictConfig

from trifold.commands.shared import existing
from trifold.contracts import scored_targets
from trifold.errors import unknown
from trifold.records.overrides import NAME, Override, append_override, checked, read_overrides
from trifold.reports.forgetting import candidate_row, known_people, page_of
from trifold.reports.overriding import show_overrides
from trifold.scoring.folder.journal import only_run


def override(config: DictConfig) -> list[Path]:
    """Append the reviewer's word, and show it on the person's page; the score stays as it is.

    Raises:
        InputError: when the person or score is not in the tables, or reason or reviewer are empty.
    """
    out = existing(config.out, what="a folder that trifold score wrote")
    person = str(config.candidate)
    row = candidate_row(person, out)
    if row is None:
        raise unknown(person, known_people(out), what="candidates", where=out)
    scores = scored_targets(row)
    if config.target is not None and config.target not in scores:
        raise unknown(config.target, scores, what="scores", where=out)
    given = Override(
        candidate_id=person,
        target=config.target or "",
        reason=str(config.reason),
        reviewer=str(config.reviewer),
        judgement=str(config.judgement or ""),
        bundle_id=str(row["bundle_id"]),
    )
    with only_run(out):
        append_override(out, checked(given))
        page = page_of(person, out)
        shown = show_overrides(page, read_overrides(out, person))
    return [out / NAME, *([page] if shown else [])]
