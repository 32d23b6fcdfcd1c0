"""One psycholinguistic profile per transcript: contours averaged by words; lengths if wanted."""

from __future__ import annotations

import numpy as np

from trifold.contracts import TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.contours import PsycholinguisticContours
from trifold.encoders.text.sentences import count_words

LENGTHS = ("log_words", "log_sentences", "log_words_per_sentence")


class PsycholinguisticProfile(TextEncoder):
    """One token: the sentence contours' mean weighted by words.

    Word-class rates so weighted are the rates of the whole transcript.

    Args:
        lengths: put the logarithms of how much is said beside them. Shipped sets leave them out: a
            score that follows length alone puts the talkative first. True is what a specification
            without this setting meant, as those of older bundles are.
    """

    languages = ("en",)  # its lists and weights are English
    version = 1

    def __init__(self, *, lengths: bool = True) -> None:
        self.contours, self.lengths = PsycholinguisticContours(), lengths
        self.feature_names = (*self.contours.feature_names, *(LENGTHS if lengths else ()))
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with the contours and the setting."""
        settings: dict[str, object] = {"contours": self.contours.fingerprint}
        settings |= {} if self.lengths else {"lengths": False}  # what is stored with them stays so
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
            parts = [weight @ rows.values, *([lengths] if self.lengths else [])]
            values = np.concatenate(parts)[None].astype(np.float32)
        return TokenSequence(
            values=values,
            start_s=rows.start_s[: len(values)],
            end_s=rows.end_s[-1:] if n_sentences else rows.end_s,
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(n_words), "n_sentences": float(n_sentences)},
        )
