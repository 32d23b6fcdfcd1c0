"""The question of an answer, embedded, so that answers can be weighted by what was asked."""

from __future__ import annotations

import numpy as np

from trifold.contracts import TokenSequence
from trifold.encoders.base import QuestionEncoder, fingerprint
from trifold.encoders.text.minilm import MiniLM


class QuestionEmbedding(QuestionEncoder):
    """One MiniLM embedding of the question's text; settings as for ``MiniLM``."""

    version = 1
    packaged_weights = MiniLM.packaged_weights

    def __init__(self, **settings: object) -> None:
        self.model = MiniLM(**settings)  # type: ignore[arg-type]
        self.dim = self.model.dim

    @property
    def fingerprint(self) -> str:
        """Changes with the model."""
        return fingerprint("QuestionEmbedding", self.version, {"model": self.model.fingerprint})

    def encode(self, question: str) -> TokenSequence:
        """One token; none for an empty question."""
        asked = [question] if question.strip() else []
        zero = np.zeros(len(asked), dtype=np.float32)
        values = self.model.embed(asked)
        return TokenSequence(values, zero, zero, self.modality, self.fingerprint)
