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

import re
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from trifold.errors import InputError

CANDIDATES = ("auto", "file", "folder", "manifest")
SHOWN = 8  # people that one line names
_SPACE = r"[\s_.\-]*"
_QUESTION = (
    r"(?:q|qu|qn|question|answer|ans|response|resp|reply|prompt|item|task|frage|antwort|"
    r"pregunta|respuesta|r[eé]ponse|domanda|risposta|vraag|antwoord)"
)
_PIECE = r"(?:a|clip|part|take|segment|section|video|vid|recording|rec|audio|track|aufnahme|teil)"
_NUMBER = rf"{_SPACE}[(\[]?\d{{1,3}}[)\]]?[a-z]?"
_IS_QUESTION = re.compile(rf"{_QUESTION}{_NUMBER}", re.IGNORECASE)
_IS_ANSWER = re.compile(
    rf"(?:{_QUESTION}|{_PIECE}){_SPACE}[(\[]?(?P<number>\d{{1,3}})[)\]]?[a-z]?"
    r"(?:[\s_.\-]+(?P<rest>.*))?",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"(?:re)?take|again|v(?:ersion)?|final|copy|part|edit(?:ed)?|new|old|cut", re.I)
_SHORT = r"(?![\s\S]{256})"  # as names of files are; others are not worth the time
_OF_SOMEBODY = re.compile(rf"{_SHORT}(.*[^\W_].*?)[\s_.\-]+{_QUESTION}{_NUMBER}", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*[^\W\d_])[\s_.\-]+(\d{1,3})")
_DEVICE = re.compile(  # what phones, cameras and meeting services call a recording
    r"(?:img|vid|mov|mvi|dsc[nf]?|pxl|win|gopr|g[hx]\d\d|gmt|wa|recording|screen recording|video|"
    r"audio|zoom|meeting|capture|clip|untitled|aufnahme|bildschirmaufnahme)?[\W\d_TtZz]*"
    r"(?:wa\d+|recording|pro)?[\W\d_]*",
    re.IGNORECASE,
)
_PERSON = re.compile(
    r"(?:person|participant|candidate|cand|subject|subj|applicant|speaker|interviewee|respondent|"
    r"user|student|employee|proband|teilnehmer|kandidat|bewerber)" + _SPACE + r"\w{0,8}|"
    r"(?:[psu]|sub|pid|id|emp|pat|vp)[\s_.\-]*\d+",
    re.IGNORECASE,
)
_HOLDER = re.compile(
    r"(?:my[\s_-]?)?(?:videos?|vids?|media|medien|recordings?|records?|audios?|sounds?|interviews?|"
    r"clips?|files?|data|raw|footage|movies?|films?|mp4|mov|webm|wav|mp3|m4a|exports?|inputs?|"
    r"uploads?|downloads?|zoom|teams|aufnahmen|originals?|processed|converted)",
    re.IGNORECASE,
)
_MONTH = r"(?:jan|feb|m[aä]r|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-zä]*"
_YEAR, _GAP = r"(?:19|20)\d\d", r"[\s_.\-]"
_BATCH = re.compile(
    rf"{_YEAR}(?:{_GAP}?\d{{1,2}}){{0,2}}|(?:\d{{1,2}}{_GAP}){{1,2}}{_YEAR}|"
    rf"\d{{1,2}}{_GAP}\d{{1,2}}{_GAP}\d{{2}}|{_MONTH}{_SPACE}(?:{_YEAR}|\d\d)|"
    rf"(?:{_YEAR}|\d\d?){_SPACE}{_MONTH}|"
    r"(?:batch|week|wave|round|group|cohort|jobs?|role|position|session|day|kw|woche|gruppe|team|"
    r"department|dept|site|set|train|val|test|old|new|done|todo|archive)"
    rf"(?:{_SPACE}\d{{1,4}}|[\s_.\-]+\w{{1,12}}|(?<=batch)[a-z]|(?<=group)[a-z]|(?<=job)[a-z]|(?<=team)[a-z]|)",
    re.IGNORECASE,
)


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


def is_holder(name: str) -> bool:
    """Whether a folder's name says that it holds files, and nothing about whose."""
    return _HOLDER.fullmatch(name) is not None


