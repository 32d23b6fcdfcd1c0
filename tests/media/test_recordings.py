"""What people record with is read whole: every container, codec, joined, cut and live recording."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from tests.factories.recordings import (
    RATE_HZ,
    Codec,
    Options,
    Track,
    candidate,
    mono,
    pictures,
    record,
)
from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames
from trifold.media.sound.stream import read_audio


class Kind(NamedTuple):
    """A suffix with what is inside: picture and sound codecs, None where there is none."""

    suffix: str
    picture: str | None
    sound: str | None
    format: str | None = None


KINDS = [
    Kind(".mp4", "libx264", "aac"), Kind(".mp4", "mpeg4", "alac"),
    Kind(".m4v", "libx264", "aac", "mp4"), Kind(".mov", "mjpeg", "pcm_s16le"),
    Kind(".mov", "prores_ks", "pcm_s24le"), Kind(".qt", "libx264", "aac", "mov"),
    Kind(".f4v", "libx264", "aac", "mp4"), Kind(".3gp", "h263", "libopencore_amrnb"),
    Kind(".3g2", "mpeg4", "aac"), Kind(".mkv", "libx264", "flac"), Kind(".mkv", "ffv1", "libopus"),
    Kind(".webm", "libvpx", "libopus"), Kind(".avi", "mpeg4", "libmp3lame"),
    Kind(".avi", "mjpeg", "pcm_s16le"), Kind(".divx", "mpeg4", "libmp3lame", "avi"),
    Kind(".mpg", "mpeg2video", "mp2"), Kind(".mpeg", "mpeg1video", "mp2", "mpeg"),
    Kind(".vob", "mpeg2video", "ac3"), Kind(".wmv", "wmv2", "wmav2"), Kind(".asf", "wmv1", "wmav1"),
    Kind(".MTS", "libx264", "ac3", "mpegts"), Kind(".m2ts", "libx264", "aac", "mpegts"),
    Kind(".ts", "mpeg2video", "mp2", "mpegts"), Kind(".flv", "flv", "libmp3lame"),
    Kind(".flv", "libx264", "aac"), Kind(".ogv", "libvpx", "libopus"),
    Kind(".mxf", "mpeg2video", "pcm_s16le"), Kind(".nut", "ffv1", "pcm_s16le"),
    Kind(".m2v", "mpeg2video", None), Kind(".h264", "libx264", None), Kind(".ivf", "libvpx", None),
    Kind(".y4m", "rawvideo", None), Kind(".wav", None, "pcm_s16le"),
    Kind(".wav", None, "pcm_f32le"), Kind(".wav", None, "pcm_mulaw"),
    Kind(".wav", None, "adpcm_ima_wav"), Kind(".mp3", None, "libmp3lame"),
    Kind(".mp2", None, "mp2"), Kind(".m4a", None, "aac"), Kind(".m4b", None, "aac", "ipod"),
    Kind(".aac", None, "aac"), Kind(".flac", None, "flac"), Kind(".ogg", None, "flac"),
    Kind(".oga", None, "libopus", "ogg"), Kind(".opus", None, "libopus"),
    Kind(".wma", None, "wmav2", "asf"), Kind(".aif", None, "pcm_s16be", "aiff"),
    Kind(".aiff", None, "pcm_s24be"), Kind(".aifc", None, "pcm_mulaw", "aiff"),
    Kind(".caf", None, "alac"), Kind(".weba", None, "libopus", "webm"),
    Kind(".mka", None, "libopus", "matroska"), Kind(".amr", None, "libopencore_amrnb"),
    Kind(".3ga", None, "libopencore_amrnb", "3gp"), Kind(".ac3", None, "ac3"),
    Kind(".eac3", None, "eac3"), Kind(".au", None, "pcm_s16be"),
    Kind(".snd", None, "pcm_mulaw", "au"), Kind(".w64", None, "pcm_s16le"),
    Kind(".wv", None, "wavpack"), Kind(".tta", None, "tta"), Kind(".voc", None, "pcm_u8"),
]  # fmt: skip
FILM = {"mpeg2video", "mpeg1video"}  # know only rates of film and television
FORMATS = {"mjpeg": "yuvj420p", "prores_ks": "yuv422p10le"}
TELEPHONE = {"libopencore_amrnb", "pcm_mulaw"}
SECONDS = 2.0


def write(path: Path, kind: Kind, seconds: float = SECONDS) -> Path:
    """A recording of this kind."""
    name = kind.picture or "libx264"
    codec = Codec(
        name,
        FORMATS.get(name, "yuv420p"),
        (352, 288) if name == "h263" else (160, 120),
        25 if name in FILM else RATE_HZ,
    )
    rate_hz = 8000 if kind.sound in TELEPHONE else 48000
    sound = [Track(mono(candidate(seconds)), kind.sound, rate_hz)] if kind.sound else []
    shown = pictures(seconds) if kind.picture else None
    return record(path, shown=shown, codec=codec, tracks=sound, options=Options(kind.format))


def heard(path: Path) -> np.ndarray:
    return np.concatenate([chunk.samples for chunk in read_audio(path)])


@pytest.mark.parametrize("kind", KINDS, ids=lambda k: f"{k.suffix}-{k.picture}-{k.sound}")
def test_every_container_and_codec_is_read_to_its_end(tmp_path: Path, kind: Kind) -> None:
    path = write(tmp_path / f"ann{kind.suffix}", kind)
    info = probe(path)
    assert (info.has_video, info.has_audio) == (kind.picture is not None, kind.sound is not None)
    assert info.duration_s == pytest.approx(SECONDS, abs=0.1)
    assert set(info.remarks) == ({"TELEPHONE_SOUND"} if kind.sound in TELEPHONE else set())
    if kind.sound:
        assert len(heard(path)) / 16000 == pytest.approx(SECONDS, abs=0.1)
    if kind.picture:
        last = list(read_frames(path, frame_rate_hz=5))[-1]
        assert last.time_s == pytest.approx(SECONDS - 0.2, abs=0.21)
        assert 60 < last.image.mean() < 200


@pytest.mark.parametrize(
    "kind",
    [
        Kind(".opus", None, "libopus"),
        Kind(".ogg", None, "flac"),
        Kind(".mp3", None, "libmp3lame"),
        Kind(".aac", None, "aac"),
        Kind(".ts", "libx264", "aac", "mpegts"),
        Kind(".mpg", "mpeg2video", "mp2"),
        Kind(".webm", "libvpx", "libopus"),
    ],
    ids=lambda k: k.suffix,
)
def test_joined_recordings_are_read_to_the_end_of_the_last(tmp_path: Path, kind: Kind) -> None:
    """Recorders that were restarted write one recording behind the other."""
    one = write(tmp_path / f"one{kind.suffix}", kind)
    both = tmp_path / f"both{kind.suffix}"
    both.write_bytes(one.read_bytes() * 2)
    assert probe(both).duration_s == pytest.approx(2 * SECONDS, abs=0.15)
    assert len(heard(both)) / 16000 == pytest.approx(2 * SECONDS, abs=0.15)
    if kind.picture:
        times = [frame.time_s for frame in read_frames(both, frame_rate_hz=5)]
        assert times[-1] == pytest.approx(2 * SECONDS - 0.2, abs=0.25)
        assert max(np.diff(times)) < 0.5


def test_sound_of_a_telephone_says_so(tmp_path: Path) -> None:
    path = write(tmp_path / "a.amr", Kind(".amr", None, "libopencore_amrnb"))
    assert probe(path).remarks == {
        "TELEPHONE_SOUND": "sound of 8000 Hz, which holds no tones above 4 kHz"
    }


@pytest.mark.parametrize("muxer", [{"write_xing": "0"}, {}], ids=["no header", "header"])
def test_mp3_is_as_long_as_it_sounds(tmp_path: Path, muxer: dict[str, str]) -> None:
    """Quiet at first, so that a guess from the first frames' rate is wrong."""
    samples = np.concatenate([np.zeros(16000 * 4, np.float32), candidate(8.0)])
    track = Track(mono(samples), "libmp3lame", 44100)
    path = record(tmp_path / "a.mp3", tracks=[track], options=Options(muxer=muxer))
    assert probe(path).duration_s == pytest.approx(12.0, abs=0.1)
    assert "TRUNCATED" not in probe(path).remarks


