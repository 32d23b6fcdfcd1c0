"""Scores that Trifold wrote: a run's out-of-fold scores, and a folder of scored answers."""

from __future__ import annotations

import json
from collections.abc import Collection
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.codes import Code
from trifold.contracts import Corpus, scored_targets
from trifold.errors import InputError
from trifold.messages import say
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.studies.scores import COLUMNS, MEMBER, MODEL, RATING, Scores
from trifold.tables.cells import plain
from trifold.tables.ids import id_key
from trifold.tables.writing import as_written

IN_SAMPLE = ("train", "val")  # splits whose people the model has seen
RATED = "_rated"
TEXT = {"candidate_id": str, "person_id": str, "clip_id": str, "question_id": str, "session": str}


def read_run(folder: Path) -> Scores:
    """Scores and ratings of the people whom a run did not train on.

    Args:
        folder: of ``trifold train`` or ``trifold evaluate``, with ``predictions.csv``.

    Returns:
        Scores of source ``member:<seed>`` and ratings of source ``rating``.

    Raises:
        InputError: ``IN_SAMPLE`` when there are scores of training people only.
    """
    table = _read(folder / "predictions.csv", "a run folder with predictions.csv")
    held_out = table[~table["split"].isin(IN_SAMPLE)]
    left_out = table["candidate_id"].nunique() - held_out["candidate_id"].nunique()
    if held_out.empty:
        raise InputError(
            expected=f"scores of people outside training ({Code.IN_SAMPLE.advice})",
            got=f"{left_out} people of splits {', '.join(IN_SAMPLE)} ({Code.IN_SAMPLE})",
            where=folder,
        )
    targets = [c.removesuffix(RATED) for c in table.columns if c.endswith(RATED)]
    person = "person_id" if "person_id" in table.columns else "candidate_id"
    parts = []
    for target in targets:
        scored = _long(held_out, target, target, person)
        scored["source"] = MEMBER + held_out["repeat"].astype(str).to_numpy()
        first = held_out[held_out["repeat"] == held_out["repeat"].min()]
        parts += [scored, _long(first, target, target + RATED, person).assign(source=RATING)]
    code = str(Code.IN_SAMPLE)
    told = say("%(n)s people of training are left out (%(code)s)", n=left_out, code=code)
    notes = [told] if left_out else []
    return Scores(
        _kept(parts, folder),
        folder,
        tuple(notes),
        lengths=_lengths(folder / "lengths.csv"),
        answer_variance=_answer_variance(folder / "bundle.json"),
    )


def _answer_variance(path: Path) -> dict[str, AnswerVariance]:
    """What the bundle of a run says of it; one that was only evaluated has none."""
    facts = json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}
    return {name: AnswerVariance(**one) for name, one in facts.get("answer_variance", {}).items()}


def _lengths(path: Path) -> pd.DataFrame:
    """People by log words and log seconds, means over their rows; runs of before wrote none."""
    if not path.is_file():
        return pd.DataFrame()
    table = _read(path, "lengths.csv of a run")
    people = [plain(str(name)) for name in table["person_id"]]
    known = {f"log {name}": np.log1p(table[name].to_numpy(float)) for name in ("words", "seconds")}
    logs = pd.DataFrame(known).groupby(people).mean()
    told = [name for name in logs if logs[name].notna().all() and logs[name].nunique() > 1]
    return logs[told]


def read_scored(folder: Path, *, trained_on: Collection[str] = (), people: bool = False) -> Scores:
    """Scores as ``trifold score`` writes them, of single answers or of people.

    Args:
        folder: with ``answers.csv`` and ``candidates.csv``.
        trained_on: ids of people whom the bundle was trained on.
        people: read people's own scores, which are no means of those of single answers.

    Raises:
        InputError: ``IN_SAMPLE`` when some of the people are among them; when nothing is scored.
    """
    name = "candidates.csv" if people else "answers.csv"
    table = _read(folder / name, f"a folder of scores with {name}")
    known = set(map(id_key, trained_on))
    seen = [name for name in table["candidate_id"].unique() if id_key(name) in known]
    if seen:
        raise InputError(
            expected=f"people outside training ({Code.IN_SAMPLE.advice})",
            got=f"{len(seen)} of {table['candidate_id'].nunique()} people were trained on "
            f"({Code.IN_SAMPLE})",
            where=folder,
        )
    scored = table[table["status"] == "scored"]
    parts = []
    for target in scored_targets(list(table.columns)):
        part = _long(scored, target, target, "candidate_id").assign(source=MODEL)
        if not people:
            part["answer_id"] = scored["clip_id"].to_numpy()
            part["question_id"] = scored["question_id"].fillna("").to_numpy()
        parts.append(part)
    dropped = len(table) - len(scored)
    what = "people" if people else "answers"
    notes = [f"{dropped} of {len(table)} {what} have no scores"] if dropped else []
    if not trained_on:
        notes.append("nothing tells whether the model was trained on these people: run=RUN does")
    return Scores(_kept(parts, folder), folder, tuple(notes))


def from_corpus(corpus: Corpus) -> Scores:
    """The ratings of a labelled corpus, by person and session; its answers share them."""
    people, sessions = corpus.people, corpus.sessions
    rows = [
        (people.get(candidate, candidate), sessions.get(candidate, ""), name, float(value))
        for candidate, values in corpus.labels.items()
        for name, value in zip(corpus.schema.names, values, strict=True)
    ]
    frame = pd.DataFrame(rows, columns=["candidate_id", "session", "target", "score"])
    empty = dict.fromkeys(("answer_id", "question_id"), "")
    where = Path(corpus.name)
    return Scores(_kept([frame.assign(source=RATING, **empty)], where), where)


def is_run(folder: Path) -> bool:
    """Whether a folder holds a run's scores."""
    return (folder / "predictions.csv").is_file()


def training_people(run: Path) -> set[str]:
    """Ids of the people whom a run was trained on, as far as it says so."""
    table = _read(run / "predictions.csv", "a run folder with predictions.csv")
    person = "person_id" if "person_id" in table.columns else "candidate_id"
    facts = json.loads((run / "metrics.json").read_text(encoding="utf-8"))["data"]
    cross_validated = facts.get("folds", 0) > 0  # tested out of fold, then fitted on everybody
    rows = table if cross_validated else table[table["split"].isin(IN_SAMPLE)]
    return set(rows[person])


def _read(path: Path, what: str) -> pd.DataFrame:
    if not path.is_file():
        raise InputError(expected=what, got="no such file", where=path)
    try:
        return as_written(pd.read_csv(path, dtype=TEXT, encoding="utf-8-sig"))
    except (ValueError, OSError) as error:
        raise InputError(expected=what, got=str(error).splitlines()[0], where=path) from error


def _long(rows: pd.DataFrame, target: str, column: str, person: str) -> pd.DataFrame:
    ids = [plain(str(name)) for name in rows[person]]
    found = pd.DataFrame({"candidate_id": ids, "target": target})
    found["score"] = rows[column].to_numpy(float)
    found["answer_id"] = found["question_id"] = ""
    found["session"] = rows["session"].fillna("").to_numpy() if "session" in rows else ""
    return found


def _kept(parts: list[pd.DataFrame], where: Path) -> pd.DataFrame:
    frame = pd.concat(parts, ignore_index=True) if parts else pd.DataFrame(columns=list(COLUMNS))
    frame = frame[frame["score"].notna()][list(COLUMNS)].reset_index(drop=True)
    if frame.empty:
        raise InputError(expected="at least one score", got="none", where=where)
    return frame
