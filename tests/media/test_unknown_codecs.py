"""A stream of a codec that nobody knows is a missing stream, not a crash."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.factories.media import face_frames, voice, write_media
from trifold.errors import DecodeError
from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames
from trifold.media.sound.stream import read_audio


@pytest.fixture
def clip(tmp_path: Path) -> Path:
    return write_media(tmp_path / "a.mp4", images=face_frames(1.0), audio=voice(1.0))


def rename(path: Path, *codecs: bytes) -> None:
    content = path.read_bytes()
    for codec in codecs:
        assert codec in content
        content = content.replace(codec, b"zzzz")
    path.write_bytes(content)


def test_unknown_video_leaves_the_sound(clip: Path) -> None:
    rename(clip, b"avc1")
    info = probe(clip)
    assert (info.has_video, info.has_audio) == (False, True)
    assert sum(len(chunk.samples) for chunk in read_audio(clip)) > 15_000
    with pytest.raises(DecodeError, match="expected a video stream, got none"):
        next(read_frames(clip))


def test_unknown_sound_leaves_the_picture(clip: Path) -> None:
    rename(clip, b"mp4a", b"esds")  # the second box names the codec too
    info = probe(clip)
    assert (info.has_video, info.has_audio) == (True, False)
    assert len(list(read_frames(clip))) == 15
    with pytest.raises(DecodeError, match="expected an audio stream, got none"):
        next(read_audio(clip))


def test_nothing_known_is_no_media(clip: Path) -> None:
    rename(clip, b"avc1", b"mp4a", b"esds")
    with pytest.raises(DecodeError, match="expected an audio or video stream, got neither"):
        probe(clip)
