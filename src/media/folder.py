"""Interview media on disk to clips: a flat folder, a folder per candidate, or a manifest.

* flat: one file per candidate; candidate and clip are named by the file's stem.
* nested: a sub-folder per candidate, a file per answer; clips are named ``candidate/answer``. A
  folder that holds nothing but all of these, as archives often have one, is passed through.
* manifest: a CSV, JSONL or Parquet file (or ``manifest.csv`` / ``manifest.jsonl`` in the folder)
  with a ``path`` column, relative to the manifest, and any of candidate_id, clip_id, question,
  question_id, transcript (the text), transcript_path and speaker (the candidate's label in it);
  candidate_id and a transcript do without a path. Other columns are left to their readers.
* published: where a ``metadata.jsonl`` or ``.csv`` in the folder or beside it lists its files
  (``file_name``), as RecruitView does, ids, questions and transcripts come from there.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from src.contracts import Clip
from src.errors import InputError
from src.media.suffixes import MEDIA_SUFFIXES as MEDIA_SUFFIXES
from src.media.suffixes import is_recording
from src.media.tags import tagged_language
from src.media.transcripts.beside import Taken, TranscriptsBeside

if TYPE_CHECKING:
    import pandas as pd

TABLE_SUFFIXES = (".csv", ".jsonl", ".parquet")
COLUMNS = (
    "path",
    "candidate_id",
    "clip_id",
    "question",
    "question_id",
    "transcript",
    "transcript_path",
    "speaker",
)
# what published layouts call the same things (Hugging Face video folders, RecruitView)
ALIASES = {"file_name": "path", "user_no": "candidate_id", "id": "clip_id"}
METADATA = ("metadata.jsonl", "metadata.csv")
MANIFESTS = ("manifest.csv", "manifest.jsonl", "manifest.parquet")


def scan(path: Path, *, unique: bool = True) -> list[Clip]:
    """Find the clips of a folder or manifest, in natural order (``a2`` before ``a10``).

    Args:
        path: the folder or manifest.
        unique: refuse clips that share an id; scoring keeps them and says so in their rows.

    Raises:
        InputError: when nothing is there, no media are found, the manifest lacks ``path``, or two
            clips share an id. A listed file that is missing stays: scoring reports it in its row.
    """
    clips = _scan(path)
    return _unique(clips, path) if unique else clips


def _scan(path: Path) -> list[Clip]:
    if path.is_file():
        return _scan_manifest(path)
    if not path.is_dir():
        raise InputError(expected="a folder or manifest of media", got="nothing there", where=path)
    for name in MANIFESTS:
        if (path / name).is_file():
            return _scan_manifest(path / name)
    return _scan_folder(path)


def read_table(path: Path) -> pd.DataFrame:
    """Read a manifest as text cells; missing cells are empty strings.

    Raises:
        InputError: when the suffix is unknown, or the file is not such a table or has no rows.
    """
    if path.suffix.lower() not in TABLE_SUFFIXES:
        raise InputError(
            expected=f"a manifest ({', '.join(TABLE_SUFFIXES)})", got=path.name, where=path
        )
    try:
        table = _read(path)
    except (ValueError, OSError) as error:
        reason = str(error).splitlines()[0]
        raise InputError(expected="a readable table", got=reason, where=path) from error
    if table.empty:
        raise InputError(expected="at least one row", got="none", where=path)
    return table


def natural_key(text: str) -> list[tuple[int, int, str]]:
    """Sort key that orders digits by value: ``a2`` before ``a10``."""
    parts = re.split(r"(\d+)", text.casefold())
    return [(0, int(p), "") if p.isdecimal() else (1, 0, p) for p in parts]


def _read(path: Path) -> pd.DataFrame:
    import pandas as pd  # folders do without, and are scored sooner

    if path.suffix.lower() == ".csv":
        return pd.read_csv(path, dtype=str, keep_default_na=False, encoding="utf-8-sig")
    if path.suffix.lower() == ".parquet":
        table = pd.read_parquet(path)
    else:
        table = pd.read_json(path, lines=True, dtype=False, encoding="utf-8-sig")
    return table.astype(object).where(table.notna(), "").astype(str)


def _scan_folder(root: Path) -> list[Clip]:
    files = sorted(_media_below(root), key=lambda file: natural_key(str(file.relative_to(root))))
    if not files:
        suffixes = " ".join(sorted(MEDIA_SUFFIXES))
        raise InputError(expected=f"media files ({suffixes})", got="none", where=root)
    beside = TranscriptsBeside(spoken=tagged_language)
    listed, inside = _listed_clips(root), _unwrapped(files, root)
    return [listed.get(_resolved(file)) or _clip_of(file, inside, beside) for file in files]


def _unwrapped(files: Sequence[Path], root: Path) -> Path:
    """The folder that holds the candidates' folders, when ``root`` holds only it."""
    parts = [file.relative_to(root).parts for file in files]
    alone = len({first for first, *_ in parts}) == 1
    if not alone or min(map(len, parts)) < 3:
        return root
    return _unwrapped(files, root / parts[0][0])


