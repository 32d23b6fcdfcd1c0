"""Annotations of linguists: Praat's TextGrid and ELAN's documents, tier by tier.

A tier is a person, a level of the same speech (sentences, words, phones), or no speech at all.
Words are taken once, at the finest level that still has words.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from trifold.contracts import Segment
from trifold.media.transcripts.parsed import ParsedTranscript
from trifold.media.transcripts.timed import markup

_SILENCE = frozenset(  # of aligners, and of Praat's own finder of silences
    {"", "sil", "<sil>", "sp", "spn", "<spn>", "<p:>", "<p>", "<eps>", "<usb>", "<nib>", "#", "##"}
    | {"pau", "<pau>", "silent", "sounding"}
)
_WORDS = re.compile(
    r"(?:words?|wort|wörter|mots?|palabras?|ort-mau|ortho\w{0,10})s?$", re.IGNORECASE
)
_NOT_WORDS = re.compile(
    r"(?:^|[\W_])(?:phon(?:e|es|eme|emes|etic|etics|o)?|segments?|mau|kan|kan-mau|mas|syll\w{0,8}"
    r"|pitch|tones?|breaks?|notes?|comments?|kommentare?|pos|lemmas?|gloss\w{0,4}|translation"
    r"|emotions?|events?|noise|vad|silences?|gestures?|gaze|head|hands?|body|face|turns?|ipa)$",
    re.IGNORECASE,
)
_NO_NAME = re.compile(
    r"(?:transcri\w{0,12}|utterances?|sentences?|phrases?|text|speech|trn|ort|default|default-lt"
    r"|mary|bell|tier ?\d{0,3}|words?|ort-mau|ipus?|\d{1,3})?",
    re.IGNORECASE,
)
PHONE_LETTERS = 2.2  # mean length of labels on a tier of single sounds


@dataclass(frozen=True)
class Tier:
    """Labels with times, of one person or at one level.

    Attributes:
        name: as in the file.
        labels: text and times of each; no speaker yet.
        speaker: stated apart from the name, or None.
    """

    name: str
    labels: tuple[Segment, ...]
    speaker: str | None = None


def label(text: str, start_s: float | None, end_s: float | None) -> Segment | None:
    """A label as a segment; None where it marks silence or a sound."""
    said = markup.spoken(text)
    if said.casefold() in _SILENCE:
        return None
    if start_s is None or end_s is None or not 0 <= start_s <= end_s:
        return Segment(said)
    return Segment(said, start_s, end_s)


def spoken_tiers(tiers: Sequence[Tier]) -> list[Tier]:
    """The tiers that hold words, each word once."""
    full = [tier for tier in tiers if tier.labels]
    named = [tier for tier in full if not _NOT_WORDS.search(tier.name.strip())] or full
    spoken = [tier for tier in named if not _is_phones(tier, named)]
    words = [tier for tier in spoken if _WORDS.search(tier.name.strip())]
    return _once(words or spoken)


def parsed_from_tiers(tiers: Sequence[Tier], *, kind: str) -> ParsedTranscript:
    """Segments of all spoken tiers in order of time, with speakers where tiers are people."""
    spoken = spoken_tiers(tiers)
    labels = [
        Segment(said.text, said.start_s, said.end_s, _speaker(tier))
        for tier in spoken
        for said in tier.labels
    ]
    if len(spoken) > 1:
        labels.sort(key=lambda said: said.start_s if said.start_s is not None else float("inf"))
    return ParsedTranscript(
        tuple(labels), kind, damaged=sum(said.start_s is None for said in labels)
    )


def _speaker(tier: Tier) -> str | None:
    """Who speaks on a tier: stated, or in its name, as in ``Anna - words`` and ``orth@Anna``."""
    if tier.speaker and tier.speaker.strip():
        return " ".join(tier.speaker.split())
    named = tier.name.rpartition("@")[2] or tier.name
    name = _WORDS.sub("", named.strip()).strip(" -–_/:.@()[]")
    return None if _NO_NAME.fullmatch(name) else " ".join(name.split())


def _is_phones(tier: Tier, tiers: Sequence[Tier]) -> bool:
    """Labels of one or two letters, beside a tier with fewer and longer ones."""
    if _mean_length(tier) > PHONE_LETTERS:
        return False
    return any(
        _mean_length(other) > PHONE_LETTERS and len(tier.labels) > len(other.labels)
        for other in tiers
    )


def _mean_length(tier: Tier) -> float:
    return sum(len(said.text) for said in tier.labels) / len(tier.labels)


def _once(tiers: Sequence[Tier]) -> list[Tier]:
    """Of tiers with the same words the one with the most labels, in the file's order."""
    best: dict[tuple[str, ...], Tier] = {}
    for tier in tiers:
        words = tuple(re.findall(r"\w+", " ".join(said.text for said in tier.labels).casefold()))
        if words not in best or len(tier.labels) > len(best[words].labels):
            best[words] = tier
    return list(best.values())
