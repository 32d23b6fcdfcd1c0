"""What all readings of answers by a language model share: the prompt, the pieces, the memory."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np

from trifold.contracts import Array, TokenSequence, Transcript
from trifold.encoders.base import BatchTextEncoder
from trifold.encoders.foundation import PretrainedEncoder
from trifold.encoders.text.prompting.prefix_cache import Call, CausalReader, Memory
from trifold.encoders.text.prompting.prompts import PromptTemplate, PromptTokenizer
from trifold.encoders.text.prompting.quotes import Quote, quotes
from trifold.encoders.text.sentences import count_words
from trifold.errors import InputError
from trifold.pretrained.models import load_model, load_tokenizer

Prompt = tuple[list[int], Quote]  # ids of the question and the opening mark; the answer


class AnswerReading(PretrainedEncoder, BatchTextEncoder):
    """Base of encoders that put an answer into a prompt.

    The model reads the instruction once and keeps it in memory for all answers, where it can.

    Args:
        prompt: fields of a ``PromptTemplate``; the files are in ``configs/encoders/prompts``.
        trait: read for this trait of the template alone; None for all of them.
        window_tokens: of an answer in one prompt; longer ones are cut at sentence ends.
        reuse_prefix: keep keys and values of the instruction.
        options: as for ``PretrainedEncoder``.

    Raises:
        InputError: for an incomplete template, an unknown trait or windows without tokens.
    """

    reads_question = True
    kind: str  # of the model to load
    by_sentence = False
    dim: int

    def __init__(
        self,
        *,
        prompt: Mapping[str, Any],
        trait: str | None = None,
        window_tokens: int,
        reuse_prefix: bool = True,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if window_tokens < 1:
            raise InputError(expected="positive window_tokens", got=str(window_tokens))
        self.template, self.trait = PromptTemplate.of(prompt), trait
        self.preamble = self.template.preamble(trait)
        self.window_tokens, self.reuse_prefix = window_tokens, reuse_prefix
        self._read: tuple[CausalReader, Memory] | None = None

    @property
    def fingerprint(self) -> str:
        """16 hex digits that change whenever the tokens could change."""
        raise NotImplementedError

    def run_model(self, call: Call) -> Any:
        """What is taken from one run of the model; see ``CausalReader.extend``."""
        raise NotImplementedError

    def read_prompts(self, prompts: Sequence[Prompt]) -> list[Array]:
        """(tokens, D) of each prompt."""
        raise NotImplementedError

    def gather(self, pieces: Sequence[Quote], values: Sequence[Array]) -> tuple[Array, Array]:
        """(L, D) tokens and (L, 2) seconds of an answer from those of its pieces."""
        times = np.array([t for quote in pieces for t in quote.times], dtype=np.float32)
        joined = np.concatenate([np.zeros((0, self.dim)), *values]).astype(np.float32)
        return joined, times.reshape(-1, 2)

    @cached_property
    def words(self) -> PromptTokenizer:
        """The model's tokenizer."""
        return PromptTokenizer(load_tokenizer(self.snapshot), self.unsaid)

    @property
    def unsaid(self) -> Mapping[str, str]:
        """Words of an answer that are not quoted as they are; see ``PromptTokenizer``."""
        return {}

    @cached_property
    def frame(self) -> tuple[list[int], list[int]]:
        """Ids before and behind what differs from answer to answer."""
        return self.words.frame(self.preamble, self.template.cue, chat=self.template.chat)

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
        pieces = [
            list(quotes(self.words, t, d, self.window_tokens, by_sentence=self.by_sentence))
            for t, d in zip(transcripts, durations_s, strict=True)
        ]
        leads = [self.words.lead(self.template.question, question) for question in asked]
        prompts = [(lead, q) for lead, group in zip(leads, pieces, strict=True) for q in group]
        values = iter(self._by_length(prompts))
        return [
            self._sequence(one, group, [next(values) for _ in group])
            for one, group in zip(transcripts, pieces, strict=True)
        ]

    @property
    def model(self) -> Any:
        """The loaded model."""
        return load_model(self.snapshot, self.kind, self.device, self.dtype)

    def reader(self) -> tuple[CausalReader, Memory]:
        """The model, and its memory of the instruction; one row, to be repeated before use."""
        if self._read is None:
            reader = CausalReader(self.model, pad_id=0, reuse=self.reuse_prefix)
            _, memory = reader.extend(reader.start(), [self.frame[0]], self.run_model)
            self._read = reader, memory
        return self._read

    def _by_length(self, prompts: Sequence[Prompt]) -> list[Array]:
        """Like lengths together, so that little is padding; results in the order given."""
        order = sorted(range(len(prompts)), key=lambda i: len(prompts[i][1].ids))
        found = self.batches.run([prompts[i] for i in order], self.read_prompts, device=self.device)
        values: list[Array] = [np.zeros(0)] * len(prompts)
        for i, value in zip(order, found, strict=True):
            values[i] = value
        return values

    def _sequence(
        self, transcript: Transcript, pieces: Sequence[Quote], values: Sequence[Array]
    ) -> TokenSequence:
        joined, times = self.gather(pieces, values)
        return TokenSequence(
            values=joined,
            start_s=times[:, 0],
            end_s=times[:, 1],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(count_words(transcript.text))},
        )
