"""What a language model makes of an answer, read with a psychology-informed prompt."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from src.contracts import Array, Modality, Segment, TokenSequence, Transcript
from src.encoders.foundation import LayeredEncoder
from src.encoders.text.causal import CausalReader, Memory
from src.encoders.text.prompts import PromptTemplate, PromptTokenizer, neutralise
from src.encoders.text.sentences import count_words, sentences
from src.errors import InputError
from src.pretrained.layers import read_layer
from src.pretrained.models import load_model, load_tokenizer

SPANS = ("last", "cue", "answer", "sentences")


@dataclass(frozen=True)
class Quote:
    """A stretch of an answer that one prompt holds.

    Attributes:
        ids: of its tokens.
        counts: how many of them, in order, each output token stands for.
        times: (start_s, end_s) of each output token.
    """

    ids: list[int]
    counts: list[int]
    times: list[tuple[float, float]]


class PromptedLanguageModel(LayeredEncoder):
    """Hidden states of a causal or embedding language model over an answer in its prompt.

    The prompt names what to read for (facets of traits as semantic anchors, after Traits Run Deep
    2025 and Traits Run Deeper 2026, without any description of the person), then the question and
    the answer between marks, then a cue. Answers longer than ``window_tokens`` are cut at sentence
    ends and give tokens for each piece. Nothing is generated.

    Args:
        prompt: fields of a ``PromptTemplate``; the files are in ``configs/encoders/prompts``.
        trait: read for this trait of the template alone; None for all of them.
        span: ``last`` reads the last token of the prompt, ``cue`` the mean over the cue, ``answer``
            the mean over the answer, ``sentences`` the mean over each sentence of it: one token per
            piece, or per sentence.
        window_tokens: of an answer in one prompt.
        end_token: close the prompt with the tokenizer's end token, where embedding models such as
            E5-Mistral and its kin are read.
        reuse_prefix: keep keys and values of the instruction, which is the same for every answer.
        options: as for ``LayeredEncoder``.

    Raises:
        InputError: for an unknown span, trait or template field.
    """

    modality: Modality = "text"
    reads_question = True

    def __init__(
        self,
        *,
        prompt: Mapping[str, Any],
        trait: str | None = None,
        span: str = "last",
        window_tokens: int = 1024,
        end_token: bool = False,
        reuse_prefix: bool = True,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**options)
        if span not in SPANS or window_tokens < 1:
            raise InputError(
                expected=f"a span among {', '.join(SPANS)} and positive window_tokens",
                got=f"{span!r} and {window_tokens}",
            )
        self.template, self.trait, self.span = PromptTemplate.of(prompt), trait, span
        self.preamble = self.template.preamble(trait)
        self.window_tokens, self.end_token = window_tokens, end_token
        self.reuse_prefix = reuse_prefix
        self._read: tuple[CausalReader, Memory] | None = None

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer, prompt and span; not with batches, device or reuse."""
        settings = {
            "prompt": asdict(self.template),
            "trait": self.trait,
            "span": self.span,
            "window_tokens": self.window_tokens,
            "end_token": self.end_token,
            "layer": self.layer,
        }
        return self.identify(settings)

    @cached_property
    def words(self) -> PromptTokenizer:
        """The model's tokenizer."""
        return PromptTokenizer(load_tokenizer(self.snapshot))

    @cached_property
    def frame(self) -> tuple[list[int], list[int]]:
        """Ids before and behind what differs from answer to answer."""
        head, tail = self.words.frame(self.preamble, self.template.cue, chat=self.template.chat)
        return head, tail + ([self.words.tokenizer.eos_token_id] if self.end_token else [])

    def encode(
        self,
        transcript: Transcript,
        *,
        duration_s: float | None = None,
        question: str | None = None,
    ) -> TokenSequence:
        """Tokens of one answer; none for an empty transcript."""
        return self.encode_batch([transcript], [duration_s], [question])[0]

    def encode_batch(
        self,
        transcripts: Sequence[Transcript],
        durations_s: Sequence[float | None],
        questions: Sequence[str | None] | None = None,
    ) -> list[TokenSequence]:
        """Several answers at once; the result for each is as if it were alone."""
        asked = questions or [None] * len(transcripts)
        groups = [
            list(
                quotes(self.words, one, duration, self.window_tokens, by_sentence=self._by_sentence)
            )
            for one, duration in zip(transcripts, durations_s, strict=True)
        ]
        prompts = [
            (self.words.lead(self.template.question, question), quote)
            for group, question in zip(groups, asked, strict=True)
            for quote in group
        ]
        values = iter(self._run(prompts))
        return [
            self._sequence(one, group, [next(values) for _ in group])
            for one, group in zip(transcripts, groups, strict=True)
        ]

    @property
    def _by_sentence(self) -> bool:
        return self.span == "sentences"

    def _run(self, prompts: Sequence[tuple[list[int], Quote]]) -> list[Array]:
        """(n_tokens, D) for each prompt, run by length so that little is padding."""
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i][1].ids))
        found = self.batches.run([prompts[i] for i in order], self._forward, device=self.device)
        values: list[Array] = [np.zeros(0)] * len(prompts)
        for i, value in zip(order, found, strict=True):
            values[i] = value
        return values

    @torch.inference_mode()
    def _forward(self, prompts: list[tuple[list[int], Quote]]) -> list[Array]:
        reader, prefix = self._reader()
        tail = self.frame[1]
        rows = [[*lead, *quote.ids, *tail] for lead, quote in prompts]
        states, _ = reader.extend(
            prefix.repeat(len(rows)), rows, lambda call: read_layer(reader.model, self.layer, call)
        )
        return [
            self._pool(state, quote).float().cpu().numpy()
            for state, (_, quote) in zip(states, prompts, strict=True)
        ]

    def _reader(self) -> tuple[CausalReader, Memory]:
        """The model, and its memory of the instruction."""
        if self._read is None:
            model = load_model(self.snapshot, "base", self.device, self.dtype)
            reader = CausalReader(model, pad_id=0, reuse=self.reuse_prefix)
            _, memory = reader.extend(
                reader.start(),
                [self.frame[0]],
                lambda call: read_layer(model, self.layer, call),
            )
            self._read = reader, memory
        return self._read

    def _pool(self, states: Tensor, quote: Quote) -> Tensor:
        """(L, D) states, right-aligned, to the output tokens of one prompt."""
        behind = len(self.frame[1])
        if self.span == "last":
            return states[-1:]
        if self.span == "cue":
            return states[-behind:].mean(dim=0, keepdim=True)
        answer = states[-behind - len(quote.ids) : -behind].float()
        return torch.stack([part.mean(dim=0) for part in answer.split(quote.counts)])

    def _sequence(
        self, transcript: Transcript, group: Sequence[Quote], values: Sequence[Array]
    ) -> TokenSequence:
        times = np.array([t for quote in group for t in quote.times], dtype=np.float32)
        times = times.reshape(-1, 2)
        return TokenSequence(
            values=np.concatenate([np.zeros((0, self.dim)), *values]).astype(np.float32),
            start_s=times[:, 0],
            end_s=times[:, 1],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(count_words(transcript.text))},
        )


