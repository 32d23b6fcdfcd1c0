"""Frames of files with poor time stamps, unusual pixels, sparse references or a cover picture."""

from __future__ import annotations

from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from trifold.contracts import Frame
from trifold.errors import DecodeError, InputError
from trifold.media.picture.frames import read_frames

SIZE = (48, 64)


def encode(
    path: Path, *, n: int = 20, rate_hz: int = 15, codec: str = "libx264", **settings: Any
) -> Path:
    """A file whose frames' brightness tells their number; returns its path."""
    options = settings.get("options", {})
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate_hz, options=options)
        stream.height, stream.width = SIZE
        stream.pix_fmt = settings.get("pix_fmt", "yuv420p")
        if "pixel_aspect" in settings:
            stream.sample_aspect_ratio = settings["pixel_aspect"]
        for i in range(n):
            image = np.full((*SIZE, 3), 20 + 10 * (i % 20), np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(image, format="rgb24")))
        container.mux(stream.encode(None))
    return path


def numbers(frames: Iterable[Frame]) -> list[int]:
    return [round((float(frame.image.mean()) - 20) / 10) for frame in frames]


@pytest.mark.parametrize(
    ("name", "codec"),
    [("a.avi", "libx264"), ("a.avi", "mjpeg"), ("a.h264", "libx264")],
    ids=["decoding order only", "no reordering", "no stamps at all"],
)
def test_poor_stamps_lose_no_frame(tmp_path: Path, name: str, codec: str) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    frames = list(read_frames(encode(tmp_path / name, codec=codec, pix_fmt=pix_fmt)))
    assert numbers(frames) == list(range(20))
    np.testing.assert_allclose([f.time_s for f in frames], np.arange(20) / 15, atol=1e-3)


def test_avi_is_sampled_at_true_times(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.avi", rate_hz=30)
    frames = list(read_frames(path, frame_rate_hz=5))
    assert numbers(frames) == [0, 6, 12, 18]


@pytest.mark.parametrize("pix_fmt", ["yuv420p10le", "yuv444p", "yuv422p"])
def test_ten_bit_and_fuller_chroma(tmp_path: Path, pix_fmt: str) -> None:
    frames = list(read_frames(encode(tmp_path / "a.mkv", pix_fmt=pix_fmt)))
    assert numbers(frames) == list(range(20))


def test_alpha_is_dropped_and_interlacing_is_kept_in_time(tmp_path: Path) -> None:
    alpha = encode(tmp_path / "a.webm", codec="libvpx-vp9", pix_fmt="yuva420p")
    woven = encode(tmp_path / "a.mp4", options={"x264-params": "interlaced=1"})
    for path in (alpha, woven):
        frames = list(read_frames(path))
        assert numbers(frames) == list(range(20))
        assert frames[0].image.shape == (*SIZE, 3)


def test_pixels_become_square(tmp_path: Path) -> None:
    path = encode(tmp_path / "a.mp4", pixel_aspect=Fraction(3, 2))
    assert next(iter(read_frames(path))).image.shape == (48, 96, 3)
    assert next(iter(read_frames(path, max_side_px=48))).image.shape == (24, 48, 3)


def test_sparse_references_are_noticed(tmp_path: Path) -> None:
    """Sixteen unreferenced frames in a row would leave out two of three ticks at 5 Hz."""
    options = {"x264-params": "bframes=16:b-adapt=0:b-pyramid=0"}
    path = encode(tmp_path / "a.mp4", n=180, rate_hz=30, options=options)
    times = np.array([frame.time_s for frame in read_frames(path, frame_rate_hz=5)])
    assert len(times) >= 28  # of 30 ticks
    np.testing.assert_allclose(np.diff(times[4:]), 0.2, atol=0.04)


def test_a_cover_picture_is_no_video(tmp_path: Path) -> None:
    path = tmp_path / "a.mp3"
    with av.open(str(path), "w") as container:
        sound = container.add_stream("libmp3lame", rate=16000, layout="mono")
        cover = container.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 48, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        picture = av.VideoFrame.from_ndarray(np.zeros((*SIZE, 3), np.uint8), format="rgb24")
        container.mux([*cover.encode(picture), *cover.encode(None)])
        silence = av.AudioFrame.from_ndarray(np.zeros((1, 8000), "f4"), "fltp", "mono")
        silence.sample_rate = 16000
        container.mux([*sound.encode(silence), *sound.encode(None)])
    with pytest.raises(DecodeError, match=r"a\.mp3: expected a video stream, got none"):
        list(read_frames(path))


@pytest.mark.parametrize("rate", [0, -1, float("nan"), float("inf")])
def test_impossible_rates_are_refused(tmp_path: Path, rate: float) -> None:
    with pytest.raises(InputError, match="expected a positive frame_rate_hz or None, got"):
        next(read_frames(tmp_path / "a.mp4", frame_rate_hz=rate))


def test_impossible_sizes_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a positive max_side_px or None, got 0"):
        next(read_frames(tmp_path / "a.mp4", max_side_px=0))
