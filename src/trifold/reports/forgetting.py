"""A person removed from an output folder, so that it is as if they had never been in the input.

What was kept of others stays as it is, to the byte, but for their ranks, which are among those who
are left. Tables are written anew last, and the CSV as
the last file of a table, so that a person is found there until nothing else holds them: after a
kill at any moment the same call finishes.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pyarrow.parquet as pq

from trifold.errors import InputError
from trifold.reports.feedback.pages import FOLDER, feedback_page
from trifold.reports.model import ReportedModel
from trifold.reports.overview import PAGES
from trifold.reports.pages import write_overview
from trifold.reports.standing import show_ranks
from trifold.reports.wording import page_name
from trifold.runtime.private import appearing
from trifold.scoring.columns import Column
from trifold.scoring.folder.journal import lines_of, only_run, without_person
from trifold.scoring.folder.standing import rank_cells
from trifold.scoring.folder.tables import ARROW, SPREADSHEETS, SUFFIXES, write_table
from trifold.scoring.rows import Row
from trifold.scoring.schema import TABLES
from trifold.tables.guard import unguarded

if TYPE_CHECKING:
    from trifold.bundle.bundle import Bundle

EVIDENCE, REPORT, CANDIDATES = "evidence.jsonl", "report.html", "candidates"


@dataclass(frozen=True)
class ForgottenOutputs:
    """What was removed from an output folder.

    Attributes:
        lines: what people read, one per kind of thing; empty where nothing of the person was there.
        written: files that were written anew.
    """

    lines: tuple[str, ...]
    written: tuple[Path, ...]


def forget_outputs(candidate_id: str, out: Path, bundle: Bundle | None = None) -> ForgottenOutputs:
    """Remove a person from what ``trifold score`` wrote.

    Args:
        candidate_id: as it stands in the tables.
        out: folder of the outputs.
        bundle: the one that made them; without it the overview of everybody cannot be drawn anew,
            and is removed.

    Raises:
        InputError: when another run writes there, or the bundle is another.
    """
    with only_run(out):
        for folder in (out, out / PAGES, out / FOLDER):
            for unfinished in folder.glob(".*.tmp"):  # of a run that was killed
                unfinished.unlink()
        tables = _own_rows(candidate_id, out)
        page = page_of(candidate_id, out)
        lines, written = [], []
        if without_person(out, candidate_id):
            lines.append("what the run had noted of them")
        if _without_evidence(candidate_id, out / EVIDENCE):
            lines.append(f"{EVIDENCE}: their evidence")
        if (tables or page.exists()) and (out / REPORT).exists():
            line = _overview(candidate_id, out, bundle)
            lines.append(f"{REPORT}: {line}")
            written += [out / REPORT] if bundle else []
        for mine in (page, feedback_page(candidate_id, out)):
            if mine.exists():
                mine.unlink()
                lines.append(f"{mine.parent.name}/{mine.name}")
        if tables and (n := _pages_ranked_anew(candidate_id, out)):
            lines.append(f"{PAGES}: ranks of {n} other{'' if n == 1 else 's'}, among who is left")
        for name in tables:
            n, paths = _rewrite(candidate_id, out / name)
            lines.append(f"{name}: {n} row{'' if n == 1 else 's'}")
            written += paths
    return ForgottenOutputs(tuple(lines), tuple(written))


def holds_person(candidate_id: str, out: Path) -> bool:
    """Whether anything of a person is in an output folder: rows, evidence, page or journal."""
    own = [*_own(candidate_id, out / EVIDENCE), *(_own_rows(candidate_id, out))]
    pages = page_of(candidate_id, out), feedback_page(candidate_id, out)
    return bool(own) or any(page.exists() for page in pages) or bool(lines_of(out, candidate_id))


def exported_rows(candidate_id: str, out: Path) -> dict[str, list[Row]]:
    """File name to all that stands of a person in tables, evidence and journal."""
    found = {f"{name}.jsonl": _own(candidate_id, out / f"{name}.jsonl") for name in TABLES}
    found[EVIDENCE] = _own(candidate_id, out / EVIDENCE)
    found["progress.jsonl"] = list(lines_of(out, candidate_id))
    return found


def candidate_row(candidate_id: str, out: Path) -> Row | None:
    """A person's row over all files; None where there is none."""
    return next(iter(_own(candidate_id, out / "candidates.jsonl")), None)


def page_of(candidate_id: str, out: Path) -> Path:
    """Where a person's page lies, if there is one."""
    return out / PAGES / f"{page_name(candidate_id)}.html"


def named_elsewhere(candidate_id: str, out: Path) -> int:
    """Rows of others that name a person, such as one whose file is a copy of theirs."""
    return sum(1 for name in TABLES for _ in _naming(candidate_id, out / f"{name}.jsonl"))


def known_people(out: Path) -> list[str]:
    """Ids of the people in an output folder."""
    return [str(row["candidate_id"]) for row in _rows(out / "candidates.jsonl")]


