"""What every reader checks about the clips it read, and what it reports.

Nothing is dropped without a ``Finding`` that says so. Each check gives one, also when it found
nothing, so that a report shows what was looked at.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from trifold.contracts import Array, Clip, Finding, Split, Transcript
from trifold.corpora.copies import TINY, copies_between_people
from trifold.errors import InputError, TranscriptError
from trifold.media.transcripts.reading import parse_transcript, read_transcript
from trifold.messages import say

NEAR_EMPTY_WORDS = 5
MOST_EXAMPLES = 3
TWIN_MARK = "SYNTHETIC.md"  # what ``trifold.corpora.make`` writes into every twin
RETAKES = ("keep", "first", "last")
NEAR_EMPTY = ("keep", "drop")
_WORD = re.compile(r"[\w'\u2019]+")


def check_policy(name: str, value: str, known: Sequence[str]) -> None:
    """Refuse an unknown policy.

    Raises:
        InputError: naming the known ones.
    """
    if value not in known:
        raise InputError(expected=f"{name} among {', '.join(known)}", got=repr(value))


def audit(
    clips: Sequence[Clip],
    *,
    retakes: str = "keep",
    near_empty: str = "keep",
    official: Mapping[str, Split] | None = None,
) -> tuple[list[Clip], list[Finding]]:
    """Run every check on the clips of a corpus.

    Args:
        clips: as read.
        retakes: which of several answers of a person to one question stays.
        near_empty: ``drop`` leaves out answers of five words or fewer.
        official: published split of each candidate, to look for people in two.

    Returns:
        The clips that stay, and one finding per check.
    """
    check_policy("retakes", retakes, RETAKES)
    check_policy("near_empty", near_empty, NEAR_EMPTY)
    kept, media = missing_media(clips)
    kept, blank = _nothing_there(kept)
    words = [word_count(clip) for clip in kept]
    silent, unread = _without_words(kept, words)
    kept, short = _near_empty(kept, words, drop=near_empty == "drop")
    kept, again = _retakes(kept, retakes)
    findings = [
        media,
        blank,
        silent,
        unread,
        short,
        again,
        _copied_words(kept),
        _shared_media(kept),
    ]
    return kept, [*findings, *([] if official is None else [people_in_two(official, clips)])]


def is_twin(folder: Path) -> bool:
    """Whether a folder says of itself that nobody in it exists."""
    return (folder / TWIN_MARK).is_file()


def finding(
    check: str, found: Iterable[str], total: int, what: str, action: str = say("kept")
) -> Finding:
    """A finding about the named clips, candidates or files."""
    names = list(found)
    return Finding(check, len(names), total, what, action, tuple(names[:MOST_EXAMPLES]))


def missing_media(clips: Sequence[Clip]) -> tuple[list[Clip], Finding]:
    """Clips whose media file is not there go on with their words, or are left out without any."""
    exists = Listing()
    gone = {c.clip_id for c in clips if c.path is not None and not exists(c.path)}
    kept = [replace(c, path=None) if c.clip_id in gone else c for c in clips]
    kept = [c for c in kept if c.clip_id not in gone or has_words(c) or c.measures]
    n_media = sum(clip.path is not None for clip in clips)
    what = say("media files are not there")
    action = say("%(n)s answers left out, the others go on as text", n=len(clips) - len(kept))
    return kept, finding(
        "missing_media", _among(clips, gone), n_media, what, action if gone else say("none")
    )


def _nothing_there(clips: Sequence[Clip]) -> tuple[list[Clip], Finding]:
    """Answers that name neither media nor words nor published features."""
    blank = {c.clip_id for c in clips if c.path is None and not has_words(c) and not c.measures}
    kept = [clip for clip in clips if clip.clip_id not in blank]
    what = say("answers have neither media nor words")
    return kept, finding("nothing_there", _among(clips, blank), len(clips), what, say("left out"))


def word_count(clip: Clip) -> int | None:
    """Words of an answer; None where there is no transcript, −1 where it cannot be read.

    Long transcripts are not counted out: more than five is all that anybody asks.
    """
    said, path = clip.transcript, clip.transcript_path
    try:
        if isinstance(said, str) and len(said) <= TINY:
            said = parse_transcript(said)
        elif said is None and path is not None and path.stat().st_size <= TINY:
            said = read_transcript(path)
    except (TranscriptError, OSError):
        return -1
    if isinstance(said, Transcript):
        return len(_WORD.findall(said.text))
    return None if said is None and path is None else NEAR_EMPTY_WORDS + 1


def has_words(clip: Clip) -> bool:
    """Whether a transcript is named at all."""
    said = (clip.transcript, clip.transcript_path, clip.transcript_doubt)
    return any(part is not None for part in said)


def people_in_two(splits: Mapping[str, Split], clips: Sequence[Clip]) -> Finding:
    """People whose candidates stand in more than one published split."""
    seen: dict[str, set[Split]] = {}
    for clip in clips:
        seen.setdefault(clip.person, set()).add(splits[clip.candidate_id])
    both = [person for person, where in seen.items() if len(where) > 1]
    what = say("people stand in two published splits")
    return finding("people_in_two_splits", both, len(seen), what, say("kept as published"))


def unlabelled(labels: Mapping[str, Array]) -> Finding:
    """Candidates without any rating."""
    blank = [person for person, row in labels.items() if not np.isfinite(row).any()]
    return finding(
        "unlabelled", blank, len(labels), say("candidates have no rating"), say("left out")
    )


def passed(check: str, total: int, what: str) -> Finding:
    """A check whose failure is an error: it found nothing, or nobody would read this."""
    return Finding(check, 0, total, what, say("would be refused"))


class Listing:
    """Whether files exist, listing each folder once."""

    def __init__(self) -> None:
        self._folders: dict[str, set[str]] = {}

    def __call__(self, path: Path) -> bool:
        """True for a file; links count as what they point to."""
        folder, name = os.path.split(path)
        if folder not in self._folders:
            self._folders[folder] = _names(folder)
        return name in self._folders[folder]


def _names(folder: str) -> set[str]:
    try:
        with os.scandir(folder or ".") as entries:
            return {entry.name for entry in entries if entry.is_file()}
    except OSError:
        return set()


def _without_words(clips: Sequence[Clip], words: Sequence[int | None]) -> tuple[Finding, Finding]:
    silent = [c.clip_id for c, n in zip(clips, words, strict=True) if n is None]
    unread = [c.clip_id for c, n in zip(clips, words, strict=True) if n == -1]
    return (
        finding("missing_transcript", silent, len(clips), say("answers have no transcript")),
        finding(
            "unreadable_transcript",
            unread,
            len(clips),
            say("transcripts cannot be read"),
            say("kept without words"),
        ),
    )


def _near_empty(
    clips: list[Clip], words: Sequence[int | None], *, drop: bool
) -> tuple[list[Clip], Finding]:
    counted = list(zip(clips, words, strict=True))
    short = {c.clip_id for c, n in counted if n is not None and 0 <= n <= NEAR_EMPTY_WORDS}
    kept = [c for c in clips if c.clip_id not in short] if drop else clips
    what = say("answers have %(n)s words or fewer", n=NEAR_EMPTY_WORDS)
    action = say("left out") if drop else say("kept")
    return kept, finding("near_empty", _among(clips, short), len(clips), what, action)


def _retakes(clips: list[Clip], policy: str) -> tuple[list[Clip], Finding]:
    """Several answers of one person to one question in one session."""
    rounds: dict[tuple[str, str | None, str], list[str]] = {}
    for clip in clips:
        asked = clip.question_id or clip.question
        if asked:
            rounds.setdefault((clip.person, clip.session, asked), []).append(clip.clip_id)
    spare = {"keep": slice(1, None), "first": slice(1, None), "last": slice(None, -1)}[policy]
    again = {clip_id for takes in rounds.values() for clip_id in takes[spare]}
    kept = clips if policy == "keep" else [c for c in clips if c.clip_id not in again]
    one = say("only the first of each is kept"), say("only the last of each is kept")
    action = say("kept") if policy == "keep" else one[policy == "last"]
    what = say("answers repeat the person's answer to the same question")
    return kept, finding("retakes", _among(clips, again), len(clips), what, action)


def _copied_words(clips: Sequence[Clip]) -> Finding:
    what = say("answers say word for word what another person says")
    return finding("copied_words", copies_between_people(clips), len(clips), what)


def _shared_media(clips: Sequence[Clip]) -> Finding:
    counts = Counter(clip.path for clip in clips if clip.path is not None)
    shared = [c.clip_id for c in clips if c.path is not None and counts[c.path] > 1]
    return finding(
        "shared_media", shared, len(clips), say("answers name the media file of another")
    )


def _among(clips: Sequence[Clip], ids: Collection[str]) -> list[str]:
    return [clip.clip_id for clip in clips if clip.clip_id in ids]
