"""What a language model makes of an answer, read with a psychology-informed prompt."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from functools import cached_property
from typing import Any

import torch
from torch import Tensor

from trifold.contracts import Array
from trifold.encoders.foundation import LayeredEncoder
from trifold.encoders.text.prompting.prefix_cache import Call
from trifold.encoders.text.prompting.quotes import Quote
from trifold.encoders.text.prompting.reading import AnswerReading, Prompt
from trifold.errors import InputError
from trifold.pretrained.layers import read_layer

SPANS = ("last", "cue", "answer", "sentences")


class PromptedLanguageModel(LayeredEncoder, AnswerReading):
    """Hidden states of a causal or embedding language model over an answer in its prompt.

    The prompt names what to read for (facets of traits as semantic anchors, after Traits Run Deep
    2025 and Traits Run Deeper 2026, without any description of the person), then the question and
    the answer between marks, then a cue. Nothing is generated.

    Args:
        span: ``last`` reads the last token of the prompt, ``cue`` the mean over the cue, ``answer``
            the mean over the answer, ``sentences`` the mean over each sentence of it: one token per
            piece of an answer, or per sentence.
        window_tokens: of an answer in one prompt.
        end_token: close the prompt with the tokenizer's end token, where embedding models such as
            E5-Mistral and its kin are read.
        options: ``prompt``, ``trait`` and ``reuse_prefix`` as for ``AnswerReading``; ``layer``; and
            all of ``PretrainedEncoder``.

    Raises:
        InputError: for an unknown span, trait or template field.
    """

    kind = "base"

    def __init__(
        self,
        *,
        span: str = "last",
        window_tokens: int = 1024,
        end_token: bool = False,
        **options: Any,
    ) -> None:
        super().__init__(window_tokens=window_tokens, **options)
        if span not in SPANS:
            raise InputError(expected=f"a span among {', '.join(SPANS)}", got=repr(span))
        self.span, self.end_token = span, end_token
        self.by_sentence = span == "sentences"

    @property
    def fingerprint(self) -> str:
        """Changes with weights, layer, prompt and span; not with batches, device or reuse."""
        names = ("trait", "span", "window_tokens", "end_token", "layer")
        settings = {name: getattr(self, name) for name in names}
        return self.identify(settings | {"prompt": asdict(self.template)})

    @cached_property
    def frame(self) -> tuple[list[int], list[int]]:
        """Ids before and behind what differs from answer to answer."""
        head, tail = self.words.frame(self.preamble, self.template.cue, chat=self.template.chat)
        return head, tail + ([self.words.tokenizer.eos_token_id] if self.end_token else [])

    def run_model(self, call: Call) -> Tensor:
        """(n, L, D) states of the chosen layer."""
        return read_layer(self.model, self.layer, call)

    @torch.inference_mode()
    def read_prompts(self, prompts: Sequence[Prompt]) -> list[Array]:
        """(tokens, D) of each prompt."""
        reader, prefix = self.reader()
        rows = [[*lead, *quote.ids, *self.frame[1]] for lead, quote in prompts]
        states, _ = reader.extend(prefix.repeat(len(rows)), rows, self.run_model)
        return [
            self._pool(state, quote).float().cpu().numpy()
            for state, (_, quote) in zip(states, prompts, strict=True)
        ]

    def _pool(self, states: Tensor, quote: Quote) -> Tensor:
        """(L, D) states, right-aligned, to the output tokens of one prompt."""
        behind = len(self.frame[1])
        if self.span == "last":
            return states[-1:]
        if self.span == "cue":
            return states[-behind:].mean(dim=0, keepdim=True)
        answer = states[-behind - len(quote.ids) : -behind].float()
        return torch.stack([part.mean(dim=0) for part in answer.split(quote.counts)])
