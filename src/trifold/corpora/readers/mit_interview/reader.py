"""The MIT Interview data (Naim, Tanveer, Gildea and Hoque, 2015 and 2018), as features are shared.

138 mock job interviews of 69 students, two each: session 1 before and session 2 after a training.
The recordings are not published; features and transcripts were with Agrawal et al. (2020).

* Layout, one row per interview with ``id``, ``person`` and ``session`` in every table:
  ``ratings.csv`` (18 ratings), ``transcripts.csv`` (``transcript``: the whole dialogue, turns
  ``Interviewer: …`` and ``Interviewee: …`` with a bar between), ``audio.csv`` (``a01`` to ``a74``:
  acoustic statistics of the whole recording) and ``face.csv`` (mean absolute angles of the head and
  six landmarks). Tables may hold some of the interviews only.
* Targets, 1 to 7: weighted means of nine MTurk raters. High is what the name says, as far as the
  data can tell: ``not_stressed`` runs with ``calm`` (r .83 in 114 interviews), ``not_awkward`` with
  ``overall`` (.84), ``no_fillers`` against the share of sounds such as *uhm* (ρ −.59), ``paused``
  against the number of words (−.50). ``speaking_rate`` runs with ``excited`` (r .61); whether high
  is fast or good is not told. The finding ``label_names`` looks at these again.
* Ratings are of interviews, so each interview is a candidate, kept together with the person's other
  in splits and folds; the session is told, so that studies read retest reliability.
* Measures are of whole interviews. ``answers: question`` parts the interviewee's words by the five
  questions, and each answer then carries the measures of its interview.
* Licence and terms: research use only; cite the papers.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from trifold.contracts import Array, Clip, Corpus, Finding, Target, TargetSchema
from trifold.corpora.checks import audit, finding, is_twin, passed
from trifold.corpora.label_names import disagreeing_names
from trifold.corpora.readers.mit_interview.dialogue import (
    QUESTIONS,
    Dialogue,
    answers_of,
    asked_in,
    fillers,
    own_turns,
)
from trifold.corpora.readers.mit_interview.tables import (
    RATINGS,
    TRAITS,
    TRANSCRIPTS,
    Whose,
    measures_of,
    read_tables,
)
from trifold.corpora.splits import split_by_person
from trifold.corpora.tables import check_scale, encoding_finding, numbers
from trifold.errors import InputError
from trifold.tables.cells import present
from trifold.terms import terms

SCHEMA = TargetSchema("mit_interview", tuple(Target(t, 1.0, 7.0) for t in TRAITS))
TERMS = terms(
    "MIT Interview data set (Naim, Tanveer, Gildea and Hoque, 2015 and 2018): research use only; "
    "not to be applied to real candidates",
    forbids=("commercial", "hiring"),
)
ANSWERS = ("interview", "question")
ALIKE = {"not_stressed": "calm", "not_awkward": "overall", "friendly": "smiled"}  # run together


def read_mit_interview(
    root: str | Path, *, answers: str = "interview", near_empty: str = "keep", seed: int = 0
) -> Corpus:
    """Read and check the shared layout; interviews keep the order of ``ratings.csv``.

    Args:
        root: folder that holds the four tables.
        answers: ``interview`` makes all that the interviewee says one answer, ``question`` up to
            five, one per question.
        near_empty: ``drop`` leaves out answers of five words or fewer.
        seed: of the split by person, for runs without cross-validation.

    Raises:
        InputError: for an unknown setting.
        CorpusError: when a table or column is missing, an id or a person's session occurs twice, an
            interview has no measures or another person in another table, or a rating is no number
            or off the scale.
    """
    if answers not in ANSWERS:
        raise InputError(expected=f"answers among {', '.join(ANSWERS)}", got=repr(answers))
    folder = Path(root)
    tables, whose = read_tables(folder)
    ratings = tables[RATINGS]
    labels = numbers(ratings, list(TRAITS.values()), folder / RATINGS)
    check_scale(labels, SCHEMA, list(TRAITS.values()), folder / RATINGS, ratings)
    measures = measures_of(tables, whose, folder)
    dialogues = _dialogues(tables[TRANSCRIPTS], whose[TRANSCRIPTS])
    clips = [
        clip
        for interview, (person, session) in whose[RATINGS].items()
        for clip in _clips(
            Clip(
                clip_id=interview,
                candidate_id=interview,
                path=None,
                measures=measures[interview],
                person_id=person,
                session=session,
            ),
            dialogues.get(interview),
            by_question=answers == "question",
        )
    ]
    kept, findings = audit(clips, near_empty=near_empty)
    rated = dict(zip(whose[RATINGS], labels, strict=True))
    people = {clip.candidate_id: clip.person for clip in kept}
    return Corpus(
        name="mit_interview",
        clips=tuple(kept),
        labels={interview: rated[interview] for interview in people},
        schema=SCHEMA,
        splits=split_by_person(people, seed=seed),
        terms=TERMS,
        synthetic=is_twin(folder),
        findings=(
            passed("repeated_ids", len(rated), "interviews occur twice"),
            passed("off_scale", labels.size, "ratings lie off their scale"),
            encoding_finding(tables),
            *_of_interviews(whose, dialogues),
            _directions(labels, list(rated), dialogues),
            *findings,
        ),
    )


def _dialogues(table: pd.DataFrame, interviews: Whose) -> dict[str, Dialogue | None]:
    """Interview with a transcript to all turns and the interviewee's; None where nothing tells."""
    texts = zip(interviews, map(present, map(str, table["transcript"])), strict=True)
    return {interview: own_turns(text) for interview, text in texts if text}


