"""Scoring from Python: a model, the scores that it gives, and why."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pandas as pd

from trifold.api.explanation import Explanation
from trifold.bundle.bundle import Bundle, load_bundle
from trifold.bundle.integrity.signing import read_trusted
from trifold.codes import Code
from trifold.contracts import Clip
from trifold.errors import InputError, unknown
from trifold.features.store import FeatureStore
from trifold.features.words import recogniser_spec, voices_spec, with_words
from trifold.media.files.folder import survey, survey_files
from trifold.media.files.recordings import Interviews
from trifold.scoring.folder.run import Settings, by_candidate, score_clips
from trifold.scoring.in_memory import CandidateScorer
from trifold.scoring.rows import Row

if TYPE_CHECKING:
    from trifold.scoring.folder.norm_group import NormGroup

StrPath = str | os.PathLike[str]


def load(
    bundle: StrPath,
    *,
    purpose: str = "research",
    rights: str | None = None,
    coverage: float | None = None,
    trusted_keys: StrPath | None = None,
) -> Model:
    """Load a trained model.

    Args:
        bundle: run folder of ``trifold train`` or bundle of ``trifold export``.
        purpose: ``research``, ``commercial`` or ``hiring``; refused where the terms of the training
            data forbid it.
        rights: why the purpose is allowed all the same.
        coverage: of the intervals, e.g. 0.8; None keeps the model's own.
        trusted_keys: file of public keys; with it, only bundles that one of them signed.

    Raises:
        BundleError: when there is no bundle, or it is damaged, changed or not signed.
        InputError: when purpose or coverage cannot be.
    """
    trusted = None if trusted_keys is None else read_trusted(os.fspath(trusted_keys))
    loaded = load_bundle(Path(bundle), trusted=trusted)
    return Model(loaded.cleared_for(purpose, rights=rights).at_coverage(coverage))


class Model:
    """A trained model, ready to score.

    Args:
        bundle: what ``load`` found.
    """

    def __init__(self, bundle: Bundle) -> None:
        self.bundle = bundle

    def __repr__(self) -> str:
        made_up = ", trained on synthetic people" if self.bundle.description.synthetic else ""
        return f"<trifold.Model {self.bundle.bundle_id}: {', '.join(self.targets)}{made_up}>"

    @property
    def targets(self) -> tuple[str, ...]:
        """The K names of what is scored."""
        return self.bundle.description.schema.names

    def score(
        self,
        source: StrPath | Iterable[StrPath],
        *,
        out: StrPath | None = None,
        features: StrPath | None = None,
        candidates: str = "auto",
        speaker: str | None = None,
        language: str | None = None,
        asr: str | Mapping[str, Any] = "packaged",
        voices: str | Mapping[str, Any] = "packaged",
        transcripts: StrPath | None = None,
        withhold: Collection[str] = (Code.SEVERAL_SPEAKERS,),
        quality: Mapping[str, float | None] | None = None,
        norms: StrPath | None = None,
        engine: str = "local",
        workers: int | None = None,
        progress: bool = False,
    ) -> Scores:
        """Score everybody in a folder, a manifest or some files.

        A file that cannot be scored has a row that says why; it stops nobody else's.

        Args:
            source: a folder, a manifest, a recording, or several recordings.
            out: folder for tables, as ``trifold score`` writes them; None leaves nothing on disk.
            features: cache folder, so that a second call decodes nothing; None keeps none.
            candidates: what a person is: ``file``, ``folder``, ``manifest``; ``auto`` tells by
                names, where they do.
            speaker: the candidate's label in transcripts of several people.
            language: the one that is spoken, such as ``en``.
            asr: recognises speech where no transcript is given: ``packaged``, ``none``, or settings
                such as ``{"model": "Systran/faster-whisper-small", "revision": "…"}``.
            voices: tells several people of a recording apart: ``packaged``, ``none``, or settings
                such as ``{"model": "microsoft/wavlm-base-plus-sv", "revision": "…"}``.
            transcripts: cache folder of recognised words and of turns, so that a second call
                recognises nothing; None keeps none.
            withhold: codes for which an answer is not scored.
            quality: limits of the quality card that shall be others, such as ``{"snr_db": 5}``;
                None takes one away.
            norms: file of a norm group, as ``trifold norms`` writes it, that percentiles are of;
                None leaves them empty.
            engine: ``local`` works in processes of its own, ``inline`` in this one.
            workers: processes; None sizes them to the machine.
            progress: tell on stderr how far it is.

        Raises:
            InputError: when nothing is there, names do not tell whose the files are, ``asr`` or
                ``voices`` names nothing, or the norm group is of another model or too old.
            EncoderError: when a model of theirs is not there.
        """
        group = None if norms is None else self._norm_group(Path(norms))
        found = _surveyed(source, candidates)
        settings = Settings(engine=engine, workers=workers, progress=progress)
        with tempfile.TemporaryDirectory(prefix="trifold-") as aside:
            clips = with_words(
                found.clips,
                encoders=self.bundle.description.encoder_specs,
                recogniser=recogniser_spec(asr),
                voices=voices_spec(voices),
                transcripts=Path(transcripts or Path(aside, "transcripts")),
                speaker=speaker,
                language=language,
                settings=settings,
                progress=progress,
            )
            store = FeatureStore(Path(features or Path(aside, "features")))
            folder = Path(out or Path(aside, "scores"))
            scored = score_clips(
                clips,
                self.bundle,
                store,
                folder,
                settings=settings,
                withhold=list(withhold),
                quality=quality,
                norms=group,
            )
        rows = scored.candidates, scored.answers
        return Scores(self, clips, *rows, tuple(withhold), dict(quality or {}), notes=found.lines)

    def _norm_group(self, path: Path) -> NormGroup:
        """Refused before anybody is scored; apart, as it loads all of SciPy's distributions."""
        from trifold.scoring.folder.norm_group import norm_group

        return norm_group(path, self.bundle)


