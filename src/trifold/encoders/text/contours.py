"""Psycholinguistic contours: how a transcript's language runs from sentence to sentence.

After Kerz et al. (2022), who read personality from such sentence-level feature series.
"""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np
from vaderSentiment.vaderSentiment import SentimentIntensityAnalyzer

from trifold.contracts import Segment, TokenSequence, Transcript
from trifold.encoders.base import TextEncoder, fingerprint
from trifold.encoders.text.lexicon import CATEGORIES, category_counts
from trifold.encoders.text.sentences import count_words, sentences

SURFACE = (
    "words_per_sentence",
    "characters_per_word",
    "syllables_per_word",
    "long_word_share",
    "type_token_ratio",
    "repeated_from_last_sentence",
    "flesch_reading_ease",
    "question_mark",
    "exclamation_mark",
    "comma_rate",
    "digit_rate",
)
SENTIMENT = ("sentiment_negative", "sentiment_neutral", "sentiment_positive", "sentiment_compound")
PACE = ("words_per_second", "timed")
LONG_WORD_LETTERS = 7
_WORD = re.compile(r"[A-Za-zÀ-ÿ0-9']+")
_VOWELS = re.compile(r"[aeiouyà-ÿ]+")


class PsycholinguisticContours(TextEncoder):
    """One token per sentence: word-class rates, surface measures, sentiment and pace.

    Rates are per word of the sentence. Sentiment is VADER's (Hutto and Gilbert 2014) valence of the
    words, not an emotion of the speaker. Pace is 0 with ``timed`` 0 where the transcript itself
    carries no times.

    Args:
        pace: include speaking pace from transcript times. Off by default: pace belongs to the
            voice, and subtitle times are often rough.
    """

    languages = ("en",)  # its lists and weights are English
    version = 1

    def __init__(self, *, pace: bool = False) -> None:
        self.pace = pace
        self.feature_names = (*CATEGORIES, *SURFACE, *SENTIMENT, *(PACE if pace else ()))
        self.dim = len(self.feature_names)

    @property
    def fingerprint(self) -> str:
        """Changes with the word lists and settings."""
        return fingerprint(
            "PsycholinguisticContours", self.version, {"pace": self.pace, "lists": CATEGORIES}
        )

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        """One token per sentence; no token for an empty transcript."""
        parts = sentences(transcript, duration_s)
        timed = all(s.start_s is not None for s in transcript.segments)
        rows = []
        for i, part in enumerate(parts):
            row = sentence_features(part.text, parts[i - 1].text if i else "")
            rows.append(row + (_pace(part, timed=timed) if self.pace else []))
        return TokenSequence(
            values=np.array(rows, dtype=np.float32).reshape(len(rows), self.dim),
            start_s=np.array([p.start_s for p in parts], dtype=np.float32),
            end_s=np.array([p.end_s for p in parts], dtype=np.float32),
            modality=self.modality,
            fingerprint=self.fingerprint,
            quality={
                "n_words": float(count_words(transcript.text)),
                "n_sentences": float(len(parts)),
                "timed": float(timed),
            },
        )


def sentence_features(sentence: str, previous: str = "") -> list[float]:
    """Word-class rates, surface measures and sentiment, in ``feature_names`` order."""
    lowered = sentence.lower()
    words = _WORD.findall(lowered)
    n = max(1, len(words))
    rates = [count / n for count in category_counts(lowered).values()]
    return rates + _surface(sentence, words, _WORD.findall(previous.lower())) + _sentiment(sentence)


def syllables(word: str) -> int:
    """Vowel groups, a silent final e not counted; at least one."""
    groups = len(_VOWELS.findall(word))
    silent = word.endswith("e") and not word.endswith(("le", "ee")) and groups > 1
    return max(1, groups - silent)


def flesch_reading_ease(n_words: int, n_sentences: int, n_syllables: int) -> float:
    """206.835 − 1.015 words/sentences − 84.6 syllables/words, Flesch (1948)."""
    if n_words == 0:
        return 0.0
    return 206.835 - 1.015 * n_words / n_sentences - 84.6 * n_syllables / n_words


def _surface(sentence: str, words: list[str], previous: list[str]) -> list[float]:
    n = max(1, len(words))
    n_syllables = sum(syllables(word) for word in words)
    return [
        float(len(words)),
        sum(map(len, words)) / n,
        n_syllables / n,
        sum(len(word) >= LONG_WORD_LETTERS for word in words) / n,
        len(set(words)) / n,
        len(set(words) & set(previous)) / n,
        flesch_reading_ease(len(words), 1, n_syllables) / 100.0,
        float("?" in sentence),
        float("!" in sentence),
        sentence.count(",") / n,
        sum(any(c.isdigit() for c in word) for word in words) / n,
    ]


def _sentiment(sentence: str) -> list[float]:
    scores = _vader().polarity_scores(sentence)
    return [scores[key] for key in ("neg", "neu", "pos", "compound")]


def _pace(part: Segment, *, timed: bool) -> list[float]:
    seconds = (part.end_s or 0.0) - (part.start_s or 0.0)
    if not timed or seconds <= 0:
        return [0.0, 0.0]
    return [count_words(part.text) / seconds, 1.0]


@lru_cache(maxsize=1)
def _vader() -> SentimentIntensityAnalyzer:
    return SentimentIntensityAnalyzer()