def _clips(whole: Clip, dialogue: Dialogue | None, *, by_question: bool) -> list[Clip]:
    """The answers of an interview; one without words where there is no dialogue."""
    if dialogue is None:
        return [whole]
    if not by_question:
        return [replace(whole, transcript=dialogue[1])]
    return [
        replace(
            whole,
            clip_id=f"{whole.clip_id}/{question}",
            transcript=said,
            question=QUESTIONS[question],
            question_id=question,
        )
        for question, said in answers_of(*dialogue).items()
    ]


def _of_interviews(
    whose: Mapping[str, Whose],
    dialogues: Mapping[str, Dialogue | None],
) -> list[Finding]:
    """What does not match between the tables and in the dialogues."""
    rated = whose[RATINGS]
    others = list(dict.fromkeys(i for rows in whose.values() for i in rows if i not in rated))
    mine = {interview: found for interview, found in dialogues.items() if interview in rated}
    untold = [interview for interview, found in mine.items() if found is None]
    few = [
        interview
        for interview, found in mine.items()
        if found is not None and len(asked_in(*found)) < len(QUESTIONS)
    ]
    return [
        finding("unrated", others, len(rated), "interviews have no ratings", "left out"),
        finding(
            "untold_speakers",
            untold,
            len(mine),
            "dialogues do not say who speaks",
            "kept without words",
        ),
        finding(
            "questions_not_found",
            few,
            len(mine),
            f"dialogues lack one of the {len(QUESTIONS)} questions",
            "its answer goes on with the question before",
        ),
    ]


def _directions(
    labels: Array, interviews: Sequence[str], dialogues: Mapping[str, Dialogue | None]
) -> Finding:
    """Ratings that do not run as their names say: with a like one, or with few fillers."""
    named = dict(zip(SCHEMA.names, labels.T, strict=True))
    said = [dialogues.get(interview) for interview in interviews]
    fluent = np.array([np.nan if found is None else -fillers(found[1]) for found in said])
    pairs = {
        f"{TRAITS[one]} and {TRAITS[other]}": np.stack([named[one], named[other]], axis=1)
        for one, other in ALIKE.items()
    }
    pairs["NoFillers and few fillers"] = np.stack([named["no_fillers"], fluent], axis=1)
    return disagreeing_names(pairs, of=len(pairs))
