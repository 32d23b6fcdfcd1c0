"""Where the server touches scoring: all that ``trifold.scoring`` may change is called here."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import cv2
import torch

from trifold.bundle.bundle import load_bundle
from trifold.bundle.integrity.signing import read_trusted
from trifold.codes import Code
from trifold.contracts import Clip
from trifold.drift.profile import observation_of, read_profile
from trifold.scoring.in_memory import CandidateResult, CandidateScorer, MemoryStore
from trifold.scoring.rows import Row
from trifold.serve.governance.consent import look_at_model
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings


class ServedModel:
    """A bundle that scores clips and shows no path of the server.

    Args:
        folder: of the bundle.
        settings: threads, and those of ``load``.

    Raises:
        BundleError, InputError: as ``load`` says.
    """

    def __init__(self, folder: Path, settings: Settings) -> None:
        if settings.threads:
            torch.set_num_threads(settings.threads)
            cv2.setNumThreads(settings.threads)
        self._scorer, self._profile = load(folder, settings), read_profile(folder)

    @property
    def bundle_id(self) -> str:
        """Identifies weights and description."""
        return self._scorer.bundle.bundle_id

    def warm_up(self) -> None:
        """Score words alone, so that the first request finds everything loaded."""
        self._scorer.score([Clip("warm", "warm", None, transcript="A warm welcome.")])

    def read_texts(self, clips: Sequence[Clip], store: MemoryStore) -> None:
        """Encode the words of several requests together where that is faster."""
        self._scorer.read_texts(clips, store)

    def with_words(self, clips: Sequence[Clip], folder: Path) -> list[Clip]:
        """The clips, with recognised words where none were sent and ``asr`` wants them."""
        return self._scorer.with_words(clips, folder)

    def score(self, clips: Sequence[Clip], store: MemoryStore | None = None) -> CandidateResult:
        """Rows of one candidate; error messages name clips instead of files."""
        scored = self._scorer.score(clips, store)
        return replace(
            scored,
            candidate=_without_paths(scored.candidate, clips),
            answers=[_without_paths(row, clips) for row in scored.answers],
        )

    def places(self, scored: CandidateResult) -> list[dict[str, int]]:
        """In which bin of the training each quantity of a person lies, where that is known."""
        if self._profile is None:
            return []
        return [self._profile.places(observation_of(scored.candidate, scored.answers))]

    def evidence(self, scored: CandidateResult) -> dict[str, Any] | None:
        """What moved the scores, JSON-ready."""
        return self._scorer.evidence(scored)


def load(folder: Path, settings: Settings) -> CandidateScorer:
    """The bundle as these settings want it: purpose, rights, coverage, withheld codes, limits.

    Raises:
        BundleError: when it is damaged, or not signed by a key of ``trusted_keys``.
        EncoderError: when weights of an encoder, of the recogniser or of what tells voices apart
            are not there.
        PolicyError: when a rule of a policy forbids it.
        InputError: when its terms forbid the purpose, it cannot give that coverage, or a code or
            a limit is none.
    """
    bundle = load_bundle(folder, trusted=read_trusted(settings.trusted_keys))
    bundle = bundle.cleared_for(settings.purpose, rights=settings.rights or None)
    look_at_model(bundle.description, settings)
    codes = [code.strip() for code in settings.withhold.split(",") if code.strip()]
    bundle, changed = bundle.at_coverage(settings.coverage or None), settings.quality_limits
    return CandidateScorer(bundle, codes, changed, asr=settings.asr, voices=settings.voices)


def require_scores(scored: CandidateResult, answer: dict[str, Any]) -> None:
    """A problem with the rows in it, where the candidate got no scores.

    Raises:
        Problem: 415 where no answer's media is a recording, else 422.
    """
    if scored.candidate["status"] == "scored":
        return
    rows = {"candidate": answer["candidate"], "answers": answer["answers"]}
    if all(row["error_code"] == Code.DECODE_ERROR for row in scored.answers):
        detail = "expected media, got none that can be opened"
        raise Problem(415, Code.DECODE_ERROR, detail, extra=rows)
    code, detail = str(scored.candidate["error_code"]), str(scored.candidate["error_message"])
    raise Problem(422, code, detail, extra=rows)


def _without_paths(row: Row, clips: Sequence[Clip]) -> Row:
    said = {name: row.get(name) for name in ("error_message", "remarks")}
    lines = {name: str(line) for name, line in said.items() if line is not None}
    for clip in clips:
        for path in filter(None, (clip.path, clip.transcript_path)):
            lines = {name: line.replace(str(path), clip.clip_id) for name, line in lines.items()}
    return row | {name: line.replace(tempfile.gettempdir(), "") for name, line in lines.items()}
