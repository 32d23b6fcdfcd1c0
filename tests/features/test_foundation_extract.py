"""Pretrained encoders through extraction: questions, batches of clips, shards."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import write_interview
from tests.factories.models import (
    image_text_model,
    llm,
    sentence_encoder,
    speech_model,
    videomae,
)
from trifold.contracts import Clip, TokenSequence
from trifold.encoders.base import BatchTextEncoder
from trifold.encoders.build import build_encoders, is_pretrained
from trifold.errors import EncoderError, InputError
from trifold.features.clip import extract_clip, extract_clips
from trifold.features.extract import default_workers, extract, shard
from trifold.features.store import FeatureStore
from trifold.features.stored import load_tokens
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
