"""Names of files from strangers, made safe: inside the folder, visible, of a kind that we read."""

from __future__ import annotations

import re
import unicodedata
from pathlib import PurePosixPath

from trifold.errors import InputError
from trifold.media.files.suffixes import MEDIA_SUFFIXES
from trifold.media.transcripts.beside_names import SUFFIXES as TRANSCRIPT_SUFFIXES

LONGEST_BYTES, DEEPEST = 200, 8  # of a name; systems allow 255, and suffixes of ours come behind
KINDS = frozenset(MEDIA_SUFFIXES) | frozenset(TRANSCRIPT_SUFFIXES)
_FORBIDDEN = re.compile(r'[<>:"|?*]')  # by some system that the folder may be copied to
_JOINERS = "\u200c\u200d"  # that letters of some scripts need between them
_UNSEEN = ("Cc", "Cf", "Cs", "Zl", "Zp")
_DEVICES = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)", re.IGNORECASE)


def safe_path(given: str) -> PurePosixPath:
    """Where a file is put below a folder, from the name or relative path that a browser sends.

    Folders stay. What would lead out of the folder, hides files or cannot be seen is left out, so
    that the result is a path below the folder for every text; a safe path stays as it is.

    Raises:
        InputError: when the name says that it is neither a recording nor a transcript.
    """
    parts = [_safe_name(part) for part in given.replace("\\", "/").split("/")]
    kept = [part for part in parts if part]
    if not kept or PurePosixPath(kept[-1]).suffix.lower() not in KINDS:
        raise InputError(
            expected="a recording or a transcript (such as .mp4, .webm, .wav or .vtt)",
            got=repr(kept[-1] if kept else ""),
        )
    return PurePosixPath(*kept[:-1][: DEEPEST - 1], kept[-1])


def is_media(path: PurePosixPath) -> bool:
    """Whether a file is a recording by its name; else it is a transcript."""
    return path.suffix.lower() in MEDIA_SUFFIXES


def numbered(path: PurePosixPath, number: int) -> PurePosixPath:
    """Another name for another file of the same name: ``q1 (2).mp4``."""
    return path.with_name(f"{path.stem} ({number}){path.suffix}")


def one_line(text: str) -> str:
    """Text without characters that cannot be seen, composed, with single spaces."""
    seen = "".join(
        c if c in _JOINERS or unicodedata.category(c) not in _UNSEEN else " " for c in text
    )
    return " ".join(unicodedata.normalize("NFC", seen).split())


def _safe_name(part: str) -> str:
    """A name of a file or folder; empty where nothing is left of it."""
    name = _FORBIDDEN.sub("_", one_line(part)).strip(". ")
    if _DEVICES.match(name):
        name = f"_{name}"
    if len(name.encode()) <= LONGEST_BYTES:
        return name
    stem, dot, suffix = name.rpartition(".")
    if len(suffix.encode()) > 12:  # it is none
        stem, dot, suffix = name, "", ""
    room = LONGEST_BYTES - len(f"{dot}{suffix}".encode())
    return f"{stem.encode()[:room].decode('utf-8', 'ignore').rstrip('. ')}{dot}{suffix}"
