"""The waveform comes whole, mono, at the asked-for rate and on the file's clock."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import face_frames, voice, write_media
from trifold.errors import DecodeError
from trifold.media.sound.stream import read_audio


def whole(path: Path, **options) -> np.ndarray:
    return np.concatenate([chunk.samples for chunk in read_audio(path, **options)])


def tone(seconds: float, rate_hz: int = 16000, hz: float = 440) -> np.ndarray:
    return (0.5 * np.sin(2 * np.pi * hz * np.arange(int(seconds * rate_hz)) / rate_hz)).astype("f4")


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [("a.wav", "pcm_s16le", 8000), ("a.wav", "pcm_s16le", 48000), ("a.m4a", "aac", 44100),
     ("a.mp3", "libmp3lame", 44100), ("a.flac", "flac", 16000), ("a.webm", "libopus", 48000),
     ("a.mp4", "aac", 16000)],
)  # fmt: skip
def test_every_codec_gives_the_tone_back(tmp_path: Path, name, codec, rate) -> None:
    path = write_media(
        tmp_path / name, audio=tone(2.0, rate), sample_rate_hz=rate, audio_codec=codec
    )
    samples = whole(path)
    assert len(samples) == pytest.approx(32000, abs=2500)
    middle = samples[8000:24000]
    peak_hz = np.fft.rfftfreq(16000, 1 / 16000)[np.abs(np.fft.rfft(middle)).argmax()]
    assert peak_hz == pytest.approx(440, abs=1)
    assert np.sqrt(np.mean(middle**2)) == pytest.approx(0.5 / np.sqrt(2), rel=0.08)


def test_chunks_are_contiguous_and_cut_at_the_voice_activity_window(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.wav", audio=voice(5), audio_codec="pcm_s16le")
    chunks = list(read_audio(path, chunk_s=1.0))
    assert all(len(chunk.samples) % 512 == 0 for chunk in chunks[:-1])
    ends = [chunk.start_s + len(chunk.samples) / 16000 for chunk in chunks]
    np.testing.assert_allclose([chunk.start_s for chunk in chunks[1:]], ends[:-1])
    np.testing.assert_array_equal(
        np.concatenate([chunk.samples for chunk in chunks]), whole(path, chunk_s=10)
    )


def test_sound_that_starts_late_starts_late(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mkv", images=face_frames(3), audio=tone(2), audio_start_s=1.0)
    samples = whole(path)
    assert np.abs(samples[:14000]).max() < 0.01
    assert np.abs(samples[18000:20000]).max() > 0.3


def test_no_audio_stream_says_so(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", images=face_frames(1))
    with pytest.raises(DecodeError, match=r"a\.mp4: expected an audio stream, got none"):
        list(read_audio(path))


def test_truncated_audio_gives_what_it_has(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp3", audio=tone(4), audio_codec="libmp3lame")
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    assert 16000 < len(whole(path)) < 48000
