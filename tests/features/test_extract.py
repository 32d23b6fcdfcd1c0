"""Extraction: resumable, parallel, and not to be stopped."""

from __future__ import annotations

import os
import shutil
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import yaml

from tests.factories.media import VTT, face_frames, voice, write_interview, write_media
from trifold.contracts import Clip, TokenSequence, Transcript
from trifold.encoders.text.contours import PsycholinguisticContours
from trifold.errors import InputError
from trifold.features.clip import extract_clip
from trifold.features.extract import extract
from trifold.features.store import FeatureStore
from trifold.features.stored import load_tokens
from trifold.media.files.folder import scan
from trifold.workers.base import EngineSettings

ROOT = Path(__file__).parents[2]
SPECS = yaml.safe_load((ROOT / "configs/encoders/embedded.yaml").read_text())
LIGHT = {"contours": SPECS["contours"]}
ALONE, TWO = EngineSettings(workers=1), EngineSettings(workers=2)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One good interview and every kind of incomplete or broken one."""
    root = tmp_path_factory.mktemp("clips")
    write_interview(root, "good")
    write_media(root / "silent.mp4", images=face_frames(2), audio=np.zeros(32000, "f4"))
    write_media(root / "mute.mp4", images=face_frames(2))
    write_media(root / "sound.m4a", audio=voice(2))
    write_media(root / "faceless.mp4", images=[np.full((96, 128, 3), 90, np.uint8)] * 20,
                audio=voice(2))  # fmt: skip
    write_media(root / "one-frame.mp4", images=face_frames(0.1)[:1], audio=voice(2))
    (root / "empty.mp4").touch()
    (root / "words.mp4").write_text("These are words, not a video.\n" * 20)
    whole = (root / "good.mp4").read_bytes()
    (root / "cut.mp4").write_bytes(whole[: len(whole) // 2])
    shutil.copy(root / "good.mp4", root / "garbled.mp4")
    (root / "garbled.vtt").write_bytes(b"\x00\x01" * 50)
    return root


@pytest.fixture(scope="module")
def records(folder, tmp_path_factory):
    """All of them through the real encoders, two processes."""
    store = FeatureStore(tmp_path_factory.mktemp("store"))
    found = extract(scan(folder), SPECS, store, settings=TWO, progress=False)
    return {record.clip_id: record for record in found}, store


def test_a_good_clip_has_every_stream(records) -> None:
    good = records[0]["good"]
    assert set(good.content) == set(SPECS)
    assert good.missing == {}
    assert good.error_code is None
    assert good.duration_s == pytest.approx(3, abs=0.1)
    assert good.quality["face.face_fraction"] > 0.9
    assert good.quality["contours.n_words"] == 7
    assert good.quality["prosody.speech_s"] > 1


@pytest.mark.parametrize(
    ("clip", "missing"),
    [
        ("silent", {"text": "NO_TRANSCRIPT", "audio": "NO_SPEECH"}),
        ("mute", {"text": "NO_TRANSCRIPT", "audio": "NO_AUDIO_STREAM"}),
        ("sound", {"text": "NO_TRANSCRIPT", "video": "NO_VIDEO_STREAM"}),
        ("faceless", {"text": "NO_TRANSCRIPT", "video": "NO_FACE"}),
        ("one-frame", {"text": "NO_TRANSCRIPT", "video": "NO_VIDEO_STREAM"}),
        ("garbled", {"text": "TRANSCRIPT_ERROR"}),
    ],
)
def test_missing_modalities_have_reasons(records, clip: str, missing: dict) -> None:
    assert records[0][clip].missing == missing
    assert records[0][clip].error_code is None


@pytest.mark.parametrize(
    ("clip", "message"),
    [
        ("empty", "got an empty file"),
        ("words", "expected a media file that can be opened"),
        ("cut", "expected a media file that can be opened"),
    ],
)
def test_broken_files_are_error_records(records, clip: str, message: str) -> None:
    record = records[0][clip]
    assert record.error_code == "DECODE_ERROR"
    assert message in record.error_message
    assert f"{clip}.mp4" in record.error_message


def test_processes_and_order_do_not_matter(folder, records, tmp_path: Path) -> None:
    clips = [clip for clip in scan(folder) if clip.clip_id in ("good", "mute", "empty")]
    alone = extract(clips[::-1], SPECS, FeatureStore(tmp_path), settings=ALONE, progress=False)
    assert [record.clip_id for record in alone] == [clip.clip_id for clip in clips[::-1]]
    assert alone == [records[0][record.clip_id] for record in alone]
    prints = {stream: next(records[1].root.glob("*")).name for stream in LIGHT}
    assert load_tokens(alone[0], prints, FeatureStore(tmp_path)) is not None


class CountingContours(PsycholinguisticContours):
    """Counts how often it works."""

    def __init__(self) -> None:
        super().__init__()
        self.calls: Counter[str] = Counter()

    def encode(self, transcript: Transcript, *, duration_s: float | None = None) -> TokenSequence:
        self.calls[transcript.text] += 1
        return super().encode(transcript, duration_s=duration_s)


def test_what_is_stored_is_not_computed_again(tmp_path: Path) -> None:
    store, encoder = FeatureStore(tmp_path), CountingContours()
    clip = Clip("a", "a", None, transcript="I plan every step.")
    first = extract_clip(clip, {"contours": encoder}, store)
    again = extract_clip(replace(clip, clip_id="b"), {"contours": encoder}, store)
    assert encoder.calls == {"I plan every step.": 1}
    assert again == replace(first, clip_id="b")
    tokens = load_tokens(first, {"contours": encoder.fingerprint}, store)
    assert tokens["contours"].values.shape == (1, encoder.dim)


def test_clips_without_media_have_only_words(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    clips = [
        Clip("a", "a", None, transcript="Hello there."),
        Clip("b", "b", None),
        Clip("c", "c", None, transcript='{"text": "cut o'),
    ]
    good, bare, wrong = extract(clips, SPECS, store, settings=ALONE, progress=False)
    assert good.missing == {"audio": "NO_AUDIO_STREAM", "video": "NO_VIDEO_STREAM"}
    assert (bare.error_code, wrong.error_code) == ("NOTHING_USABLE", "NOTHING_USABLE")
    assert "text NO_TRANSCRIPT" in bare.error_message
    assert "text TRANSCRIPT_ERROR" in wrong.error_message


def test_an_unforeseen_failure_names_its_kind_and_nothing_else(tmp_path: Path) -> None:
    class Broken(PsycholinguisticContours):
        def encode(self, transcript, *, duration_s=None):
            raise RuntimeError(f"secret: {transcript.text}")

    clip = Clip("a", "a", None, transcript="My name is Nobody.")
    record = extract_clip(clip, {"contours": Broken()}, FeatureStore(tmp_path))
    assert (record.error_code, record.error_message) == (
        "INTERNAL_ERROR",
        "RuntimeError while encoding",
    )


def test_a_file_that_kills_its_process_does_not_take_the_others_along(tmp_path: Path) -> None:
    clips = [Clip(f"c{i}", f"c{i}", None, transcript=f"Line {i}.") for i in range(12)]
    clips[3] = replace(clips[3], transcript=Killer("Boom."))
    found = extract(clips, LIGHT, FeatureStore(tmp_path), settings=TWO, progress=False)
    codes = Counter(record.error_code for record in found)
    assert codes == {None: 11, "WORKER_DIED": 1}
    assert found[3].error_code == "WORKER_DIED"


class Killer(str):
    """Text that ends the process that receives it, as a crash in a decoder would."""

    __slots__ = ()

    def __reduce__(self):
        return os._exit, (3,)


def test_encoders_that_cannot_start_are_an_error_not_a_hang(tmp_path: Path) -> None:
    specs = {"x": {"_target_": "trifold.encoders.text.minilm.MiniLM", "model_dir": str(tmp_path)}}
    clips = [Clip(f"c{i}", f"c{i}", None, transcript="Hi.") for i in range(3)]
    with pytest.raises(InputError, match="worker processes that start"):
        extract(clips, specs, FeatureStore(tmp_path), settings=TWO, progress=False)


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ({"_target_": "os.system"}, "expected a _target_ below trifold.encoders, got 'os.system'"),
        ({}, "expected a _target_ below trifold.encoders"),
        ({"_target_": "trifold.encoders.text.minilm.Nope"}, "expected a class that exists"),
        ({"_target_": "trifold.encoders.text.minilm.MiniLM", "x": 1}, "takes these settings"),
    ],
)
def test_specs_build_encoders_and_nothing_else(tmp_path: Path, spec, message) -> None:
    with pytest.raises(InputError, match=message):
        extract([Clip("a", "a", None)], {"s": spec}, FeatureStore(tmp_path), settings=ALONE)


def test_damaged_cache_entries_are_computed_again(tmp_path: Path) -> None:
    store = FeatureStore(tmp_path)
    clip = Clip("a", "a", None, transcript=VTT)
    first = extract([clip], LIGHT, store, settings=ALONE)
    (path,) = tmp_path.glob("*/*/*.safetensors")
    path.write_bytes(path.read_bytes()[:50])
    assert extract([clip], LIGHT, store, settings=ALONE) == first
    assert store.get(path.stem, path.parts[-3]) is not None
