"""Utterances to words by Whisper's own decoder, each as if it were alone in its batch."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from torch import Tensor
from transformers import LogitsProcessor, LogitsProcessorList

from trifold.contracts import Array, Segment
from trifold.encoders.speech_to_text.words import words_of
from trifold.pretrained.models import quiet

SAMPLE_RATE_HZ = 16000


class Utterance(NamedTuple):
    """A stretch of speech: ``samples`` (N,) float32 at 16 kHz, from ``start_s`` on."""

    start_s: float
    samples: Array

    @property
    def end_s(self) -> float:
        """Where it ends."""
        return self.start_s + len(self.samples) / SAMPLE_RATE_HZ


@dataclass(frozen=True)
class Attempt:
    """One utterance decoded once.

    Attributes:
        words: with times.
        no_speech: probability of silence.
        log_probability: mean per token.
    """

    words: list[Segment]
    no_speech: float
    log_probability: float


class WhisperDecoder:
    """Greedy decoding with what transformers offers, and word times from its alignment heads.

    Args:
        model: a Whisper with its head.
        tokenizer: of the model.
        extractor: of the model.
    """

    def __init__(self, model: Any, tokenizer: Any, extractor: Any) -> None:
        self.model, self.tokenizer, self.extractor = model, tokenizer, extractor
        self.config = model.generation_config
        self.special_ids = frozenset(tokenizer.all_special_ids)

    @property
    def languages(self) -> dict[str, int]:
        """Code to token; English alone, with no token, for models that know no other."""
        if not getattr(self.config, "is_multilingual", False):
            return {"en": -1}
        return {token.strip("<|>"): index for token, index in self.config.lang_to_id.items()}

    @property
    def has_word_times(self) -> bool:
        """Whether the model says which of its heads follow the sound."""
        return bool(getattr(self.config, "alignment_heads", None))

    @torch.inference_mode()
    def language_of(self, utterances: Sequence[Utterance]) -> str:
        """The language most probable over some utterances, weighted by their length."""
        known = self.languages
        if len(known) == 1:
            return next(iter(known))
        encoded = self.model.get_encoder()(self._spectra(utterances)[0])
        chances = self._first_probabilities(encoded)[:, list(known.values())].cpu().numpy()
        weights = [len(utterance.samples) for utterance in utterances]
        return list(known)[int(np.average(chances, axis=0, weights=weights).argmax())]

    @torch.inference_mode()
    def decode(
        self,
        utterances: Sequence[Utterance],
        language: str,
        **options: Any,
    ) -> list[Attempt]:
        """Decode a batch.

        Args:
            utterances: none longer than the model's window.
            language: code.
            options: further arguments of ``generate``.
        """
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
                output_attentions=self.has_word_times,
                force_unique_generate_call=True,
                logits_processor=LogitsProcessorList([confidence]),
                **self._prompt(language),
                **options,
            )
        attempts = []
        for row, utterance in enumerate(utterances):
            ids, prompt = self._text_ids(output["sequences"][row])
            times = self._token_times(output, row, len(ids), prompt, int(frames[row]))
            words = self._words(ids, times, utterance, language)
            mean = confidence.mean(row, len(ids) + 1)  # the end token counts
            attempts.append(Attempt(words, float(silence[row]), mean))
        return attempts

    def _spectra(self, utterances: Sequence[Utterance]) -> tuple[Tensor, Tensor]:
        """(n, mel, frames) of full length on the device and (n,) frames of real audio."""
        found = self.extractor(
            [utterance.samples for utterance in utterances],
            sampling_rate=SAMPLE_RATE_HZ,
            return_tensors="pt",
            return_attention_mask=True,
            device=str(self.model.device),
        )
        spectra = found["input_features"].to(self.model.device, self.model.dtype)
        return spectra, found["attention_mask"].sum(dim=1).cpu()

    def _first_probabilities(self, encoded: Any) -> Tensor:
        """(n, V) of what follows the start token: a language, or silence."""
        start = self.config.decoder_start_token_id
        ids = torch.full((len(encoded[0]), 1), start, device=self.model.device)
        logits: Tensor = self.model(encoder_outputs=encoded, decoder_input_ids=ids).logits
        return logits[:, 0].float().softmax(dim=-1)

    def _prompt(self, language: str) -> dict[str, str]:
        """Arguments that choose language and task, which one-language models do not take."""
        return {} if self.languages == {"en": -1} else {"language": language, "task": "transcribe"}

    @property
    def _no_speech_id(self) -> int:
        """The token before ``<|notimestamps|>``, whatever it is called in this vocabulary."""
        return int(self.config.no_timestamps_token_id) - 1

    def _text_ids(self, sequence: Tensor) -> tuple[list[int], int]:
        """Text tokens of one row, and how many tokens of the prompt stand before them."""
        ids = sequence.tolist()
        prompt = ids.index(int(self.config.no_timestamps_token_id)) + 1
        rest = ids[prompt:]
        end = self.config.eos_token_id
        return rest[: rest.index(end)] if end in rest else rest, prompt

    def _words(
        self, ids: list[int], times: list[float], utterance: Utterance, language: str
    ) -> list[Segment]:
        """Words of one row; the whole utterance as one where tokens have no times."""
        kept = [i for i, token in enumerate(ids) if token not in self.special_ids]
        if not self.has_word_times:
            text = " ".join(self.tokenizer.decode([ids[i] for i in kept]).split())
            return [Segment(text, utterance.start_s, utterance.end_s)] if text else []
        return words_of(
            [ids[i] for i in kept],
            [times[i] for i in kept],
            self.tokenizer.decode,
            language=language,
            offset_s=utterance.start_s,
            end_s=utterance.end_s,
        )

    def _token_times(
        self,
        output: Any,
        row: int,
        count: int,
        prompt: int,
        frames: int,
    ) -> list[float]:
        """Start of each of ``count`` tokens in seconds; none where the model has no such heads.

        transformers aligns whole batches, where the padding of a short row takes part and moves its
        times; so each row is aligned by itself.
        """
        if not count or not self.has_word_times:
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
            self.config.alignment_heads,
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
