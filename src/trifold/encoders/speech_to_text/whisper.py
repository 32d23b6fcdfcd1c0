"""Speech recognition by Whisper, with word times, and guards against what nobody said."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from importlib import metadata
from itertools import groupby
from typing import Any

import torch

from trifold.encoders.base import fingerprint
from trifold.encoders.speech_to_text.decoding import WhisperDecoder, weighted_languages
from trifold.encoders.speech_to_text.guards import Guards
from trifold.encoders.speech_to_text.hearing import Hearing
from trifold.encoders.speech_to_text.recordings import (
    Attempt,
    LaterRecording,
    Recognition,
    Recording,
    Utterance,
    spread,
)
from trifold.errors import EncoderError, InputError, unknown
from trifold.pretrained.batching import Batches
from trifold.pretrained.device import pick_device
from trifold.pretrained.packaged import packaged
from trifold.pretrained.packages import PACKAGED
from trifold.pretrained.snapshot import locate
from trifold.pretrained.whisper import CTRANSLATE2, compute_type, load_whisper

PACKAGED_MODEL = "whisper_tiny_en"
HEARD_FOR_LANGUAGE = 6  # utterances, spread over the recording
NO_REPEATED_WORDS = 3  # n-gram that a second attempt may not say twice
SECOND_BEAM = 5
LIBRARIES = ("faster-whisper", "ctranslate2")


class WhisperRecogniser:
    """Whisper by faster-whisper (Radford et al. 2022): the same file gives the same words.

    The language is the one that the recording sounds most like over all its length, unless it is
    given; it holds for the whole recording. A model for English alone hears English in everything:
    what it makes of another language is improbable, and so ``UNCLEAR_SPEECH``.

    An utterance is dropped when the model hears silence and is unsure of its words; one that is
    unsure or repetitive is decoded again with more hypotheses and without repeated phrases, and
    dropped if it stays repetitive. Temperatures above 0, Whisper's own second attempt, would give
    other words in each run.

    Args:
        model: name of packaged weights, folder, or hub id, in CTranslate2's layout.
        revision: hub commit of 40 hex digits; needed with a hub id.
        language: code, such as ``en``; None detects it.
        device: ``auto``, ``cpu`` or ``cuda:N``.
        precision: ``auto`` (int8 on a CPU, float16 on a GPU), ``int8``, ``float16``, ``bfloat16``
            or ``float32``.
        beam_size: hypotheses that are followed at a time.
        batch_size: utterances decoded together, or ``auto``; halved when memory runs out.
        guards: thresholds of ``Guards``.

    Raises:
        EncoderError: when the model is not there, or is no such Whisper.
        InputError: for a language that the model does not know, or settings that cannot be.
    """

    version = 2
    longest_s = 30.0

    def __init__(
        self,
        *,
        model: str = PACKAGED_MODEL,
        revision: str | None = None,
        language: str | None = None,
        device: str = "auto",
        precision: str = "auto",
        beam_size: int = 5,
        batch_size: int | str = 8,
        guards: Mapping[str, float] | None = None,
    ) -> None:
        if not isinstance(beam_size, int) or beam_size < 1:
            raise InputError(expected="a beam_size of 1 or more", got=repr(beam_size))
        self.model = model
        folder = str(packaged(model)) if model in PACKAGED else model
        self.snapshot = locate(folder, revision, layout=CTRANSLATE2)
        self._device, self.precision, self.beam_size = device, precision, beam_size
        compute_type(precision, torch.device("cpu"))  # a wrong name shall fail now
        self.batches = Batches(batch_size)
        self.guards = Guards(**(guards or {}))  # type: ignore[arg-type]
        self.language = self._chosen(language)

    @property
    def device(self) -> torch.device:
        """Where this process computes."""
        return pick_device(self._device)

    @property
    def fingerprint(self) -> str:
        """Changes with whatever may change a word; not with batch size or device."""
        return fingerprint(type(self).__name__, self.version, self._identity)

    @cached_property
    def _identity(self) -> dict[str, Any]:
        return {
            "beam_size": self.beam_size,
            "guards": asdict(self.guards),
            "language_given": self.language,
            "libraries": {name: metadata.version(name) for name in LIBRARIES},
            "precision": self.precision,
            **self.snapshot.identity,
        }

    def _chosen(self, language: str | None) -> str | None:
        """The language, if the model knows others: the only one is no choice and changes nothing.

        Raises:
            InputError: for one that the model does not know.
        """
        if language is None:
            return None
        known = self.decoder.languages
        if language not in known:
            others = "asr.model=… takes another, asr=none recognises nothing"
            raise unknown(language, known, what=f"the languages of {self.model} ({others})")
        return language if len(known) > 1 else None

    def provenance(self) -> dict[str, Any]:
        """What a transcript's reader should know about where it comes from."""
        named = {"recogniser": type(self).__name__, "fingerprint": self.fingerprint}
        return {**named, "model": self.model, **self._identity}

    @property
    def decoder(self) -> WhisperDecoder:
        """The loaded model; on a CPU it takes the threads that this process gives to torch."""
        threads = torch.get_num_threads()
        model = load_whisper(self.snapshot.folder, self.device, self.precision, threads)
        return WhisperDecoder(model, beam_size=self.beam_size)

    def recognise(self, recording: Recording) -> Recognition:
        """Words of one recording.

        Raises:
            Exception: whatever reading it raises.
        """
        (found,) = self.recognise_all([recording])
        if isinstance(found, Exception):
            raise found
        return found

    def recognise_all(
        self, recordings: Sequence[Recording | LaterRecording]
    ) -> Iterator[Recognition | Exception]:
        """Words of several recordings, whose utterances share batches.

        Args:
            recordings: which are read one after the other, and never held whole.

        Returns:
            One for each, as soon as its last utterance is decoded, so that what is done can be
            kept; the exception where reading it raised one.

        Raises:
            EncoderError: when the model cannot be run.
        """
        hearings = [Hearing(recording, self.guards) for recording in recordings]
        by_language = groupby(self._utterances(hearings), lambda pair: pair[0].language or "")
        done = 0
        for language, heard in by_language:

            def decode(batch: list[_Heard], language: str = language) -> list[_Decoded]:
                attempts = self._attempts([utterance for _, utterance in batch], language)
                return list(zip(batch, attempts, strict=True))

            decoded = self.batches.run(heard, decode, device=self.device)
            for (hearing, utterance), (attempt, tried_again) in decoded:
                while hearings[done] is not hearing:  # utterances come in order
                    yield self._outcome(hearings[done])
                    done += 1
                hearing.add(attempt, seconds=utterance.duration_s, tried_again=tried_again)
        yield from map(self._outcome, hearings[done:])

    def _outcome(self, hearing: Hearing) -> Recognition | Exception:
        return hearing.error or hearing.recognition(self.fingerprint)

    def _utterances(self, hearings: Sequence[Hearing]) -> Iterator[_Heard]:
        """All utterances, each with its recording, whose language is told before the first."""
        for hearing in hearings:
            try:
                if hearing.recording.spans:
                    hearing.languages = self._languages(hearing.recording)
                for utterance in hearing.recording.read(hearing.recording.spans):
                    yield hearing, self._checked(utterance)
            except EncoderError:  # of the model, not of this file
                raise
            except Exception as error:  # one file must never stop the others
                hearing.error = error

    def _languages(self, recording: Recording | LaterRecording) -> dict[str, float]:
        """Code to share of the speech that sounds like it; the given or only one without asking."""
        decoder = self.decoder
        if self.language is not None or len(decoder.languages) == 1:
            return {self.language or decoder.languages[0]: 1.0}
        heard = list(recording.read(spread(recording.spans, HEARD_FOR_LANGUAGE)))
        found = [decoder.language_probabilities(utterance.samples) for utterance in heard]
        return weighted_languages(found, [len(utterance.samples) for utterance in heard])

    def _attempts(
        self, utterances: Sequence[Utterance], language: str
    ) -> list[tuple[Attempt, bool]]:
        """Each utterance's words, and whether they took a second attempt."""
        attempts = self.decoder.decode(utterances, language)
        again = [i for i, attempt in enumerate(attempts) if self._is_doubtful(attempt)]
        if not again:
            return [(attempt, False) for attempt in attempts]
        second = self.decoder.decode(
            [utterances[i] for i in again],
            language,
            beam_size=max(SECOND_BEAM, self.beam_size),
            no_repeat_ngram_size=NO_REPEATED_WORDS,
        )
        better = {
            i: new for i, new in zip(again, second, strict=True) if self._improves(attempts[i], new)
        }
        return [(better.get(i, attempts[i]), i in again) for i in range(len(attempts))]

    def _is_doubtful(self, attempt: Attempt) -> bool:
        if self.guards.is_silence(attempt):
            return False
        return self.guards.is_repetitive(attempt) or self.guards.is_unsure(attempt)

    def _improves(self, first: Attempt, second: Attempt) -> bool:
        """A loop is worse than anything; else the more probable words are better."""
        if self.guards.is_repetitive(first):
            return True
        return second.log_probability > first.log_probability

    def _checked(self, utterance: Utterance) -> Utterance:
        if not 0 < utterance.duration_s <= self.longest_s + 1e-6:
            raise InputError(
                expected=f"utterances of up to {self.longest_s:g} s",
                got=f"{utterance.duration_s:g} s",
            )
        return utterance


_Heard = tuple[Hearing, Utterance]
_Decoded = tuple[_Heard, tuple[Attempt, bool]]