def _listed_clips(root: Path) -> dict[Path, Clip]:
    """Clips that a ``metadata`` table in the folder or beside it describes, by media file."""
    for table in (folder / name for folder in (root, root.parent) for name in METADATA):
        if table.is_file():
            return {_resolved(c.path): c for c in _scan_manifest(table) if c.path is not None}
    return {}


def _resolved(path: Path) -> Path:
    """Where a path leads; itself where links go in a circle or no system can hold it."""
    try:
        return path.resolve()
    except (OSError, RuntimeError, ValueError):
        return path


def _media_below(root: Path) -> Iterator[Path]:
    """Media files at any depth; hidden ones are left out and links to folders not followed."""
    for folder, subfolders, names in os.walk(root):
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]
        for name in names:
            if not name.startswith(".") and is_recording(Path(folder, name)):
                yield Path(folder, name)


def _clip_of(file: Path, root: Path, beside: TranscriptsBeside) -> Clip:
    inner, said = file.relative_to(root), beside.of(file)
    return Clip(
        clip_id=printable(inner.with_suffix("").as_posix()),
        candidate_id=printable(inner.parts[0] if len(inner.parts) > 1 else inner.stem),
        path=file,
        transcript_path=said.path,
        transcript_doubt=said.doubt,
    )


def clips_of_table(table: pd.DataFrame, path: Path) -> list[Clip]:
    """Clips of a manifest that was read with ``read_table``, in row order.

    Raises:
        InputError: when there is no column ``path`` (or ``file_name``), or two rows share an id.
    """
    return _unique(_clips_of_table(table, path), path)


def _clips_of_table(table: pd.DataFrame, path: Path) -> list[Clip]:
    """See ``clips_of_table``; rows may share an id."""
    table = table.rename(columns={k: v for k, v in ALIASES.items() if v not in table.columns})
    if "path" not in table.columns and _names_transcripts(table):
        table = table.assign(path="")
    if "path" not in table.columns:
        raise InputError(
            expected="a column 'path'", got=f"columns {', '.join(table.columns)}", where=path
        )
    known = [column for column in COLUMNS if column in table.columns]
    cells = table[known].itertuples(index=False, name=None)
    rows = (dict(zip(known, row, strict=True)) for row in cells)
    beside = TranscriptsBeside(spoken=tagged_language)
    clips = [_clip_of_row(row, i, path.parent, beside) for i, row in enumerate(rows, start=1)]
    return clips


def printable(text: str) -> str:
    """Text that UTF-8 can hold; bytes of a file name that are none become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _names_transcripts(table: pd.DataFrame) -> bool:
    """Whether rows can do without media: people and what they said are named."""
    said = {"transcript", "transcript_path"} & set(table.columns)
    return bool(said) and "candidate_id" in table.columns


def _scan_manifest(path: Path) -> list[Clip]:
    return _clips_of_table(read_table(path), path)


def _clip_of_row(row: dict[str, str], number: int, root: Path, beside: TranscriptsBeside) -> Clip:
    """One row; without a path its clip is named after candidate and row number."""
    file = root / row["path"] if row["path"] else None
    inner = Path(row["path"] or f"{row.get('candidate_id') or 'row'}/{number}")
    candidate = row.get("candidate_id") or (inner.parent.name or inner.stem)
    said, said_path = row.get("transcript"), row.get("transcript_path")
    found = beside.of(file) if file is not None and not said and not said_path else Taken()
    return Clip(
        clip_id=row.get("clip_id") or (inner.parent / inner.stem).as_posix(),
        candidate_id=candidate,
        path=file,
        transcript=said or None,
        transcript_path=root / said_path if said_path else found.path,
        transcript_doubt=found.doubt,
        speaker=row.get("speaker") or None,
        question=row.get("question") or None,
        question_id=row.get("question_id") or None,
    )


def _unique(clips: list[Clip], where: Path) -> list[Clip]:
    seen: dict[str, Clip] = {}
    for clip in clips:
        other = seen.setdefault(clip.clip_id, clip)
        if other is not clip:
            files = f"{_name(other)} and {_name(clip)} are both '{clip.clip_id}'"
            raise InputError(expected="one file per clip", got=files, where=where)
    return clips


def _name(clip: Clip) -> str:
    return clip.path.name if clip.path is not None else "a row without path"
