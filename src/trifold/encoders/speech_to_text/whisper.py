"""Speech recognition by Whisper, with word times, and guards against what nobody said."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import chain, islice
from typing import Any

import numpy as np

from trifold.contracts import Segment, Transcript
from trifold.encoders.foundation import PretrainedEncoder
from trifold.encoders.speech_to_text.decoding import (
    SAMPLE_RATE_HZ,
    Attempt,
    Utterance,
    WhisperDecoder,
)
from trifold.encoders.speech_to_text.guards import Guards
from trifold.errors import EncoderError, InputError
from trifold.pretrained.models import load_config, load_model, load_processor, load_tokenizer

HEARD_FOR_LANGUAGE = 4  # utterances
NO_REPEATED_WORDS = 3  # n-gram that a second attempt may not say twice


@dataclass(frozen=True)
class Recognition:
    """What was understood.

    Attributes:
        transcript: one segment per word; per utterance where the model knows no word times.
        language: code, such as ``en``; None when there was nothing to hear.
        counts: utterances heard, dropped for silence or repetition, tried again, and unsure.
        log_probability: mean per token of what was kept, NaN when nothing was.
    """

    transcript: Transcript
    language: str | None
    counts: dict[str, int]
    log_probability: float


@dataclass
class _Tally:
    counts: dict[str, int] = field(
        default_factory=lambda: dict.fromkeys(
            ("utterances", "silence", "repetition", "tried_again", "unsure"), 0
        )
    )
    log_probabilities: list[float] = field(default_factory=list)


class WhisperRecogniser(PretrainedEncoder):
    """Whisper through transformers, greedy: nothing is sampled, the same file gives the same words.

    Radford et al. (2022). The language is the one most probable over the first utterances, unless
    it is given. An utterance is dropped when the model hears silence and is unsure of its words; a
    repetitive one is decoded again without repeated phrases and dropped if that does not help.

    Args:
        language: code, such as ``en``; None detects it.
        guards: thresholds of ``Guards``.
        options: as for ``PretrainedEncoder``.

    Raises:
        EncoderError: when the model is no Whisper.
        InputError: when it does not know the language.
    """

    sample_rate_hz = SAMPLE_RATE_HZ

    def __init__(
        self,
        *,
        language: str | None = None,
        guards: dict[str, float] | None = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        config = load_config(self.snapshot)
        if config.model_type != "whisper":
            raise EncoderError(
                expected="a Whisper model", got=config.model_type, where=self.snapshot.folder
            )
        self.language = language
        self.guards = Guards(**(guards or {}))  # type: ignore[arg-type]
        self.longest_s = float(config.max_source_positions) * 0.02

    @property
    def fingerprint(self) -> str:
        """Changes with weights, language and guards; not with the batch size or device."""
        return self.identify({"language": self.language, "guards": asdict(self.guards)})

    def provenance(self) -> dict[str, Any]:
        """What a transcript's reader should know about where it comes from."""
        return {
            "recogniser": type(self).__name__,
            "fingerprint": self.fingerprint,
            "language_given": self.language,
            "guards": asdict(self.guards),
            **self.snapshot.identity,
        }

    @property
    def decoder(self) -> WhisperDecoder:
        """The loaded model."""
        model = load_model(self.snapshot, "speech_to_text", self.device, self.dtype)
        return WhisperDecoder(model, *self._readers)

    @cached_property
    def _readers(self) -> tuple[Any, Any]:
        """Tokenizer and feature extractor."""
        return load_tokenizer(self.snapshot), load_processor(self.snapshot, "audio")

    def recognise(self, utterances: Iterable[Utterance]) -> Recognition:
        """Words of one recording.

        Args:
            utterances: in order, none longer than ``longest_s``.

        Raises:
            InputError: when one is longer, or the given language is not the model's.
        """
        source = (self._checked(utterance) for utterance in utterances)
        first = list(islice(source, HEARD_FOR_LANGUAGE))
        if not first:
            return Recognition(Transcript((), "asr"), None, _Tally().counts, float("nan"))
        language = self._language(first)
        tally, words = _Tally(), list[Segment]()
        for utterance, attempt in self._attempts(chain(first, source), language):
            words += self._kept(utterance, attempt, language, tally)
        mean = np.mean(tally.log_probabilities) if tally.log_probabilities else np.nan
        timed = self.decoder.has_word_times and bool(words)
        transcript = Transcript(tuple(words), "asr", words_timed=timed)
        return Recognition(transcript, language, tally.counts, float(mean))

    def _checked(self, utterance: Utterance) -> Utterance:
        seconds = len(utterance.samples) / self.sample_rate_hz
        if seconds > self.longest_s + 1e-6 or not len(utterance.samples):
            raise InputError(
                expected=f"utterances of up to {self.longest_s:g} s", got=f"{seconds:g} s"
            )
        return utterance

    def _language(self, utterances: Sequence[Utterance]) -> str:
        """The one given, or the one heard.

        Raises:
            InputError: when the given one is not the model's.
        """
        if self.language is None:
            return self.decoder.language_of(utterances)
        known = self.decoder.languages
        if self.language not in known:
            raise InputError(
                expected=f"a language among {', '.join(sorted(known))}", got=self.language
            )
        return self.language

    def _attempts(
        self,
        utterances: Iterable[Utterance],
        language: str,
        **options: Any,
    ) -> Iterator[tuple[Utterance, Attempt]]:
        def decode(batch: list[Utterance]) -> Iterable[tuple[Utterance, Attempt]]:
            return zip(batch, self.decoder.decode(batch, language, **options), strict=True)

        return self.batches.run(utterances, decode, device=self.device)

    def _kept(
        self, utterance: Utterance, attempt: Attempt, language: str, tally: _Tally
    ) -> list[Segment]:
        """The words of an utterance, or none if the guards object."""
        tally.counts["utterances"] += 1
        if self.guards.is_silence(attempt.no_speech, attempt.log_probability):
            tally.counts["silence"] += 1
            return []
        if self._goes_round(attempt):
            tally.counts["tried_again"] += 1
            options = {"no_repeat_ngram_size": NO_REPEATED_WORDS}
            ((_, attempt),) = self._attempts([utterance], language, **options)
            if self._goes_round(attempt):
                tally.counts["repetition"] += 1
                return []
        tally.counts["unsure"] += attempt.log_probability < self.guards.log_probability
        tally.log_probabilities.append(attempt.log_probability)
        return attempt.words

    def _goes_round(self, attempt: Attempt) -> bool:
        return self.guards.is_repetitive(" ".join(w.text for w in attempt.words).split())
