"""Speech recognition by Whisper, with word times, and guards against what nobody said."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from src.contracts import Array, Segment, Transcript
from src.encoders.foundation import PretrainedEncoder
from src.encoders.speech_to_text.guards import Guards
from src.encoders.speech_to_text.words import words_of
from src.errors import EncoderError, InputError
from src.pretrained.models import (
    load_config,
    load_model,
    load_processor,
    load_tokenizer,
    quiet,
)

HEARD_FOR_LANGUAGE = 4  # utterances
NO_REPEATED_WORDS = 3  # n-gram that a second attempt may not say twice


class Utterance(NamedTuple):
    """A stretch of speech: ``samples`` (N,) float32 at 16 kHz, from ``start_s`` on."""

    start_s: float
    samples: Array


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
class _Attempt:
    """One utterance decoded once."""

    words: list[Segment]
    no_speech: float
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

    sample_rate_hz = 16000

    def __init__(
        self,
        *,
        language: str | None = None,
        guards: dict[str, float] | None = None,
        **options: Any,  # noqa: ANN401
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

    @cached_property
    def tokenizer(self) -> Any:  # noqa: ANN401
        """Of the model."""
        return load_tokenizer(self.snapshot)

    @cached_property
    def extractor(self) -> Any:  # noqa: ANN401
        """The model's own preparation of audio."""
        return load_processor(self.snapshot, "audio")

    @property
    def model(self) -> Any:  # noqa: ANN401
        """The loaded model."""
        return load_model(self.snapshot, "speech_to_text", self.device, self.dtype)

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
        for utterance, attempt in self._attempts([*first, *source], language):
            words += self._kept(utterance, attempt, language, tally)
        mean = np.mean(tally.log_probabilities) if tally.log_probabilities else np.nan
        timed = self._has_word_times
        transcript = Transcript(tuple(words), "asr", words_timed=timed and bool(words))
        return Recognition(transcript, language, tally.counts, float(mean))

    def _checked(self, utterance: Utterance) -> Utterance:
        seconds = len(utterance.samples) / self.sample_rate_hz
        if seconds > self.longest_s + 1e-6 or not len(utterance.samples):
            raise InputError(
                expected=f"utterances of up to {self.longest_s:g} s", got=f"{seconds:g} s"
            )
        return utterance

    def _attempts(
        self,
        utterances: Iterable[Utterance],
        language: str,
        **options: Any,  # noqa: ANN401
    ) -> list[tuple[Utterance, _Attempt]]:
        return list(
            self.batches.run(
                utterances,
                lambda batch: self._decode(batch, language, **options),
                device=self.device,
            )
        )

    def _kept(
        self, utterance: Utterance, attempt: _Attempt, language: str, tally: _Tally
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

    def _goes_round(self, attempt: _Attempt) -> bool:
        return self.guards.is_repetitive(" ".join(w.text for w in attempt.words).split())

    @torch.inference_mode()
    def _decode(
        self,
        utterances: list[Utterance],
        language: str,
        **options: Any,  # noqa: ANN401
    ) -> list[tuple[Utterance, _Attempt]]:
        """A batch of utterances, each as if it were alone."""
        spectra, frames = self._spectra(utterances)
        encoded = self.model.get_encoder()(spectra)
        silence = self._first_probabilities(encoded)[:, self._no_speech_id]
        confidence = _Confidence()
        with quiet():
            output = self.model.generate(
                input_features=spectra,
                encoder_outputs=encoded,
                do_sample=False,
                num_beams=1,
                return_timestamps=False,
                return_dict_in_generate=True,
                output_attentions=self._has_word_times,
                force_unique_generate_call=True,
                logits_processor=LogitsProcessorList([confidence]),
                **self._prompt(language),
                **options,
            )
        attempts = []
        for row, utterance in enumerate(utterances):
            ids, prompt = self._text_ids(output["sequences"][row])
            words = self._words(output, row, ids, prompt, int(frames[row]), utterance, language)
            mean = confidence.mean(row, len(ids) + 1)  # the end token counts
            attempts.append((utterance, _Attempt(words, float(silence[row]), mean)))
        return attempts

    def _spectra(self, utterances: Sequence[Utterance]) -> tuple[Tensor, Tensor]:
        """(n, mel, frames) of full length on the device and (n,) frames of real audio."""
        found = self.extractor(
            [utterance.samples for utterance in utterances],
            sampling_rate=self.sample_rate_hz,
            return_tensors="pt",
            return_attention_mask=True,
            device=str(self.device),
        )
        spectra = found["input_features"].to(self.device, self.dtype)
        return spectra, found["attention_mask"].sum(dim=1).cpu()

    def _first_probabilities(self, encoded: Any) -> Tensor:  # noqa: ANN401
        """(n, V) of what follows the start token: a language, or silence."""
        start = self.model.generation_config.decoder_start_token_id
        ids = torch.full((len(encoded[0]), 1), start, device=self.device)
        logits: Tensor = self.model(encoder_outputs=encoded, decoder_input_ids=ids).logits
        return logits[:, 0].float().softmax(dim=-1)

    @torch.inference_mode()
    def _language(self, utterances: list[Utterance]) -> str:
        """The one given, or the most probable over some utterances by their length.

        Raises:
            InputError: when the given one is not the model's.
        """
        known = self._languages
        if self.language is not None:
            if self.language not in known:
                raise InputError(
                    expected=f"a language among {', '.join(sorted(known))}", got=self.language
                )
            return self.language
        if len(known) == 1:
            return next(iter(known))
        encoded = self.model.get_encoder()(self._spectra(utterances)[0])
        chances = self._first_probabilities(encoded)[:, list(known.values())].cpu().numpy()
        weights = [len(utterance.samples) for utterance in utterances]
        best = int(np.average(chances, axis=0, weights=weights).argmax())
        return list(known)[best]

    @property
    def _languages(self) -> dict[str, int]:
        """Code to token; English alone for models that know no other."""
        config = self.model.generation_config
        if not getattr(config, "is_multilingual", False):
            return {"en": -1}
        return {token.strip("<|>"): index for token, index in config.lang_to_id.items()}

    def _prompt(self, language: str) -> dict[str, str]:
        """Arguments that choose language and task, which one-language models do not take."""
        return {} if self._languages == {"en": -1} else {"language": language, "task": "transcribe"}

    @property
    def _no_speech_id(self) -> int:
        """The token before ``<|notimestamps|>``, whatever it is called in this vocabulary."""
        return int(self.model.generation_config.no_timestamps_token_id) - 1

    @property
    def _has_word_times(self) -> bool:
        return bool(getattr(self.model.generation_config, "alignment_heads", None))

    def _text_ids(self, sequence: Tensor) -> tuple[list[int], int]:
        """Text tokens of one row, and how many tokens of the prompt stand before them."""
        ids = sequence.tolist()
        prompt = ids.index(int(self.model.generation_config.no_timestamps_token_id)) + 1
        rest = ids[prompt:]
        end = self.model.generation_config.eos_token_id
        return rest[: rest.index(end)] if end in rest else rest, prompt

    def _words(
        self,
        output: Any,  # noqa: ANN401
        row: int,
        ids: list[int],
        prompt: int,
        frames: int,
        utterance: Utterance,
        language: str,
    ) -> list[Segment]:
        """Words of one row with their times."""
        start_s = utterance.start_s
        end_s = start_s + len(utterance.samples) / self.sample_rate_hz
        special = set(self.tokenizer.all_special_ids)
        kept = [i for i, token in enumerate(ids) if token not in special]
        if not self._has_word_times:
            text = " ".join(self.tokenizer.decode([ids[i] for i in kept]).split())
            return [Segment(text, start_s, end_s)] if text else []
        times = self._token_times(output, row, len(ids), prompt, frames)
        return words_of(
            [ids[i] for i in kept],
            [times[i] for i in kept],
            self.tokenizer.decode,
            language=language,
            offset_s=start_s,
            end_s=end_s,
        )

    def _token_times(
        self,
        output: Any,  # noqa: ANN401
        row: int,
        count: int,
        prompt: int,
        frames: int,
    ) -> list[float]:
        """Start of each of ``count`` tokens in seconds.

        transformers aligns whole batches, where the padding of a short row takes part and moves its
        times; so each row is aligned by itself.
        """
        if not count:
            return []
        alone = _Row(
            sequences=output["sequences"][row : row + 1, : prompt + count + 1],
            cross_attentions=tuple(
                tuple(layer[row : row + 1].float() for layer in step)
                for step in output["cross_attentions"][: count + 1]
            ),
        )
        times = self.model._extract_token_timestamps(
            alone,
            self.model.generation_config.alignment_heads,
            num_frames=frames,
            num_input_ids=prompt,
        )
        found: list[float] = times[0, prompt : prompt + count].tolist()
        return found


class _Row:
    """One row of what ``generate`` gives, as its alignment reads it."""

    def __init__(self, *, sequences: Tensor, cross_attentions: tuple[Any, ...]) -> None:
        self.sequences, self.cross_attentions = sequences, cross_attentions

    def __contains__(self, name: str) -> bool:
        return hasattr(self, name)


class _Confidence(LogitsProcessor):
    """Keeps the log-probability of each greedily chosen token; changes nothing."""

    def __init__(self) -> None:
        self.chosen: list[Tensor] = []

    def __call__(self, input_ids: Tensor, scores: Tensor) -> Tensor:
        self.chosen.append(scores.float().log_softmax(dim=-1).amax(dim=-1))
        return scores

    def mean(self, row: int, count: int) -> float:
        """Over the first ``count`` tokens of a row."""
        values = [float(step[row]) for step in self.chosen[:count]]
        return float(np.mean(values)) if values else float("-inf")
