"""The work of one process: a candidate's recordings, clean and under every perturbation."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path
from tempfile import TemporaryDirectory

import av
import cv2
import numpy as np
import torch

from trifold.bundle.bundle import Bundle
from trifold.codes import Code
from trifold.contracts import Array, Clip, Transcript
from trifold.encoders.base import Encoder, MediaEncoder
from trifold.encoders.build import build_encoders
from trifold.errors import TrifoldError
from trifold.features.clip import extract_source
from trifold.features.quality import withheld
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.robustness.catalogue import Context, Perturbation
from trifold.robustness.files import remux
from trifold.robustness.panel import PANEL
from trifold.robustness.source import HeldSource, PerturbedSource, Question, reads_the_same
from trifold.robustness.written import WrittenFiles
from trifold.scoring.in_memory import MemoryStore
from trifold.scoring.predictor import Predictor
from trifold.scoring.scorer import score_records

CLEAN = "clean"


@dataclass(frozen=True)
class Subject:
    """One candidate's answers, and another's words to put in their place."""

    candidate_id: str
    clips: tuple[Clip, ...]
    other: Transcript | None = None


@dataclass(frozen=True)
class Outcome:
    """What a candidate came to: (K,) scores, NaN where withheld, and the code that says why."""

    scores: Array
    code: str | None = None


@dataclass(frozen=True)
class Job:
    """What a process needs.

    Attributes:
        bundle: the trained model.
        names: of the perturbations, in order.
        vocabulary: words that the people of the panel said.
        withhold: codes of media for which an answer is not scored.
        clip_s: what is used of each recording; None takes all of it.
        seed: of every draw.
        questions: that the people of the panel were asked.
    """

    bundle: Bundle
    names: tuple[str, ...]
    vocabulary: tuple[str, ...] = ()
    withhold: tuple[str, ...] = ()
    clip_s: float | None = 20.0
    seed: int = 0
    questions: tuple[Question, ...] = ()


class Panelist:
    """Scores candidates under perturbations; one per process, with one copy of every model."""

    def __init__(self, job: Job) -> None:
        torch.set_num_threads(1)
        cv2.setNumThreads(1)
        self.job, self.predictor = job, Predictor(job.bundle)
        self.encoders: dict[str, Encoder] = dict(
            build_encoders(job.bundle.description.encoder_specs)
        )
        self.perturbations = [one for one in PANEL if one.name in job.names]

    def __call__(self, subjects: Sequence[Subject]) -> Iterable[dict[str, Outcome]]:
        """Name of a perturbation, and ``clean``, to outcome, for each subject."""
        return [self._one(subject) for subject in subjects]

    def _one(self, subject: Subject) -> dict[str, Outcome]:
        with TemporaryDirectory(prefix="trifold-panel-") as folder:
            clips = [
                shortened(clip, Path(folder) / f"clip{number}", self.job.clip_s)
                for number, clip in enumerate(subject.clips)
            ]
            store = MemoryStore()
            held = [HeldSource(clip, store) for clip in clips]
            clean = self._score(held, store)
            if np.isnan(clean.scores).all():  # nothing can move: a model that refuses says so soon
                return {CLEAN: clean, **{one.name: clean for one in self.perturbations}}
            found = {CLEAN: clean}
            codes = {p.name: p.picture_code for p in self.perturbations if p.picture_code}
            files = WrittenFiles(Path(folder), codes)
            for perturbation in self.perturbations:
                found[perturbation.name] = self._changed(held, perturbation, subject, files)
        return found

    def _changed(
        self,
        held: Sequence[HeldSource],
        perturbation: Perturbation,
        subject: Subject,
        files: WrittenFiles,
    ) -> Outcome:
        """All answers of the candidate, changed; an outcome without scores where that fails."""
        try:
            if perturbation.in_files:
                sources = [files.of(clean, perturbation) for clean in held]
            else:
                sources = self._perturbed(held, perturbation, subject)
        except (TrifoldError, av.FFmpegError, ValueError) as error:
            code = getattr(error, "code", Code.DECODE_ERROR)
            return Outcome(np.full(self._targets, np.nan), str(code))
        for clean, changed in zip(held, sources, strict=True):
            self._keep_untouched(clean, changed, perturbation)
        return self._score(sources, held[0].store)

    def _perturbed(
        self, held: Sequence[HeldSource], perturbation: Perturbation, subject: Subject
    ) -> list[HeldSource]:
        asked = list[Question | None]([None] * len(held))
        if perturbation.questions:
            asked = exchanged([own_question(one.clip) for one in held], self.job.questions)
        sources = list[HeldSource]()
        for number, (clean, question) in enumerate(zip(held, asked, strict=True)):
            seed = seed_of(self.job.seed, subject.candidate_id, number, perturbation.name)
            draws = np.random.default_rng(seed)
            context = Context(draws, self.job.vocabulary, subject.other)
            sources.append(PerturbedSource(clean, perturbation, context, question))
        return sources

    def _keep_untouched(
        self, clean: HeldSource, changed: HeldSource, perturbation: Perturbation
    ) -> None:
        """Hand the tokens of what reads the same to its new keys: nothing is read twice."""
        for encoder in self.encoders.values():
            if not isinstance(encoder, MediaEncoder):
                continue
            with suppress(TrifoldError):  # it is said where the clip is encoded
                tokens = None
                if encoder.available(clean):
                    tokens = clean.store.get(encoder.key(clean), encoder.fingerprint)
                if tokens is not None and (
                    encoder.modality not in perturbation.parts
                    or reads_the_same(encoder, clean, changed)
                ):
                    clean.store.put(encoder.key(changed), tokens)

    def _score(self, sources: Sequence[Source], store: FeatureStore) -> Outcome:
        encoded = [extract_source(source, self.encoders, store) for source in sources]
        codecs = self.predictor.bundle.description.codecs
        records = [withheld(record, self.job.withhold, codecs=codecs) for record in encoded]
        row = score_records(records, self.predictor, store)[0].candidate
        names = self.predictor.bundle.description.schema.names
        values = [row[name] for name in names]
        scores = np.array([np.nan if value is None else value for value in values], float)
        code = row["error_code"]
        return Outcome(scores, str(code) if code else None)

    @property
    def _targets(self) -> int:
        return len(self.predictor.bundle.description.schema.names)


def own_question(clip: Clip) -> Question:
    """Text and id of what was asked; None each where that is not known."""
    return clip.question, clip.question_id


def exchanged(own: Sequence[Question], known: Sequence[Question]) -> list[Question | None]:
    """Another question for each answer: that of the person's next, else the next that is known.

    Args:
        own: of a person's answers.
        known: of everybody's.

    Returns:
        None for answers whose question is not known, or where no other is.
    """
    found: list[Question | None] = []
    for number, question in enumerate(own):
        first = known.index(question) + 1 if question in known else 0
        others = [*own[number + 1 :], *own[:number], *known[first:], *known[:first]]
        asked = [one for one in others if one[0] and one[0] != question[0]]
        found.append(asked[0] if asked and question[0] else None)
    return found


def shortened(clip: Clip, target: Path, clip_s: float | None) -> Clip:
    """The clip with the first seconds of its recording and the words said in them."""
    if clip_s is None or clip.path is None:
        return clip
    said = Source(clip).transcript
    if said is not None:
        kept = tuple(s for s in said.segments if s.start_s is None or s.start_s < clip_s)
        said = replace(said, segments=kept)
    suffix = clip.path.suffix.lower()
    path = remux(clip.path, target.with_suffix(suffix), until_s=clip_s)
    return replace(clip, path=path, transcript=said, transcript_path=None)


def seed_of(seed: int, *parts: object) -> int:
    """A seed of its own for each clip and perturbation, the same in every process."""
    text = "\x1f".join(map(str, (seed, *parts)))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
