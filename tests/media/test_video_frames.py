"""Frames come upright, at the asked-for rate and with their true times."""

from __future__ import annotations

import tracemalloc
from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.media import face_frames, voice, write_media
from trifold.errors import DecodeError
from trifold.media.picture.frames import read_frames


def ramp(n: int = 45, size: tuple[int, int] = (96, 128)) -> list[np.ndarray]:
    """Frames whose brightness tells their number."""
    return [np.full((*size, 3), 20 + 4 * i, np.uint8) for i in range(n)]


def numbers(frames) -> list[int]:
    return [round((float(frame.image.mean()) - 20) / 4) for frame in frames]


@pytest.mark.parametrize(
    ("suffix", "codec"),
    [("mp4", "libx264"), ("mov", "libx264"), ("mkv", "libx264"), ("webm", "libvpx-vp9"),
     ("avi", "mpeg4"), ("mp4", "libx265")],
)  # fmt: skip
def test_every_container_gives_all_frames_in_order(tmp_path: Path, suffix, codec) -> None:
    path = write_media(tmp_path / f"a.{suffix}", images=ramp(), video_codec=codec)
    frames = list(read_frames(path))
    assert numbers(frames) == list(range(45))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(45) / 15, atol=0.04)


@pytest.mark.parametrize("rate", [4.0, 5.0, 7.0])
def test_sampling_takes_the_first_frame_at_or_after_each_tick(tmp_path: Path, rate) -> None:
    path = write_media(tmp_path / "a.mp4", images=ramp())
    times = np.array([frame.time_s for frame in read_frames(path, frame_rate_hz=rate)])
    ticks = np.arange(0, 44 / 15 + 1e-9, 1 / rate)
    expected = np.ceil(np.round(ticks * 15, 6)) / 15
    np.testing.assert_allclose(times, expected[: len(times)], atol=2e-3)
    assert abs(len(times) - len(ticks)) <= 1


@pytest.mark.parametrize("rate", [1.0, 3.0])
def test_sparse_sampling_skips_frames_but_takes_one_per_tick(tmp_path: Path, rate) -> None:
    path = write_media(tmp_path / "a.mp4", images=ramp())
    frames = list(read_frames(path, frame_rate_hz=rate))
    lateness = np.array([f.time_s for f in frames]) - np.arange(len(frames)) / rate
    assert len(frames) == int(44 / 15 * rate) + 1
    assert (lateness > -2e-3).all()
    assert (lateness < 1 / rate).all()
    assert numbers(frames) == [round(frame.time_s * 15) for frame in frames]


