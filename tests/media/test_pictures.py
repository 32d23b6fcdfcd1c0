"""Covers, photographs and frozen cameras are no video; HDR looks as the same picture in SDR."""

from __future__ import annotations

from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.media import CALM, face_frames
from tests.factories.recordings import Codec, Options, Track, candidate, mono, pictures, record
from trifold.contracts import Clip
from trifold.encoders.video.face import FaceMotion
from trifold.features.clip import extract_clip
from trifold.features.quality import flags
from trifold.features.store import FeatureStore
from trifold.media.container.probe import probe
from trifold.media.picture.frames import read_frames
from trifold.media.picture.stills import StillWatch

SECONDS = 4.0
LISTED = [Track(mono(candidate(SECONDS)))]


def still_fraction(path: Path) -> float:
    watch = StillWatch()
    for _ in watch.watch(read_frames(path, frame_rate_hz=5, max_side_px=320)):
        pass
    return watch.still_fraction


@pytest.mark.parametrize(
    ("suffix", "picture", "sound"),
    [(".mp4", "libx264", "aac"), (".mkv", "mjpeg", "aac"), (".mov", "png", "aac")],
)
def test_one_picture_as_a_plain_track_is_no_video(
    tmp_path: Path, suffix: str, picture: str, sound: str
) -> None:
    formats = {"mjpeg": "yuvj420p", "png": "rgb24"}
    path = record(
        tmp_path / f"a{suffix}",
        shown=pictures(SECONDS)[:1],
        codec=Codec(picture, formats.get(picture, "yuv420p")),
        tracks=LISTED,
    )
    info = probe(path)
    assert (info.has_video, info.has_audio) == (False, True)
    assert info.duration_s == pytest.approx(SECONDS, abs=0.1)


