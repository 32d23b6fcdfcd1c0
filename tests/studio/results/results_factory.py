"""Runs that scored people who do not exist, written by the functions that write real ones."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from sqlalchemy import select

from tests.reports.report_factory import NAMES, SAID, TARGETS, evidence
from trifold.codes import Code
from trifold.contracts import TraitScores
from trifold.features.records import ClipRecord
from trifold.psychometrics.answer_variance import AnswerVariance
from trifold.reports.model import ReportedModel
from trifold.scoring.columns import answer_columns, candidate_columns
from trifold.scoring.folder.standing import with_standing
from trifold.scoring.folder.tables import json_line, write_table
from trifold.scoring.outcome import CandidateScores
from trifold.scoring.rows import Row, answer_row, candidate_row
from trifold.studio.database.base import new_id
from trifold.studio.database.projects import Project
from trifold.studio.database.work import CandidateResult, Run
from trifold.studio.results.model import write_model
from trifold.studio.web.visit import Studio

BUNDLE = "0123456789ab"
VARIANCES = {name: AnswerVariance(0.6, 0.5, 200) for name in NAMES}
QUALITY = {"sound.speech_s": 20.0, "sound.snr_db": 18.0, "face.face_fraction": 0.97}
POLES = [
    {"name": "extraversion", "low": 1, "high": 7, "low_pole": "reserved", "high_pole": "outgoing",
     "anchors": {"1": "Says little.", "7": "Talks readily."}},
]  # fmt: skip


def model() -> ReportedModel:
    group = np.linspace(2.2, 6.1, 101).tolist()
    return ReportedModel(
        bundle_id=BUNDLE, targets=TARGETS, coverage=0.9, terms="for tests", synthetic=True,
        norms=dict.fromkeys(NAMES, group), norm_group="Norms: 101 drawn people.",
        answer_variance=VARIANCES,
    )  # fmt: skip


def people(
    n: int, *, answers: int = 6, every: bool = False, seed: int = 0
) -> Iterator[tuple[Row, list[Row]]]:
    """Rows of candidates with those of their answers; every twelfth is withheld, some have flags.

    One has one answer, the next two, up to ``answers``; with ``every`` all have that many.

    Scores have two digits, so that some people have the same.
    """
    generator = np.random.default_rng(seed)
    for number in range(n):
        name = f"person_{number:05}"
        records = [
            _record(name, k, number) for k in range(answers if every else 1 + number % answers)
        ]
        scores = [_scores(generator) for _ in range(len(records) + 1)]
        reasons = (Code.OUT_OF_DISTRIBUTION,) if number % 12 == 5 else ()
        both = {"bundle_id": BUNDLE}
        rows = [
            answer_row(record, one, NAMES, reasons=reasons, **both)
            for record, one in zip(records, scores, strict=False)
        ]
        found = CandidateScores(scores[-1], tuple(scores[:-1]), reasons=reasons, distance=0.5)
        yield candidate_row(records, found, NAMES, variances=VARIANCES, **both), rows


def _record(name: str, k: int, number: int) -> ClipRecord:
    return ClipRecord(
        f"{name}/q{k + 1}", name, f"What are you proud of? ({k + 1})", f"q{k + 1}", 42.0,
        missing={"video": Code.NO_FACE} if number % 9 == 2 else {}, quality=QUALITY,
        words_source="given", codecs={"video": "h264", "audio": "aac"},
        flags=(Code.NOISY_SOUND,) if number % 7 == 1 else (),
    )  # fmt: skip


def _scores(generator: np.random.Generator) -> TraitScores:
    drawn = generator.normal(4.2, 0.9, len(NAMES)).clip(1.2, 6.8).round(2)
    low, high = (drawn - 0.9).clip(1.0), (drawn + 0.9).clip(max=7.0)
    return TraitScores(NAMES, drawn, low, high, 0.9)


def write_rows(
    folder: Path, n: int, *, answers: int = 6, every: bool = False, moved: int = 0
) -> list[Row]:
    """The tables of a run, with evidence of the first ``moved`` people who have scores."""
    folder.mkdir(parents=True, exist_ok=True)
    found = list(people(n, answers=answers, every=every))
    rows = with_standing([candidate for candidate, _ in found], NAMES)
    write_table((row for _, own in found for row in own), answer_columns(NAMES), folder / "answers")
    write_table(iter(rows), candidate_columns(NAMES), folder / "candidates")
    scored = [(row, own) for row, (_, own) in zip(rows, found, strict=True)]
    with (folder / "evidence.jsonl").open("w", encoding="utf-8") as file:
        for row, own in [one for one in scored if one[0]["status"] == "scored"][:moved]:
            told = evidence(str(row["candidate_id"]), row, len(own), SAID)
            file.write(json_line(json.loads(json.dumps(told))))
    write_model(folder, model())
    return rows


def add_run(studio: Studio, project: str, n: int, **more: Any) -> Run:
    """A run of a project that is not indexed yet; ``more`` is for ``write_rows``."""
    with studio.database.writing() as session:
        run = Run(id=new_id(), project_id=project, kind="score", folder="")
        run.folder = f"runs/{run.id}"
        session.add(run)
        session.get_one(Project, project).targets = POLES
    write_rows(studio.folder_of(project) / run.folder, n, **more)
    return run


def address_of(run: Run, more: str = "") -> str:
    """Of a page of a run."""
    return f"/projects/{run.project_id}/results/{run.id}{more}"


def keys_of(studio: Studio, run: Run) -> dict[str, str]:
    """Candidate id to the key of addresses, once the run is indexed."""
    with studio.database.reading() as session:
        found = select(CandidateResult.candidate, CandidateResult.key)
        rows = session.execute(found.where(CandidateResult.run_id == run.id))
        return dict(tuple(row) for row in rows)