@dataclass(frozen=True)
class Scores:
    """What a model gave to some people.

    Attributes:
        model: the one that scored.
        clips: the recordings, in the order of ``answer_rows``.
        candidate_rows: a row per person, as in ``candidates.jsonl``.
        answer_rows: a row per recording, as in ``answers.jsonl``.
        withheld: codes for which an answer was not scored.
        quality: limits of the quality card that were others.
        notes: how the files were grouped into people, and what was guessed or passed over.
    """

    model: Model = field(repr=False)
    clips: Sequence[Clip] = field(repr=False)
    candidate_rows: Sequence[Row] = field(repr=False)
    answer_rows: Sequence[Row] = field(repr=False)
    withheld: tuple[str, ...] = ()
    quality: Mapping[str, float | None] = field(default_factory=dict, repr=False)
    notes: tuple[str, ...] = field(default=(), repr=False)

    def __repr__(self) -> str:
        scored = sum(row["status"] == "scored" for row in self.candidate_rows)
        return f"<trifold.Scores: {scored} of {len(self.candidate_rows)} people scored>"

    @property
    def candidates(self) -> pd.DataFrame:
        """A row per person: each score with ``_low``, ``_high``, ``_sem``, ranks, percentile."""
        return pd.DataFrame(self.candidate_rows).set_index("candidate_id")

    @property
    def answers(self) -> pd.DataFrame:
        """A row per recording, likewise."""
        return pd.DataFrame(self.answer_rows).set_index("clip_id")

    def explain(self, candidate: str, target: str | None = None) -> Explanation:
        """Which seconds and words moved a person's scores; reads the recordings once more.

        Args:
            candidate: id of the person.
            target: name of one score; None takes the first.

        Raises:
            InputError: when there is no such person or target, or nothing of the person was scored.
        """
        target = target or self.model.targets[0]
        if target not in self.model.targets:
            raise unknown(target, self.model.targets, what="targets")
        people = {person[0].candidate_id: person for person in by_candidate(self.clips)}
        if candidate not in people:
            raise unknown(candidate, people, what="candidates")
        scorer = CandidateScorer(self.model.bundle, self.withheld, self.quality)
        scored = scorer.score(people[candidate])
        evidence = scorer.evidence(scored)
        if evidence is None:
            reason = str(scored.candidate.get("error_code") or "no score")
            raise InputError(expected="somebody who was scored", got=reason, where=candidate)
        return Explanation.of(evidence, target, scored.candidate)


def _surveyed(source: StrPath | Iterable[StrPath], candidates: str) -> Interviews:
    """Clips of a folder, manifest or file, or of several files as one folder would hold them."""
    if isinstance(source, str | os.PathLike):
        return survey(Path(source), unique=False, candidates=candidates)
    paths = [Path(path) for path in source]
    if not paths:
        raise InputError(expected="a folder, manifest or recordings", got="none")
    return survey_files(paths, candidates=candidates)
