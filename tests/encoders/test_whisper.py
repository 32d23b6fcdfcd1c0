"""Recognition: words with times, a language for the whole recording, guards that take effect."""

from __future__ import annotations

import socket
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import faster_whisper
import numpy as np
import pytest

from tests.factories.models import sentence_encoder, whisper
from tests.factories.recognisers import LOOSE, SPOKEN, converted_whisper
from trifold.encoders.speech_to_text.decoding import laid_apart, weighted_languages
from trifold.encoders.speech_to_text.recordings import Recording, Utterance, spread
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.errors import DecodeError, EncoderError, InputError


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    return converted_whisper(tmp_path_factory.mktemp("whisper"))


@pytest.fixture(scope="module")
def multilingual(tmp_path_factory) -> Path:
    """Hears German rather than English."""
    root = tmp_path_factory.mktemp("multilingual")
    return converted_whisper(root, languages=("en", "de", "fr"), habits={"<|de|>": -35.0})


def recogniser(folder: Path, **settings) -> WhisperRecogniser:
    return WhisperRecogniser(**{"model": str(folder), "guards": LOOSE, **settings})


@cache
def utterances(count: int = 5, first: int = 0) -> tuple[Utterance, ...]:
    """Noise of two and three seconds, a pause between."""
    made = []
    for i in range(first, first + count):
        samples = np.random.default_rng(i).normal(size=16000 * (2 + i % 2)) * 0.1
        made.append(Utterance(4.0 * (i - first), samples.astype(np.float32)))
    return tuple(made)


def recording(parts: Sequence[Utterance]) -> Recording:
    """Of utterances that are at hand."""
    by_span = {(u.start_s, u.start_s + u.duration_s): u for u in parts}
    return Recording(list(by_span), lambda spans: iter([by_span[span] for span in spans]))


def test_words_do_not_depend_on_batches_or_on_other_recordings(folder: Path) -> None:
    parts = [recording(utterances(5)), recording([]), recording(utterances(3, first=9))]
    many = list(recogniser(folder, batch_size=4).recognise_all(parts))
    alone = [recogniser(folder, batch_size=1).recognise(part) for part in parts]
    assert [m.transcript for m in many] == [a.transcript for a in alone]
    for one, other in zip(many, alone, strict=True):
        np.testing.assert_allclose(one.confidence, other.confidence, atol=1e-3)
        assert one.counts == other.counts


