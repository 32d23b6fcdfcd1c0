"""How close sentences come to statements of personality facets and of work behaviour."""

from __future__ import annotations

from typing import Any

import numpy as np

from trifold.contracts import TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.minilm import MiniLM

STATEMENTS = (
    "I would be honest even if it cost me money.",
    "I would never take advantage of others to get ahead.",
    "Money and status are not important to me.",
    "I want to earn as much money as possible.",
    "I choose what benefits me the most.",
    "I would bend the rules if it helped my career.",
    "I am not better than anyone else.",
    "I deserve more recognition and respect than others.",
    "I do the right thing even when nobody is watching.",
    "I follow the rules and company policy.",
    "I admit my mistakes and take responsibility.",
    "I feel good about myself and what I can do.",
    "I am confident speaking up in front of a group.",
    "I enjoy meeting and talking to new people.",
    "I am energetic, enthusiastic and cheerful.",
    "I am shy and quiet with people I do not know.",
    "I prefer to stay in the background and observe first.",
    "I introduce myself and start conversations.",
    "I feel anxious in social situations.",
    "I forgive people who have wronged me.",
    "I stay calm and patient when people annoy me.",
    "I lose my temper and get angry quickly.",
    "I am stubborn and argue when people disagree with me.",
    "I try to understand the other person's point of view.",
    "I am willing to compromise and cooperate.",
    "I avoid conflict and walk away.",
    "I tell people directly what bothers me.",
    "I hold a grudge.",
    "I keep my workspace tidy and organized.",
    "My desk is messy and disorganized.",
    "I plan ahead and make lists and schedules.",
    "I work hard and push myself to reach goals.",
    "I check my work carefully for mistakes.",
    "I am a perfectionist who pays attention to detail.",
    "I think carefully before I act.",
    "I procrastinate and leave things to the last minute.",
    "I act on impulse.",
    "I worry a lot about things.",
    "I am emotionally stable and handle stress well.",
    "I get nervous under pressure.",
    "I need support from others.",
    "I am curious about many different things.",
    "I enjoy art, books and new ideas.",
    "I like to come up with creative solutions.",
    "I like learning new skills and want to keep growing.",
    "I ask for feedback and try to improve.",
    "I adapt easily to new situations and different people.",
    "I help my colleagues and enjoy working in a team.",
    "I prefer to work alone.",
    "I am a good listener who cares about others.",
    "I lead others and take charge.",
    "I am reliable and people can count on me.",
    "I am a good friend who is always there.",
    "I am funny and like to make people laugh.",
    "I have strong technical skills and experience.",
    "I led a project and achieved measurable results.",
    "For example, in my last job there was a situation where this happened.",
    "I do not really know what to say.",
    "I do not have much experience with that.",
    "I like to take risks and try new things.",
    "I am passionate about my job.",
    "I value family and friends more than work.",
)


class FacetStatements(TextEncoder):
    """One token: cosine of each statement with the transcript's sentences, their mean and maximum.

    The statements are our own, written after the facets of the HEXACO model and common competency
    frameworks, high and low ends alike. They anchor few training interviews to what the questions
    ask about; which of them matters for a target is left to training.

    Args:
        settings: of the ``MiniLM`` that embeds sentences one by one.
    """

    languages = ("en",)  # its lists and weights are English
    version = 1
    packaged_weights = MiniLM.packaged_weights

    def __init__(self, **settings: Any) -> None:
        self.model = MiniLM(window_words=0, **settings)
        self.statements = self.model.embed(STATEMENTS)
        self.dim = 2 * len(STATEMENTS)

    @property
    def fingerprint(self) -> str:
        """Changes with the model and the statements."""
        settings = {"model": self.model.fingerprint, "statements": list(STATEMENTS)}
        return fingerprint("FacetStatements", self.version, settings)

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token; none for an empty transcript."""
        parts = self.model.encode(transcript, duration_s=duration_s)
        values = np.zeros((0, self.dim), dtype=np.float32)
        if len(parts.values):
            close = parts.values @ self.statements.T  # (sentences, statements)
            values = np.concatenate([close.mean(axis=0), close.max(axis=0)])[None]
        return TokenSequence(
            values=values.astype(np.float32),
            start_s=parts.start_s[: len(values)],
            end_s=parts.end_s[-1:] if len(values) else parts.end_s,
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality=parts.quality,
        )