def _plural(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"


def _naming_folders(files: Sequence[PurePath]) -> list[tuple[str, ...]]:
    """For each file the folders above it that may name somebody, outermost first.

    Left out are holders, a folder around everything with folders inside, and folders of an answer.
    """
    folders = [tuple(p for p in file.parts[:-1] if not is_holder(p)) for file in files]
    while len({f[:1] for f in folders}) == 1 and min(map(len, folders)) > 1:
        if all(_IS_QUESTION.fullmatch(f[1]) for f in folders):
            break
        folders = [f[1:] for f in folders]
    return [_without_answers(f) for f in folders]


def _without_answers(folders: tuple[str, ...]) -> tuple[str, ...]:
    while len(folders) > 1 and _IS_QUESTION.fullmatch(folders[-1]):
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
    clear = {
        folder
        for folder, stems in within.items()
        if len(stems) > 1 and _are_answers(stems, folder, _others(folder, within))
    }
    for folder, stems in within.items():
        batch = _BATCH.fullmatch(folder) is not None
        alone = len(within) == 1 and _are(stems, _IS_QUESTION.fullmatch)
        people = any(_PERSON.fullmatch(s) for s in stems) or len(_owners(stems)) > 1
        one = len(stems) == 1 or folder in clear or (clear and not people)
        if (batch and not alone) or not one:
            names = ", ".join(sorted(stems)[:3])
            raise _ambiguous(f"'{folder}' with {names}", folder)


def _others(folder: str, within: Mapping[str, list[str]]) -> set[str]:
    return {stem for name, found in within.items() if name != folder for stem in found}


def _are_answers(stems: Sequence[str], folder: str, others: set[str]) -> bool:
    if any(_PERSON.fullmatch(stem) for stem in stems) or len(_owners(stems)) > 1:
        return False
    alike = sum(stem in others for stem in stems)
    return (
        _are(stems, _IS_ANSWER.fullmatch)
        or _are(stems, _DEVICE.fullmatch)
        or _are(stems, lambda stem: stem.casefold().startswith(folder.casefold()))
        or _are(stems, _OF_SOMEBODY.fullmatch)
        or alike * 2 > len(stems)
    )


def _owners(stems: Sequence[str]) -> set[str]:
    """Who or what stands before or behind the numbers of questions, where that may be people.

    Before: ``ann_q1``. Behind, where one number has several: ``q1_ann q1_bob``.
    """
    before = {m[1].casefold() for stem in stems if (m := _OF_SOMEBODY.fullmatch(stem))}
    behind: dict[str, set[str]] = {}
    for match in filter(None, map(_IS_ANSWER.fullmatch, stems)):
        rest = re.sub(r"[\W\d_]+", "", match["rest"] or "").casefold()
        if rest and not _AGAIN.fullmatch(rest):
            behind.setdefault(match["number"], set()).add(rest)
    return before | {rest for found in behind.values() if len(found) > 1 for rest in found}


def _of_flat(files: Sequence[PurePath], root: str) -> list[str]:
    """People of files that lie in no person's folder."""
    stems = [file.stem for file in files]
    if len(stems) == 1:
        return stems
    if _are(stems, _IS_QUESTION.fullmatch):
        if is_holder(root) or _BATCH.fullmatch(root):
            raise _ambiguous(f"names of answers only: {', '.join(sorted(stems)[:3])}", root)
        return [root] * len(stems)
    owners = [match[1] if (match := _OF_SOMEBODY.fullmatch(stem)) else None for stem in stems]
    shared = {owner for owner, n in Counter(owners).items() if owner and n > 1}
    if all(owners):
        return [str(owner) for owner in owners]
    pieces = _are(stems, lambda s: re.fullmatch(rf"{_PIECE}{_NUMBER}", s, re.IGNORECASE))
    asked = [s for s in stems if re.match(rf"{_QUESTION}{_NUMBER}(?=[\s_.\-]|$)", s, re.IGNORECASE)]
    if shared or len(asked) > 1 or _are_numbered_by_name(stems) or (pieces and not _short(stems)):
        raise _ambiguous(f"names such as {' and '.join(sorted(stems)[:2])}", root)
    return stems


def _short(stems: Sequence[str]) -> bool:
    """Whether these are codes of a letter and a number, which are people's as often as not."""
    return all(re.fullmatch(r"[A-Za-z]\d+", stem) for stem in stems)


def _are_numbered_by_name(stems: Sequence[str]) -> bool:
    """Whether two names count their files alike: ``ann_1 ann_2 bob_1 bob_2``."""
    numbers: dict[str, set[str]] = {}
    for stem in stems:
        match = _NUMBERED.fullmatch(stem)
        if match:
            numbers.setdefault(match[1].casefold(), set()).add(match[2])
    several = [found for found in numbers.values() if len(found) > 1]
    return len(several) > 1 and bool(several[0] & several[1])


def _are(stems: Sequence[str], holds: Callable[[str], object]) -> bool:
    return all(holds(stem) for stem in stems)


def _ambiguous(what: str, folder: str) -> InputError:
    return InputError(
        expected="to know whose answers these are: say candidates=file (a person per file), "
        "candidates=folder (a person per folder), or list them in a manifest",
        got=f"{what}, which may be one person's or several people's",
        where=folder,
    )