@pytest.mark.parametrize("suffix", [".webm", ".mkv"])
def test_a_live_recording_has_its_length_from_its_packets(tmp_path: Path, suffix: str) -> None:
    path = record(
        tmp_path / f"a{suffix}",
        shown=pictures(SECONDS),
        codec=Codec("libvpx", size=(160, 120)),
        tracks=[Track(mono(candidate(SECONDS)), "libopus")],
        options=Options(muxer={"live": "1"}),
    )
    info = probe(path)
    assert info.declared_s is None
    assert info.duration_s == pytest.approx(SECONDS, abs=0.1)


def index_first(path: Path) -> Path:
    return record(
        path,
        shown=pictures(6.0),
        codec=Codec(size=(160, 120)),
        tracks=[Track(mono(candidate(6.0)))],
        options=Options(muxer={"movflags": "faststart"} if path.suffix == ".mp4" else {}),
    )


@pytest.mark.parametrize("suffix", [".mp4", ".mkv"])
@pytest.mark.parametrize("lost", ["gone", "zeros"])
def test_a_recording_cut_short_says_so_and_is_as_long_as_what_is_left(
    tmp_path: Path, suffix: str, lost: str
) -> None:
    path = index_first(tmp_path / f"a{suffix}")
    content = path.read_bytes()
    kept = content[: int(0.4 * len(content))]
    path.write_bytes(kept + bytes(len(content) - len(kept)) * (lost == "zeros"))
    info = probe(path)
    assert info.declared_s == pytest.approx(6.0, abs=0.1)
    assert info.duration_s is not None
    assert 0.5 < info.duration_s < 4.0
    assert info.remarks["TRUNCATED"] == (
        f"header says 6.0 s, {info.duration_s:.1f} s could be decoded"
    )
    assert len(heard(path)) / 16000 == pytest.approx(info.duration_s, abs=0.35)


@pytest.mark.parametrize(
    "kind",
    [
        Kind(".wav", None, "pcm_s16le"),
        Kind(".flac", None, "flac"),
        Kind(".mp3", None, "libmp3lame"),
    ],
    ids=lambda k: k.suffix,
)  # fmt: skip
def test_sound_cut_short_says_so(tmp_path: Path, kind: Kind) -> None:
    path = write(tmp_path / f"a{kind.suffix}", kind, 6.0)
    assert not probe(path).remarks
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 2])
    info = probe(path)
    assert "TRUNCATED" in info.remarks
    assert info.duration_s == pytest.approx(len(heard(path)) / 16000, abs=0.15)