def test_variable_frame_rate_keeps_true_times(tmp_path: Path) -> None:
    times = [0.0, 0.04, 0.5, 0.52, 1.7, 1.75, 3.0]
    path = write_media(tmp_path / "a.mp4", images=ramp(7), times_s=times)
    frames = list(read_frames(path))
    np.testing.assert_allclose([f.time_s for f in frames], times, atol=2e-3)
    sampled = list(read_frames(path, frame_rate_hz=2))
    assert numbers(sampled) == [0, 2, 4, 6]


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_rotation_metadata_gives_upright_frames(tmp_path: Path, degrees: int) -> None:
    upright = np.zeros((96, 128, 3), np.uint8)
    upright[:48, :64] = 255  # top left is bright
    stored = np.ascontiguousarray(np.rot90(upright, degrees // 90))
    plain = write_media(tmp_path / "plain.mp4", images=[stored] * 5)
    turned = remux_with_rotation(plain, tmp_path / "turned.mp4", degrees)
    image = next(iter(read_frames(turned))).image
    assert image.shape == upright.shape
    assert image[:48, :64].mean() > 200
    assert image[48:].mean() < 60


@pytest.mark.parametrize("degrees", [0, 90, 180, 270])
def test_mirrored_pictures_are_shown_mirrored_and_upright(tmp_path: Path, degrees: int) -> None:
    """As front cameras store them: turned by the matrix, and from left to right."""
    shown = np.zeros((96, 128, 3), np.uint8)
    shown[:48, :64] = 255  # top left is bright
    stored = np.ascontiguousarray(np.rot90(shown, degrees // 90)[:, ::-1])
    plain = write_media(tmp_path / "plain.mp4", images=[stored] * 5)
    turned = remux_with_rotation(plain, tmp_path / "turned.mp4", degrees, mirrored=True)
    image = next(iter(read_frames(turned))).image
    assert image.shape == shown.shape
    assert image[:48, :64].mean() > 200
    assert image[48:].mean() < 60


def remux_with_rotation(
    source: Path, target: Path, degrees: int, *, mirrored: bool = False
) -> Path:
    """Set the track header's display matrix by editing the file's bytes."""
    content = bytearray(source.read_bytes())
    at = content.index(b"tkhd") + 4 + 40  # version 0: matrix lies 40 bytes behind the name
    cos, sin = round(np.cos(np.radians(degrees))), round(np.sin(np.radians(degrees)))
    width, height = 128 << 16, 96 << 16
    shift = {0: (0, 0), 90: (height, 0), 180: (width, height), 270: (0, width)}[degrees]
    first = -1 if mirrored else 1
    matrix = [first * cos << 16, first * sin << 16, 0, -sin << 16, cos << 16, 0, *shift, 1 << 30]
    for i, value in enumerate(matrix):
        content[at + 4 * i : at + 4 * i + 4] = (value % 2**32).to_bytes(4, "big")
    target.write_bytes(content)
    return target


def test_scaling_keeps_the_aspect_and_never_enlarges(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", images=ramp(3, (240, 320)))
    assert next(iter(read_frames(path, max_side_px=160))).image.shape == (120, 160, 3)
    assert next(iter(read_frames(path, max_side_px=999))).image.shape == (240, 320, 3)


def test_odd_sizes_and_one_frame(tmp_path: Path) -> None:
    image = np.full((97, 129, 3), 100, np.uint8)
    path = write_media(tmp_path / "a.mkv", images=[image], video_codec="ffv1", pix_fmt="bgr0")
    (frame,) = read_frames(path, frame_rate_hz=5, max_side_px=64)
    assert frame.time_s == 0.0
    assert frame.image.shape == (48, 64, 3)


def test_truncated_file_gives_what_it_has(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "a.mkv", images=face_frames(3))
    cut = tmp_path / "cut.mkv"
    cut.write_bytes(whole.read_bytes()[: int(0.6 * whole.stat().st_size)])
    frames = list(read_frames(cut))
    assert 5 < len(frames) < 45


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", r"a\.mp4: expected a media file, got an empty file \(0 bytes\)"),
        (b"Not a video, just words.\n" * 50, r"a\.mp4: expected a media file that can be opened"),
        (None, r"a\.mp4: expected a media file, got no such file"),
    ],
)
def test_what_is_no_media_says_so(tmp_path: Path, content, message) -> None:
    path = tmp_path / "a.mp4"
    if content is not None:
        path.write_bytes(content)
    with pytest.raises(DecodeError, match=message):
        list(read_frames(path))


def test_mp4_without_its_index_cannot_be_opened(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "a.mp4", images=ramp())
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(whole.read_bytes()[: whole.stat().st_size // 2])
    with pytest.raises(DecodeError, match=r"cut\.mp4: expected a media file that can be opened"):
        list(read_frames(cut))


def test_audio_only_has_no_video_stream(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.m4a", audio=voice(1))
    with pytest.raises(DecodeError, match="expected a video stream, got none"):
        list(read_frames(path))


def test_memory_does_not_grow_with_length(tmp_path: Path) -> None:
    images = ramp(40, (240, 320)) * 8
    path = write_media(tmp_path / "a.mp4", images=images)
    tracemalloc.start()
    count = sum(1 for _ in read_frames(path))
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert count == len(images)
    assert peak < 10 * images[0].nbytes


def test_damaged_packets_lose_frames_only(tmp_path: Path) -> None:
    whole = write_media(tmp_path / "a.mp4", images=face_frames(2))
    content = bytearray(whole.read_bytes())
    start = content.index(b"mdat") + 8000
    content[start : start + 3000] = b"\xff" * 3000
    whole.write_bytes(content)
    assert 1 <= len(list(read_frames(whole))) <= 30


def test_pyav_is_silent_about_broken_files(tmp_path: Path, capfd) -> None:
    assert av.logging.get_level() == av.logging.PANIC
    (tmp_path / "a.mp4").write_bytes(b"junk" * 100)
    with pytest.raises(DecodeError):
        list(read_frames(tmp_path / "a.mp4"))
    assert capfd.readouterr().err == ""
