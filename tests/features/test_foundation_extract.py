"""Pretrained encoders through extraction: questions, batches of clips, shards, recognised words."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import transformers as hf

from tests.factories.media import voice, write_interview, write_media
from tests.factories.models import (
    image_text_model,
    llm,
    saved,
    sentence_encoder,
    speech_model,
    videomae,
    whisper,
)
from trifold.contracts import Clip, TokenSequence
from trifold.encoders.base import BatchTextEncoder
from trifold.encoders.build import build_encoders, is_pretrained
from trifold.encoders.speech_to_text.whisper import WhisperRecogniser
from trifold.errors import EncoderError, InputError
from trifold.features.clip import extract_clip, extract_clips, load_tokens
from trifold.features.extract import default_workers, extract, shard
from trifold.features.store import FeatureStore
from trifold.features.transcribe import utterances_of, with_transcripts
from trifold.features.words import with_words
from trifold.media.transcripts.reading import read_transcript
from trifold.media.transcripts.vtt import read_note
from trifold.workers.base import EngineSettings

PROMPT = {"name": "n", "source": "s", "instruction": "Read this.", "cue": "It says"}
FORM = {"name": "f", "source": "s", "options": [1, 2, 3], "ask": "\n{item} Answer: ",
        "items": [{"text": "Plans.", "scale": "C"}]}  # fmt: skip
TEXT = "trifold.encoders.text"
ALONE, TWO = EngineSettings(workers=1), EngineSettings(workers=2)


@pytest.fixture(scope="module")
def specs(tmp_path_factory) -> dict:
    """One of every kind of foundation encoder."""
    root = tmp_path_factory.mktemp("models")
    model = {"language": llm(root / "llm"), "sentence": sentence_encoder(root / "bert"),
             "speech": speech_model(root / "wavlm", "wavlm"), "video": videomae(root / "vm"),
             "image": image_text_model(root / "siglip", "siglip")}  # fmt: skip
    model = {name: str(folder) for name, folder in model.items()}
    return {
        "sentences": {"_target_": f"{TEXT}.sentence_encoder.SentenceEncoder",
                      "model": model["sentence"]},
        "language": {"_target_": f"{TEXT}.prompting.prompted.PromptedLanguageModel",
                     "model": model["language"], "prompt": PROMPT},
        "ratings": {"_target_": f"{TEXT}.prompting.questionnaire.QuestionnaireReading",
                    "model": model["language"], "prompt": PROMPT, "questionnaire": FORM},
        "speech": {"_target_": "trifold.encoders.audio.speech_model.SpeechModel",
                   "model": model["speech"]},
        "face": {"_target_": "trifold.encoders.video.image_model.ImageModel",
                 "model": model["image"]},
        "motion": {"_target_": "trifold.encoders.video.video_model.VideoModel",
                   "model": model["video"]},
    }  # fmt: skip


def tokens(records, specs, store: FeatureStore) -> list[dict[str, TokenSequence]]:
    prints = {name: encoder.fingerprint for name, encoder in build_encoders(specs).items()}
    return [load_tokens(record, prints, store) for record in records]


def assert_same(first, second) -> None:
    for one, other in zip(first, second, strict=True):
        assert one.keys() == other.keys()
        for stream in one:
            np.testing.assert_allclose(one[stream].values, other[stream].values, atol=1e-4)
            np.testing.assert_array_equal(one[stream].start_s, other[stream].start_s)


def test_a_clip_has_every_stream(specs, tmp_path: Path) -> None:
    clip = Clip("a", "a", write_interview(tmp_path, "a"), question="How do you work?",
                transcript_path=tmp_path / "a.vtt")  # fmt: skip
    store = FeatureStore(tmp_path / "store")
    (record,) = extract([clip], specs, store)
    assert record.error_code is None
    assert record.missing == {}
    assert set(record.content) == set(specs)
    (found,) = tokens([record], specs, store)
    assert {s: found[s].values.shape[1] for s in specs} == {
        "sentences": 32, "language": 32, "ratings": 2, "speech": 32, "face": 32, "motion": 32,
    }  # fmt: skip
    assert all(len(sequence.values) for sequence in found.values())
    assert found["speech"].end_s[-1] == pytest.approx(3, abs=0.2)


def test_half_precision_reads_the_same_but_for_rounding(specs, tmp_path: Path) -> None:
    clip = Clip("a", "a", write_interview(tmp_path, "a"), transcript_path=tmp_path / "a.vtt")
    half = {name: {**spec, "precision": "bfloat16"} for name, spec in specs.items()}
    stores = FeatureStore(tmp_path / "full"), FeatureStore(tmp_path / "half")
    found = [
        tokens(extract([clip], chosen, store), chosen, store)[0]
        for chosen, store in zip((specs, half), stores, strict=True)
    ]
    for name, full in found[0].items():
        rounded = found[1][name]
        assert rounded.fingerprint != full.fingerprint
        assert rounded.values.dtype == np.float32
        np.testing.assert_array_equal(rounded.start_s, full.start_s)
        difference = np.abs(rounded.values - full.values).mean()
        # random weights amplify rounding more than trained ones do
        assert 0 < difference < 0.3 * np.abs(full.values).mean(), name


@pytest.fixture
def spoken() -> list[Clip]:
    """Answers of different lengths, some with a question, one twice."""
    said = ["I plan every step.", "We talk. " * 9, "Then I rest for a while, and we met. " * 3]
    clips = [Clip(f"c{i}", f"c{i}", None, transcript=text) for i, text in enumerate(said)]
    asked = replace(clips[0], clip_id="asked", question="Why?")
    return [*clips, asked, replace(clips[0], clip_id="again"), Clip("mute", "mute", None)]


def test_clips_read_together_are_as_if_read_alone(specs, spoken, tmp_path: Path) -> None:
    text = {name: specs[name] for name in ("sentences", "language", "ratings")}
    stores = FeatureStore(tmp_path / "together"), FeatureStore(tmp_path / "alone")
    encoders = build_encoders(text)
    together = extract_clips(spoken, encoders, stores[0])
    alone = [extract_clip(clip, encoders, stores[1]) for clip in spoken]
    assert together == alone
    assert_same(tokens(together, text, stores[0]), tokens(alone, text, stores[1]))


def test_a_question_has_features_of_its_own_where_it_is_read(specs, spoken, tmp_path) -> None:
    text = {name: specs[name] for name in ("sentences", "language")}
    plain, asked = extract([spoken[0], spoken[3]], text, FeatureStore(tmp_path))
    assert plain.content["sentences"] == asked.content["sentences"]
    assert plain.content["language"] != asked.content["language"]


class Counting(BatchTextEncoder):
    """Counts what it reads at once."""

    dim, fingerprint = 1, "counting"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode_batch(self, transcripts, durations_s):
        self.batches.append(len(transcripts))
        if any("Boom" in t.text for t in transcripts):
            raise RuntimeError("Boom")
        return [self._one(t) for t in transcripts]

    def encode(self, transcript, *, duration_s=None):
        return self.encode_batch([transcript], [duration_s])[0]

    def _one(self, transcript):
        zero = np.zeros(1, np.float32)
        return TokenSequence(np.ones((1, 1), np.float32), zero, zero, "text", "counting")


def test_what_is_stored_is_not_read_again(spoken, tmp_path: Path) -> None:
    encoder, store = Counting(), FeatureStore(tmp_path)
    extract_clips(spoken, {"c": encoder}, store)
    assert encoder.batches == [3]  # three texts in five clips
    extract_clips(spoken, {"c": encoder}, store)
    assert encoder.batches == [3]


def test_a_failure_in_a_batch_stays_with_its_clip(spoken, tmp_path: Path) -> None:
    bad = replace(spoken[1], transcript="Boom.")
    records = extract_clips([spoken[0], bad, spoken[2]], {"c": Counting()}, FeatureStore(tmp_path))
    assert [r.error_code for r in records] == [None, "INTERNAL_ERROR", None]


def test_processes_give_the_same(specs, spoken, tmp_path: Path) -> None:
    text = {"sentences": specs["sentences"]}
    stores = FeatureStore(tmp_path / "one"), FeatureStore(tmp_path / "two")
    one = extract(spoken, text, stores[0], settings=ALONE)
    two = extract(spoken, text, stores[1], settings=TWO)
    assert one == two
    assert_same(tokens(one, text, stores[0]), tokens(two, text, stores[1]))


def test_large_models_get_few_processes(specs, monkeypatch: pytest.MonkeyPatch) -> None:
    light = {"contours": {"_target_": f"{TEXT}.contours.PsycholinguisticContours"}}
    module = "trifold.features.extract"
    monkeypatch.setattr(f"{module}.os.cpu_count", lambda: 8)
    monkeypatch.setattr(f"{module}.accelerators", list)
    assert is_pretrained(specs["speech"])
    assert not is_pretrained(light["contours"])
    assert [default_workers(n, light) for n in (1, 9, 999)] == [1, 2, 8]
    assert default_workers(999, {**light, **specs}) == 1
    monkeypatch.setattr(f"{module}.accelerators", lambda: ["cuda:0", "cuda:1"])
    assert [default_workers(n, specs) for n in (1, 999)] == [1, 2]


def test_shards_part_the_clips_between_them(spoken) -> None:
    parts = [shard(spoken, f"{i}/4") for i in range(1, 5)]
    assert sorted(c.clip_id for part in parts for c in part) == sorted(c.clip_id for c in spoken)
    assert max(map(len, parts)) - min(map(len, parts)) <= 1
    assert shard(spoken, None) == spoken


@pytest.mark.parametrize("which", ["0/4", "5/4", "2", "a/b", "2/4/1", "", "-1/2"])
def test_shards_that_are_none(spoken, which: str) -> None:
    with pytest.raises(InputError, match="expected a shard such as 2/4, got"):
        shard(spoken, which)


def test_a_model_that_is_not_there_stops_at_once(spoken, tmp_path: Path) -> None:
    spec = {"_target_": f"{TEXT}.sentence_encoder.SentenceEncoder", "model": "tiny/other"}
    with pytest.raises(EncoderError, match="expected a pinned revision beside a hub id"):
        extract(spoken, {"s": spec}, FeatureStore(tmp_path), settings=ALONE)


@pytest.fixture(scope="module")
def recogniser(tmp_path_factory) -> dict:
    """Writes letters and blanks, though without sense."""
    root = tmp_path_factory.mktemp("whisper")
    words = hf.AutoTokenizer.from_pretrained(whisper(root / "raw"))
    odd = [i for i in range(len(words)) if not words.decode([i]).replace(" ", "").isalpha()]
    odd.remove(words.eos_token_id)
    shutil.copytree(root / "raw", root / "letters")
    model = hf.WhisperForConditionalGeneration.from_pretrained(root / "raw")
    model.generation_config.suppress_tokens = odd
    return {
        "_target_": "trifold.encoders.speech_to_text.whisper.WhisperRecogniser",
        "model": str(saved(model, root / "letters")),
        "guards": {"compression": 99.0, "repeats": 99, "no_speech": 2.0},
    }


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("clips")
    write_media(
        root / "talk.m4a", audio=np.concatenate([voice(5), np.zeros(48000, "f4"), voice(4)])
    )
    write_media(root / "silent.m4a", audio=np.zeros(32000, np.float32))
    (root / "broken.m4a").write_bytes(b"no sound")
    return root


def test_recordings_without_words_get_them(folder, recogniser, tmp_path: Path) -> None:
    clips = [Clip(name, name, folder / f"{name}.m4a") for name in ("talk", "silent", "broken")]
    clips += [Clip("said", "said", folder / "talk.m4a", transcript="I said so."),
              Clip("text", "text", None)]  # fmt: skip
    found = with_transcripts(clips, recogniser, tmp_path)
    assert found[2:] == clips[2:]
    talk, silent = found[0].transcript, found[1].transcript
    assert talk.source == silent.source == "asr"
    assert silent.segments == ()
    assert talk.words_timed
    assert talk.segments[-1].end_s == pytest.approx(12, abs=1.0)
    assert not any(5.6 < s.start_s < 7.4 for s in talk.segments)  # the silence between
    files = sorted(tmp_path.glob("*/*/*.vtt"))
    assert len(files) == 2
    notes = [read_note(file) for file in files]
    assert {note["recogniser"] for note in notes} == {"WhisperRecogniser"}
    assert {note["weights"] for note in notes} == {WhisperRecogniser(
        **{k: v for k, v in recogniser.items() if k != "_target_"}).snapshot.sha256}  # fmt: skip
    assert {len(note["media"]) for note in notes} == {32}
    assert all(file.stem == note["media"] for file, note in zip(files, notes, strict=True))


def test_half_precision_recognises_words_too(folder, recogniser, tmp_path: Path) -> None:
    clips = [Clip("talk", "talk", folder / "talk.m4a")]
    half = {**recogniser, "precision": "bfloat16", "batch_size": 2}
    (found,) = with_transcripts(clips, half, tmp_path)
    assert found.transcript.words_timed
    starts = [word.start_s for word in found.transcript.segments]
    assert starts == sorted(starts)


def test_words_are_recognised_once(folder, recogniser, tmp_path: Path, monkeypatch) -> None:
    clip = Clip("talk", "talk", folder / "talk.m4a")
    first = with_transcripts([clip], recogniser, tmp_path)
    monkeypatch.setattr(WhisperRecogniser, "recognise", lambda *_: pytest.fail("recognised again"))
    again = with_transcripts([replace(clip, clip_id="other")], recogniser, tmp_path)
    assert again[0].transcript == first[0].transcript
    (file,) = tmp_path.glob("*/*/*.vtt")
    assert read_transcript(file).text == first[0].transcript.text


def test_a_damaged_file_is_recognised_anew(folder, recogniser, tmp_path: Path) -> None:
    clip = Clip("talk", "talk", folder / "talk.m4a")
    first = with_transcripts([clip], recogniser, tmp_path)
    (file,) = tmp_path.glob("*/*/*.vtt")
    file.write_text("WEBVTT\n\n00:05.000 --> 00:01.000\nBackwards.\n")
    assert with_transcripts([clip], recogniser, tmp_path) == first


def test_two_processes_recognise_the_same(folder, recogniser, tmp_path: Path) -> None:
    clips = [Clip(str(i), str(i), folder / f"{name}.m4a")
             for i, name in enumerate(("talk", "silent", "broken"))]  # fmt: skip
    one = with_transcripts(clips, recogniser, tmp_path / "one")
    assert with_transcripts(clips, recogniser, tmp_path / "two", settings=TWO) == one


def test_words_are_stated_first_and_recognised_where_a_recogniser_is_named(
    folder, recogniser, tmp_path: Path
) -> None:
    clips = [Clip("talk", "talk", folder / "talk.m4a"), Clip("b", "b", None, transcript="So.")]
    known = with_words(clips, recogniser=None, transcripts=tmp_path, speaker="Ann")
    assert known == [replace(clip, speaker="Ann") for clip in clips]
    heard = with_words(clips, recogniser=recogniser, transcripts=tmp_path, progress=False)
    assert heard == with_transcripts(clips, recogniser, tmp_path)
    assert heard[0].transcript.source == "asr"
    with pytest.raises(InputError, match=r"expected a _target_ below trifold.encoders.speech"):
        with_words(clips, recogniser={"_target_": "os.system"}, transcripts=tmp_path)
    with pytest.raises(InputError, match="expected a language such as en or de"):
        with_words(clips, recogniser=None, transcripts=tmp_path, language="??")


def test_a_recording_that_kills_its_recogniser_stays_without_words(
    folder, recogniser, tmp_path: Path
) -> None:
    clips = [Clip(name, name, folder / "talk.m4a") for name in ("a", "b")]
    clips[0] = replace(clips[0], clip_id=Killer("a"))
    found = with_transcripts(clips, recogniser, tmp_path, settings=TWO, progress=False)
    assert found[0] == clips[0]
    assert found[1].transcript is not None


class Killer(str):
    """Text that ends the process that receives it, as a crash in a decoder would."""

    __slots__ = ()

    def __reduce__(self):
        return os._exit, (3,)


def test_utterances_hold_the_speech_of_a_file(folder) -> None:
    found = list(utterances_of(folder / "talk.m4a", longest_s=4.0))
    assert all(0 < len(u.samples) <= 64000 for u in found)
    assert sum(len(u.samples) for u in found) / 16000 == pytest.approx(9, abs=1.5)
    loud = [float(np.square(u.samples).mean()) for u in found]
    assert min(loud) > 1e-5
    assert list(utterances_of(folder / "silent.m4a", longest_s=4.0)) == []