def quotes(
    words: PromptTokenizer,
    transcript: Transcript,
    duration_s: float | None,
    longest: int,
    *,
    by_sentence: bool,
) -> Iterator[Quote]:
    """An answer cut into stretches of at most ``longest`` tokens, at sentence ends where it can be.

    Args:
        words: the tokenizer.
        transcript: of the answer.
        duration_s: of the media, for transcripts without times.
        longest: tokens per stretch.
        by_sentence: one output token per sentence, instead of one per stretch.
    """
    for stretch in _stretches(_sentences(words, transcript, duration_s), longest):
        ids = [i for sentence, _ in stretch for i in sentence]
        times = [seconds for _, seconds in stretch]
        counts = [len(sentence) for sentence, _ in stretch]
        if by_sentence:
            yield Quote(ids, counts, times)
        else:
            yield Quote(ids, [len(ids)], [(times[0][0], times[-1][1])])


Sentence = tuple[list[int], tuple[float, float]]


def _sentences(
    words: PromptTokenizer, transcript: Transcript, duration_s: float | None
) -> Iterator[Sentence]:
    """Ids and seconds of each sentence; its text is neutralised, its seconds are the original's."""
    plain = Transcript(
        tuple(_plain(segment, words) for segment in transcript.segments), transcript.source
    )
    for part in sentences(plain, duration_s):
        ids, _, _ = words.quoted(f" {part.text}")
        if ids:
            yield ids, (part.start_s or 0.0, part.end_s or 0.0)


def _plain(segment: Segment, words: PromptTokenizer) -> Segment:
    return replace(segment, text=neutralise(segment.text, words.special_texts))


def _stretches(parts: Iterator[Sentence], longest: int) -> Iterator[list[Sentence]]:
    stretch: list[Sentence] = []
    for ids, seconds in parts:
        for start in range(0, len(ids), longest):
            piece = ids[start : start + longest]
            if stretch and sum(len(i) for i, _ in stretch) + len(piece) > longest:
                yield stretch
                stretch = []
            stretch.append((piece, seconds))
    if stretch:
        yield stretch
