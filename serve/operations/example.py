"""A call that works, to be copied: with the files of somebody who is there."""

from __future__ import annotations

import shlex
from pathlib import Path

from trifold.serve.operations.server import Server

MEDIA, WORDS = (".mp4", ".webm", ".mov", ".mkv"), (".vtt", ".srt", ".json", ".txt")
_STAND_IN = Path("q1.mp4")


def curl_line(server: Server, model: str, key: Path, folder: Path) -> str:
    """One request with every answer of the first person of a folder, and their transcripts.

    Args:
        server: the one that runs.
        model: its name.
        key: file with a key.
        folder: of interviews, with a folder for each person somewhere below it.
    """
    files = first_person(folder)
    fields = [f"candidate_id={files[0].parent.name}" if files else "candidate_id=ann"]
    for number, file in enumerate(files or [_STAND_IN], start=1):
        fields.append(f"media_{number}=@{_named(file)}")
        words = next((p for p in map(file.with_suffix, WORDS) if p.is_file()), None)
        if words is not None:
            fields.append(f"transcript_{number}=@{_named(words)}")
    parts = [
        f'curl -H "Authorization: Bearer $(cat {shlex.quote(str(key))})"',
        *(f"-F {shlex.quote(field)}" for field in fields),
        f"{server.address}/predictions/{model}",
    ]
    return " \\\n    ".join(parts)


def first_person(folder: Path) -> list[Path]:
    """The media files of the first folder that holds some."""
    files = sorted(path for path in folder.rglob("*") if path.suffix.lower() in MEDIA)
    return [file for file in files if file.parent == files[0].parent]


def _named(path: Path) -> str:
    """A file's name as ``curl -F`` reads it, which takes commas and semicolons for its own."""
    text = str(path).replace("\\", "\\\\").replace('"', '\\"')
    return f'"{text}"' if set(text) & set(',;"\\') else text
