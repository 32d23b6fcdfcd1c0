"""A recording that was copied into another container, not encoded anew, is the same recording."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.media import voice, write_interview
from tests.factories.recordings import Codec, Track, pictures, record
from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames
from trifold.media.sound.stream import read_audio

CONTAINERS = [".mkv", ".mov", ".m4v", ".3gp", ".ts", ".mts", ".flv"]


@pytest.fixture(scope="module")
def original(tmp_path_factory) -> Path:
    return write_interview(tmp_path_factory.mktemp("copies"), "a.mp4", seconds=6)


def copied(source: Path, path: Path, *, types: str = "audio video") -> Path:
    """The same packets in the container that the suffix asks for."""
    kinds = {".m4v": "mp4", ".ts": "mpegts", ".mts": "mpegts"}
    with av.open(str(source)) as old, av.open(str(path), "w", format=kinds.get(path.suffix)) as new:
        kept = [s for s in old.streams if s.type in types.split()]
        streams = {s.index: new.add_stream_from_template(s) for s in kept}
        for packet in old.demux(kept):
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                new.mux(packet)
    return path


def sound(path: Path) -> np.ndarray:
    return np.concatenate([chunk.samples for chunk in read_audio(path)])


@pytest.mark.parametrize("suffix", CONTAINERS)
def test_a_copy_is_heard_and_seen_to_the_bit(original: Path, tmp_path: Path, suffix: str) -> None:
    path = copied(original, tmp_path / f"a{suffix}")
    np.testing.assert_array_equal(sound(path), sound(original))
    ours, theirs = (read_frames(file, frame_rate_hz=5) for file in (path, original))
    for shown, wanted in zip(ours, theirs, strict=True):
        np.testing.assert_array_equal(shown.image, wanted.image)
        assert shown.time_s == pytest.approx(wanted.time_s, abs=2e-3)
    assert probe(path).duration_s == pytest.approx(probe(original).duration_s, abs=0.1)


def test_sound_in_avi_runs_on_by_its_samples(original: Path, tmp_path: Path) -> None:
    """FFmpeg guesses stamps there, and would leave holes in the sound."""
    path = copied(original, tmp_path / "a.avi", types="audio")
    wanted, heard = sound(original), sound(path)
    np.testing.assert_array_equal(heard[: len(wanted)], wanted)
    assert len(heard) - len(wanted) < 2048
    assert probe(path).duration_s == pytest.approx(6.0, abs=0.15)


@pytest.mark.parametrize("codec", ["wmav1", "wmav2"])
@pytest.mark.parametrize("rate_hz", [16000, 32000, 48000])
def test_windows_media_sound_starts_where_it_did(tmp_path: Path, codec: str, rate_hz: int) -> None:
    """Its encoder puts a frame in front, and FFmpeg's decoder leaves out two."""
    said = voice(3)
    tracks = [Track(said[None], codec, rate_hz)]
    path = record(tmp_path / "a.wmv", shown=pictures(3), codec=Codec("wmv2"), tracks=tracks)
    heard = sound(path)
    places = np.correlate(heard[8000:40000], said[16000:32000], "valid")
    assert abs(int(np.argmax(places)) - 8000) <= 1
