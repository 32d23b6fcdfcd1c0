"""What the bytes of a file say: how long a recording is, how many there are, or that it is none."""

from __future__ import annotations

from av.container import InputContainer

from trifold.media.container.file import MediaFile

# of these FFmpeg reads the length from the header or index; raw streams, MPEG and Ogg have none
STATING = {
    "mov",
    "mp4",
    "matroska",
    "webm",
    "avi",
    "asf",
    "flv",
    "wav",
    "w64",
    "aiff",
    "au",
    "caf",
    "flac",
    "mxf",
    "ape",
    "wv",
    "tta",
    "rm",
    "wtv",
    "nut",
}
FRAME_COUNTS = (b"Xing", b"Info", b"VBRI")  # of MP3, in its first frame
FIRST_FRAME = 4096
UNKNOWN_BYTES = 0x7FFFFF00  # written where the length was not known yet
MOST_BOXES = 1 << 18  # of an MP4 that are looked at
NEAR_BYTES = 256  # behind the last packet
OTHERS = {  # first bytes, in small letters, of what lies in the place of recordings
    b"<!doctype html": "a web page",
    b"<html": "a web page",
    b"<?xml": "an XML file",
    b"version https://git-lfs": "a pointer of Git LFS, whose file was not fetched",
    b"bplist": "a property list of Apple's, whose file may lie in iCloud alone",
    b"pk\x03\x04": "a ZIP archive or office file",
    b"rar!": "a RAR archive",
    b"7z\xbc\xaf": "a 7z archive",
    b"\x1f\x8b": "a compressed file",
    b"%pdf": "a PDF",
    b"\xff\xd8\xff": "a JPEG picture",
    b"\x89png": "a PNG picture",
}


def states_its_length(container: InputContainer, media: MediaFile) -> bool:
    """Whether the length that FFmpeg tells of this file was written down when it was whole."""
    names = set(container.format.name.split(","))
    if "mp3" in names:
        return _counts_frames(media)
    return bool(names & STATING)


def bytes_stated(container: InputContainer, media: MediaFile) -> float:
    """How many times as long as it is a WAV file was, by its header; 1 where that says nothing.

    FFmpeg takes the length from what is left of a WAV file, other than everywhere else.
    """
    if container.format.name != "wav":
        return 1.0
    head, there = media.head(8), media.size
    stated = int.from_bytes(head[4:8], "little") + 8
    whole = head[:4] == b"RIFF" and there < stated < UNKNOWN_BYTES
    return stated / there if whole and there else 1.0


def _counts_frames(media: MediaFile) -> bool:
    """Whether an MP3 file begins with a frame that says how many follow."""
    start = media.head(FIRST_FRAME, _tag_bytes(media.head(10)))
    return any(mark in start for mark in FRAME_COUNTS)


def _tag_bytes(head: bytes) -> int:
    """Length of the ID3 tag that a file starts with; 0 where there is none."""
    if head[:3] != b"ID3" or len(head) < 10:
        return 0
    size = 0
    for byte in head[6:10]:  # seven bits each
        size = size << 7 | byte & 0x7F
    return size + 10


def what_else(media: MediaFile) -> str:
    """What a file is that is no recording, in words for people; empty where that is not clear."""
    start = media.head(FIRST_FRAME)
    text = start.removeprefix(b"\xef\xbb\xbf").lstrip().lower()
    known = (said for sign, said in OTHERS.items() if text.startswith(sign))
    if not any(start):
        return "zeros alone at its start, as of a file that was never fetched or written"
    if (said := next(known, "")) or b"\0" in start:
        return said
    try:
        start[:-4].decode("utf-8")  # without a character that may be cut
    except UnicodeDecodeError:
        return ""
    return "text"


def goes_on(container: InputContainer, media: MediaFile, end: int) -> bool:
    """Whether another recording lies behind the one that FFmpeg reads, as joined parts of uploads.

    Args:
        container: of the file.
        media: its bytes.
        end: where the last packet ends.
    """
    names = container.format.name.split(",")
    if "mov" in names:
        return _has_two_heads(media)
    sign = {"wav": b"RIFF", "flv": b"FLV\x01"}.get(names[0])
    return sign is not None and sign in media.head(NEAR_BYTES, end)


def _has_two_heads(media: MediaFile) -> bool:
    """Whether an MP4 (ISO/IEC 14496-12) says twice of what kind it is."""
    at = 0
    for _ in range(MOST_BOXES):
        box = media.head(16, at)
        size, kind = int.from_bytes(box[:4], "big"), box[4:8]
        if at and kind == b"ftyp":
            return True
        if size == 1:
            size = int.from_bytes(box[8:16], "big")
        if len(box) < 8 or size < 8:
            return False
        at += size
    return False
