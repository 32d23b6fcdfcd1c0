"""What counts as stored needs no decoding; only what was read before is opened to find out."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import VTT, face_frames, voice, write_media
from tests.scoring.scoring_factory import MEDIA, TEXT
from trifold.contracts import Clip
from trifold.encoders.build import build_encoders
from trifold.features.clip import extract_clip
from trifold.features.store import FeatureStore
from trifold.features.stored import are_stored

ENCODERS = build_encoders(TEXT | MEDIA)


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    root = tmp_path_factory.mktemp("stored")
    write_media(root / "both.mp4", images=face_frames(1), audio=voice(1))
    write_media(root / "sound.m4a", audio=voice(1))
    write_media(root / "mute.mp4", images=[np.zeros((96, 128, 3), np.uint8)] * 10)
    os.mkfifo(root / "pipe.mp4")
    (root / "words.mp4").write_text("no media")
    return root


@pytest.mark.parametrize("name", ["both.mp4", "sound.m4a", "mute.mp4"])
def test_a_file_is_stored_once_all_its_streams_are(folder, tmp_path: Path, name: str) -> None:
    store, clip = FeatureStore(tmp_path), Clip("a", "a", folder / name)
    assert not are_stored([clip], ENCODERS, store)
    first = extract_clip(clip, ENCODERS, store)
    assert are_stored([clip], ENCODERS, store)
    assert are_stored([clip, replace(clip, path=None, transcript=VTT)], ENCODERS, store)
    assert extract_clip(clip, ENCODERS, store) == first


def test_half_of_the_streams_are_not_enough(folder: Path, tmp_path: Path) -> None:
    store, clip = FeatureStore(tmp_path), Clip("a", "a", folder / "both.mp4")
    record = extract_clip(clip, ENCODERS, store)
    store.path(record.content["face"], ENCODERS["face"].fingerprint).unlink()
    assert not are_stored([clip], ENCODERS, store)


@pytest.mark.parametrize("name", ["pipe.mp4", "words.mp4", "none.mp4", ""])
def test_what_was_never_read_is_not_opened(folder, tmp_path: Path, monkeypatch, name: str) -> None:
    monkeypatch.setattr("av.open", lambda *_, **__: pytest.fail("opened"))
    clip = Clip("a", "a", folder / name)
    assert not are_stored([clip], ENCODERS, FeatureStore(tmp_path))


def test_a_silent_picture_still_tells_how_bright_and_how_long_it_is(folder, tmp_path: Path) -> None:
    record = extract_clip(Clip("a", "a", folder / "mute.mp4"), ENCODERS, FeatureStore(tmp_path))
    assert record.error_code == "NOTHING_USABLE"
    quiet = write_media(tmp_path / "q.mp4", images=face_frames(1), audio=np.zeros(16000, "f4"))
    record = extract_clip(Clip("q", "q", quiet), ENCODERS, FeatureStore(tmp_path))
    assert record.missing["audio"] == "NO_SPEECH"
    assert record.quality["prosody.speech_s"] == 0
    assert "prosody" not in record.content


def test_a_store_that_cannot_keep_anything_only_costs_time(folder: Path) -> None:
    class Forgetful(FeatureStore):
        def put(self, content, sequence) -> Path:
            return self.path(content, sequence.fingerprint)

    record = extract_clip(
        Clip("a", "a", folder / "both.mp4"), ENCODERS, Forgetful(Path(os.devnull))
    )
    assert record.error_code is None
