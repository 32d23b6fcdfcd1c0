"""A request's media as files, and paths below the media root."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from pathlib import Path

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.serve.access.identity import Caller
from trifold.serve.problems import Problem, bad_field
from trifold.serve.settings import MIB, Settings
from trifold.serve.worker.parsing.asked import AnswerRequest, CandidateRequest


def clips_of(
    wanted: CandidateRequest, folder: Path, settings: Settings, caller: Caller
) -> list[Clip]:
    """The answers of a candidate as clips; uploads are written below ``folder``.

    Paths lie in the caller's own media folder.

    Raises:
        Problem: 400 where a path is refused, 503 where the disk is full.
    """
    size = sum(
        len(answer.media or b"") + len(answer.transcript or b"") for answer in wanted.answers
    )
    if size and shutil.disk_usage(folder).free - size < settings.min_free_mib * MIB:
        raise Problem(503, Code.DISK_FULL, "no room for uploads at the moment")
    places = Places(folder, media_folder(settings, caller))
    return [_clip(wanted, answer, places, settings) for answer in wanted.answers]


def media_folder(settings: Settings, caller: Caller) -> str:
    """Below which a caller's paths lie; empty where it has none."""
    if not caller.media or not (settings.media_root or os.path.isabs(caller.media)):
        return ""
    return os.path.join(settings.media_root, caller.media)


def below(root: str, path: str, field: str) -> Path:
    """The regular file that a request names, if it lies below the root: a caller's media folder.

    Links are followed first. Whether a file is missing or lies elsewhere is not told.

    Raises:
        Problem: 403 where no root is configured, else 400.
    """
    if not root:
        raise Problem(403, Code.PATHS_NOT_CONFIGURED, "this server takes no paths", field=field)
    try:
        base = Path(root).resolve(strict=True)
        found = (base / path).resolve(strict=True)
        good = found.is_file() and found.is_relative_to(base)
    except (OSError, ValueError, RuntimeError):
        good = False
    if not good or Path(path).is_absolute():
        raise Problem(
            400,
            Code.PATH_REFUSED,
            "expected a file in the media folder of this caller",
            field=field,
        )
    return found


@dataclass(frozen=True)
class Places:
    """Where uploads are written, and below which folder paths lie."""

    uploads: Path
    media: str


def _clip(
    wanted: CandidateRequest, answer: AnswerRequest, places: Places, settings: Settings
) -> Clip:
    if answer.url is not None or answer.transcript_url is not None:  # the gateway reads those
        raise Problem(403, Code.URLS_NOT_CONFIGURED, "this server takes no URLs", field=answer.name)
    said = _transcript(answer, places, settings)
    return Clip(
        clip_id=answer.clip_id or answer.name,
        candidate_id=wanted.candidate_id,
        path=_media(answer, places, settings),
        transcript_path=said,
        speaker=answer.speaker,
        question=answer.question or None,
        question_id=answer.question_id,
    )


def _media(answer: AnswerRequest, places: Places, settings: Settings) -> Path | None:
    if answer.media is not None and answer.path is not None:
        raise bad_field(answer.name, "a media file or a path", "both")
    if answer.path is not None:
        path = below(places.media, answer.path, answer.name)
        if path.stat().st_size > settings.max_file_mib * MIB:
            raise Problem(
                413,
                Code.FILE_TOO_LARGE,
                f"expected at most {settings.max_file_mib} MiB per file",
                field=answer.name,
            )
        return path
    if answer.media is None:
        return None
    path = places.uploads / answer.name
    path.write_bytes(answer.media)
    return path


def _transcript(answer: AnswerRequest, places: Places, settings: Settings) -> Path | None:
    """The words as a file; what kind of transcript it is, its content says."""
    if answer.transcript is not None and answer.transcript_path is not None:
        raise bad_field(answer.name, "a transcript or a transcript_path", "both")
    if answer.transcript_path is not None:
        path = below(places.media, answer.transcript_path, answer.name)
        if path.stat().st_size > 4 * settings.max_text_chars:
            raise Problem(413, Code.TOO_LONG, "expected a shorter transcript", field=answer.name)
        return path
    if answer.transcript is None:
        return None
    path = places.uploads / f"{answer.name}.transcript"
    path.write_bytes(answer.transcript)
    return path
