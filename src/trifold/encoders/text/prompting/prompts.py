"""Prompts that hold what somebody said without letting it speak for us.

An answer is data. It stands between two marks, the marks and the model's special tokens are taken
out of it first, and its text is tokenised as plain text: whatever it says, it can neither close its
own frame nor open a new turn.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from trifold.errors import InputError

OPEN, CLOSE = "<<<", ">>>"  # the marks around an answer
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u200b\u202a-\u202e\u2060-\u2069\ufeff]")
_MARK = re.compile(r"<{3,}|>{3,}")
_SPLIT = "\ue000"  # a private-use character: never in a template, dropped from texts


@dataclass(frozen=True)
class PromptTemplate:
    """How an answer is put to a language model; written in a config file.

    Attributes:
        name: for people.
        source: the psychometric source of what is asked for.
        instruction: what the model is to read for; ``{traits}`` stands for the traits below.
        cue: what follows the answer; its last token is where a verdict would begin.
        question: how the interviewer's question is put, with ``{question}``; left out where the
            question is unknown.
        traits: trait to its facets, the semantic anchors.
        chat: put it as a conversation in the model's own format.
    """

    name: str
    source: str
    instruction: str
    cue: str
    question: str = "The interviewer asked: {question}\n"
    traits: Mapping[str, str] = field(default_factory=dict)
    chat: bool = False

    @classmethod
    def of(cls, settings: Mapping[str, Any]) -> PromptTemplate:
        """From the mapping that a config file holds.

        Raises:
            InputError: when a field is missing or unknown, or ``{traits}`` has none to name.
        """
        try:
            template = cls(**settings)
        except TypeError as error:
            raise InputError(
                expected="name, source, instruction, cue and, if you like, question, traits, chat",
                got=str(error),
                where="prompt",
            ) from error
        if "{traits}" in template.instruction and not template.traits:
            raise InputError(expected="traits", got="none", where=f"prompt {template.name}")
        return template

    def preamble(self, trait: str | None = None) -> str:
        """The instruction, on one trait or all.

        Raises:
            InputError: for a trait that the template does not have.
        """
        if trait is not None and trait not in self.traits:
            raise InputError(
                expected=f"a trait among {', '.join(self.traits)}",
                got=repr(trait),
                where=f"prompt {self.name}",
            )
        chosen = self.traits if trait is None else {trait: self.traits[trait]}
        listed = "\n".join(f"- {name}: {facets}" for name, facets in chosen.items())
        return self.instruction.replace("{traits}", listed)


class PromptTokenizer:
    """Turns prompts and answers into token ids; the only place where the two meet.

    Args:
        tokenizer: a fast tokenizer.
        unsaid: words that stand for answers to what is asked, and what is quoted in their place:
            a number that somebody says draws a rating towards itself, whatever it counts.
    """

    def __init__(self, tokenizer: Any, unsaid: Mapping[str, str] | None = None) -> None:
        self.tokenizer, self.unsaid = tokenizer, dict(unsaid or {})
        self.special_ids = frozenset(tokenizer.all_special_ids) | frozenset(
            index for index, token in tokenizer.added_tokens_decoder.items() if token.special
        )
        added = {str(token) for token in tokenizer.added_tokens_decoder.values()}
        texts = {text for text in added | set(tokenizer.all_special_tokens) if text.strip()}
        self.special_texts = tuple(sorted(texts, key=len, reverse=True))

    def trusted(self, text: str) -> list[int]:
        """Ids of our own text, in which special tokens mean what they say."""
        ids: list[int] = self.tokenizer(text, add_special_tokens=False)["input_ids"]
        return ids

    def neutral(self, text: str) -> str:
        """Somebody's words as they are quoted, see ``neutralise``; without what is ``unsaid``."""
        plain = neutralise(text, self.special_texts)
        if not self.unsaid:
            return plain
        any_of = "|".join(re.escape(word) for word in self.unsaid)
        return re.sub(
            rf"(?<!\w)(?:{any_of})(?!\w)",
            lambda found: self.unsaid[found[0].lower()],
            plain,
            flags=re.IGNORECASE,
        )

    def quoted(self, text: str) -> tuple[list[int], list[tuple[int, int]], str]:
        """Ids of somebody's words, with the characters of each in the text that is returned.

        No special token is among them, whatever the words are.
        """
        plain = self.neutral(text)
        found = self.tokenizer(
            plain,
            add_special_tokens=False,
            split_special_tokens=True,
            return_offsets_mapping=True,
        )
        pairs = zip(found["input_ids"], found["offset_mapping"], strict=True)
        kept = [(i, tuple(span)) for i, span in pairs if i not in self.special_ids]
        return [i for i, _ in kept], [span for _, span in kept], plain

    def frame(self, preamble: str, cue: str, *, chat: bool) -> tuple[list[int], list[int]]:
        """Head and tail ids around ``lead + answer``."""
        start = [self.tokenizer.bos_token_id] if self._opens_with_bos() else []
        if not chat:
            return start + self.trusted(f"{preamble}\n"), self.trusted(f"\n{CLOSE}\n{cue}")
        messages = [{"role": "user", "content": f"{preamble}\n{_SPLIT}\n{CLOSE}"}]
        try:
            text: str = self.tokenizer.apply_chat_template(
                messages, tokenize=False, add_generation_prompt=True
            )
        except ValueError as error:
            raise InputError(
                expected="a model with a chat template, or chat: false", got="none"
            ) from error
        head, _, tail = text.partition(_SPLIT)
        return self.trusted(head), self.trusted(f"{tail}{cue}")

    def lead(self, template: str, question: str | None) -> list[int]:
        """Ids of the question, if known, and of the opening mark."""
        asked: list[int] = []
        if question and question.strip():
            before, _, after = template.partition("{question}")
            asked = [*self.trusted(before), *self.quoted(question)[0], *self.trusted(after)]
        return [*asked, *self.trusted(f"{OPEN}\n")]

    def options(self, before: str, options: Sequence[str]) -> tuple[list[int], list[int]]:
        """Ids that come before an option, and the one id by which each option differs.

        Tokenizers may join an option to what stands before it, so both are tokenised together.

        Raises:
            InputError: when two options begin with the same token.
        """
        rows = [self.trusted(f"{before}{option}") for option in options]
        shared = 0
        while all(len(row) > shared for row in rows) and len({row[shared] for row in rows}) == 1:
            shared += 1
        first = [row[shared] for row in rows if len(row) > shared]
        if len(set(first)) != len(options):
            raise InputError(
                expected="answer options that differ in their first token", got=str(list(options))
            )
        return rows[0][:shared], first

    def _opens_with_bos(self) -> bool:
        bos = self.tokenizer.bos_token_id
        return bos is not None and bos in self.tokenizer("")["input_ids"]


def neutralise(text: str, special_texts: Iterable[str]) -> str:
    """Somebody's words without marks, control characters and anything that reads as a token.

    A special token such as ``<|im_end|>`` keeps its letters and loses its shape. What a removal
    would join into a new token or mark is broken too: the text is gone over until nothing changes.
    """
    specials = [token for token in special_texts if len(token) > 1]
    before = None
    while before != text:
        before = text
        text = _CONTROL.sub("", text).replace(_SPLIT, "")
        text = _MARK.sub(" ", text)
        for token in specials:
            if token in text:
                text = text.replace(token, _broken(token))
    return text


def _broken(token: str) -> str:
    """The token's letters and digits alone, between blanks so that nothing new is joined."""
    letters = " ".join(re.findall(r"\w+", token))
    return " " if token in f" {letters} " else f" {letters} "
