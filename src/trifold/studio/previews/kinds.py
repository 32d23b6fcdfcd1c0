"""Kinds of recordings, and which of them browsers play."""

from __future__ import annotations

from pathlib import PurePath

UNKNOWN = "application/octet-stream"  # which no browser opens
PLAYED = {
    ".mp4": "video/mp4",
    ".m4v": "video/mp4",
    ".mov": "video/quicktime",
    ".webm": "video/webm",
    ".mp3": "audio/mpeg",
    ".m4a": "audio/mp4",
    ".aac": "audio/aac",
    ".wav": "audio/wav",
    ".ogg": "audio/ogg",
    ".oga": "audio/ogg",
    ".opus": "audio/ogg",
    ".flac": "audio/flac",
}
OTHERS = {
    ".mkv": "video/x-matroska",
    ".avi": "video/x-msvideo",
    ".wmv": "video/x-ms-wmv",
    ".mpg": "video/mpeg",
    ".mpeg": "video/mpeg",
    ".ts": "video/mp2t",
    ".flv": "video/x-flv",
    ".3gp": "video/3gpp",
    ".ogv": "video/ogg",
    ".wma": "audio/x-ms-wma",
    ".amr": "audio/amr",
}
PICTURES = {"h264", "vp8", "vp9", "av1"}  # that Chromium, Firefox and Safari play
SOUNDS = {"aac", "mp3", "opus", "vorbis", "flac"}


def kind_of(path: PurePath) -> str:
    """The media type of a file, by its ending."""
    return (PLAYED | OTHERS).get(path.suffix.lower(), UNKNOWN)


def has_picture(path: PurePath) -> bool:
    """Whether a file is shown as a video."""
    return not kind_of(path).startswith("audio/")


def plays(path: PurePath, picture: str | None, sound: str | None) -> bool:
    """Whether browsers can be expected to play a file.

    Args:
        path: of the file.
        picture: what the picture is encoded as, in FFmpeg's words; None where nobody knows.
        sound: likewise.
    """
    return (
        path.suffix.lower() in PLAYED
        and (picture is None or picture in PICTURES)
        and (sound is None or sound in SOUNDS or sound.startswith("pcm_"))
    )
