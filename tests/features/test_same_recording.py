"""One recording in other containers, codecs and track layouts gives the same tokens."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.recordings import Options, Track, candidate, mono, record
from trifold.contracts import Clip, TokenSequence
from trifold.encoders.audio.prosody import Prosody
from trifold.features.source import Source

SECONDS = 3.0
VOICE = candidate(SECONDS) + 1e-3 * np.random.default_rng(0).standard_normal(
    int(16000 * SECONDS)
).astype(np.float32)
SILENCE = np.zeros_like(VOICE)


def tokens(path: Path) -> TokenSequence:
    return Prosody().read(Source(Clip("a", "a", path)))


@pytest.fixture(scope="module")
def reference(tmp_path_factory) -> TokenSequence:
    folder = tmp_path_factory.mktemp("reference")
    return tokens(record(folder / "a.flac", tracks=[Track(mono(VOICE), "flac")]))


LOSSLESS = {
    "mono wav": (".wav", [Track(mono(VOICE), "pcm_s16le")], None),
    "matroska": (".mkv", [Track(mono(VOICE), "flac")], None),
    "quicktime": (".mov", [Track(mono(VOICE), "pcm_s16le")], None),
    "caf": (".caf", [Track(mono(VOICE), "alac")], None),
    "both channels": (".flac", [Track(np.stack([VOICE, VOICE]), "flac")], None),
    "left": (".flac", [Track(np.stack([VOICE, SILENCE]), "flac")], None),
    "antiphase": (".flac", [Track(np.stack([VOICE, -VOICE]), "flac")], None),
    "silent first": (".mkv", [Track(mono(SILENCE), "flac"), Track(mono(VOICE), "flac")], None),
}


@pytest.mark.parametrize("name", LOSSLESS)
def test_containers_and_layouts_change_nothing(tmp_path: Path, reference, name: str) -> None:
    suffix, tracks, form = LOSSLESS[name]
    found = tokens(record(tmp_path / f"a{suffix}", tracks=tracks, options=Options(form)))
    assert found.values.shape == reference.values.shape
    apart = np.abs(found.values - reference.values)
    scale = np.abs(reference.values).max(axis=0) + 1e-3
    assert (apart / scale).mean() < 0.01


LOSSY = {
    "aac in mp4": (".m4a", "aac", None),
    "raw aac": (".aac", "aac", None),
    "aac in a transport stream": (".ts", "aac", "mpegts"),
    "aac in flash video": (".flv", "aac", None),
    "mp3": (".mp3", "libmp3lame", None),
    "mp3 in avi": (".avi", "libmp3lame", None),
    "mp2": (".mp2", "mp2", None),
    "ac3": (".ac3", "ac3", None),
    "opus": (".opus", "libopus", None),
    "wma": (".wma", "wmav2", "asf"),
}


@pytest.mark.parametrize("name", LOSSY)
def test_codecs_keep_level_and_place_in_time(tmp_path: Path, reference, name: str) -> None:
    """Encoders of MP3 make sound softer by up to half a dB."""
    suffix, codec, form = LOSSY[name]
    path = record(
        tmp_path / f"a{suffix}", tracks=[Track(mono(VOICE), codec)], options=Options(form)
    )
    found = tokens(path)
    for number, tolerance in {"level_db": 0.6, "speech_s": 0.2, "duration_s": 0.05}.items():
        assert found.quality[number] == pytest.approx(reference.quality[number], abs=tolerance)
    level = Prosody().feature_names.index("level_db")
    loudest = int(reference.values[:, level].argmax())
    assert int(found.values[:, level].argmax()) == loudest
    assert found.values[loudest, level] == pytest.approx(reference.values[loudest, level], abs=0.6)
