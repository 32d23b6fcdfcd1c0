"""More than sixty kinds of broken and unusual media, each with what scoring must say of it."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tests.factories.damaged_media import (
    claims_a_year,
    cut,
    endless_box,
    huge_size_in_header,
    no_streams,
    noise,
    silent_wav_of_no_length,
    whole,
    without,
    zeros,
)
from tests.factories.media import write_media
from tests.factories.unusual_media import (
    at_times,
    changes_size,
    cover_art,
    encoded,
    faceless,
    fragmented,
    good,
    images,
    interlaced,
    live_webm,
    of_size,
    resized,
    rotated,
    sound,
    sound_of,
    subtitles,
    two_pictures,
)

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


def words(path: Path) -> None:
    path.write_text("These are words, not a video.\n" * 20)


def playlist(path: Path) -> None:
    """A playlist that would have another file read."""
    path.write_text(
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\n{path.with_name('plain.mp4')}\n"
    )


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
    Kind("one frame", lambda p: write_media(p, images=images()[:1]), NOTHING),
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
        "modalities": "text+audio+video",
        "remarks": "DAMAGED_TIMES: 1 times could not be read"}),
    Kind("words that are no text", with_words("{\\rtf1\\ansi Hello}"), {
        "missing": "text:TRANSCRIPT_ERROR"}),
)  # fmt: skip


def _read(make: Callable[[Path], object], path: Path) -> bytes:
    make(path)
    return path.read_bytes()


if __name__ == "__main__":
    for each in KINDS:
        each.make(Path(sys.argv[1]) / f"{each.name}{each.suffix}")
