"""A personality questionnaire, filled in by a language model from what somebody said."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import numpy as np
import torch
from torch import Tensor

from trifold.contracts import Array
from trifold.encoders.text.prompting.prefix_cache import Call
from trifold.encoders.text.prompting.questions import Questionnaire
from trifold.encoders.text.prompting.quotes import Quote
from trifold.encoders.text.prompting.reading import AnswerReading, Prompt
from trifold.errors import InputError

CONTEXTS = ("earlier_items", "none")
NUMBERS = ("one", "two", "three", "four", "five", "six", "seven")
SOME = "some"  # quoted in place of a number that is an option


class QuestionnaireReading(AnswerReading):
    """One token per answer: the expected rating of every item, then the mean of every scale.

    After PsyCoT (Yang et al. 2023): a language model fills in a questionnaire about the speaker one
    item after the other, with earlier items of the scale and their answers in context. Nothing is
    sampled: the feature is the expected rating under the model's distribution over the options,
    Σ_o r_o softmax(logits)_o, and the most probable option is the answer that goes into the
    context. Reversed items count reversed in the means. The scales run side by side on one reading
    of the answer, whose keys and values are kept where the model allows.

    Args:
        questionnaire: fields of a ``Questionnaire``; the files are in
            ``configs/encoders/questionnaires``.
        context: ``earlier_items``, or ``none`` to rate each item by itself.
        window_tokens: of an answer in one prompt; the ratings of a longer answer are the mean over
            its pieces, weighted by their tokens.
        options: as for ``AnswerReading``; the cue of the prompt opens the questionnaire.

    Raises:
        InputError: when the template or questionnaire is incomplete, or the answer options begin
            with the same token.
    """

    kind = "causal"

    def __init__(
        self,
        *,
        questionnaire: Mapping[str, Any],
        context: str = "earlier_items",
        window_tokens: int = 2048,
        **options: Any,
    ) -> None:
        super().__init__(window_tokens=window_tokens, **options)
        if context not in CONTEXTS:
            raise InputError(expected=f"context among {', '.join(CONTEXTS)}", got=repr(context))
        self.questionnaire, self.context = Questionnaire.of(questionnaire), context
        items = tuple(f"item{i + 1}" for i in range(len(self.questionnaire.items)))
        self.feature_names = (*items, *self.questionnaire.scales)
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with weights, prompt and questionnaire; not with batches, device or reuse."""
        settings = {
            "prompt": asdict(self.template),
            "trait": self.trait,
            "questionnaire": asdict(self.questionnaire),
            "context": self.context,
            "window_tokens": self.window_tokens,
            "unsaid": dict(self.unsaid),
        }
        return self.identify(settings)

    @property
    def unsaid(self) -> Mapping[str, str]:
        """The options as figures and words: in an answer they would draw the rating to them."""
        options = self.questionnaire.options
        figures = [option.lower() for option in options if option.isdigit()]
        spelt = [NUMBERS[int(one) - 1] for one in figures if 1 <= int(one) <= len(NUMBERS)]
        return dict.fromkeys([*figures, *spelt], SOME)

    @cached_property
    def asked(self) -> tuple[list[list[int]], list[int]]:
        """Ids of every item up to its option, and the ids of the options."""
        before, _, after = self.questionnaire.ask.partition("{item}")
        pairs = [
            self.words.options(f"{before}{item.text}{after}", self.questionnaire.options)
            for item in self.questionnaire.items
        ]
        return [ids for ids, _ in pairs], pairs[0][1]

    def run_model(self, call: Call) -> Tensor:
        """(n, 1, V) logits: the head is applied to the last position alone."""
        logits: Tensor = call(logits_to_keep=1).logits
        return logits

    def gather(self, pieces: Sequence[Quote], values: Sequence[Array]) -> tuple[Array, Array]:
        """One token for the whole answer: mean ratings and scales."""
        if not pieces:
            return np.zeros((0, self.dim), np.float32), np.zeros((0, 2), np.float32)
        weights = [len(quote.ids) for quote in pieces]
        items = np.average(np.concatenate(values), axis=0, weights=weights)
        token = np.concatenate([items, self._scale_means(items)])[None].astype(np.float32)
        seconds = [[pieces[0].times[0][0], pieces[-1].times[-1][1]]]
        return token, np.array(seconds, dtype=np.float32)

    @torch.inference_mode()
    def read_prompts(self, prompts: Sequence[Prompt]) -> list[Array]:
        """(1, items) expected ratings of each prompt."""
        reader, prefix = self.reader()
        rows = [[*lead, *quote.ids, *self.frame[1]] for lead, quote in prompts]
        _, memory = reader.extend(prefix.repeat(len(rows)), rows, self.run_model)
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
            logits, memory = reader.extend(memory, turn, self.run_model)
            expected, answers = self._rate(logits[:, -1])
            for c, (chain, item) in enumerate(zip(chains, items, strict=True)):
                if step < len(chain):
                    ratings[:, c, item] = expected.reshape(len(rows), len(chains))[:, c]
        return list(ratings.sum(axis=1)[:, None])  # each item is in one chain, zero in the others

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

    def _scale_means(self, ratings: Array) -> Array:
        """(items,) ratings to (scales,) means, reversed items turned."""
        most = len(self.questionnaire.options)
        turned = np.array([item.reversed for item in self.questionnaire.items])
        keyed = np.where(turned, most + 1 - ratings, ratings)
        scales = np.array([item.scale for item in self.questionnaire.items])
        return np.array([keyed[scales == s].mean() for s in self.questionnaire.scales])
