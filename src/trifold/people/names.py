"""What names of files and folders say: a person, an answer, a batch, or nothing about whose."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_SPACE = r"[\s_.\-]*"
_QUESTION = (
    r"(?:q|qu|qn|question|answer|ans|response|resp|reply|prompt|item|task|frage|antwort|"
    r"pregunta|respuesta|r[eé]ponse|domanda|risposta|vraag|antwoord)"
)
_PIECE = r"(?:a|clip|part|take|segment|section|video|vid|recording|rec|audio|track|aufnahme|teil)"
_NUMBER = rf"{_SPACE}[(\[]?\d{{1,3}}[)\]]?[a-z]?"
IS_QUESTION = re.compile(rf"{_QUESTION}{_NUMBER}", re.IGNORECASE)
BEGINS_AS_QUESTION = re.compile(rf"{_QUESTION}{_NUMBER}(?=[\s_.\-]|$)", re.IGNORECASE)
IS_NUMBERED_PIECE = re.compile(rf"{_PIECE}{_NUMBER}", re.IGNORECASE)
IS_CODE = re.compile(r"[A-Za-z]\d+")  # a letter and a number, people's as often as not
_IS_ANSWER = re.compile(
    rf"(?:{_QUESTION}|{_PIECE}){_SPACE}[(\[]?(?P<number>\d{{1,3}})[)\]]?[a-z]?"
    r"(?:[\s_.\-]+(?P<rest>.*))?",
    re.IGNORECASE,
)
_AGAIN = re.compile(r"(?:re)?take|again|v(?:ersion)?|final|copy|part|edit(?:ed)?|new|old|cut", re.I)
_SHORT = r"(?![\s\S]{256})"  # as names of files are; others are not worth the time
OF_SOMEBODY = re.compile(rf"{_SHORT}(.*[^\W_].*?)[\s_.\-]+{_QUESTION}{_NUMBER}", re.IGNORECASE)
_NUMBERED = re.compile(r"(.*[^\W\d_])[\s_.\-]+(\d{1,3})")
_DEVICE = re.compile(  # what phones, cameras and meeting services call a recording
    r"(?:img|vid|mov|mvi|dsc[nf]?|pxl|win|gopr|g[hx]\d\d|gmt|wa|recording|screen recording|video|"
    r"audio|zoom|meeting|capture|clip|untitled|aufnahme|bildschirmaufnahme)?[\W\d_TtZz]*"
    r"(?:wa\d+|recording|pro)?[\W\d_]*",
    re.IGNORECASE,
)
IS_PERSON = re.compile(
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
IS_BATCH = re.compile(
    rf"{_YEAR}(?:{_GAP}?\d{{1,2}}){{0,2}}|(?:\d{{1,2}}{_GAP}){{1,2}}{_YEAR}|"
    rf"\d{{1,2}}{_GAP}\d{{1,2}}{_GAP}\d{{2}}|{_MONTH}{_SPACE}(?:{_YEAR}|\d\d)|"
    rf"(?:{_YEAR}|\d\d?){_SPACE}{_MONTH}|"
    r"(?:batch|week|wave|round|group|cohort|jobs?|role|position|session|day|kw|woche|gruppe|team|"
    r"department|dept|site|set|train|val|test|old|new|done|todo|archive)"
    rf"(?:{_SPACE}\d{{1,4}}|[\s_.\-]+\w{{1,12}}|(?<=batch)[a-z]|(?<=group)[a-z]|(?<=job)[a-z]|(?<=team)[a-z]|)",
    re.IGNORECASE,
)


def is_holder(name: str) -> bool:
    """Whether a folder's name says that it holds files, and nothing about whose."""
    return _HOLDER.fullmatch(name) is not None


def are_answers(stems: Sequence[str], folder: str, others: set[str]) -> bool:
    """Whether the files of a folder are called as the answers of one person are.

    Args:
        stems: of the folder's files.
        folder: its name.
        others: stems of files in other folders.
    """
    if any(IS_PERSON.fullmatch(stem) for stem in stems) or len(owners_in(stems)) > 1:
        return False
    alike = sum(stem in others for stem in stems)
    return (
        all_are(stems, _IS_ANSWER.fullmatch)
        or all_are(stems, _DEVICE.fullmatch)
        or all_are(stems, lambda stem: stem.casefold().startswith(folder.casefold()))
        or all_are(stems, OF_SOMEBODY.fullmatch)
        or alike * 2 > len(stems)
    )


def owners_in(stems: Sequence[str]) -> set[str]:
    """Who or what stands before or behind the numbers of questions, where that may be people.

    Before: ``ann_q1``. Behind, where one number has several: ``q1_ann q1_bob``.
    """
    before = {m[1].casefold() for stem in stems if (m := OF_SOMEBODY.fullmatch(stem))}
    behind: dict[str, set[str]] = {}
    for match in filter(None, map(_IS_ANSWER.fullmatch, stems)):
        rest = re.sub(r"[\W\d_]+", "", match["rest"] or "").casefold()
        if rest and not _AGAIN.fullmatch(rest):
            behind.setdefault(match["number"], set()).add(rest)
    return before | {rest for found in behind.values() if len(found) > 1 for rest in found}


def are_numbered_by_name(stems: Sequence[str]) -> bool:
    """Whether two names count their files alike: ``ann_1 ann_2 bob_1 bob_2``."""
    numbers: dict[str, set[str]] = {}
    for stem in stems:
        match = _NUMBERED.fullmatch(stem)
        if match:
            numbers.setdefault(match[1].casefold(), set()).add(match[2])
    several = [found for found in numbers.values() if len(found) > 1]
    return len(several) > 1 and bool(several[0] & several[1])


def all_are(stems: Sequence[str], holds: Callable[[str], object]) -> bool:
    """Whether something holds for every stem."""
    return all(holds(stem) for stem in stems)
