"""More than sixty kinds of broken and unusual media, each with what scoring must say of it.

Everything is made on the spot from one drawn face and one synthetic voice of a second and a half,
by the muxers and encoders inside PyAV or by editing bytes.
"""

from __future__ import annotations

import os
import shutil
import struct
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import av
import numpy as np

from tests.media_factory import face_frames, voice, write_media

SECONDS, RATE_HZ = 1.5, 15
AV = {"modalities": "audio+video"}  # what a good file without transcript shows
SOUND = {"modalities": "audio", "missing": "text:NO_TRANSCRIPT;video:NO_VIDEO_STREAM"}
FACELESS = {"modalities": "audio", "missing": "text:NO_TRANSCRIPT;video:NO_FACE"}
MUTE = {"modalities": "video", "missing": "text:NO_TRANSCRIPT;audio:NO_AUDIO_STREAM"}
UNREADABLE = {"status": "error", "error_code": "DECODE_ERROR"}
NOTHING = {"status": "error", "error_code": "NOTHING_USABLE"}
ANY_CODE = {"error_code": ("DECODE_ERROR", "NOTHING_USABLE", None)}


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Attributes:
        name: of the candidate and of the file, without its ending.
        make: writes it at the path given.
        expected: column to value (or to a tuple of those allowed) of its row.
        suffix: ending of the file.
    """

    name: str
    make: Callable[[Path], object]
    expected: dict[str, object]
    suffix: str = ".mp4"


@cache
def images() -> tuple[np.ndarray, ...]:
    return tuple(face_frames(SECONDS, rate_hz=RATE_HZ))


@cache
def sound() -> np.ndarray:
    return voice(SECONDS)


def good(path: Path, **options) -> Path:
    return write_media(path, images=images(), audio=sound(), **options)


def resized(width: int, height: int) -> list[np.ndarray]:
    import cv2

    return [cv2.resize(image, (width, height)) for image in images()]


# -- bytes ---------------------------------------------------------------------------------------


def whole(path: Path, suffix: str | None = None) -> bytearray:
    """The bytes of a good file of a container."""
    made = good(path.with_name("." + path.stem + (suffix or path.suffix)))
    content = bytearray(made.read_bytes())
    made.unlink()
    return content


def cut(share: float, suffix: str | None = None) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        content = whole(path, suffix)
        path.write_bytes(content[: int(len(content) * share)])

    return make


def without(box: bytes) -> Callable[[Path], object]:
    """An mp4 in which a box has another name, so that readers skip it.

    The name is not ``free``: FFmpeg looks for a movie in there.
    """

    def make(path: Path) -> None:
        path.write_bytes(bytes(whole(path)).replace(box, b"none", 1))

    return make


def zeros(start: float, end: float) -> Callable[[Path], object]:
    """A stretch of the file set to zero."""

    def make(path: Path) -> None:
        content = whole(path)
        first, last = int(len(content) * start), int(len(content) * end)
        content[first:last] = bytes(last - first)
        path.write_bytes(content)

    return make


def noise(every: int) -> Callable[[Path], object]:
    """A flipped byte in every ``every`` of the media data."""

    def make(path: Path) -> None:
        content = whole(path)
        start = content.find(b"mdat") + 4
        end = content.find(b"moov", start)
        for place in range(start, end if end > 0 else len(content), every):
            content[place] ^= 0x5A
        path.write_bytes(content)

    return make


def claims_a_year(path: Path) -> None:
    """Movie, track and media headers that claim to last for a year."""
    content = whole(path)
    for box, offset in ((b"mvhd", 20), (b"mdhd", 20)):
        place = content.find(box)
        while place >= 0:
            scale = struct.unpack(">I", content[place + offset - 4 : place + offset])[0]
            long = min(scale * 365 * 86400, 2**32 - 2)
            content[place + offset : place + offset + 4] = struct.pack(">I", long)
            place = content.find(box, place + 4)
    path.write_bytes(content)


def huge_size_in_header(path: Path) -> None:
    """An avi whose header claims a picture of 60000 by 60000."""
    content = whole(path, ".avi")
    place = content.find(b"strf") + 8
    content[place + 4 : place + 12] = struct.pack("<ii", 60000, 60000)
    path.write_bytes(content)


def endless_box(path: Path) -> None:
    content = whole(path)
    place = content.find(b"mdat") - 4
    content[place : place + 4] = struct.pack(">I", 0xFFFFFFFF)
    path.write_bytes(content)


def silent_wav_of_no_length(path: Path) -> None:
    content = bytearray(write_media(path, audio=sound(), audio_codec="pcm_s16le").read_bytes())
    place = content.find(b"data") + 4
    content[place : place + 4] = bytes(4)
    path.write_bytes(content)


# -- streams -------------------------------------------------------------------------------------


def no_streams(path: Path) -> None:
    """Boxes of an mp4 without a single track."""
    brand = struct.pack(">I", 24) + b"ftypisom" + struct.pack(">I", 512) + b"isommp41"
    header = struct.pack(">I", 108) + b"mvhd" + bytes(12) + struct.pack(">II", 1000, 1500)
    header += bytes(108 - len(header))
    path.write_bytes(brand + struct.pack(">I", 8 + len(header)) + b"moov" + header)


def sound_of(layout: str, rate_hz: int, codec: str, gain: float = 1.0) -> Callable[[Path], object]:
    """A face with sound of another layout, rate or loudness."""

    def make(path: Path) -> None:
        with av.open(str(path), "w") as target:
            picture = _video(target)
            stream = target.add_stream(codec, rate=rate_hz, layout=layout)
            _write_images(target, picture, images())
            resampler = av.AudioResampler(stream.format, stream.layout, rate_hz)
            loud = np.clip(sound() * gain, -1, 1)[None].astype(np.float32)
            frame = av.AudioFrame.from_ndarray(np.ascontiguousarray(loud), "fltp", "mono")
            frame.sample_rate, frame.pts = 16000, 0
            fifo = av.AudioFifo()
            for piece in (*resampler.resample(frame), *resampler.resample(None)):
                fifo.write(piece)
            size = stream.codec_context.frame_size or 1024
            while piece := fifo.read(size, partial=True):
                target.mux(stream.encode(piece))
            target.mux(stream.encode(None))

    return make


def rotated(degrees: int) -> Callable[[Path], object]:
    """A display matrix, written over the identity one of the track header."""

    def make(path: Path) -> None:
        turned = [np.rot90(image, -degrees // 90 % 4) for image in images()]
        made = write_media(path, images=[np.ascontiguousarray(i) for i in turned], audio=sound())
        content = bytearray(made.read_bytes())
        one, a, b, c, d = 1 << 16, *_turn(degrees)
        place = content.find(b"tkhd") + 4 + 40
        matrix = (a * one, b * one, 0, c * one, d * one, 0, 0, 0, 1 << 30)
        content[place : place + 36] = struct.pack(">9i", *matrix)
        path.write_bytes(content)

    return make


def _turn(degrees: int) -> tuple[int, int, int, int]:
    return {90: (0, 1, -1, 0), 180: (-1, 0, 0, -1), 270: (0, -1, 1, 0)}[degrees]


def two_pictures(path: Path) -> None:
    """The first shows a face, the second nothing."""
    with av.open(str(path), "w") as target:
        first, second = _video(target), _video(target)
        _write_images(target, first, images())
        _write_images(target, second, [np.zeros_like(image) for image in images()])


def cover_art(path: Path) -> None:
    """Sound with a picture of its cover, which is no video."""
    with av.open(str(path), "w") as target:
        cover = target.add_stream("png", rate=1)
        cover.width, cover.height, cover.pix_fmt = 64, 64, "rgb24"
        cover.disposition = av.stream.Disposition.attached_pic
        stream = target.add_stream("libmp3lame", rate=16000, layout="mono")
        picture = av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")
        target.mux(cover.encode(picture))
        _write_sound(target, stream)


def subtitles(path: Path) -> None:
    """A stream of subtitles beside face and voice."""
    listed = path.with_name(".words.srt")
    listed.write_text("1\n00:00:00,000 --> 00:00:01,000\nNever read.\n")
    with av.open(str(path), "w") as target, av.open(str(listed)) as source:
        picture = _video(target)
        stream = target.add_stream("aac", rate=16000, layout="mono")
        words = target.add_stream_from_template(source.streams.subtitles[0])
        _write_images(target, picture, images())
        _write_sound(target, stream)
        for packet in source.demux():
            if packet.dts is not None:
                packet.stream = words
                target.mux(packet)
    listed.unlink()


def changes_size(path: Path) -> None:
    """Two sizes in one stream of an mpeg-ts, as calls do when the line gets worse."""
    parts = []
    for i, (width, height) in enumerate(((320, 240), (160, 120))):
        part = path.with_name(f".{path.stem}{i}.ts")
        write_media(part, images=resized(width, height), audio=sound())
        parts.append(part.read_bytes())
        part.unlink()
    path.write_bytes(b"".join(parts))


def interlaced(path: Path) -> None:
    with av.open(str(path), "w") as target:
        fields = {"flags": "+ilme+ildct", "x264-params": "tff=1"}
        picture = target.add_stream("libx264", rate=25, options=fields)
        picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
        stream = target.add_stream("aac", rate=16000, layout="mono")
        _write_images(target, picture, images())
        _write_sound(target, stream)


def encoded(
    codec: str, pix_fmt: str, images_=None, rate: int = RATE_HZ
) -> Callable[[Path], object]:
    """Face and voice with a codec and pixel format of their own."""

    def make(path: Path) -> None:
        container = "gif" if codec == "gif" else None
        with av.open(str(path), "w", format=container) as target:
            shown = images() if images_ is None else images_()
            picture = target.add_stream(codec, rate=rate)
            picture.height, picture.width = shown[0].shape[:2]
            picture.pix_fmt, picture.bit_rate = pix_fmt, 2_000_000
            kind = "libopus" if path.suffix in (".webm", ".opus") else "aac"
            stream = None if codec == "gif" else target.add_stream(kind, rate=48000)
            _write_images(target, picture, shown)
            if stream is not None:
                _write_sound(target, stream)

    return make


def live_webm(path: Path) -> None:
    """As browsers record: no duration, no index, clusters of unknown length."""
    with av.open(str(path), "w", format="webm", options={"live": "1"}) as target:
        picture = target.add_stream("libvpx", rate=RATE_HZ)
        picture.width, picture.height, picture.pix_fmt = 320, 240, "yuv420p"
        picture.bit_rate = 1_000_000
        stream = target.add_stream("libopus", rate=48000, layout="mono")
        _write_images(target, picture, images())
        _write_sound(target, stream)


def fragmented(path: Path) -> None:
    good_options = {"movflags": "frag_keyframe+empty_moov"}
    with av.open(str(path), "w", options=good_options) as target:
        picture = _video(target)
        stream = target.add_stream("aac", rate=16000, layout="mono")
        _write_images(target, picture, images())
        _write_sound(target, stream)


def at_times(times_s: Callable[[int], float]) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        good(path, times_s=[times_s(i) for i in range(len(images()))])

    return make


def _video(target, rate: int = RATE_HZ):
    picture = target.add_stream("libx264", rate=rate)
    picture.height, picture.width = images()[0].shape[:2]
    picture.pix_fmt = "yuv420p"
    return picture


def _write_images(target, stream, shown) -> None:
    for image in shown:
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(image), format="rgb24")
        target.mux(stream.encode(frame.reformat(format=stream.pix_fmt)))
    target.mux(stream.encode(None))


def _write_sound(target, stream) -> None:
    resampler = av.AudioResampler(stream.format, stream.layout, stream.rate)
    samples = np.ascontiguousarray(sound()[None], np.float32)
    frame = av.AudioFrame.from_ndarray(samples, "fltp", "mono")
    frame.sample_rate, frame.pts = 16000, 0
    fifo = av.AudioFifo()
    for piece in (*resampler.resample(frame), *resampler.resample(None)):
        fifo.write(piece)
    while piece := fifo.read(stream.codec_context.frame_size or 1024, partial=True):
        target.mux(stream.encode(piece))
    target.mux(stream.encode(None))


# -- files that are none ---------------------------------------------------------------------------


def words(path: Path) -> None:
    path.write_text("These are words, not a video.\n" * 20)


def playlist(path: Path) -> None:
    """A playlist that would have another file read."""
    path.write_text(f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{path.with_name('a.mp4')}\n")


def concat_list(path: Path) -> None:
    path.write_text("ffconcat version 1.0\nfile 'plain.mp4'\n")


def circle(path: Path) -> None:
    path.symlink_to(path.name)


def folder_loop(path: Path) -> None:
    """A folder named like a video, with a link to itself and a good file inside."""
    path.mkdir()
    (path / "again").symlink_to(path, target_is_directory=True)
    good(path / "inside.mp4")


def garbled_words(path: Path) -> None:
    good(path)
    path.with_suffix(".vtt").write_bytes(b"\x00\x01" * 50)


def with_words(text: str, suffix: str = ".txt") -> Callable[[Path], object]:
    def make(path: Path) -> None:
        good(path)
        path.with_suffix(suffix).write_text(text, encoding="utf-8")

    return make


def renamed(suffix: str) -> Callable[[Path], object]:
    """A good file of another container under the wrong ending."""

    def make(path: Path) -> None:
        path.write_bytes(whole(path, suffix))

    return make


def copied(path: Path) -> None:
    """Same bytes under another name: nothing is computed twice, both have rows."""
    good(path)
    shutil.copy(path, path.with_name("copied again.mp4"))


def faceless(value: int, size: tuple[int, int] = (96, 128)) -> Callable[[Path], object]:
    def make(path: Path) -> None:
        shown = [np.full((*size, 3), value, np.uint8)] * 15
        write_media(path, images=shown, audio=sound())

    return make


def of_size(width: int, height: int, pix_fmt: str = "yuv420p") -> Callable[[Path], object]:
    def make(path: Path) -> None:
        write_media(path, images=resized(width, height), audio=sound(), pix_fmt=pix_fmt)

    return make


KINDS = (
    # whole files of every container
    Kind("plain", good, AV),
    Kind("quicktime", good, AV, ".mov"),
    Kind("apple", good, AV, ".m4v"),
    Kind("matroska", good, AV, ".mkv"),
    Kind("old avi", encoded("mpeg4", "yuv420p"), AV, ".avi"),
    Kind("motion jpeg", encoded("mjpeg", "yuvj420p"), AV, ".avi"),
    Kind("webm vp8", encoded("libvpx", "yuv420p"), AV, ".webm"),
    Kind("webm vp9", encoded("libvpx-vp9", "yuv420p"), AV, ".webm"),
    Kind("webm of a browser", live_webm, AV, ".webm"),
    Kind("hevc", encoded("libx265", "yuv420p"), AV),
    Kind("av1", encoded("libsvtav1", "yuv420p"), AV),
    Kind("fragmented", fragmented, AV),
    Kind("upper case", good, AV, ".MP4"),
    # sound alone
    Kind("wav", lambda p: write_media(p, audio=sound(), audio_codec="pcm_s16le"), SOUND, ".wav"),
    Kind("mp3", lambda p: write_media(p, audio=sound(), audio_codec="libmp3lame"), SOUND, ".mp3"),
    Kind("m4a", lambda p: write_media(p, audio=sound()), SOUND, ".m4a"),
    Kind("flac", lambda p: write_media(p, audio=sound(), audio_codec="flac"), SOUND, ".flac"),
    Kind("audio only mp4", lambda p: write_media(p, audio=sound()), SOUND),
    Kind("cover art", cover_art, SOUND, ".mp3"),
    Kind("wav of no length", silent_wav_of_no_length, ANY_CODE, ".wav"),
    # pictures
    Kind("one pixel", encoded("ffv1", "bgr0", lambda: resized(1, 1)), FACELESS, ".mkv"),
    Kind("two pixels", of_size(2, 2), FACELESS),
    Kind("odd size", of_size(321, 241, "yuv444p"), AV),
    Kind("8k", encoded("mjpeg", "yuvj420p", lambda: resized(7680, 4320)[:2]), AV, ".mkv"),
    Kind("very wide", of_size(1600, 16), FACELESS),
    Kind("portrait", lambda p: write_media(
        p, images=[np.ascontiguousarray(i[:, 40:280]) for i in images()], audio=sound()), AV),
    Kind("rotated 90", rotated(90), AV),
    Kind("rotated 180", rotated(180), AV),
    Kind("rotated 270", rotated(270), AV),
    Kind("ten bit", encoded("libx265", "yuv420p10le"), AV),
    Kind("ten bit 422", encoded("prores_ks", "yuv422p10le"), AV, ".mov"),
    Kind("alpha", encoded("qtrle", "argb"), AV, ".mov"),
    Kind("grey", encoded("ffv1", "gray"), AV, ".mkv"),
    Kind("interlaced", interlaced, AV, ".mkv"),
    Kind("variable rate", at_times(lambda i: 0.05 * i + 0.02 * (i % 3)), AV),
    Kind("frozen", at_times(lambda i: i / 15 if i < 8 else i / 15 + 3), AV),
    Kind("240 fps", encoded(
        "libx264", "yuv420p", lambda: [images()[i // 16 % 22] for i in range(240)], 240), AV),
    Kind("one frame", lambda p: write_media(p, images=images()[:1]), MUTE),
    Kind("no sound", lambda p: write_media(p, images=images()), MUTE),
    Kind("two video streams", two_pictures, MUTE, ".mkv"),
    Kind("subtitle stream", subtitles, AV, ".mkv"),
    Kind("changes its size", changes_size, AV),
    Kind("black", faceless(0), FACELESS),
    Kind("white", faceless(255), FACELESS),
    Kind("gif as video", encoded("gif", "rgb8"), ANY_CODE),
    # sound of every sort
    Kind("8 kHz", sound_of("mono", 8000, "pcm_s16le"), AV, ".mkv"),
    Kind("192 kHz", sound_of("mono", 192000, "pcm_s16le"), AV, ".mkv"),
    Kind("stereo", sound_of("stereo", 44100, "aac"), AV),
    Kind("five point one", sound_of("5.1", 48000, "ac3"), AV, ".mkv"),
    Kind("float samples", sound_of("mono", 16000, "pcm_f32le"), AV, ".mkv"),
    Kind("telephone", sound_of("mono", 8000, "pcm_alaw"), AV, ".mov"),
    Kind("clipped", sound_of("mono", 16000, "pcm_s16le", gain=60), {
        "flags": "CLIPPED_AUDIO"}, ".mkv"),
    Kind("whispered", sound_of("mono", 16000, "pcm_s16le", gain=1e-5), {
        "missing": "text:NO_TRANSCRIPT;audio:NO_SPEECH"}, ".mkv"),
    Kind("silent", lambda p: write_media(p, images=images(), audio=np.zeros(24000, "f4")), {
        "missing": "text:NO_TRANSCRIPT;audio:NO_SPEECH"}),
    Kind("silent and black", lambda p: write_media(
        p, images=[np.zeros((96, 128, 3), np.uint8)] * 15, audio=np.zeros(16000, "f4")), NOTHING),
    Kind("late sound", lambda p: good(p, audio_start_s=2.0), AV),
    Kind("negative times", lambda p: good(p, audio_start_s=-0.5), AV, ".mkv"),
    # broken bytes
    Kind("empty", lambda p: p.touch(), UNREADABLE),
    Kind("one byte", lambda p: p.write_bytes(b"\0"), UNREADABLE),
    Kind("nul bytes", lambda p: p.write_bytes(bytes(5000)), UNREADABLE),
    Kind("random bytes", lambda p: p.write_bytes(np.random.default_rng(0).bytes(9000)), UNREADABLE),
    Kind("words", words, UNREADABLE),
    Kind("playlist", playlist, UNREADABLE),
    Kind("concat list", concat_list, UNREADABLE),
    Kind("no streams", no_streams, UNREADABLE),
    Kind("cut mp4", cut(0.5), UNREADABLE),
    Kind("cut to its brand", cut(0.005), UNREADABLE),
    Kind("cut webm", lambda p: p.write_bytes(
        _read(encoded("libvpx", "yuv420p"), p)[:-9000]), AV, ".webm"),
    Kind("cut mkv", cut(0.6), {"status": "scored"}, ".mkv"),
    Kind("cut mov", cut(0.9), UNREADABLE, ".mov"),
    Kind("no moov", without(b"moov"), UNREADABLE),
    Kind("no sample table", without(b"stsz"), ANY_CODE),
    Kind("no sample times", without(b"stts"), ANY_CODE),
    Kind("hole in the middle", zeros(0.4, 0.5), {"status": "scored"}),
    Kind("hole at the start", zeros(0.0, 0.01), ANY_CODE),
    Kind("noisy", noise(997), {"status": "scored"}),
    Kind("very noisy", noise(7), ANY_CODE),
    Kind("claims a year", claims_a_year, AV),
    Kind("huge size in header", huge_size_in_header, ANY_CODE, ".avi"),
    Kind("endless box", endless_box, ANY_CODE),
    # names, places, words
    Kind("mkv as mp4", renamed(".mkv"), AV),
    Kind("mp4 as webm", renamed(".mp4"), AV, ".webm"),
    Kind("mp4 as wav", renamed(".mp4"), AV, ".wav"),
    Kind("Zoë 周 🙂", good, AV),
    Kind("n" * 240, good, AV),
    Kind("trailing dot.", good, AV),
    Kind("=1+2, \"quoted\" ; 'name'", good, AV),
    Kind("new\nline", good, AV),
    Kind("-y", good, AV),
    Kind("percent %d", good, AV),
    Kind("circle", circle, UNREADABLE),
    Kind("gone", lambda p: p.symlink_to("nowhere.mp4"), UNREADABLE),
    Kind("pipe", lambda p: os.mkfifo(p), UNREADABLE),
    Kind("copied", copied, AV),
    Kind("garbled words", garbled_words, {"missing": "text:TRANSCRIPT_ERROR"}),
    Kind("empty words", with_words(""), {"missing": "text:EMPTY_TRANSCRIPT"}),
    Kind("hostile words", with_words("<script>alert(1)</script> {{ 7*7 }} \u202e " * 20), {
        "modalities": "text+audio+video"}),
    Kind("impossible times", with_words("WEBVTT\n\n00:05.000 --> 00:01.000\nBack.\n", ".vtt"), {
        "missing": "text:TRANSCRIPT_ERROR"}),
)  # fmt: skip


def _read(make: Callable[[Path], object], path: Path) -> bytes:
    make(path)
    return path.read_bytes()
