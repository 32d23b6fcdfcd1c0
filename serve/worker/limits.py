"""Bounds on what one request may cost: what headers declare, and memory."""

from __future__ import annotations

import resource
from collections.abc import Sequence
from pathlib import Path

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.errors import TrifoldError
from trifold.scoring.in_memory import MemoryStore, media_info
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings


def check_media(
    clips: Sequence[Clip], settings: Settings, store: MemoryStore | None = None
) -> float:
    """Refuse what declares itself too long or too large; returns the seconds of media.

    What cannot be opened passes: scoring gives it a row that says why.

    Args:
        clips: of a candidate.
        settings: limits.
        store: keeps what the headers say for the scoring.

    Raises:
        Problem: 413.
    """
    return sum(_checked(clip, settings, store) for clip in clips if clip.path is not None)


def _checked(clip: Clip, settings: Settings, store: MemoryStore | None) -> float:
    try:
        info = media_info(clip, store)
    except TrifoldError:
        return 0.0
    duration_s, pixels = info.duration_s or 0.0, (info.width_px or 0) * (info.height_px or 0)
    if not duration_s <= settings.max_duration_s:
        raise Problem(
            413,
            Code.MEDIA_TOO_LONG,
            f"expected at most {settings.max_duration_s:g} s per file, got {duration_s:.0f}",
            field=clip.clip_id,
        )
    if pixels > settings.max_pixels:
        raise Problem(
            413,
            Code.PICTURE_TOO_LARGE,
            f"expected at most {settings.max_pixels} pixels"
            f", got {info.width_px} x {info.height_px}",
            field=clip.clip_id,
        )
    return duration_s


def bound_memory(headroom_mib: int) -> None:
    """Let this process grow by no more than this; 0 sets no bound.

    An allocation beyond it fails inside the library that asks, and ends as a file that cannot be
    decoded instead of a machine without memory.
    """
    if headroom_mib:
        pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[0])
        limit = pages * resource.getpagesize() + (headroom_mib << 20)
        resource.setrlimit(resource.RLIMIT_AS, (limit, resource.getrlimit(resource.RLIMIT_AS)[1]))
