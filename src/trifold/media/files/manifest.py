"""A table of answers to clips: whose answers they are, where the files lie."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path, PurePath

from trifold.codes import Code
from trifold.contracts import Clip
from trifold.media.container.tags import tagged_language
from trifold.media.files.border import ANYWHERE, LEFT_OUT, Border, Closed, border_of, nobody_closed
from trifold.media.files.located import Locator
from trifold.media.files.manifest_columns import COLUMNS, chosen_in, refuse_unread_names
from trifold.media.files.views import one_recording
from trifold.media.transcripts.beside import Taken, TranscriptsBeside
from trifold.people.grouping import group
from trifold.tables.cells import composed, is_missing, plain, present
from trifold.tables.headers import missing_column
from trifold.tables.ids import read_ids
from trifold.tables.table import Table


def clips_of_table(
    table: Table,
    *,
    candidates: str = "auto",
    links: str = "all",
    unasked: bool = False,
    closed: Closed = nobody_closed,
) -> tuple[list[Clip], list[str]]:
    """Clips of a manifest's rows in their order, and lines about what was noticed.

    Args:
        table: of ``read_manifest_table``.
        candidates: ``auto`` and ``manifest`` take people from ``candidate_id``; without one, files
            are told apart by their names (see ``trifold.people.grouping``) or refused.
        links: ``inside`` opens no transcript beside a recording that is a link to elsewhere.
        unasked: nobody named the table, it lay in a folder; then ``inside`` holds for all that it
            names.
        closed: why a person's files must not be opened; None where they may be. Then the table
            must say who the people are.

    Raises:
        InputError: when there is neither ``path`` nor people with transcripts, an id is missing,
            or nothing says whose the answers are.
    """
    said = {"transcript", "transcript_path"} & set(table.columns)
    if "path" not in table.columns and not (said and "candidate_id" in table.columns):
        raise missing_column("path", table)
    by_table = "candidate_id" in table.columns and candidates in ("auto", "manifest")
    people, notes = read_ids(table) if by_table else ([""] * len(table.rows), [])
    if not by_table and (candidates == "manifest" or closed("") is not None):
        raise missing_column("candidate_id", table)
    if not by_table:
        refuse_unread_names(table, candidates)
    known = [column for column in COLUMNS if column in table.columns]
    columns = [table.cells(column) for column in known]
    rows = [dict(zip(known, row, strict=True)) for row in zip(*columns, strict=True)]
    root = table.where.parent
    chosen = [
        chosen_in({k: present(v) for k, v in row.items()}, place=table.place(i), where=table.where)
        for i, row in enumerate(rows)
    ]
    files = [row.get(name, "") for row in rows for name in ("path", "transcript_path")]
    locator = Locator(root, filter(None, files))
    reader = _ClipMaker(root, links, locator, unasked=unasked, closed=closed)
    clips = [
        replace(reader.clip(row, person, i), chosen=of_row)
        for i, (row, person, of_row) in enumerate(zip(rows, people, chosen, strict=True), start=1)
    ]
    if not by_table:
        clips = _grouped(clips, root, candidates)
    return with_views(clips), [*table.notes, *notes, *reader.locator.notes]


def with_views(clips: Sequence[Clip]) -> list[Clip]:
    """The clips; of several views of one answer, all but the best are marked as left out."""
    together: dict[tuple[str, str | None, str | None], list[Path]] = {}
    for clip in clips:
        if clip.path is not None and clip.left_out is None:
            key = (clip.candidate_id, clip.question_id, clip.question)
            together.setdefault(key, []).append(clip.path)
    taken: dict[Path, Path] = {}
    for files in together.values():
        if len(files) > 1:
            taken |= one_recording(list(dict.fromkeys(files)))
    return [_as_view(clip, taken.get(clip.path) if clip.path else None) for clip in clips]


def _as_view(clip: Clip, best: Path | None) -> Clip:
    if best is None or clip.left_out is not None:
        return clip
    return replace(clip, left_out=(Code.OTHER_VIEW, f"another view of {best.name}, which is taken"))


def _grouped(clips: Sequence[Clip], root: Path, candidates: str) -> list[Clip]:
    """The clips with people told by their files' names."""
    names = [
        PurePath(clip.clip_id if clip.path is None else _inner(clip.path, root)) for clip in clips
    ]
    names = [PurePath(*name.parts[1:]) if name.is_absolute() else name for name in names]
    people = group(names, root=root.resolve().name, candidates=candidates).people
    return [replace(c, candidate_id=plain(p)) for c, p in zip(clips, people, strict=True)]


def _inner(path: Path, root: Path) -> Path:
    try:
        return path.relative_to(root)
    except ValueError:
        return path


class _ClipMaker:
    """Makes clips of rows; finds files and what lies beside them."""

    def __init__(
        self, root: Path, links: str, locator: Locator, *, unasked: bool, closed: Closed
    ) -> None:
        self.root, self.links, self.locator, self.closed = root, links, locator, closed
        self.border = border_of(root, links) if unasked else ANYWHERE
        self.beside = TranscriptsBeside(spoken=tagged_language)

    def clip(self, row: dict[str, str], person: str, number: int) -> Clip:
        """One row; without a path its clip is named after candidate and row number."""
        cells = {name: present(cell) for name, cell in row.items()}
        written = cells.get("path")
        file = self.locator.find(written) if written else None
        name = _inner(file, self.root) if file else Path(f"{person or 'row'}/{number}")
        stem = (name.parent / name.stem).as_posix() if file else name.as_posix()
        said, said_path = cells.get("transcript"), cells.get("transcript_path")
        reason = self.closed(person)
        if reason is not None:
            said, said_path = None, None
        is_ours = file is None or self.border.holds(file)
        looks = file and is_ours and not said and not said_path and reason is None
        found = self._beside(file) if file and looks else Taken()
        if said_path:
            named = self.locator.find(said_path)
            ours = self.border.holds(named)
            found = Taken(named) if ours else Taken(outside=named.name)
        given = row.get("clip_id", "")
        return Clip(
            clip_id=composed(stem) if is_missing(given) else plain(given),
            candidate_id=person,
            path=file,
            transcript=said,
            transcript_path=found.path,
            transcript_doubt=found.doubt,
            transcript_outside=found.outside,
            left_out=reason if reason is not None or is_ours else LEFT_OUT,
            speaker=cells.get("speaker"),
            question=cells.get("question"),
            question_id=cells.get("question_id"),
        )

    def _beside(self, file: Path) -> Taken:
        """What lies beside a file, or in its folder's folder where that is none of the table's."""
        around = self.root if Border(self.root).holds(file) else file.parent.parent
        return self.beside.of(file, border_of(around, self.links))
