"""A reviewer's word beside a score: appended with its reason, never in place of the score.

``overrides.jsonl`` lies beside the rows. A line is added and none is changed; only forgetting a
person takes lines away.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from pathlib import Path

from trifold.errors import InputError
from trifold.runtime.private import FILE, appearing, private_folder

NAME = "overrides.jsonl"
MOST_CHARS = 2000


@dataclass(frozen=True)
class Override:
    """What a person who can disregard a score says about it.

    Attributes:
        candidate_id: whose score.
        target: which score; empty is all of them.
        reason: why, in the reviewer's words.
        reviewer: who.
        judgement: what holds in the reviewer's eyes instead; may be empty.
        bundle_id: of the model whose score it is about.
        time: in UTC, set when it is written.
    """

    candidate_id: str
    target: str
    reason: str
    reviewer: str
    judgement: str = ""
    bundle_id: str = ""
    time: str = ""


def checked(given: Override) -> Override:
    """The same with space around its texts removed.

    Raises:
        InputError: when candidate, reason or reviewer is empty, or a text is too long.
    """
    texts = {name: str(value).strip() for name, value in asdict(given).items()}
    for name in ("candidate_id", "reason", "reviewer"):
        if not texts[name]:
            raise InputError(expected="some text", got="none", where=name)
    for name, text in texts.items():
        if len(text) > MOST_CHARS:
            expected = f"at most {MOST_CHARS} characters"
            raise InputError(expected=expected, got=str(len(text)), where=name)
    return Override(**texts)


def append_override(folder: Path, given: Override) -> Override:
    """Write one line and flush it to the disk; returns what was written.

    Raises:
        InputError: as ``checked`` says.
    """
    stamp = datetime.now(UTC).isoformat(timespec="seconds")
    made = Override(**asdict(checked(given)) | {"time": stamp})
    line = json.dumps(asdict(made), ensure_ascii=True) + "\n"
    private_folder(folder)
    descriptor = os.open(folder / NAME, os.O_WRONLY | os.O_CREAT | os.O_APPEND, FILE)
    try:
        os.write(descriptor, line.encode())  # one write: lines of several processes do not mix
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
    return made


def read_overrides(folder: Path, candidate_id: str | None = None) -> list[Override]:
    """The overrides in a folder, of one candidate or of all, in the order of writing.

    Raises:
        InputError: when a line is none; it names the line.
    """
    found = [override for override, _ in _lines(folder / NAME)]
    return [one for one in found if candidate_id is None or one.candidate_id == candidate_id]


def forget_overrides(folder: Path, candidate_id: str) -> int:
    """Take a person's lines away; returns how many there were."""
    lines = list(_lines(folder / NAME))
    kept = [line for override, line in lines if override.candidate_id != candidate_id]
    if len(kept) == len(lines):
        return 0
    if kept:
        with appearing(folder / NAME) as file:
            file.writelines(line.encode() for line in kept)
    else:
        (folder / NAME).unlink()
    return len(lines) - len(kept)


def _lines(path: Path) -> Iterator[tuple[Override, str]]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", newline="\n") as file:
        for number, line in enumerate(file, start=1):
            with _naming(path, number):
                yield Override(**json.loads(line)), line


@contextmanager
def _naming(path: Path, number: int) -> Iterator[None]:
    try:
        yield
    except (ValueError, TypeError) as error:
        where = f"{path}:{number}"
        raise InputError(expected="an override", got=type(error).__name__, where=where) from error
