"""One psycholinguistic profile per transcript: contours averaged by words, and lengths."""

from __future__ import annotations

import numpy as np

from trifold.contracts import TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.contours import PsycholinguisticContours
from trifold.encoders.text.sentences import count_words

LENGTHS = ("log_words", "log_sentences", "log_words_per_sentence")


class PsycholinguisticProfile(TextEncoder):
    """One token: the sentence contours' mean weighted by words, then logarithms of lengths.

    Word-class rates so weighted are the rates of the whole transcript. How much is said is part of
    how it is said; the answer-length baseline beside every model shows what length does alone.
    """

    languages = ("en",)  # its lists and weights are English
    version = 1

    def __init__(self) -> None:
        self.contours = PsycholinguisticContours()
        self.feature_names = (*self.contours.feature_names, *LENGTHS)
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with the contours."""
        settings = {"contours": self.contours.fingerprint}
        return fingerprint("PsycholinguisticProfile", self.version, settings)

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token; none for an empty transcript."""
        rows = self.contours.encode(transcript, duration_s=duration_s)
        n_words, n_sentences = count_words(transcript.text), len(rows.values)
        values = np.zeros((0, self.dim), dtype=np.float32)
        if n_sentences:
            words = rows.values[:, self.contours.feature_names.index("words_per_sentence")]
            weight = np.maximum(words, 1.0) / np.maximum(words, 1.0).sum()
            lengths = np.log([n_words + 1, n_sentences, (n_words + 1) / n_sentences])
            values = np.concatenate([weight @ rows.values, lengths])[None].astype(np.float32)
        return TokenSequence(
            values=values,
            start_s=rows.start_s[: len(values)],
            end_s=rows.end_s[-1:] if n_sentences else rows.end_s,
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(n_words), "n_sentences": float(n_sentences)},
        )
