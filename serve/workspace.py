"""A request's media as files, and paths below the media root."""

from __future__ import annotations

import shutil
from pathlib import Path

from serve.problems import Problem, bad_field
from serve.requests import Answer, Wanted
from serve.settings import MIB, Settings
from src.contracts import Clip


def clips_of(wanted: Wanted, folder: Path, settings: Settings) -> list[Clip]:
    """The answers of a candidate as clips; uploads are written below ``folder``.

    Raises:
        Problem: 400 where a path is refused, 503 where the disk is full.
    """
    size = sum(len(answer.media or b"") + len(answer.transcript or b"")
               for answer in wanted.answers)  # fmt: skip
    if size and shutil.disk_usage(folder).free - size < settings.min_free_mib * MIB:
        raise Problem(503, "DISK_FULL", "no room for uploads at the moment")
    return [_clip(wanted, answer, folder, settings) for answer in wanted.answers]


def below(root: str, path: str, field: str) -> Path:
    """The regular file that a request names, if it lies below the media root.

    Links are followed first. Whether a file is missing or lies elsewhere is not told.

    Raises:
        Problem: 403 where no root is configured, else 400.
    """
    if not root:
        raise Problem(403, "PATHS_NOT_CONFIGURED", "this server takes no paths", field=field)
    try:
        base = Path(root).resolve(strict=True)
        found = (base / path).resolve(strict=True)
        good = found.is_file() and found.is_relative_to(base)
    except (OSError, ValueError, RuntimeError):
        good = False
    if not good or Path(path).is_absolute():
        raise Problem(400, "PATH_REFUSED", "expected a file below the media root", field=field)
    return found


def _clip(wanted: Wanted, answer: Answer, folder: Path, settings: Settings) -> Clip:
    said = _transcript(answer, folder, settings)
    return Clip(
        clip_id=answer.clip_id or answer.name,
        candidate_id=wanted.candidate_id,
        path=_media(answer, folder, settings),
        transcript_path=said,
        speaker=answer.speaker,
        question=answer.question or None,
        question_id=answer.question_id,
    )


def _media(answer: Answer, folder: Path, settings: Settings) -> Path | None:
    if answer.path is not None:
        path = below(settings.media_root, answer.path, answer.name)
        if path.stat().st_size > settings.max_file_mib * MIB:
            raise Problem(413, "FILE_TOO_LARGE", f"expected at most {settings.max_file_mib} MiB "
                          "per file", field=answer.name)  # fmt: skip
        return path
    if answer.media is None:
        return None
    path = folder / answer.name
    path.write_bytes(answer.media)
    return path


def _transcript(answer: Answer, folder: Path, settings: Settings) -> Path | None:
    """The words as a file; what kind of transcript it is, its content says."""
    if answer.transcript is not None and answer.transcript_path is not None:
        raise bad_field(answer.name, "a transcript or a transcript_path", "both")
    if answer.transcript_path is not None:
        path = below(settings.media_root, answer.transcript_path, answer.name)
        if path.stat().st_size > 4 * settings.max_text_chars:
            raise Problem(413, "TOO_LONG", "expected a shorter transcript", field=answer.name)
        return path
    if answer.transcript is None:
        return None
    path = folder / f"{answer.name}.transcript"
    path.write_bytes(answer.transcript)
    return path
