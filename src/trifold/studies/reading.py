"""What a study is of: a table of a psychologist's, a run, a folder of scores, or a corpus."""

from __future__ import annotations

from collections.abc import Collection
from pathlib import Path

from trifold.errors import InputError
from trifold.studies.columns import Roles
from trifold.studies.folders import is_run, read_run, read_scored, training_people
from trifold.studies.ratings import read_ratings, without_facts
from trifold.studies.scores import Scores


def read_scores(
    path: Path,
    *,
    roles: Roles | None = None,
    targets: Collection[str] = (),
    suffix: str | None = None,
    beside: Collection[str] = (),
    run: Path | None = None,
    people: bool = False,
    sheet: str | None = None,
) -> Scores:
    """Scores of any origin in long form.

    Args:
        path: a table, a run folder of ``trifold train`` or ``evaluate``, or a folder of
            ``trifold score``.
        roles: columns of a table that go by names of the user's own.
        targets: to keep, by the names that headers are read as; empty: all.
        suffix: what the second part of a table's headers is, see ``wide.headers_of``.
        beside: further columns of a table that are wanted by person, such as an outcome.
        run: whose training people's scores are refused, where a folder of scores is read.
        people: of a folder of scores read people's own, not those of single answers.
        sheet: of a workbook; None is the only one that has a column of people.

    Raises:
        InputError: when nothing is there, it is none of these, or there are only scores of
            training people.
    """
    if not path.exists():
        raise InputError(
            expected="a table of scores or ratings, a run folder or a folder of scores",
            got="nothing there",
            where=path,
        )
    if path.is_file():
        found = read_ratings(
            path, roles=roles, wanted=targets, suffix=suffix, beside=beside, sheet=sheet
        )
        found = found if targets else without_facts(found)
    elif is_run(path):
        found = read_run(path)
    elif (path / "answers.csv").is_file():
        trained = training_people(run) if run is not None else set()
        found = read_scored(path, trained_on=trained, people=people)
    else:
        raise InputError(
            expected="a run folder (predictions.csv) or a folder of scores (answers.csv)",
            got="neither",
            where=path,
        )
    absent = [name for name in beside if name not in found.beside]
    if absent:
        raise InputError(
            expected="a table of your own that holds outcomes beside the scores",
            got=f"'{absent[0]}'",
            where=path,
        )
    return found.only(targets) if targets else found
