"""Whether a header states how long a recording is, or FFmpeg can only guess from size and rate."""

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
