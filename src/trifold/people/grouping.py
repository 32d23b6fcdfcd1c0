"""Whose answers files are, told by the names of folders and files; refused where they do not tell.

Two ways of keeping interviews explain themselves: a file per person (``ann.mp4``), and a folder
per person with a file per answer (``ann/q1.mp4``). Others look alike and mean different things:
``2026-11/ann.mp4`` is a folder of people, ``jobs/ann/q1.mp4`` a folder of folders of people. To
guess wrong is to score three people as one, so the rule here guesses only where names say it:

* answers are called like answers (``q1``, ``Answer 2``, ``03_strengths``, ``IMG_0412``), like their
  folder (``ann/ann_1.mp4``), or alike in several folders;
* folders such as ``videos`` or ``recordings`` hold files and name nobody.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from trifold.errors import InputError
from trifold.people.names import (
    BEGINS_AS_QUESTION,
    IS_BATCH,
    IS_CODE,
    IS_NUMBERED_PIECE,
    IS_PERSON,
    IS_QUESTION,
    OF_SOMEBODY,
    all_are,
    are_answers,
    are_numbered_by_name,
    is_holder,
    owners_in,
)

CANDIDATES = ("auto", "file", "folder", "manifest")
SHOWN = 8  # people that one line names


@dataclass(frozen=True)
class Grouping:
    """Who each file belongs to, in the order of the files, and by which rule."""

    people: tuple[str, ...]
    rule: str


def group(files: Sequence[PurePath], *, root: str, candidates: str = "auto") -> Grouping:
    """Whose answers the files are.

    Args:
        files: relative to the folder that was given.
        root: name of that folder.
        candidates: ``file`` makes every file a person, ``folder`` every folder; ``auto`` tells by
            the names.

    Raises:
        InputError: for an unknown setting, or where names do not tell; it says how to.
    """
    if candidates not in CANDIDATES:
        known = ", ".join(CANDIDATES)
        raise InputError(expected=f"candidates among {known}", got=repr(candidates))
    folders = _naming_folders(files)
    if candidates == "file":
        return Grouping(_of_files(files), "a person per file, as candidates=file says")
    if candidates == "folder":
        return Grouping(
            _of_folders(folders, root), "a person per folder, as candidates=folder says"
        )
    return _told_by_names(files, folders, root)


def summary(people: Sequence[str], *, rule: str = "") -> str:
    """One line: how many people and files, who has how many, and why."""
    counts = Counter(people)
    named = [f"{name} ({n})" for name, n in list(counts.items())[:SHOWN]]
    more = [f"and {len(counts) - SHOWN} more"] if len(counts) > SHOWN else []
    totals = f"{_plural(len(counts), 'candidate')}, {_plural(len(people), 'file')}"
    return f"{totals}: {', '.join(named + more)}" + (f"; {rule}" if rule else "")


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _naming_folders(files: Sequence[PurePath]) -> list[tuple[str, ...]]:
    """For each file the folders above it that may name somebody, outermost first.

    Left out are holders, a folder around everything with folders inside, and folders of an answer.
    """
    folders = [tuple(p for p in file.parts[:-1] if not is_holder(p)) for file in files]
    while len({f[:1] for f in folders}) == 1 and min(map(len, folders)) > 1:
        if all(IS_QUESTION.fullmatch(f[1]) for f in folders):
            break
        folders = [f[1:] for f in folders]
    return [_without_answers(f) for f in folders]


def _without_answers(folders: tuple[str, ...]) -> tuple[str, ...]:
    while len(folders) > 1 and IS_QUESTION.fullmatch(folders[-1]):
        folders = folders[:-1]
    return folders


def _of_files(files: Sequence[PurePath]) -> tuple[str, ...]:
    """Stems, or where they repeat the paths."""
    paths = [file.with_suffix("") for file in files]
    if len({path.name for path in paths}) == len(set(paths)):
        return tuple(path.name for path in paths)
    return tuple(path.as_posix() for path in paths)


def _of_folders(folders: Sequence[tuple[str, ...]], root: str) -> tuple[str, ...]:
    """Names of the innermost folders, or where different ones are called alike their paths."""
    paths: dict[str, set[tuple[str, ...]]] = {}
    for parts in folders:
        paths.setdefault(parts[-1] if parts else root, set()).add(parts)
    alike = any(len(found) > 1 for found in paths.values())
    return tuple("/".join(p) if p and alike else (p[-1] if p else root) for p in folders)


def _told_by_names(
    files: Sequence[PurePath], folders: Sequence[tuple[str, ...]], root: str
) -> Grouping:
    tops = _top_folders(folders)
    flat = [file for file, top in zip(files, tops, strict=True) if top is None]
    named = {}
    if flat:
        named = dict(zip(flat, _of_flat(flat, root), strict=True))
    within: dict[str, list[str]] = {}
    for file, top in zip(files, tops, strict=True):
        if top is not None and file.stem not in within.setdefault(top, []):
            within[top].append(file.stem)
    _require_answers(within)
    people = tuple(top or named[file] for file, top in zip(files, tops, strict=True))
    rules = ["a person per folder"] if within else []
    if flat:
        one = len(set(named.values())) < len(flat)
        rules.append("a person's answers by their names" if one else "a person per file")
    return Grouping(people, " and ".join(rules))


def _top_folders(folders: Sequence[tuple[str, ...]]) -> list[str | None]:
    """The folder that is a person, for each file; None for files in none.

    Raises:
        InputError: where folders of people stand in folders.
    """
    with_files = {f[0] for f in folders if len(f) == 1}
    deep = [f for f in folders if len(f) > 1 and f[0] not in with_files]
    second = {f[1] for f in deep}
    if deep and not (len(second) == 1 and len({f[0] for f in deep}) > 1):
        example = "/".join(deep[0][:2])
        raise _ambiguous(f"folders in folders, such as '{example}'", example.split("/")[-1])
    return [f[0] if f else None for f in folders]


def _require_answers(within: Mapping[str, list[str]]) -> None:
    """Refuse folders of which nothing says that each is one person's.

    One folder with files that are called like answers speaks for the others too.
    """
    clear = set()
    for folder, stems in within.items():
        others = {stem for name, found in within.items() if name != folder for stem in found}
        if len(stems) > 1 and are_answers(stems, folder, others):
            clear.add(folder)
    for folder, stems in within.items():
        batch = IS_BATCH.fullmatch(folder) is not None
        alone = len(within) == 1 and all_are(stems, IS_QUESTION.fullmatch)
        people = any(IS_PERSON.fullmatch(s) for s in stems) or len(owners_in(stems)) > 1
        one = len(stems) == 1 or folder in clear or (clear and not people)
        if (batch and not alone) or not one:
            names = ", ".join(sorted(stems)[:3])
            raise _ambiguous(f"'{folder}' with {names}", folder)


def _of_flat(files: Sequence[PurePath], root: str) -> list[str]:
    """People of files that lie in no person's folder."""
    stems = [file.stem for file in files]
    if len(stems) == 1:
        return stems
    if all_are(stems, IS_QUESTION.fullmatch):
        if is_holder(root) or IS_BATCH.fullmatch(root):
            raise _ambiguous(f"names of answers only: {', '.join(sorted(stems)[:3])}", root)
        return [root] * len(stems)
    owners = [match[1] if (match := OF_SOMEBODY.fullmatch(stem)) else None for stem in stems]
    shared = {owner for owner, n in Counter(owners).items() if owner and n > 1}
    if all(owners):
        return [str(owner) for owner in owners]
    pieces = all_are(stems, IS_NUMBERED_PIECE.fullmatch)
    asked = [stem for stem in stems if BEGINS_AS_QUESTION.match(stem)]
    if (
        shared
        or len(asked) > 1
        or are_numbered_by_name(stems)
        or (pieces and not all_are(stems, IS_CODE.fullmatch))
    ):
        raise _ambiguous(f"names such as {' and '.join(sorted(stems)[:2])}", root)
    return stems


def _ambiguous(what: str, folder: str) -> InputError:
    return InputError(
        expected="to know whose answers these are: say candidates=file (a person per file), "
        "candidates=folder (a person per folder), or list them in a manifest",
        got=f"{what}, which may be one person's or several people's",
        where=folder,
    )