@pytest.mark.parametrize(
    ("suffix", "codec"), [(".mp3", "libmp3lame"), (".m4a", "aac"), (".flac", "flac")]
)
def test_cover_art_is_no_video(tmp_path: Path, suffix: str, codec: str) -> None:
    path = tmp_path / f"a{suffix}"
    with av.open(str(path), "w", format="mp4" if suffix == ".m4a" else None) as target:
        cover = target.add_stream("mjpeg", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "yuvj420p"
        cover.disposition = av.stream.Disposition.attached_pic
        sound = target.add_stream(codec, rate=16000, layout="mono")
        image = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        target.mux(cover.encode(image.reformat(format="yuvj420p")))
        target.mux(cover.encode(None))
        resampler = av.AudioResampler(
            sound.format, sound.layout, 16000, sound.codec_context.frame_size or 1024
        )
        frame = av.AudioFrame.from_ndarray(candidate(2.0)[None], "fltp", "mono")
        frame.sample_rate, frame.pts = 16000, 0
        for piece in (*resampler.resample(frame), *resampler.resample(None)):
            target.mux(sound.encode(piece))
        target.mux(sound.encode(None))
    info = probe(path)
    assert (info.has_video, info.has_audio) == (False, True)
    assert info.duration_s == pytest.approx(2.0, abs=0.1)


STILL = [
    ("libx264", ".mp4"),
    ("mpeg4", ".avi"),
    ("libvpx", ".webm"),
    ("mjpeg", ".mov"),
    ("wmv2", ".wmv"),
]


@pytest.mark.parametrize(("codec", "suffix"), STILL)
def test_a_photograph_for_all_of_the_recording_is_frozen(tmp_path: Path, codec, suffix) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    shown = [pictures(SECONDS)[7]] * len(pictures(SECONDS))
    path = record(tmp_path / f"a{suffix}", shown=shown, codec=Codec(codec, pix_fmt))
    assert still_fraction(path) > 0.9


@pytest.mark.parametrize(("codec", "suffix"), STILL)
def test_a_person_is_not(tmp_path: Path, codec: str, suffix: str) -> None:
    pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
    path = record(tmp_path / f"a{suffix}", shown=pictures(SECONDS), codec=Codec(codec, pix_fmt))
    assert still_fraction(path) == 0


def test_a_person_who_sits_quietly_and_far_away_is_not(tmp_path: Path) -> None:
    quiet = replace(CALM, head_amplitude=0.03, gesture_amplitude=0.0)
    frames = []
    for face in face_frames(SECONDS, like=quiet):
        room = np.full((240, 320, 3), 120, np.uint8)
        room[60:180, 80:240] = face[::2, ::2]
        frames.append(room)
    assert still_fraction(record(tmp_path / "a.mp4", shown=frames)) < 0.5


def test_a_frozen_picture_is_flagged_in_the_record(tmp_path: Path) -> None:
    shown = [pictures(SECONDS)[7]] * len(pictures(SECONDS))
    store, encoders = FeatureStore(tmp_path / "features"), {"face": FaceMotion()}
    frozen = Clip("f", "f", record(tmp_path / "f.mp4", shown=shown))
    moving = Clip("m", "m", record(tmp_path / "m.mp4", shown=pictures(SECONDS)))
    assert flags(extract_clip(frozen, encoders, store)) == ("FROZEN_VIDEO",)
    assert flags(extract_clip(moving, encoders, store)) == ()


def test_the_default_video_track_is_shown_not_the_first(tmp_path: Path) -> None:
    path = tmp_path / "a.mkv"
    with av.open(str(path), "w") as target:
        streams = [target.add_stream("mpeg4", rate=15) for _ in range(2)]
        for stream, default in zip(streams, (False, True), strict=True):
            stream.width, stream.height, stream.pix_fmt = 320, 240, "yuv420p"
            stream.disposition = av.stream.Disposition.default if default else 0
        for stream, shown in zip(
            streams, ([np.zeros((240, 320, 3), np.uint8)] * 15, pictures()[:15]), strict=True
        ):
            for image in shown:
                frame = av.VideoFrame.from_ndarray(image, format="rgb24")
                target.mux(stream.encode(frame.reformat(format="yuv420p")))
            target.mux(stream.encode(None))
    assert probe(path).video_stream == 1
    assert next(read_frames(path)).image.mean() > 60


def scene() -> np.ndarray:
    """(H, W, 3) uint8: greys and skin-like colours up to near white."""
    ramp = np.linspace(16, 245, 64).astype(np.uint8)
    image = np.stack([np.tile(ramp, (48, 1))] * 3, axis=2)
    image[12:36, 16:48] = (198, 150, 120)
    return image


def write_hdr(path: Path, transfer: str, white_nits: float) -> Path:
    """The scene on a screen of gamma 2.4 whose white has so many nits, coded anew."""
    nits = white_nits * np.power(scene() / 255, 2.4) @ TO_BT2020.T
    coded = pq(nits) if transfer == "smpte2084" else hlg(nits)
    with av.open(str(path), "w") as target:
        stream = target.add_stream("libx264", rate=10, options={"qp": "4"})
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p10le"
        context = stream.codec_context
        context.color_trc = {"smpte2084": 16, "arib-std-b67": 18}[transfer]
        context.color_primaries, context.colorspace, context.color_range = 9, 9, 1
        image = np.round(coded.clip(0, 1) * 65535).astype(np.uint16)
        for number in range(5):
            frame = av.VideoFrame.from_ndarray(image, format="rgb48le")
            made = frame.reformat(
                format="yuv420p10le", dst_colorspace="BT2020", dst_color_range="MPEG"
            )
            made.pts, made.time_base = number, Fraction(1, 10)
            made.color_trc, made.color_primaries = context.color_trc, 9
            target.mux(stream.encode(made))
        target.mux(stream.encode(None))
    return path


TO_BT2020 = np.array([[0.6274, 0.3293, 0.0433], [0.0691, 0.9195, 0.0114], [0.0164, 0.0880, 0.8956]])


def pq(nits: np.ndarray) -> np.ndarray:
    power = np.power(nits / 10000, 0.1593017578125)
    return np.power((0.8359375 + 18.8515625 * power) / (1 + 18.6875 * power), 78.84375)


def hlg(nits: np.ndarray) -> np.ndarray:
    luminance = nits @ np.array([0.2627, 0.6780, 0.0593])
    scene_light = nits / 1000 * np.power(np.maximum(luminance, 1e-6) / 1000, -0.2 / 1.2)[..., None]
    high = 0.17883277 * np.log(np.maximum(12 * scene_light - 0.28466892, 1e-9)) + 0.55991073
    return np.where(scene_light <= 1 / 12, np.sqrt(3 * scene_light), high)


@pytest.mark.parametrize("white_nits", [100.0, 203.0])
@pytest.mark.parametrize("transfer", ["smpte2084", "arib-std-b67"])
def test_hdr_is_as_bright_and_coloured_as_the_same_picture_in_sdr(
    tmp_path: Path, transfer: str, white_nits: float
) -> None:
    path = write_hdr(tmp_path / "a.mp4", transfer, white_nits)
    shown = next(read_frames(path)).image.astype(float)
    assert shown.mean() == pytest.approx(scene().mean(), rel=0.03)
    np.testing.assert_allclose(shown[24, 32], scene()[24, 32], atol=8)


@pytest.mark.parametrize("pix_fmt", ["yuv420p", "yuv420p10le", "yuvj420p"])
def test_ten_bits_and_full_range_keep_the_brightness(tmp_path: Path, pix_fmt: str) -> None:
    codec = Codec("libx264", pix_fmt, (64, 48))
    path = record(tmp_path / "a.mkv", shown=[scene()] * 5, codec=codec, options=Options())
    assert next(read_frames(path)).image.mean() == pytest.approx(scene().mean(), abs=2)
