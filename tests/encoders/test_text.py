"""Text encoders: independent references, times, and invariances."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.contracts import Segment, Transcript
from trifold.encoders.text.contours import PsycholinguisticContours, flesch_reading_ease, syllables
from trifold.encoders.text.lexicon import CATEGORIES
from trifold.encoders.text.minilm import MiniLM, join_sentences
from trifold.encoders.text.sentences import count_words, sentences
from trifold.errors import EncoderError
from trifold.media.transcripts.reading import parse_transcript

TEXTS = ["The team met its deadline.", "Our group finished on time.", "I bought two red apples.",
         "Well, um, I think maybe we could possibly try it tomorrow, you know?"]  # fmt: skip
TIMED = Transcript(
    (Segment("I plan my week. Then I rest", 2.0, 6.0), Segment("for a while. We talk!", 7.0, 9.0)),
    "vtt",
)


@pytest.fixture(scope="module")
def minilm() -> MiniLM:
    return MiniLM()


def test_minilm_agrees_with_sentence_transformers(minilm) -> None:
    library = pytest.importorskip("sentence_transformers")
    parts = pytest.importorskip("sentence_transformers.sentence_transformer.modules")
    reader = parts.Transformer(str(minilm.folder))
    mean = parts.Pooling(reader.get_embedding_dimension(), "mean")
    model = library.SentenceTransformer(modules=[reader, mean, parts.Normalize()], device="cpu")
    reference = model.encode(TEXTS)
    np.testing.assert_allclose(minilm.embed(TEXTS), reference, atol=1e-5)


def test_minilm_does_not_depend_on_the_batch(minilm) -> None:
    alone = np.concatenate([minilm.embed([text]) for text in TEXTS])
    np.testing.assert_allclose(minilm.embed(TEXTS), alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(alone, axis=1), 1, atol=1e-5)


def test_minilm_puts_a_paraphrase_nearer_than_another_topic(minilm) -> None:
    first, paraphrase, other, _ = minilm.embed(TEXTS)
    assert first @ paraphrase > first @ other + 0.2


def test_windows_cover_the_transcript_in_order(minilm) -> None:
    sequence = MiniLM(window_words=4).encode(TIMED)
    assert sequence.values.shape == (3, 384)
    assert (sequence.start_s <= sequence.end_s).all()
    assert (np.diff(sequence.start_s) > 0).all()
    assert sequence.start_s[0] == 2.0
    assert sequence.end_s[-1] == 9.0
    assert sequence.quality["n_words"] == 12


@given(st.lists(st.integers(1, 30), min_size=1, max_size=40), st.integers(1, 60))
def test_windows_keep_every_sentence_and_are_even(lengths: list[int], words: int) -> None:
    parts = [Segment(" ".join(["word"] * n), float(i), i + 1.0) for i, n in enumerate(lengths)]
    windows = join_sentences(parts, words)
    assert " ".join(w.text for w in windows) == " ".join(p.text for p in parts)
    assert [w.start_s for w in windows[1:]] == [w.end_s for w in windows[:-1]]
    share = max(words, sum(lengths) / max(1, round(sum(lengths) / words)))
    assert max(count_words(w.text) for w in windows) <= share + max(lengths)


def test_sentences_keep_times_across_cues_and_gaps() -> None:
    first, second, third = sentences(TIMED)
    assert (first.text, third.text) == ("I plan my week.", "We talk!")
    assert second.text == "Then I rest for a while."
    assert first.start_s == 2.0
    assert 4.0 < (first.end_s or 0) < 5.0
    assert (second.end_s or 0) > 7.0


def test_untimed_words_are_spread_over_the_duration_and_long_ones_cut() -> None:
    one, two = sentences(parse_transcript("Aaaa bbbb. Cccc dddd."), duration_s=10.0)
    assert (one.start_s, two.end_s) == (0.0, 10.0)
    assert one.end_s == pytest.approx(5.0, abs=0.5)
    assert len(sentences(parse_transcript("word " * 130))) == 3
    assert [s.text for s in sentences(parse_transcript("Dr. Who met Mr. Xu. Then left."))] == [
        "Dr. Who met Mr. Xu.",
        "Then left.",
    ]


@pytest.mark.parametrize("encoder", [MiniLM(), PsycholinguisticContours()])
def test_empty_transcript_gives_no_token(encoder) -> None:
    sequence = encoder.encode(Transcript((), "txt"))
    assert sequence.values.shape == (0, encoder.dim)
    assert len(sequence.start_s) == 0


def contour(text: str) -> dict[str, float]:
    encoder = PsycholinguisticContours()
    (row,) = encoder.encode(parse_transcript(text)).values
    return dict(zip(encoder.feature_names, row.tolist(), strict=True))


def test_word_class_rates_count_words() -> None:
    rates = contour("I think we never met the team, um, at my office.")
    expected = {"first_person_singular": 2, "first_person_plural": 1, "negation": 1, "filler": 1,
                "article": 1, "preposition": 1, "cognition": 1}  # fmt: skip
    for name, count in expected.items():
        assert rates[name] == pytest.approx(count / 11), name
    assert rates["words_per_sentence"] == 11
    assert rates["comma_rate"] == pytest.approx(2 / 11)


def test_word_lists_do_not_match_inside_words() -> None:
    assert contour("Theatre ourselves.")["article"] == 0
    assert contour("Android phones.")["conjunction"] == 0
    assert set(CATEGORIES) <= set(contour("Hello."))


def test_sentiment_has_the_right_sign() -> None:
    assert contour("This is a wonderful success.")["sentiment_compound"] > 0.3
    assert contour("This is a terrible failure.")["sentiment_compound"] < -0.3


def test_flesch_is_the_published_formula() -> None:
    assert flesch_reading_ease(100, 5, 130) == pytest.approx(206.835 - 1.015 * 20 - 84.6 * 1.3)
    assert [syllables(w) for w in ("cat", "make", "table", "organization")] == [1, 1, 2, 5]


def test_pace_is_optional_and_needs_times() -> None:
    timed = PsycholinguisticContours(pace=True).encode(TIMED)
    assert timed.values.shape[1] == PsycholinguisticContours().dim + 2
    assert (timed.values[:, -1] == 1).all()
    untimed = PsycholinguisticContours(pace=True).encode(parse_transcript("Hi."), duration_s=2)
    assert untimed.values[0, -2:].tolist() == [0, 0]


def test_fingerprints_change_with_settings_and_not_with_speed() -> None:
    prints = {MiniLM().fingerprint, MiniLM(window_words=5).fingerprint,
              PsycholinguisticContours().fingerprint,
              PsycholinguisticContours(pace=True).fingerprint}  # fmt: skip
    assert len(prints) == 4
    assert MiniLM(batch_size=2).fingerprint == MiniLM().fingerprint


def test_changed_weights_are_refused_or_change_the_fingerprint(minilm, tmp_path: Path) -> None:
    copy = tmp_path / "model"
    shutil.copytree(minilm.folder, copy)
    weights = copy / "model.safetensors"
    content = bytearray(weights.read_bytes())
    content[-1] ^= 1
    weights.write_bytes(content)
    with pytest.raises(EncoderError, match="expected weights with SHA-256 53aa5117"):
        MiniLM(model_dir=str(copy))
    assert MiniLM(model_dir=str(copy), sha256=None).fingerprint != minilm.fingerprint
    with pytest.raises(EncoderError, match="expected MiniLM weights, got no such file"):
        MiniLM(model_dir=str(tmp_path))
