"""One candidate's answers in memory: what a server scores, with no feature left on a disk."""

from __future__ import annotations

import os
import time
from collections.abc import Collection, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from trifold.bundle.bundle import Bundle
from trifold.contracts import Clip, MediaInfo, TokenSequence
from trifold.encoders.base import BatchTextEncoder, Encoder
from trifold.encoders.build import build_encoders, reads_words
from trifold.features.clip import extract_clips, read_ahead
from trifold.features.collate import CandidateSample
from trifold.features.quality import check_codes, quality_limits, withheld
from trifold.features.source import Source
from trifold.features.store import FeatureStore
from trifold.features.transcribe import load_recogniser, with_transcripts
from trifold.features.turns.step import build_teller, told_clips
from trifold.features.words import served_recogniser, voices_spec
from trifold.scoring.attribution.files import explain_files
from trifold.scoring.predictor import Predictor
from trifold.scoring.rows import Row
from trifold.scoring.scorer import score_records
from trifold.workers.base import EngineSettings


class MemoryStore(FeatureStore):
    """A feature store that forgets with its owner and never touches a disk."""

    def __init__(self) -> None:
        super().__init__(Path(os.devnull))
        self._held: dict[Path, TokenSequence] = {}
        self._infos: dict[str, MediaInfo] = {}

    def get(self, content: str, fingerprint: str) -> TokenSequence | None:
        """The tokens put under this key; None when there are none."""
        return self._held.get(self.path(content, fingerprint))

    def put(self, content: str, sequence: TokenSequence) -> Path:
        """Keep tokens; the path names them and is written nowhere."""
        path = self.path(content, sequence.fingerprint)
        self._held[path] = sequence
        return path

    def note(self, person: str, content: str) -> None:
        """Nothing that would have to be found later is kept."""

    def get_info(self, content: str) -> MediaInfo | None:
        """What the header of a media file was found to say; None where nobody looked."""
        return self._infos.get(content)

    def put_info(self, content: str, info: MediaInfo) -> None:
        """Keep what the header of a media file says."""
        self._infos[content] = info


def media_info(clip: Clip, store: FeatureStore | None = None) -> MediaInfo:
    """What a clip's media file declares, without decoding it.

    Args:
        clip: one answer, with its media.
        store: keeps the answer, so that scoring with it need not open the file again for that.

    Raises:
        DecodeError: when it cannot be opened.
    """
    return Source(clip, store).info


@dataclass(frozen=True)
class CandidateResult:
    """The rows that ``trifold score`` writes of one candidate, and how they came about.

    Attributes:
        candidate: row of ``candidates``.
        answers: rows of ``answers``, in the order of the clips.
        sample: what the network read; None where no answer could be encoded.
        usable: the clips of the sample's answers.
        seconds: ``encode`` (decoding and encoders) and ``predict`` to seconds of wall time.
    """

    candidate: Row
    answers: list[Row]
    sample: CandidateSample | None
    usable: Sequence[Clip]
    seconds: Mapping[str, float]


class CandidateScorer:
    """Scores candidates one at a time with encoders that are built once.

    Args:
        bundle: the trained model.
        withhold: codes of media for which an answer is not scored.
        quality: limits of the quality card that shall be others, field to number or None.
        asr: whether speech is recognised by ``with_words``, see ``served_recogniser``.
        voices: tells several people of a recording apart, see ``voices_spec``.

    Raises:
        EncoderError: when weights of a model are not there.
        InputError: when a code, a limit, ``asr`` or ``voices`` is none.
    """

    def __init__(
        self,
        bundle: Bundle,
        withhold: Collection[str] = (),
        quality: Mapping[str, float | None] | None = None,
        *,
        asr: str = "none",
        voices: str | Mapping[str, Any] = "none",
    ) -> None:
        spec = voices_spec(voices)
        self.teller = None if spec is None else build_teller(spec)
        self.predictor, self.withhold = Predictor(bundle), check_codes(withhold)
        self.limits = quality_limits(quality)
        specs = bundle.description.encoder_specs
        recogniser = served_recogniser(asr, bundle.description.words_from)
        self.recogniser = recogniser if any(map(reads_words, specs.values())) else None
        if self.recogniser is not None:
            _ = load_recogniser(self.recogniser).decoder  # weights that are missing shall fail now
        self.encoders: dict[str, Encoder] = dict(build_encoders(bundle.description.encoder_specs))

    @property
    def bundle(self) -> Bundle:
        """The model."""
        return self.predictor.bundle

    def with_words(self, clips: Sequence[Clip], folder: Path) -> list[Clip]:
        """The clips, with what was said in those without a transcript, if that is wanted.

        Args:
            clips: of one candidate.
            folder: where words lie meanwhile; nothing of it is needed afterwards.

        Raises:
            EncoderError: when the model cannot be run.
        """
        clips = clips if self.teller is None else told_clips(clips, self.teller)
        if self.recogniser is None:
            return list(clips)
        inline = EngineSettings(engine="inline")
        return with_transcripts(clips, self.recogniser, folder, settings=inline, progress=False)

    def read_texts(self, clips: Sequence[Clip], store: FeatureStore) -> None:
        """Encode the words of many candidates at once, where an encoder gains by that.

        Whatever goes wrong here goes wrong again where each candidate is scored.
        """
        with suppress(Exception):
            for encoder in self.encoders.values():
                if isinstance(encoder, BatchTextEncoder):
                    read_ahead([Source(clip) for clip in clips], encoder, store)

    def score(self, clips: Sequence[Clip], store: FeatureStore | None = None) -> CandidateResult:
        """Rows of one candidate, equal to those that ``trifold score`` writes of the same files.

        Ranks and percentiles alone are None: there is nobody to rank among.

        Args:
            clips: the candidate's answers.
            store: holds tokens that are there already; without one nothing is kept.
        """
        store = MemoryStore() if store is None else store
        start_s = time.perf_counter()
        clips = clips if self.teller is None else told_clips(clips, self.teller)
        encoded = extract_clips(clips, self.encoders, store)
        codecs = self.bundle.description.codecs
        records = [withheld(r, self.withhold, self.limits, codecs=codecs) for r in encoded]
        encoded_s = time.perf_counter()
        rows, sample = score_records(records, self.predictor, store)
        usable = [c for c, r in zip(clips, records, strict=True) if r.error_code is None]
        seconds = {"encode": encoded_s - start_s, "predict": time.perf_counter() - encoded_s}
        return CandidateResult(rows.candidate, rows.answers, sample, usable, seconds)

    def evidence(self, scored: CandidateResult) -> dict[str, Any] | None:
        """What moved the scores, JSON-ready; None where nothing was scored."""
        if scored.sample is None:
            return None
        return explain_files(self.predictor, scored.sample, scored.usable)
