"""The work of one process: a candidate's recordings, clean and under every perturbation."""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Mapping, Sequence
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
from trifold.contracts import Array, Clip, Modality, Transcript
from trifold.encoders.base import Encoder, MediaEncoder
from trifold.encoders.build import build_encoders
from trifold.errors import TrifoldError
from trifold.features.clip import extract_source
from trifold.features.quality import withheld
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.robustness.catalogue import Context, Perturbation
from trifold.robustness.files import Rewrite, remux
from trifold.robustness.panel import PANEL
from trifold.robustness.source import HeldSource, PerturbedSource
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
    """

    bundle: Bundle
    names: tuple[str, ...]
    vocabulary: tuple[str, ...] = ()
    withhold: tuple[str, ...] = ()
    clip_s: float | None = 20.0
    seed: int = 0


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
            found = {CLEAN: self._score(held, store)}
            for perturbation in self.perturbations:
                sources = self._perturbed(held, perturbation, subject, Path(folder))
                if isinstance(sources, Outcome):
                    found[perturbation.name] = sources
                    continue
                found[perturbation.name] = self._score(sources, store)
                if perturbation.file is not None:
                    for source in sources:
                        if source.clip.path is not None:
                            source.clip.path.unlink(missing_ok=True)
        return found

    def _perturbed(
        self,
        held: Sequence[HeldSource],
        perturbation: Perturbation,
        subject: Subject,
        folder: Path,
    ) -> Sequence[Source] | Outcome:
        """All answers of the candidate, changed; an outcome without scores where that fails."""
        if perturbation.file is not None:
            try:
                return [rewritten(one, perturbation.file, folder) for one in held]
            except (TrifoldError, av.FFmpegError, ValueError) as error:
                code = getattr(error, "code", Code.DECODE_ERROR)
                return Outcome(np.full(self._targets, np.nan), str(code))
        sources = []
        for number, clean in enumerate(held):
            seed = seed_of(self.job.seed, subject.candidate_id, number, perturbation.name)
            draws = np.random.default_rng(seed)
            context = Context(draws, self.job.vocabulary, subject.other)
            changed = PerturbedSource(clean, perturbation, context)
            self._keep_untouched(clean, changed, perturbation)
            sources.append(changed)
        return sources

    def _keep_untouched(
        self, clean: HeldSource, changed: PerturbedSource, perturbation: Perturbation
    ) -> None:
        """Hand the tokens of parts that do not change to their new keys: no part is read twice."""
        parts, store = changed_parts(perturbation), clean.store
        for encoder in self.encoders.values():
            if not isinstance(encoder, MediaEncoder) or encoder.modality in parts:
                continue
            with suppress(TrifoldError):  # it is said where the clip is encoded
                if store is not None and encoder.available(clean):
                    tokens = store.get(encoder.key(clean), encoder.fingerprint)
                    if tokens is not None:
                        store.put(encoder.key(changed), tokens)

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


def changed_parts(perturbation: Perturbation) -> set[Modality]:
    """The modalities that a perturbation touches."""
    if perturbation.lead_s or perturbation.tempo != 1.0:
        return {"text", "audio", "video"}
    parts: Mapping[Modality, object] = {
        "text": perturbation.words,
        "audio": perturbation.sound,
        "video": perturbation.frames,
    }
    return {part for part, change in parts.items() if change is not None}


def rewritten(clean: HeldSource, rewrite: Rewrite, folder: Path) -> Source:
    """The clip in another file; its words are those of before.

    Raises:
        DecodeError: when it cannot be written so.
    """
    clip = clean.clip
    if clip.path is None:
        return clean
    target = Path(tempfile.mkdtemp(dir=folder)) / "recording"
    return Source(replace(clip, path=rewrite(clip.path, target)), clean.store)


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
