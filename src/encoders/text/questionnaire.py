"""A personality questionnaire, filled in by a language model from what somebody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from src.contracts import Array, Modality, TokenSequence, Transcript
from src.encoders.foundation import PretrainedEncoder
from src.encoders.text.causal import Call, CausalReader, Memory
from src.encoders.text.prompted import Quote, quotes
from src.encoders.text.prompts import PromptTemplate, PromptTokenizer
from src.encoders.text.sentences import count_words
from src.errors import InputError
from src.pretrained.models import load_model, load_tokenizer

CONTEXTS = ("earlier_items", "none")


@dataclass(frozen=True)
class Item:
    """One statement to rate.

    Attributes:
        text: of the statement, such as ``Am always prepared.``
        scale: that it belongs to.
        reversed: agreeing means little of the scale.
    """

    text: str
    scale: str
    reversed: bool = False


@dataclass(frozen=True)
class Questionnaire:
    """Statements, answer options and how they are put; written in a config file.

    Attributes:
        name: for people.
        source: where the items come from and on what terms.
        items: in the order asked.
        options: from least to most agreement, as the model would write them; rated 1, 2, ….
        ask: how an item is put, with ``{item}``; the option follows directly.
    """

    name: str
    source: str
    items: tuple[Item, ...]
    options: tuple[str, ...]
    ask: str

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> Questionnaire:
        """From the mapping that a config file holds.

        Raises:
            InputError: when a field is missing or unknown, there are no items, or an item has no
                place in ``ask``.
        """
        try:
            rest = {k: v for k, v in settings.items() if k not in ("items", "options")}
            items = tuple(Item(**item) for item in settings["items"])
            made = cls(items=items, options=tuple(map(str, settings["options"])), **rest)
        except (TypeError, KeyError) as error:
            raise InputError(
                expected="name, source, options, ask and items with text and scale",
                got=str(error),
                where="questionnaire",
            ) from error
        if not made.items or len(made.options) < 2 or "{item}" not in made.ask:
            raise InputError(
                expected="items, two options at least, and {item} in ask",
                got=f"{len(made.items)} items, {len(made.options)} options, ask {made.ask!r}",
                where=f"questionnaire {made.name}",
            )
        return made

    @property
    def scales(self) -> tuple[str, ...]:
        """In order of first appearance."""
        return tuple(dict.fromkeys(item.scale for item in self.items))


class QuestionnaireReading(PretrainedEncoder):
    """One token per answer: the expected rating of every item, then the mean of every scale.

    After PsyCoT (Yang et al. 2023): a language model fills in a questionnaire about the speaker one
    item after the other, with earlier items of the scale and their answers in context. Nothing is
    sampled: the feature is the expected rating under the model's distribution over the options,
    Σ_o r_o softmax(logits)_o, and the most probable option is the answer that goes into the
    context. Reversed items count reversed in the means. The scales run side by side on one reading
    of the answer, whose keys and values are kept where the model allows.

    Args:
        prompt: fields of a ``PromptTemplate``; its cue opens the questionnaire.
        questionnaire: fields of a ``Questionnaire``.
        context: ``earlier_items``, or ``none`` to rate each item by itself.
        window_tokens: of an answer in one prompt; the ratings of a longer answer are the mean over
            its pieces, weighted by their tokens.
        reuse_prefix: keep keys and values.
        options: as for ``PretrainedEncoder``.

    Raises:
        InputError: when the template or questionnaire is incomplete, or the answer options begin
            with the same token.
    """

    modality: Modality = "text"
    reads_question = True

    def __init__(
        self,
        *,
        prompt: Mapping[str, Any],
        questionnaire: Mapping[str, Any],
        context: str = "earlier_items",
        window_tokens: int = 2048,
        reuse_prefix: bool = True,
        **options: Any,  # noqa: ANN401
    ) -> None:
        super().__init__(**options)
        if context not in CONTEXTS or window_tokens < 1:
            raise InputError(
                expected=f"context among {', '.join(CONTEXTS)} and positive window_tokens",
                got=f"{context!r} and {window_tokens}",
            )
        self.template = PromptTemplate.of(prompt)
        self.questionnaire = Questionnaire.of(questionnaire)
        self.context, self.window_tokens = context, window_tokens
        self.reuse_prefix = reuse_prefix
        self.preamble = self.template.preamble()
        items = tuple(f"item{i + 1}" for i in range(len(self.questionnaire.items)))
        self.feature_names = (*items, *self.questionnaire.scales)
        self.dim = len(self.feature_names)
        self._read: tuple[CausalReader, Memory] | None = None

    @property
    def fingerprint(self) -> str:
        """Changes with weights, prompt and questionnaire; not with batches, device or reuse."""
        settings = {
            "prompt": asdict(self.template),
            "questionnaire": asdict(self.questionnaire),
            "context": self.context,
            "window_tokens": self.window_tokens,
        }
        return self.identify(settings)

    @cached_property
    def words(self) -> PromptTokenizer:
        """The model's tokenizer."""
        return PromptTokenizer(load_tokenizer(self.snapshot))

    @cached_property
    def frame(self) -> tuple[list[int], list[int]]:
        """Ids before and behind what differs from answer to answer."""
        return self.words.frame(self.preamble, self.template.cue, chat=self.template.chat)

    @cached_property
    def asked(self) -> tuple[list[list[int]], list[int]]:
        """Ids of every item up to its option, and the ids of the options."""
        before, _, after = self.questionnaire.ask.partition("{item}")
        pairs = [
            self.words.options(f"{before}{item.text}{after}", self.questionnaire.options)
            for item in self.questionnaire.items
        ]
        return [ids for ids, _ in pairs], pairs[0][1]

    def encode(
        self,
        transcript: Transcript,
        *,
        duration_s: float | None = None,
        question: str | None = None,
    ) -> TokenSequence:
        """One token; none for an empty transcript."""
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
            list(quotes(self.words, one, duration, self.window_tokens, by_sentence=False))
            for one, duration in zip(transcripts, durations_s, strict=True)
        ]
        prompts = [
            (self.words.lead(self.template.question, question), quote)
            for group, question in zip(groups, asked, strict=True)
            for quote in group
        ]
        ratings = self.batches.run(prompts, self._forward, device=self.device)
        return [
            self._sequence(one, group, [next(ratings) for _ in group])
            for one, group in zip(transcripts, groups, strict=True)
        ]

    @torch.inference_mode()
    def _forward(self, prompts: list[tuple[list[int], Quote]]) -> list[Array]:
        """(items,) expected ratings of each prompt."""
        reader, prefix = self._reader()
        rows = [[*lead, *quote.ids, *self.frame[1]] for lead, quote in prompts]
        _, memory = reader.extend(prefix.repeat(len(rows)), rows, _last_logits)
        chains = self._chains()
        memory = memory.repeat(len(chains))
        ratings = np.zeros((len(rows), len(chains), len(self.questionnaire.items)))
        answers: list[list[int]] = [[] for _ in range(len(rows) * len(chains))]
        for step in range(max(map(len, chains))):
            # a chain that has ended asks its last item again, and nobody listens
            items = [chain[min(step, len(chain) - 1)] for chain in chains]
            turn = [
                [*answers[row * len(chains) + c], *self.asked[0][item]]
                for row in range(len(rows))
                for c, item in enumerate(items)
            ]
            logits, memory = reader.extend(memory, turn, _last_logits)
            expected, answers = self._rate(logits[:, -1])
            for c, (chain, item) in enumerate(zip(chains, items, strict=True)):
                if step < len(chain):
                    ratings[:, c, item] = expected.reshape(len(rows), len(chains))[:, c]
        return list(ratings.sum(axis=1))  # each item is in one chain, zero in the others

    def _chains(self) -> list[list[int]]:
        """Items that are asked one after the other; chains run side by side."""
        numbered = list(enumerate(self.questionnaire.items))
        if self.context == "none":
            return [[i] for i, _ in numbered]
        return [[i for i, item in numbered if item.scale == s] for s in self.questionnaire.scales]

    def _rate(self, logits: Tensor) -> tuple[Array, list[list[int]]]:
        """(n, V) logits to (n,) expected ratings and the ids of the most probable options."""
        ids = torch.tensor(self.asked[1], device=logits.device)
        probability = torch.softmax(logits[:, ids].float(), dim=-1)
        rating = torch.arange(1, len(ids) + 1, device=logits.device, dtype=torch.float32)
        chosen = ids[probability.argmax(dim=-1)]
        return (probability @ rating).cpu().numpy(), [[i] for i in chosen.tolist()]

    def _reader(self) -> tuple[CausalReader, Memory]:
        """The model, and its memory of the instruction."""
        if self._read is None:
            model = load_model(self.snapshot, "causal", self.device, self.dtype)
            reader = CausalReader(model, pad_id=0, reuse=self.reuse_prefix)
            _, memory = reader.extend(reader.start(), [self.frame[0]], _last_logits)
            self._read = reader, memory
        return self._read

    def _sequence(
        self, transcript: Transcript, group: Sequence[Quote], ratings: Sequence[Array]
    ) -> TokenSequence:
        values = np.zeros((0, self.dim), dtype=np.float32)
        times = np.zeros((0, 2), dtype=np.float32)
        if group:
            weights = [len(quote.ids) for quote in group]
            items = np.average(np.stack(ratings), axis=0, weights=weights)
            values = np.concatenate([items, self._scale_means(items)])[None].astype(np.float32)
            times = np.array([[group[0].times[0][0], group[-1].times[-1][1]]], dtype=np.float32)
        return TokenSequence(
            values=values,
            start_s=times[:, 0],
            end_s=times[:, 1],
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(count_words(transcript.text))},
        )

    def _scale_means(self, ratings: Array) -> Array:
        """(items,) ratings to (scales,) means, reversed items turned."""
        most = len(self.questionnaire.options)
        turned = np.array([item.reversed for item in self.questionnaire.items])
        keyed = np.where(turned, most + 1 - ratings, ratings)
        scales = np.array([item.scale for item in self.questionnaire.items])
        return np.array([keyed[scales == s].mean() for s in self.questionnaire.scales])


def _last_logits(call: Call) -> Tensor:
    """(n, 1, V): the head is applied to the last position alone."""
    logits: Tensor = call(logits_to_keep=1).logits
    return logits
