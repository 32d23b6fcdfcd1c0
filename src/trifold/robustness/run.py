"""The panel over a folder of interviews: resumable, in several processes, person by person."""

from __future__ import annotations

import math
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import cast

import numpy as np

from trifold.bundle.bundle import Bundle
from trifold.codes import Code
from trifold.contracts import Clip, Transcript
from trifold.errors import InputError, TrifoldError
from trifold.features.source import Source
from trifold.robustness.measure import LIMITS, Finding, measure
from trifold.robustness.panel import PANEL
from trifold.robustness.panelist import CLEAN, Job, Outcome, Panelist, Subject, own_question
from trifold.robustness.source import Question
from trifold.runtime.progress import stage
from trifold.scoring.folder.journal import Journal, key_of
from trifold.scoring.outcome import ScoredCandidate
from trifold.scoring.rows import Row
from trifold.workers.base import EngineSettings, Lost
from trifold.workers.choice import make_engine, sized
from trifold.workers.pool import run_all

Limits = Mapping[str, Mapping[str, float]]
NEED_QUESTIONS = frozenset(one.name for one in PANEL if one.questions)


def run_panel(
    clips: Sequence[Clip],
    bundle: Bundle,
    out: Path,
    *,
    names: Sequence[str],
    withhold: Sequence[str] = (),
    clip_s: float | None = 20.0,
    limits: Limits = LIMITS,
    seed: int = 0,
    settings: EngineSettings | None = None,
    progress: bool = True,
) -> list[Finding]:
    """Score every candidate clean and under each perturbation; what was done before is taken up.

    Questions are exchanged only where there are two or more.

    Args:
        clips: of people outside training.
        bundle: the model.
        out: folder of the journal.
        names: of the perturbations, in the panel's order.
        withhold: codes of media for which an answer is not scored.
        clip_s: what is used of each recording; None takes all of it.
        limits: see ``measure``.
        seed: of every draw.
        settings: of the engine.
        progress: tell on stderr how far it is.

    Raises:
        InputError: when fewer than two people can be scored clean.
    """
    subjects = subjects_of(clips)
    questions = questions_of(clips)
    names = [name for name in names if name not in NEED_QUESTIONS or len(questions) > 1]
    words = vocabulary_of(clips)
    job = Job(bundle, tuple(names), words, tuple(withhold), clip_s, seed, questions)
    head = {
        "panel": list(names),
        "bundle_id": bundle.bundle_id,
        "withhold": list(withhold),
        "clip_s": clip_s,
        "seed": seed,
        "people": len(subjects),
    }
    with Journal(out, head) as journal:
        keys = [key_of(subject.clips) for subject in subjects]
        _run(subjects, keys, job, journal, settings or EngineSettings(), progress=progress)
        found = [_read(journal.read(key)) for key in keys if key in journal]
    targets = bundle.description.schema.names
    clean = np.stack([outcomes[CLEAN].scores for outcomes in found])
    scored = int(np.isfinite(clean).all(axis=1).sum())
    if scored < 2:
        codes = Counter(outcomes[CLEAN].code for outcomes in found if outcomes[CLEAN].code)
        why = ", ".join(f"{n} x {code}" for code, n in codes.most_common())
        raise InputError(
            expected="at least two people who are scored as they are",
            got=f"{scored} of {len(found)}" + (f" ({why})" if why else ""),
        )
    by_name = {perturbation.name: perturbation for perturbation in PANEL}
    return [
        measure(
            clean,
            np.stack([outcomes[name].scores for outcomes in found]),
            by_name[name],
            targets=targets,
            codes=[outcomes[name].code for outcomes in found],
            limits=limits,
            seed=seed,
        )
        for name in names
    ]


def subjects_of(clips: Sequence[Clip]) -> list[Subject]:
    """Clips by person; each has the words of the next who said anything."""
    by_person: dict[str, list[Clip]] = {}
    for clip in clips:
        by_person.setdefault(clip.candidate_id, []).append(clip)
    said = [_first_words(answers) for answers in by_person.values()]
    people = list(by_person.items())
    order = [*range(1, len(people)), 0] if len(people) > 1 else []
    others = [said[i] for i in order] or [None]
    return [
        Subject(candidate, tuple(answers), other)
        for (candidate, answers), other in zip(people, others, strict=True)
    ]


def vocabulary_of(clips: Sequence[Clip]) -> tuple[str, ...]:
    """Every word that somebody said, sorted."""
    words: set[str] = set()
    for clip in clips:
        with suppress(TrifoldError):
            found = Source(clip).transcript
            words |= set(found.text.lower().split()) if found else set()
    return tuple(sorted(words))


def questions_of(clips: Sequence[Clip]) -> tuple[Question, ...]:
    """Text and id of everything that was asked, sorted; of questions worded alike, the first."""
    found: dict[str, Question] = {}
    for clip in sorted(clips, key=lambda one: one.question_id or ""):
        if clip.question:
            found.setdefault(clip.question, own_question(clip))
    return tuple(found[text] for text in sorted(found))


def _first_words(clips: Sequence[Clip]) -> Transcript | None:
    for clip in clips:
        with suppress(TrifoldError):
            found = Source(clip).transcript
            if found is not None and found.segments:
                return found
    return None


def _run(
    subjects: Sequence[Subject],
    keys: Sequence[str],
    job: Job,
    journal: Journal,
    settings: EngineSettings,
    *,
    progress: bool,
) -> None:
    """Write down whoever is not yet there, as they are done."""
    waiting = [i for i, key in enumerate(keys) if key not in journal]
    workers = max(1, min(len(waiting), os.cpu_count() or 1))
    engine_settings = sized(settings, default_workers=workers, tasks=max(1, len(waiting)))
    done = len(subjects) - len(waiting)
    with (
        stage("people of the panel", len(subjects), unit="people", show=progress) as told,
        make_engine(partial(Panelist, job), engine_settings) as engine,
    ):
        for _ in range(done):
            told.advance()
        for index, outcomes in run_all([subjects[i] for i in waiting], engine):
            subject = subjects[waiting[index]]
            if isinstance(outcomes, Lost):
                outcomes = _lost(job, outcomes.code)
            journal.append(keys[waiting[index]], _row(subject, outcomes))
            told.advance()


def _lost(job: Job, code: str) -> dict[str, Outcome]:
    nothing = np.full(len(job.bundle.description.schema.names), np.nan)
    return {name: Outcome(nothing, code) for name in (CLEAN, *job.names)}


def _row(subject: Subject, outcomes: Mapping[str, Outcome]) -> ScoredCandidate:
    """As a journal holds it: one row per perturbation; what is not finite is null."""
    rows: list[Row] = [
        {
            "perturbation": name,
            "scores": [value if math.isfinite(value) else None for value in one.scores.tolist()],
            "error_code": one.code,
        }
        for name, one in outcomes.items()
    ]
    lost = outcomes[CLEAN].code in (Code.WORKER_DIED, Code.TIMED_OUT)
    candidate: Row = {
        "candidate_id": subject.candidate_id,
        "error_code": outcomes[CLEAN].code if lost else None,
    }
    return ScoredCandidate(rows, candidate)


def _read(row: ScoredCandidate) -> dict[str, Outcome]:
    found = {}
    for one in row.answers:
        values = cast(list[float | None], one["scores"])
        scores = np.array([np.nan if value is None else value for value in values], float)
        code = cast(str | None, one["error_code"])
        found[str(one["perturbation"])] = Outcome(scores, code)
    return found
