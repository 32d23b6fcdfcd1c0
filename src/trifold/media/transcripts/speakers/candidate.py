"""The candidate's words out of a transcript with several speakers."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import replace
from fnmatch import fnmatchcase

from trifold.codes import Code
from trifold.contracts import Transcript
from trifold.errors import TranscriptError
from trifold.media.transcripts.speakers.role_words import CANDIDATE, INTERVIEWER
from trifold.media.transcripts.speakers.roles import role_of

MAX_LISTED = 6  # speakers in a message
MAX_UNLABELLED = 0.1  # share of words; above it, a single label need not be the candidate's
_TITLES = frozenset("mr mrs ms miss mx dr prof professor herr frau hr fr mme mlle sr sra".split())  # noqa: SIM905
_SIGNS = re.compile(r"[\s_.-]+")
_CAMEL = re.compile(r"(?<=[^\W\d_A-Z])(?=[A-Z])")
# German and Nordic letters as they are spelled out in ASCII
_WRITTEN_OUT = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue", "ø": "oe", "å": "aa", "æ": "ae"})
_GENERIC = re.compile(  # labels that name nobody: speaker_2, 07
    r"(?:speaker|spk|spkr|participant|person|voice|sprecher|locuteur|hablante|unknown)?\W*\d*"
)


def of_candidate(
    said: Transcript, *, speaker: str | None = None, candidate_id: str | None = None
) -> Transcript:
    """The candidate's own words; all words where nothing tells speakers apart.

    The candidate's label is, in this order, what ``speaker`` says; one such as *Candidate* or
    *Interviewee*; the only one that is no interviewer's; one that is the candidate's id or name.
    Without any, all words stay and the remark ``SEVERAL_SPEAKERS`` names the labels.

    Args:
        said: with the speaker of each segment, as far as labels tell.
        speaker: the candidate's label, part of the name, or a pattern with ``*`` and ``?``.
        candidate_id: compared with labels.

    Raises:
        TranscriptError: when ``speaker`` means none of the labels, or a name means several.
    """
    counts = words_by_speaker(said)
    labels = [label for label in counts if label is not None]
    if not labels:
        return said
    if speaker:
        chosen = _labels_named(speaker, labels)
    else:
        chosen = _labels_of_candidate(candidate_id or "", counts)
    if not chosen:
        line = (
            f"{len(counts)} speakers: {_counted(counts)}; say whose words count, with speaker=NAME "
            "or a column 'speaker'"
        )
        return replace(said, remarks={**said.remarks, Code.SEVERAL_SPEAKERS: line})
    kept = tuple(s for s in said.segments if s.speaker in chosen)
    if len(kept) == len(said.segments):
        return said
    left = {label: n for label, n in counts.items() if label not in chosen}
    line = f"words of {_listed(chosen)} are taken; left out: {_counted(left)}"
    return replace(said, segments=kept, remarks={**said.remarks, Code.SPEAKER: line})


def words_by_speaker(said: Transcript) -> dict[str | None, int]:
    """Label to number of words, in the order of first appearance; None for unlabelled ones."""
    counts: dict[str | None, int] = {}
    for segment in said.segments:
        counts[segment.speaker] = counts.get(segment.speaker, 0) + len(segment.text.split())
    return counts


def _labels_named(speaker: str, labels: Sequence[str]) -> list[str]:
    """The labels that a name or pattern means.

    Raises:
        TranscriptError: when it means none, or a name means several.
    """
    wanted = _plain(speaker)
    exact = [label for label in labels if _plain(label) == wanted]
    if exact:
        return exact
    if set(speaker) & set("*?["):
        matching = [label for label in labels if fnmatchcase(_plain(label), _plain(speaker))]
    else:
        matching = [label for label in labels if _same_person(speaker, label)]
        if len(matching) > 1:
            raise TranscriptError(expected=f"one speaker '{speaker}'", got=_listed(matching))
    if not matching:
        raise TranscriptError(expected=f"a speaker '{speaker}'", got=_listed(labels))
    return matching


def _labels_of_candidate(candidate_id: str, counts: Mapping[str | None, int]) -> list[str]:
    """The candidate's label by role, by being the only one of no interviewer, or by name."""
    labels = [label for label in counts if label is not None]
    roles = {label: role_of(label, labels) for label in labels}
    candidates = [label for label in labels if roles[label] == CANDIDATE]
    if candidates:
        return candidates if len(candidates) == 1 else []
    others = [label for label in labels if roles[label] != INTERVIEWER]
    much_unlabelled = counts.get(None, 0) > MAX_UNLABELLED * sum(counts.values())
    if len(others) == 1 and not (much_unlabelled and len(labels) == 1):
        return others
    named = [label for label in others if _names_candidate(label, candidate_id)]
    return named if len(named) == 1 else []


def _names_candidate(label: str, candidate_id: str) -> bool:
    """Whether a label is the candidate's id, or the name in it: *Ann Lee* of *ann_lee_03*."""
    if _SIGNS.sub(" ", _plain(candidate_id)) == _SIGNS.sub(" ", _plain(label)):
        return True
    return not _GENERIC.fullmatch(_plain(label)) and _same_person(candidate_id, label)


def _same_person(one: str, other: str) -> bool:
    """Whether all the names in one stand in the other; letters, digits, titles name nobody.

    Accents may be left out, or written as ``ue`` and the like; names may be run together.
    """
    return any(
        bool(names[0] and names[1]) and (names[0] <= names[1] or names[1] <= names[0])
        for names in zip(_spellings(one), _spellings(other), strict=True)
    )


def _spellings(text: str) -> tuple[set[str], set[str]]:
    """The names in a text without accents, and with those of German written out."""
    plain = _plain(_CAMEL.sub(" ", text))
    return _names(plain), _names(plain.translate(_WRITTEN_OUT))


def _names(text: str) -> set[str]:
    bare = "".join(c for c in unicodedata.normalize("NFKD", text) if not unicodedata.combining(c))
    return set(re.findall(r"[^\W\d_]{2,}", bare)) - _TITLES


def _plain(text: str) -> str:
    return " ".join(unicodedata.normalize("NFKC", text).casefold().split())


def _counted(counts: Mapping[str | None, int]) -> str:
    """``'Interviewer' (49 words), nobody named (3 words)``."""
    parts = [
        f"{'nobody named' if label is None else repr(label)} ({n} words)"
        for label, n in list(counts.items())[:MAX_LISTED]
    ]
    more = len(counts) - MAX_LISTED
    return ", ".join(parts) + (f" and {more} more" if more > 0 else "")


def _listed(labels: Sequence[str]) -> str:
    more = f" and {len(labels) - MAX_LISTED} more" if len(labels) > MAX_LISTED else ""
    return ", ".join(f"'{label}'" for label in labels[:MAX_LISTED]) + more