def test_words_lie_in_their_utterance_in_order(folder: Path) -> None:
    found = recogniser(folder).recognise(recording(utterances()))
    said = found.transcript
    assert (said.source, said.words_timed, said.language) == ("asr", True, "en")
    assert found.counts["utterances"] == 5
    assert len(found.confidence) == len(said.segments) > 5
    assert all(0 <= chance <= 1 for chance in found.confidence)
    starts = [s.start_s for s in said.segments]
    assert starts == sorted(starts)
    for word in said.segments:
        assert word.text in SPOKEN
        owner = utterances()[int(word.start_s // 4)]
        assert owner.start_s <= word.start_s <= word.end_s
        assert word.end_s <= owner.start_s + owner.duration_s + 1e-6


def test_words_are_those_of_faster_whisper(folder: Path) -> None:
    (utterance,) = utterances(1)
    model = faster_whisper.WhisperModel(str(folder), device="cpu", compute_type="float32")
    segments, _ = faster_whisper.BatchedInferencePipeline(model).transcribe(
        utterance.samples, vad_filter=False, word_timestamps=True
    )
    expected = [word for segment in segments for word in segment.words]
    exact = recogniser(folder, precision="float32")
    found = exact.recognise(recording([utterance])).transcript.segments
    assert [s.text for s in found] == [w.word.strip() for w in expected]
    np.testing.assert_allclose(
        [s.start_s for s in found[1:]], [float(w.start) for w in expected[1:]], atol=0.021
    )


def test_the_language_is_told_over_the_whole_recording_and_locked(multilingual: Path) -> None:
    free = recogniser(multilingual)
    found = free.recognise(recording(utterances(9)))
    heard = [utterances(9)[i] for i in (0, 2, 3, 5, 6, 8)]
    each = [free.decoder.language_probabilities(u.samples) for u in heard]
    expected = weighted_languages(each, [u.duration_s for u in heard])
    assert found.languages == pytest.approx(expected)
    assert found.transcript.language == "de" == next(iter(expected))
    locked = recogniser(multilingual, language="en").recognise(recording(utterances(2)))
    assert (locked.transcript.language, dict(locked.languages)) == ("en", {"en": 1.0})


def test_parts_in_another_language_are_said(multilingual: Path, monkeypatch) -> None:
    mixed = iter([{"de": 0.9, "en": 0.1}, {"de": 0.2, "en": 0.8}] * 3)
    name = "trifold.encoders.speech_to_text.decoding.WhisperDecoder.language_probabilities"
    monkeypatch.setattr(name, lambda *_: next(mixed))
    found = recogniser(multilingual).recognise(recording(utterances(6)))
    line = found.transcript.remarks["OTHER_LANGUAGE"]
    assert line == "recognised as en, but parts sound de (48%)"


@pytest.mark.parametrize("language", ["de", "xx", ""])
def test_a_given_language_must_be_the_models(folder: Path, language: str) -> None:
    with pytest.raises(InputError, match=r"expected the languages of .* among en, got"):
        recogniser(folder, language=language)


def test_a_loop_is_tried_again_and_then_dropped(tmp_path: Path) -> None:
    looping = converted_whisper(tmp_path, habits={"Ġwork": 30.0})
    loose = recogniser(looping).recognise(recording(utterances(2)))
    assert set(loose.transcript.text.split()) == {"work"}
    strict = recogniser(looping, guards={"no_speech": 2.0}).recognise(recording(utterances(2)))
    assert strict.counts["tried_again"] == 2
    assert "work work work work" not in strict.transcript.text


def test_what_the_model_takes_for_silence_is_dropped(tmp_path: Path) -> None:
    silent = converted_whisper(tmp_path, habits={"<|nospeech|>": 60.0})
    unsure = {**LOOSE, "no_speech": 0.6, "log_probability": 1.0}
    found = recogniser(silent, guards=unsure).recognise(recording(utterances(3)))
    assert found.counts["silence"] == 3
    assert found.transcript.segments == ()
    assert np.isnan(found.log_probability)


def test_low_confidence_is_said(folder: Path) -> None:
    guards = {**LOOSE, "unclear": 0.0}
    found = recogniser(folder, guards=guards).recognise(recording(utterances(2)))
    sure = f"{np.exp(found.log_probability):.2f}"
    assert sure in found.transcript.remarks["UNCLEAR_SPEECH"]
    assert not recogniser(folder).recognise(recording(utterances(2))).transcript.remarks


def test_nothing_to_hear_loads_no_model(folder: Path, monkeypatch) -> None:
    name = "trifold.encoders.speech_to_text.whisper.load_whisper"
    monkeypatch.setattr(name, lambda *_: pytest.fail("loaded"))
    found = recogniser(folder).recognise(recording([]))
    assert (found.transcript.segments, found.transcript.language) == ((), None)


def test_nothing_is_asked_of_the_network(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(socket, "socket", lambda *_, **__: pytest.fail("asked"))
    assert recogniser(folder).recognise(recording(utterances(1))).transcript.segments


def test_a_recording_that_breaks_off_stops_no_other(folder: Path) -> None:
    def breaking(spans) -> Iterator[Utterance]:
        yield utterances(1)[0]
        raise DecodeError(expected="sound", got="noise")

    long = Utterance(0.0, np.zeros(16000 * 31, np.float32))
    parts = [Recording([(0, 1)], breaking), recording([long]), recording(utterances(2))]
    broken, too_long, good = recogniser(folder, batch_size=2).recognise_all(parts)
    assert isinstance(broken, DecodeError)
    assert str(too_long) == "expected utterances of up to 30 s, got 31 s"
    assert good.transcript == recogniser(folder).recognise(parts[2]).transcript
    with pytest.raises(DecodeError, match="expected sound, got noise"):
        recogniser(folder).recognise(parts[0])


def test_a_recording_is_done_before_the_one_after_the_next_is_read(folder: Path) -> None:
    read: list[int] = []

    def watched(number: int) -> Recording:
        parts = utterances(2, first=2 * number)

        def reading(_: object) -> Iterator[Utterance]:
            read.append(number)
            yield from parts

        return replace(recording(parts), read=reading)

    parts = [watched(0), recording([]), watched(1), watched(2)]
    found = recogniser(folder, batch_size=1).recognise_all(parts)
    first = next(found)
    assert read == [0, 1]
    assert first.transcript == recogniser(folder).recognise(recording(utterances(2))).transcript
    empty, *rest = found
    assert empty.transcript.segments == ()
    assert [part.counts["utterances"] for part in rest] == [2, 2]
    assert read == [0, 1, 2]


def test_fingerprints_change_with_what_changes_words(folder: Path, tmp_path: Path) -> None:
    other = converted_whisper(tmp_path, seed=1)
    settings = [{}, {"guards": {"compression": 3.0}}, {"model": str(other)},
                {"beam_size": 1}, {"precision": "float32"}]  # fmt: skip
    prints = [recogniser(folder, **s).fingerprint for s in settings]
    assert len(set(prints)) == len(settings)
    assert recogniser(folder, batch_size=1).fingerprint == prints[0]


def test_the_only_language_of_a_model_is_the_same_recogniser_named_or_not(
    folder: Path, multilingual: Path
) -> None:
    def prints(model: Path) -> set[str]:
        return {recogniser(model, language=code).fingerprint for code in (None, "en")}

    assert len(prints(folder)) == 1
    assert len(prints(multilingual)) == 2


def test_other_models_are_refused(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match=r"model.safetensors: convert it with ct2-transformers"):
        recogniser(whisper(tmp_path / "hf"))
    with pytest.raises(EncoderError, match=r"expected CTranslate2 weights as model.bin, got none"):
        recogniser(tmp_path)
    (tmp_path / "bare").mkdir()
    (tmp_path / "bare/model.bin").write_bytes(b"no model")
    with pytest.raises(EncoderError, match=r"got no config.json"):
        recogniser(tmp_path / "bare")
    for name in ("config.json", "tokenizer.json"):
        (tmp_path / "bare" / name).write_bytes((folder / name).read_bytes())
    damaged = recogniser(tmp_path / "bare")
    with pytest.raises(EncoderError, match="expected a Whisper in CTranslate2's layout"):
        damaged.recognise(recording(utterances(1)))
    assert sentence_encoder(tmp_path / "bert").is_dir()
    with pytest.raises(EncoderError, match="expected a pinned revision beside a hub id"):
        recogniser(Path("Systran/faster-whisper-small"))


@pytest.mark.parametrize(
    ("settings", "message"),
    [({"precision": "int4"}, "expected a precision among auto, int8"),
     ({"beam_size": 0}, "expected a beam_size of 1 or more"),
     ({"batch_size": 0}, "expected batch_size auto or at least 1")],
)  # fmt: skip
def test_settings_that_cannot_be_are_refused(folder: Path, settings: dict, message: str) -> None:
    with pytest.raises(InputError, match=message):
        recogniser(folder, **settings)


def test_parts_lie_apart_and_whole_in_one_waveform() -> None:
    parts = [np.full(n, i + 1.0, np.float32) for i, n in enumerate((161, 0, 320, 1))]
    samples, starts = laid_apart(parts)
    for part, start, end in zip(parts, starts, [*starts[1:], len(samples)], strict=True):
        assert start % 160 == 0
        np.testing.assert_array_equal(samples[start : start + len(part)], part)
        assert not samples[start + len(part) : end].any()
        assert not samples[start - 48000 : start].any()
    assert len(laid_apart([])[0]) == 0


def test_languages_are_weighted_by_length() -> None:
    found = weighted_languages([{"en": 1.0}, {"de": 0.6, "en": 0.4}], [1.0, 3.0])
    assert found == pytest.approx({"en": 0.55, "de": 0.45})
    assert list(found) == ["en", "de"]


@pytest.mark.parametrize(("count", "chosen"), [(0, []), (3, [0, 1, 2]), (11, [0, 2, 4, 6, 8, 10])])
def test_the_language_is_listened_for_from_end_to_end(count: int, chosen: list[int]) -> None:
    spans = [(float(i), i + 0.5) for i in range(count)]
    assert spread(spans, 6) == [spans[i] for i in chosen]
