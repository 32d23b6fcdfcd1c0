"""What a study is of: a table of a psychologist's, a run, a folder of scores, or a corpus."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from pathlib import Path

import numpy as np

from trifold.errors import InputError
from trifold.psychometrics.reliability.agreement import FEWEST
from trifold.studies.columns import Roles
from trifold.studies.folders import is_run, read_run, read_scored, training_people
from trifold.studies.ratings import read_ratings, without_facts
from trifold.studies.scores import Scores

FEWEST_PARTS = 3  # targets of which one may be made of the others
ROUNDED = 0.0051  # as means are, to two digits


def without_sums(scores: Scores) -> Scores:
    """The same without a target that is the sum or the mean of all others in every row.

    Beside its own parts it would be alike to each of them, and make all targets look like one. It
    takes ten rows and three targets to tell.
    """
    keys = ["candidate_id", "answer_id", "question_id", "source", "session"]
    wide = scores.frame.pivot_table(index=keys, columns="target", values="score", sort=False)
    whole = wide.dropna()
    if len(whole) < FEWEST or len(whole.columns) < FEWEST_PARTS:
        return scores
    for target in whole:
        others = whole.drop(columns=target)
        for what, made in (("sum", others.sum(axis=1)), ("mean", others.mean(axis=1))):
            if whole[target].nunique() > 1 and np.allclose(whole[target], made, 0, ROUNDED):
                note = f"{target} is the {what} of the others in all rows, so no score of its own, "
                kept = scores.only([name for name in scores.targets if name != target])
                said = f"{note}and left out; only=[…] reads what it names"
                return replace(kept, notes=(*kept.notes, said))
    return scores


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
        found = found if targets else without_sums(without_facts(found))
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