def _overview(candidate_id: str, out: Path, bundle: Bundle | None) -> str:
    if bundle is None:
        (out / REPORT).unlink()
        return "removed; trifold score writes it again, and so does this command with bundle=…"
    answers, candidates = ([*_others(candidate_id, out / f"{name}.jsonl")] for name in TABLES)
    if any(row["bundle_id"] != bundle.bundle_id for row in candidates):
        raise InputError(
            expected=f"the bundle {candidates[0]['bundle_id']}, which made the scores",
            got=bundle.bundle_id,
            where=out,
        )
    has_pages = (out / PAGES).is_dir()
    write_overview(answers, candidates, ReportedModel.of(bundle), out / REPORT, pages=has_pages)
    return "their row, and what was counted over everybody"


def _is_in_table(candidate_id: str, stem: Path) -> bool:
    """Whether a table holds the person, or is only half there and may."""
    files = [_with(stem, s) for s in (*SUFFIXES, *(f".{kind}" for kind in SPREADSHEETS))]
    there = [file.exists() for file in files[: len(SUFFIXES)]]
    if any(file.exists() for file in files) and not all(there):
        return True
    if not all(there):
        return False
    named = _own(candidate_id, _with(stem, ".jsonl"))
    return bool(named) or candidate_id in _csv_people(_with(stem, ".csv"))


def _rewrite(candidate_id: str, stem: Path) -> tuple[int, list[Path]]:
    """The table without the person; one of a run that was killed while writing is removed."""
    lines, parquet = _with(stem, ".jsonl"), _with(stem, ".parquet")
    kinds = [kind for kind in SPREADSHEETS if _with(stem, f".{kind}").exists()]
    if not (lines.exists() and parquet.exists()):
        for suffix in (*SUFFIXES, *(f".{kind}" for kind in kinds)):
            _with(stem, suffix).unlink(missing_ok=True)
        return 0, []
    n = sum(row["candidate_id"] == candidate_id for row in _rows(lines))
    rows = _others(candidate_id, lines)
    if stem.name == CANDIDATES:
        rows = iter(_ranked_anew(list(rows)))
    return n, write_table(rows, _columns(parquet), stem, spreadsheets=kinds)


def _ranked_anew(rows: list[Row]) -> list[Row]:
    """People's rows with ranks among themselves; all else of them stays."""
    cells = rank_cells(rows, _ranked(rows))
    return [{**row, **ranks} for row, ranks in zip(rows, cells, strict=True)]


def _ranked(rows: Sequence[Row]) -> list[str]:
    """Targets that people have ranks on; tables of earlier versions have none."""
    return [name for name in (rows[0] if rows else ()) if f"{name}_rank_low" in rows[0]]


def _pages_ranked_anew(candidate_id: str, out: Path) -> int:
    """How many pages of others changed because somebody left."""
    rows = _ranked_anew(list(_others(candidate_id, out / f"{CANDIDATES}.jsonl")))
    names = _ranked(rows)
    pages = (page_of(str(row["candidate_id"]), out) for row in rows)
    return sum(show_ranks(page, row, names) for page, row in zip(pages, rows, strict=True))


def _columns(parquet: Path) -> tuple[Column, ...]:
    """The columns of a table, as far as writing it needs them."""
    kinds: dict[Any, Any] = {kind_of: name for name, kind_of in ARROW.items()}
    return tuple(Column(f.name, kinds[f.type], "", f.nullable) for f in pq.read_schema(parquet))


def _without_evidence(candidate_id: str, path: Path) -> int:
    own = {line for line, row in _naming(candidate_id, path) if _is_of(row, candidate_id)}
    if own:
        with appearing(path) as file:
            file.writelines(line.encode() for line in _lines(path) if line not in own)
    return len(own)


def _own_rows(candidate_id: str, out: Path) -> list[str]:
    """Tables that hold the person, in whatever of their files."""
    return [name for name in TABLES if _is_in_table(candidate_id, out / name)]


def _own(candidate_id: str, path: Path) -> list[Row]:
    return [row for _, row in _naming(candidate_id, path) if _is_of(row, candidate_id)]


def _naming(candidate_id: str, path: Path) -> Iterator[tuple[str, Row]]:
    """Lines with a person's id anywhere in them, and what they hold; the rest is not taken apart.

    A run has a line of evidence for each of thousands of stretches, nearly all of others.
    """
    ways = {json.dumps(candidate_id, ensure_ascii=only)[1:-1] for only in (True, False)}
    lines = (line for line in _lines(path) if any(way in line for way in ways))
    return ((line, json.loads(line)) for line in lines)


def _is_of(row: Row, candidate_id: str) -> bool:
    return row.get("candidate_id") == candidate_id


def _others(candidate_id: str, path: Path) -> Iterator[Row]:
    return (row for row in _rows(path) if row["candidate_id"] != candidate_id)


def _rows(path: Path) -> Iterator[Row]:
    return (json.loads(line) for line in _lines(path))


def _lines(path: Path) -> Iterator[str]:
    if path.exists():
        with path.open(encoding="utf-8", newline="\n") as file:
            yield from file


def _csv_people(path: Path) -> set[str]:
    with path.open(encoding="utf-8-sig", newline="") as file:
        return {unguarded(row["candidate_id"]) for row in csv.DictReader(file)}


def _with(stem: Path, suffix: str) -> Path:
    return stem.with_name(stem.name + suffix)
