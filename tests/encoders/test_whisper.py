"""Recognition: words with times, a language, and guards that take effect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
import transformers as hf

from tests.factories.models import saved, sentence_encoder, whisper
from trifold.contracts import Segment
from trifold.encoders.speech_to_text.decoding import Utterance
from trifold.encoders.speech_to_text.guards import Guards, compression_ratio, longest_loop
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.encoders.speech_to_text.words import words_of
from trifold.errors import EncoderError, InputError

LOOSE = {"compression": 1e9, "repeats": 1e9, "no_speech": 2.0}  # let everything pass


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """A model that writes letters and blanks, though without sense."""
    root = tmp_path_factory.mktemp("whisper")
    words = hf.AutoTokenizer.from_pretrained(whisper(root / "raw"))
    odd = [i for i in range(len(words)) if not words.decode([i]).replace(" ", "").isalpha()]
    odd.remove(words.eos_token_id)
    return Path(changed(root / "raw", root / "letters", suppress_tokens=odd))


def utterances(count: int = 5) -> list[Utterance]:
    """Noise of two and three seconds, a pause between."""
    made = []
    for i in range(count):
        samples = np.random.default_rng(i).normal(size=16000 * (2 + i % 2)) * 0.1
        made.append(Utterance(4.0 * i, samples.astype(np.float32)))
    return made


def changed(folder: Path, out: Path, **settings: object) -> str:
    """The model with another generation configuration."""
    model = hf.WhisperForConditionalGeneration.from_pretrained(folder)
    for name, value in settings.items():
        if value is None:
            delattr(model.generation_config, name)
        else:
            setattr(model.generation_config, name, value)
    for file in folder.iterdir():
        if file.name not in ("model.safetensors", "generation_config.json", "config.json"):
            out.mkdir(exist_ok=True)
            (out / file.name).write_bytes(file.read_bytes())
    return str(saved(model, out))


def test_words_do_not_depend_on_batches(folder: Path) -> None:
    many, one = (
        WhisperRecogniser(model=str(folder), guards=LOOSE, batch_size=n).recognise(utterances())
        for n in (3, 1)
    )
    assert [s.text for s in many.transcript.segments] == [s.text for s in one.transcript.segments]
    times = [[(s.start_s, s.end_s) for s in r.transcript.segments] for r in (many, one)]
    np.testing.assert_allclose(times[0], times[1], atol=0.021)  # one frame
    assert many.log_probability == pytest.approx(one.log_probability, abs=1e-4)


def test_words_lie_in_their_utterance_in_order(folder: Path) -> None:
    found = WhisperRecogniser(model=str(folder), guards=LOOSE).recognise(utterances())
    assert found.transcript.words_timed
    assert found.transcript.source == "asr"
    assert found.counts["utterances"] == 5
    starts = [s.start_s for s in found.transcript.segments]
    assert starts == sorted(starts)
    for word in found.transcript.segments:
        assert " " not in word.text
        owner = utterances()[int(word.start_s // 4)]
        assert owner.start_s <= word.start_s <= word.end_s
        assert word.end_s <= owner.start_s + len(owner.samples) / 16000 + 1e-6


@torch.inference_mode()
def test_tokens_are_the_greedy_ones_of_transformers(folder: Path) -> None:
    (utterance, *_) = utterances(1)
    model = hf.WhisperForConditionalGeneration.from_pretrained(folder).eval()
    extractor = hf.WhisperFeatureExtractor.from_pretrained(folder)
    words = hf.AutoTokenizer.from_pretrained(folder)
    spectrum = extractor(utterance.samples, sampling_rate=16000, return_tensors="pt")
    ids = model.generate(spectrum["input_features"], language="de", task="transcribe",
                         do_sample=False, num_beams=1)  # fmt: skip
    expected = words.decode(ids[0], skip_special_tokens=True)
    found = WhisperRecogniser(model=str(folder), language="de", guards=LOOSE).recognise([utterance])
    assert found.language == "de"
    assert len(expected.split()) > 3
    assert found.transcript.text.split() == expected.split()


@torch.inference_mode()
def test_the_language_is_the_most_probable_one(folder: Path) -> None:
    model = hf.WhisperForConditionalGeneration.from_pretrained(folder).eval()
    extractor = hf.WhisperFeatureExtractor.from_pretrained(folder)
    samples = [u.samples for u in utterances(1)]
    spectra = extractor(samples, sampling_rate=16000, return_tensors="pt")["input_features"]
    codes = {index: token.strip("<|>") for token, index in
             model.generation_config.lang_to_id.items()}  # fmt: skip
    expected = codes[int(model.detect_language(spectra)[0])]
    assert WhisperRecogniser(model=str(folder)).recognise(utterances(1)).language == expected


def test_a_given_language_must_be_known(folder: Path) -> None:
    with pytest.raises(InputError, match="expected a language among de, en, got fr"):
        WhisperRecogniser(model=str(folder), language="fr").recognise(utterances(1))


def test_one_language_models_take_no_prompt_for_it(folder: Path, tmp_path: Path) -> None:
    english = changed(folder, tmp_path / "en", is_multilingual=False, lang_to_id=None,
                      task_to_id=None)  # fmt: skip
    found = WhisperRecogniser(model=english, guards=LOOSE).recognise(utterances(2))
    assert found.language == "en"
    assert found.transcript.segments


def test_without_alignment_heads_utterances_keep_their_times(folder: Path, tmp_path: Path) -> None:
    plain = changed(folder, tmp_path / "plain", alignment_heads=None)
    found = WhisperRecogniser(model=plain, guards=LOOSE).recognise(utterances(3))
    assert not found.transcript.words_timed
    times = {(s.start_s, s.end_s) for s in found.transcript.segments}
    assert times <= {(0.0, 2.0), (4.0, 7.0), (8.0, 10.0)}


@pytest.fixture(scope="module")
def looping(folder: Path, tmp_path_factory) -> str:
    """A model that can say nothing but one word, so it says it again and again."""
    words = hf.AutoTokenizer.from_pretrained(folder)
    only = words(" work", add_special_tokens=False)["input_ids"]
    keep = {*only, words.eos_token_id}
    suppressed = [i for i in range(len(words)) if i not in keep]
    return changed(folder, tmp_path_factory.mktemp("loop") / "m", suppress_tokens=suppressed)


def test_a_loop_is_tried_again_and_then_dropped(looping: str) -> None:
    loose = WhisperRecogniser(model=looping, guards=LOOSE, language="en").recognise(utterances(2))
    assert longest_loop([s.text for s in loose.transcript.segments]) > 5
    strict = WhisperRecogniser(model=looping, language="en", guards={"no_speech": 2.0})
    found = strict.recognise(utterances(2))
    assert found.counts["tried_again"] == 2
    for owner in utterances(2):
        said = [s for s in found.transcript.segments if 0 <= s.start_s - owner.start_s < 3]
        assert longest_loop([s.text for s in said]) <= 3
    assert len(found.transcript.segments) < len(loose.transcript.segments)


def test_what_the_model_takes_for_silence_is_dropped(folder: Path) -> None:
    guards = {**LOOSE, "no_speech": 0.0, "log_probability": 1.0}
    found = WhisperRecogniser(model=str(folder), guards=guards).recognise(utterances(3))
    assert found.counts["silence"] == 3
    assert found.transcript.segments == ()
    assert np.isnan(found.log_probability)


def test_nothing_to_hear_gives_nothing(folder: Path) -> None:
    found = WhisperRecogniser(model=str(folder)).recognise([])
    assert found.transcript.segments == ()
    assert found.language is None


def test_an_utterance_must_fit_the_window(folder: Path) -> None:
    long = Utterance(0.0, np.zeros(16000 * 5, np.float32))
    with pytest.raises(InputError, match="expected utterances of up to 4 s, got 5 s"):
        WhisperRecogniser(model=str(folder)).recognise([long])


def test_fingerprints_change_with_weights_language_and_guards(folder: Path, tmp_path: Path) -> None:
    other = str(whisper(tmp_path, seed=1))
    settings = [{}, {"language": "en"}, {"guards": {"compression": 3.0}}, {"model": other}]
    prints = [WhisperRecogniser(**{"model": str(folder), **s}).fingerprint for s in settings]
    assert len(set(prints)) == 4
    assert WhisperRecogniser(model=str(folder), batch_size=1).fingerprint == prints[0]


def test_other_models_are_refused(tmp_path: Path) -> None:
    with pytest.raises(EncoderError, match="expected a Whisper model, got bert"):
        WhisperRecogniser(model=str(sentence_encoder(tmp_path)))


@pytest.mark.parametrize(
    ("text", "times"),
    [("", 0), ("we plan", 1), ("no no no no", 4), ("so we so we so we go", 3),
     ("Thank you. Thank you. Thank you, thank you!", 4), ("a b c a b c", 2)],
)  # fmt: skip
def test_loops_are_counted(text: str, times: int) -> None:
    assert longest_loop(text.split()) == times


def test_guards_let_ordinary_speech_pass() -> None:
    said = (
        "I would first ask what exactly went wrong, then write down three things that I can change "
        "by myself, and talk to my team about the rest. Very, very important: no blame."
    )
    assert 0.9 < compression_ratio(said) < 2
    assert not Guards().is_repetitive(said.split())
    assert Guards().is_repetitive(("I see. " * 30).split())
    assert Guards().is_repetitive(["yes"] * 5)
    assert compression_ratio("") == 0
    assert Guards().is_silence(0.9, -1.5)
    assert not Guards().is_silence(0.9, -0.5)  # sure of its words
    assert not Guards().is_silence(0.3, -1.5)


def decode(pieces: dict[int, bytes]):
    return lambda ids: b"".join(pieces[i] for i in ids).decode("utf-8", errors="replace")


def test_words_begin_with_a_blank_and_keep_their_punctuation() -> None:
    pieces = {1: b" We", 2: b" pla", 3: b"n", 4: b",", 5: b" then", 6: b" rest", 7: b"."}
    words = words_of([1, 2, 3, 4, 5, 6, 7], [0.1, 0.3, 0.4, 0.5, 0.7, 0.9, 1.0], decode(pieces),
                     language="en", offset_s=10.0, end_s=12.0)  # fmt: skip
    assert [w.text for w in words] == ["We", "plan,", "then", "rest."]
    np.testing.assert_allclose([w.start_s for w in words], [10.1, 10.3, 10.7, 10.9])
    np.testing.assert_allclose([w.end_s for w in words], [10.3, 10.7, 10.9, 12.0])


def test_a_character_of_several_tokens_is_one_and_unspaced_languages_have_words() -> None:
    pieces = {1: "你".encode()[:2], 2: "你".encode()[2:], 3: "好".encode(), 4: "。".encode()}
    words = words_of([1, 2, 3, 4], [0.0, 0.1, 0.2, 0.3], decode(pieces), language="zh",
                     offset_s=0.0, end_s=1.0)  # fmt: skip
    assert [w.text for w in words] == ["你", "好。"]
    assert words[1] == Segment("好。", 0.2, 1.0)


def test_times_never_fall_nor_leave_the_utterance() -> None:
    pieces = {1: b" a", 2: b" b", 3: b" c"}
    words = words_of([1, 2, 3], [0.5, 0.2, 9.0], decode(pieces), language="en", offset_s=1.0,
                     end_s=2.0)  # fmt: skip
    assert [(w.start_s, w.end_s) for w in words] == [(1.5, 1.5), (1.5, 2.0), (2.0, 2.0)]
    assert words_of([], [], decode({}), language="en", offset_s=0.0, end_s=1.0) == []
