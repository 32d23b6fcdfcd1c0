"""Counts of words, hashed: what is said, however it is meant."""

from __future__ import annotations

import numpy as np
import sklearn
from sklearn.feature_extraction.text import HashingVectorizer

from trifold.contracts import TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.sentences import count_words
from trifold.errors import EncoderError


class HashedWords(TextEncoder):
    """One token per transcript: how often each word occurs, hashed into ``buckets`` columns.

    Weighting by rarity (TF-IDF) is learned from the training candidates by whoever reads it.

    Args:
        buckets: columns; a power of two well above the vocabulary keeps collisions rare.
        shortest: n-grams from this length.
        longest: n-grams up to this length.
        unit: ``word``, or ``char_wb`` for letters within words: stems, endings and spelling.

    Raises:
        EncoderError: for an unknown unit.
    """

    version = 1

    def __init__(
        self, *, buckets: int = 8192, shortest: int = 1, longest: int = 1, unit: str = "word"
    ) -> None:
        if unit not in ("word", "char_wb"):
            raise EncoderError(expected="unit word or char_wb", got=repr(unit))
        self.dim, self.lengths, self.unit = buckets, (shortest, longest), unit
        self.counter = HashingVectorizer(
            n_features=buckets,
            analyzer=unit,
            ngram_range=self.lengths,
            alternate_sign=False,
            norm=None,
        )

    @property
    def fingerprint(self) -> str:
        """Changes with the settings and scikit-learn's version."""
        settings = {
            "buckets": self.dim,
            "lengths": self.lengths,
            "unit": self.unit,
            "sklearn": sklearn.__version__,
        }
        return fingerprint("HashedWords", self.version, settings)

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token over the whole transcript; none when it has no words."""
        counts = self.counter.transform([transcript.text]).toarray().astype(np.float32)
        kept = counts[counts.sum(axis=1) > 0]
        starts = [s.start_s or 0.0 for s in transcript.segments[:1]]
        ends = [s.end_s or duration_s or 0.0 for s in transcript.segments[-1:]]
        return TokenSequence(
            values=kept,
            start_s=np.array(starts[: len(kept)], dtype=np.float32),
            end_s=np.array(ends[: len(kept)], dtype=np.float32),
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={"n_words": float(count_words(transcript.text))},
        )
