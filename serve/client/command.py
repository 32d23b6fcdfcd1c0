"""``trifold serve client FILE…``: interview files to scores, through a running endpoint.

Whose answers the files are is told by their names (``ann/q1.mp4 ann/q2.mp4 bob/q1.mp4``) and
printed before work starts; ``candidates=file`` makes every file a person, ``candidates=folder``
every folder, and with ``candidate_id=ann`` all files are Ann's answers. A transcript beside a file
goes with it, as in a folder that is scored; ``speaker=Ann`` says whose words in it are the
candidate's. Settings: ``address``, ``model``, ``key_file=demo/serving/key`` (or the key in
``TRIFOLD_KEY``), ``explain=true``, ``out=scores.jsonl``.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track

from trifold.codes import Code
from trifold.contracts import scored_targets
from trifold.errors import InputError, TrifoldError
from trifold.media.container.tags import tagged_language
from trifold.media.transcripts.beside import TranscriptsBeside, in_doubt
from trifold.people.grouping import group
from trifold.people.grouping import summary as people_line
from trifold.runtime.endings import run_main, values_of
from trifold.serve.client.endpoint import Client, ScoringError
from trifold.serve.settings_text import is_on

DEFAULTS = {
    "address": "http://127.0.0.1:8080",
    "model": "trifold",
    "key_file": "demo/serving/key",
    "candidate_id": "",
    "speaker": "",
    "candidates": "auto",
    "explain": "false",
    "out": "",
}

_SETTING = re.compile(r"[a-z_]+=")


def summary(answer: Mapping[str, Any]) -> str:
    """The scores of one candidate on one line, with their intervals."""
    row = answer["candidate"]
    parts = [
        f"{t} {row[t]:.2f} ({row[t + '_low']:.2f} to {row[t + '_high']:.2f})"
        for t in scored_targets(row)
    ]
    return f"{row['candidate_id']}: {', '.join(parts)}"


def _key(path: str) -> str:
    if os.environ.get("TRIFOLD_KEY"):
        return os.environ["TRIFOLD_KEY"]
    key = Path(path).read_text(encoding="ascii").strip()
    if not key or " " in key:
        raise ValueError("not a key")
    return key


def _people(
    files: Sequence[Path], candidate_id: str, candidates: str = "auto"
) -> dict[str, list[Path]]:
    """Whose answers the files are.

    Raises:
        InputError: where neither a setting nor their names say so.
    """
    if candidate_id:
        return {candidate_id: list(files)}
    whole = [Path(os.path.abspath(file)) for file in files]  # where a link leads names nobody
    root = Path(os.path.commonpath([file.parent for file in whole]))
    inner = [file.relative_to(root) for file in whole]
    people: dict[str, list[Path]] = {}
    names = group(inner, root=root.name, candidates=candidates).people
    for name, file in zip(names, files, strict=True):
        people.setdefault(name, []).append(file)
    return people


def main(arguments: list[str]) -> int:
    """Entry point: exit 0 when all were scored, 1 when some were not, 2 when nothing was tried."""
    if any(word in ("-h", "--help") for word in arguments):
        print((__doc__ or "").strip())
        return 0
    try:
        files, settings = _sorted(arguments)
    except TrifoldError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    missing = [str(file) for file in files if not file.is_file()]
    if not files or missing:
        print(f"error: expected media files, got {', '.join(missing) or 'none'}", file=sys.stderr)
        return 2
    try:
        key = _key(settings["key_file"])
    except (OSError, ValueError):
        print(
            f"error: expected TRIFOLD_KEY or a key file, got none: {settings['key_file']}",
            file=sys.stderr,
        )
        return 2
    client = Client(settings["address"], key, model=settings["model"])
    try:
        people = _people(files, settings["candidate_id"], settings["candidates"])
    except InputError as error:
        print(f"error: {error}", file=sys.stderr)
        return 2
    print(people_line([name for name, mine in people.items() for _ in mine]), file=sys.stderr)
    return _score_all(client, people, settings)


def _sorted(arguments: Sequence[str]) -> tuple[list[Path], dict[str, str]]:
    """Files and settings; what looks like a setting and is no file must be one."""
    files = [Path(word) for word in arguments if not _SETTING.match(word) or Path(word).is_file()]
    rest = [word for word in arguments if Path(word) not in files]
    settings = DEFAULTS | values_of(rest, DEFAULTS)
    is_on("explain", settings["explain"])
    return files, settings


def _score_all(
    client: Client, people: Mapping[str, list[Path]], settings: Mapping[str, str]
) -> int:
    failed = 0
    answers = []
    console = Console(stderr=True)
    for name, files in track(people.items(), "scoring", console=console, total=len(people)):
        try:
            answers.append(_score(client, name, files, settings))
            print(summary(answers[-1]))
        except ScoringError as error:
            failed += 1
            print(f"{name}: {error}", file=sys.stderr)
    if settings["out"]:
        lines = [json.dumps(answer, ensure_ascii=False) + "\n" for answer in answers]
        Path(settings["out"]).write_text("".join(lines), encoding="utf-8")
        print(settings["out"])
    return 1 if failed else 0


def _score(
    client: Client, name: str, files: list[Path], settings: Mapping[str, str]
) -> dict[str, Any]:
    """One person's files with the transcripts that a folder scan would take."""
    beside = TranscriptsBeside(spoken=tagged_language)
    said = [beside.of(file) for file in files]
    doubt = next((taken.doubt for taken in said if taken.doubt), None)
    if doubt is not None:
        raise ScoringError(0, Code.TRANSCRIPT_ERROR, str(in_doubt(doubt, name)), {})
    return client.score(
        files,
        candidate_id=name,
        transcripts=[taken.path for taken in said],
        speaker=settings["speaker"],
        explain=is_on("explain", settings["explain"]),
    )


if __name__ == "__main__":
    run_main(main)
