"""A folder of interviews to tables of scores: streamed, resumed and written in one order."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from trifold.bundle.bundle import Bundle
from trifold.contracts import Clip
from trifold.encoders.build import build_encoders
from trifold.features.extract import default_workers, files_together
from trifold.features.quality import check_codes, quality_limits
from trifold.features.store import FeatureStore
from trifold.features.stored import are_stored
from trifold.runtime.private import appearing
from trifold.runtime.progress import stage
from trifold.scoring.columns import answer_columns, candidate_columns
from trifold.scoring.folder.journal import Journal, key_of
from trifold.scoring.folder.schedule import ScoringEngine, score_people
from trifold.scoring.folder.standing import with_standing
from trifold.scoring.folder.tables import check_spreadsheets, json_line, write_table
from trifold.scoring.outcome import ScoredCandidate
from trifold.scoring.rows import Row
from trifold.scoring.schema import TABLES, row_schema, schema_text
from trifold.scoring.scorer import Explain, Job, Scorer
from trifold.workers.base import EngineSettings
from trifold.workers.choice import check_settings, make_engine

if TYPE_CHECKING:
    from trifold.scoring.folder.norm_group import NormGroup

INLINE_AT_MOST = 1000  # files: so many are scored from the cache before processes have started
EVIDENCE = "evidence.jsonl"


@dataclass(frozen=True)
class Settings(EngineSettings):
    """How a batch is scored; nothing here changes a score.

    Attributes:
        progress: tell on stderr how far it is.
        spreadsheets: written beside the tables: ``xlsx``, ``ods``.
    """

    progress: bool = True
    spreadsheets: Sequence[str] = ("xlsx",)


@dataclass(frozen=True)
class ScoredFolder:
    """Rows in the order of the input; every file has its row, whatever happened to it.

    ``evidence`` maps a candidate id to what moved its scores, where that was asked for; ``paths``
    are the files that hold all of this.
    """

    answers: list[Row]
    candidates: list[Row]
    evidence: dict[str, dict[str, Any]] = field(default_factory=dict)
    paths: tuple[Path, ...] = ()


def score_clips(
    clips: Sequence[Clip],
    bundle: Bundle,
    store: FeatureStore,
    out: Path,
    *,
    settings: Settings | None = None,
    withhold: Sequence[str] = (),
    quality: Mapping[str, float | None] | None = None,
    explain: Explain | None = None,
    norms: NormGroup | None = None,
) -> ScoredFolder:
    """Score every candidate and write the tables below ``out``.

    People are written down as they are done. A run that was killed goes on there when it is started
    again, and ends with the same bytes as one that was not; one that had ended scores what is new.

    Args:
        clips: answers, possibly several per candidate.
        bundle: the trained model.
        store: feature cache.
        out: folder of the outputs.
        settings: of the engine.
        withhold: codes such as ``NO_FACE`` for which an answer is not scored.
        quality: limits of the quality card that shall be others, field to number or None.
        explain: makes the evidence of one candidate; None leaves it out.
        norms: percentiles are of this norm group; None leaves them empty.

    Raises:
        InputError: when a setting is unknown, workers cannot start, or another run writes there.
    """
    settings = settings or Settings()
    check_spreadsheets(settings.spreadsheets)
    job = Job(bundle, store.root, check_codes(withhold), quality_limits(quality), explain)
    people = by_candidate(clips)
    keys = [key_of(person) for person in people]
    with Journal(out, _head(job)) as journal:
        todo = [number for number, key in enumerate(keys) if key not in journal]
        if todo:
            _score(people, todo, keys, journal, job, settings)
        kinds = settings.spreadsheets
        scored = _write(journal, keys, job, out, spreadsheets=kinds, norms=norms)
        journal.tidy(keys)
    return scored


def by_candidate(clips: Sequence[Clip]) -> list[tuple[Clip, ...]]:
    """Files of each candidate, candidates in the order of their first file."""
    people: dict[str, list[Clip]] = {}
    for clip in clips:
        people.setdefault(clip.candidate_id, []).append(clip)
    return [tuple(files) for files in people.values()]


def _head(job: Job) -> dict[str, Any]:
    """What rows depend on besides the files."""
    description = job.bundle.description
    names = description.schema.names
    columns = (*answer_columns(names), *candidate_columns(names))
    return {
        "bundle_id": job.bundle.bundle_id,
        "terms": description.terms,
        "coverage": description.coverage,
        "columns": [column.name for column in columns],
        "withhold": list(job.withhold),
        "limits": dict(job.limits),
        "evidence": getattr(job.explain, "__qualname__", None),
    }


def _score(
    people: Sequence[tuple[Clip, ...]],
    todo: Sequence[int],
    keys: Sequence[str],
    journal: Journal,
    job: Job,
    settings: Settings,
) -> None:
    """Score who is not in the journal yet."""
    together = files_together(job.bundle.description.encoder_specs)
    done = len(people) - len(todo)
    clips = [clip for number in todo for clip in people[number]]
    with (
        stage("scored", len(people), unit="people", done=done, show=settings.progress) as told,
        _engine(clips, job, settings) as engine,
    ):
        waiting = ((number, people[number]) for number in todo)
        for number, scored in score_people(waiting, engine, job.bundle, together=together):
            journal.append(keys[number], scored)
            told.advance()


def _engine(clips: Sequence[Clip], job: Job, settings: Settings) -> ScoringEngine:
    """The engine that was asked for; none of processes where all is in the cache."""
    check_settings(settings)
    wanted: EngineSettings = settings
    if settings.engine == "local" and _is_quick(clips, job):
        wanted = replace(settings, engine="inline")
    elif settings.engine == "local":
        specs = job.bundle.description.encoder_specs
        workers = settings.workers or default_workers(len(clips), specs)
        wanted = replace(settings, workers=workers)
        if files_together(specs) > 1:  # a large model fills the cores from one process
            job = replace(job, threads=max(1, (os.cpu_count() or 1) // workers))
    return make_engine(partial(Scorer, job), wanted)


def _is_quick(clips: Sequence[Clip], job: Job) -> bool:
    """Whether starting processes would take longest: nothing to decode, nothing to explain."""
    if job.explain is not None or len(clips) > INLINE_AT_MOST:
        return False
    encoders = build_encoders(job.bundle.description.encoder_specs)
    return are_stored(clips, encoders, FeatureStore(job.features))


def _write(
    journal: Journal,
    keys: Sequence[str],
    job: Job,
    out: Path,
    *,
    spreadsheets: Sequence[str],
    norms: NormGroup | None,
) -> ScoredFolder:
    """All outputs, in the order of the input whatever the order in which people were done."""
    targets = job.bundle.description.schema.names
    answers = (row for key in keys for row in journal.read(key).answers)
    kinds = {"spreadsheets": spreadsheets}
    paths = write_table(answers, answer_columns(targets), out / "answers", **kinds)
    candidates = with_standing([journal.read(key).candidate for key in keys], targets, norms)
    paths += write_table(iter(candidates), candidate_columns(targets), out / "candidates", **kinds)
    for table in TABLES:
        with appearing(out / f"{table}.schema.json") as file:
            file.write(schema_text(row_schema(table, targets)).encode())
            paths.append(out / f"{table}.schema.json")
    (out / EVIDENCE).unlink(missing_ok=True)  # an earlier run's, which nobody asked for now
    paths += _write_evidence(journal, keys, out) if job.explain else []
    return _collect((journal.read(key) for key in keys), candidates, paths)


def _write_evidence(journal: Journal, keys: Sequence[str], out: Path) -> list[Path]:
    with appearing(out / EVIDENCE) as file:
        for found in (journal.read(key).evidence for key in keys):
            if found is not None:
                file.write(json_line(found).encode())
    return [out / EVIDENCE]


def _collect(
    people: Iterator[ScoredCandidate], candidates: list[Row], paths: Sequence[Path]
) -> ScoredFolder:
    scored = ScoredFolder([], candidates, paths=tuple(paths))
    for person in people:
        scored.answers.extend(person.answers)
        if person.evidence is not None:
            scored.evidence[str(person.candidate["candidate_id"])] = person.evidence
    return scored
