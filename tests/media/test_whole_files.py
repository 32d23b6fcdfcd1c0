"""What of a file was not read is said, and what is no recording is called by its name."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.marked_media import flashes_s, tones_s, write_marked
from tests.factories.media import voice, write_media
from trifold.errors import DecodeError
from trifold.media.container.probe import probe

BEHIND = "several recordings lie one behind the other in this file, and not all of it was read"


def of_kind(path: Path) -> Path:
    if path.suffix == ".wav":
        return write_media(path, audio=voice(1.0), audio_codec="pcm_s16le")
    return write_marked(path, seconds=2.0)


@pytest.mark.parametrize("suffix", [".mp4", ".wav", ".flv"])
def test_a_second_recording_behind_the_first_is_said(tmp_path: Path, suffix: str) -> None:
    """Parts of an upload that a server put one behind the other: players show the first."""
    path = of_kind(tmp_path / f"a{suffix}")
    assert not probe(path).remarks
    path.write_bytes(path.read_bytes() * 2)
    assert probe(path).remarks == {"TRUNCATED": BEHIND}


def test_what_lies_behind_a_whole_recording_is_no_second_one(tmp_path: Path) -> None:
    path = of_kind(tmp_path / "a.mp4")
    path.write_bytes(path.read_bytes() + bytes(5000))
    assert not probe(path).remarks


@pytest.mark.parametrize("longest_s", [300, 4000])
def test_a_last_picture_that_stays_for_hours_is_not_the_length(
    tmp_path: Path, longest_s: int
) -> None:
    path = write_marked(tmp_path / "a.mkv")
    late = tmp_path / "late.mp4"
    with av.open(str(path)) as source, av.open(str(late), "w") as target:
        streams = [target.add_stream_from_template(stream) for stream in source.streams]
        packets = [packet for packet in source.demux() if packet.dts is not None]
        last = max((p for p in packets if p.stream.type == "video"), key=lambda p: p.pts)
        last.duration = round(longest_s / last.time_base)
        for packet in packets:
            packet.stream = streams[packet.stream_index]
            target.mux(packet)
    info = probe(late)
    assert info.duration_s == pytest.approx(4.0, abs=0.1)
    assert "TRUNCATED" in info.remarks
    assert flashes_s(late) == pytest.approx(tones_s(late), abs=0.1)


def archive() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as target:
        target.writestr("ann.mp4", b"x" * 100)
    return held.getvalue()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        (b"\n<!DOCTYPE html><html><body>Please sign in</body></html>", "a web page"),
        (b"\xef\xbb\xbf<HTML>" + b" " * 9000, "a web page"),
        (b'{"error": "link expired"}', "text"),
        ("Zo\u00eb said: ".encode() * 900, "text"),
        (archive(), "a ZIP archive or office file"),
        (b"%PDF-1.7\n" + b"\0" * 99, "a PDF"),
        (b"version https://git-lfs.github.com/spec/v1\noid sha256:00\n", "Git LFS"),
        (bytes(9000), "zeros alone at its start"),
    ],
    ids=lambda value: value[:16] if isinstance(value, str) else "",
)
def test_what_is_no_recording_is_called_by_its_name(
    tmp_path: Path, content: bytes, said: str
) -> None:
    path = tmp_path / "ann.mp4"
    path.write_bytes(content)
    with pytest.raises(DecodeError, match=f"ann.mp4: expected a media file .*, got .*{said}"):
        probe(path)


def test_noise_has_no_name_of_its_own(tmp_path: Path) -> None:
    path = tmp_path / "ann.mp4"
    path.write_bytes(np.random.default_rng(0).bytes(9000))
    with pytest.raises(DecodeError, match="got invalid data found"):
        probe(path)


def test_an_encrypted_recording_is_refused(tmp_path: Path) -> None:
    path, key = tmp_path / "a.mp4", "76a6c65c5ea762046bd749a2e632ccbb"
    options = {"encryption_scheme": "cenc-aes-ctr", "encryption_key": key, "encryption_kid": key}
    plain = write_marked(tmp_path / "plain.mp4", seconds=1.0)
    with av.open(str(plain)) as source, av.open(str(path), "w", options=options) as target:
        streams = [target.add_stream_from_template(stream) for stream in source.streams]
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = streams[packet.stream_index]
                target.mux(packet)
    with pytest.raises(DecodeError, match="got encrypted"):
        probe(path)
