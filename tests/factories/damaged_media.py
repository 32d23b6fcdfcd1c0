"""Recordings that were damaged: cut, overwritten, or with headers that claim what is not so."""

from __future__ import annotations

import struct
from collections.abc import Callable
from pathlib import Path

from tests.factories.media import write_media
from tests.factories.unusual_media import good, sound


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


def no_streams(path: Path) -> None:
    """Boxes of an mp4 without a single track."""
    brand = struct.pack(">I", 24) + b"ftypisom" + struct.pack(">I", 512) + b"isommp41"
    header = struct.pack(">I", 108) + b"mvhd" + bytes(12) + struct.pack(">II", 1000, 1500)
    header += bytes(108 - len(header))
    path.write_bytes(brand + struct.pack(">I", 8 + len(header)) + b"moov" + header)
