"""Measures, questions, hashed words, profiles and layers of MiniLM as streams."""

from __future__ import annotations

import numpy as np
import pytest

from trifold.encoders.measures import PublishedMeasures
from trifold.encoders.text.contours import PsycholinguisticContours
from trifold.encoders.text.minilm import MiniLM
from trifold.encoders.text.profile import LENGTHS, PsycholinguisticProfile
from trifold.encoders.text.question import QuestionEmbedding
from trifold.encoders.text.words import HashedWords
from trifold.errors import EncoderError
from trifold.media.transcripts.reading import parse_transcript

TEXT = "I plan every step. Then we meet, and I listen to my team! Do I worry? Maybe a little."


def test_measures_come_in_the_order_asked_for() -> None:
    encoder = PublishedMeasures(columns=["b", "a"], modality="audio")
    sequence = encoder.encode({"a": 1.0, "b": 2.0, "c": 3.0})
    assert sequence.values.tolist() == [[2.0, 1.0]]
    assert (sequence.modality, sequence.fingerprint) == ("audio", encoder.fingerprint)
    other = PublishedMeasures(columns=["a", "b"], modality="audio")
    assert other.fingerprint != encoder.fingerprint
    with pytest.raises(EncoderError, match="expected a measure 'b', got none"):
        encoder.encode({"a": 1.0})
    with pytest.raises(EncoderError, match="expected at least one column and a modality among"):
        PublishedMeasures(columns=["a"], modality="question")


def test_questions_are_embedded_as_sentences_are() -> None:
    encoder = QuestionEmbedding()
    asked = "How do you behave in a new team?"
    sequence = encoder.encode(asked)
    np.testing.assert_allclose(sequence.values, MiniLM().embed([asked]), atol=1e-6)
    assert sequence.modality == "question"
    assert encoder.encode("  ").values.shape == (0, 384)


def test_words_are_counted_whatever_their_case() -> None:
    encoder = HashedWords(buckets=512)
    once = encoder.encode(parse_transcript("team Team TEAM plan")).values[0]
    assert sorted(once[once > 0].tolist()) == [1.0, 3.0]
    assert encoder.encode(parse_transcript("?!")).values.shape == (0, 512)
    pairs = HashedWords(buckets=512, longest=2).encode(parse_transcript("team plan")).values[0]
    assert pairs.sum() == 3  # two words and one pair


def test_profile_is_the_word_weighted_mean_of_the_contours() -> None:
    transcript = parse_transcript(TEXT)
    encoder, contours = PsycholinguisticProfile(), PsycholinguisticContours()
    rows = contours.encode(transcript).values
    words = rows[:, contours.feature_names.index("words_per_sentence")]
    profile = encoder.encode(transcript).values[0]
    np.testing.assert_allclose(profile[:-3], words @ rows / words.sum(), rtol=1e-5)
    assert profile[-2] == pytest.approx(np.log(4))
    rate = profile[encoder.feature_names.index("first_person_singular")]
    assert rate == pytest.approx(4 / words.sum(), rel=1e-5)
    assert encoder.encode(parse_transcript("")).values.shape == (0, encoder.dim)


def test_profile_without_lengths_does_not_follow_how_much_is_said() -> None:
    """Of before the switch bundles name no setting, and read the lengths."""
    older, encoder = PsycholinguisticProfile(), PsycholinguisticProfile(lengths=False)
    assert older.fingerprint == PsycholinguisticProfile(lengths=True).fingerprint
    assert encoder.fingerprint != older.fingerprint
    assert older.feature_names == (*encoder.feature_names, *LENGTHS)
    once, twice = (encoder.encode(parse_transcript(TEXT * n)).values for n in (1, 2))
    np.testing.assert_allclose(once, older.encode(parse_transcript(TEXT)).values[:, :-3])
    assert once.shape == twice.shape == (1, encoder.dim)


def test_layers_differ_from_the_sentence_embedding() -> None:
    whole, middle = MiniLM(window_words=100), MiniLM(layer=4, window_words=100)
    assert whole.fingerprint != middle.fingerprint
    top, inner = (m.encode(parse_transcript(TEXT)).values for m in (whole, middle))
    assert top.shape == inner.shape == (1, 384)
    assert np.linalg.norm(top) == pytest.approx(1.0, abs=1e-5)
    assert np.linalg.norm(inner) > 1.5
    batched = MiniLM(layer=4).embed(["short one", "a much longer text, padded differently"])
    np.testing.assert_allclose(MiniLM(layer=4).embed(["short one"])[0], batched[0], atol=1e-4)
    with pytest.raises(EncoderError, match="expected a layer from 1 to 6, got 7"):
        MiniLM(layer=7)
