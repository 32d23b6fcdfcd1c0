"""What captions put in brackets because nobody said it: ``[MUSIC]``, ``(applause)``, ``*laughs*``.

Brackets hold speech as well, such as ``(I think so)``, so words decide: known names of sounds in
several languages, and the custom of capitals in square brackets. Labels of speakers stay.
"""

from __future__ import annotations

import re
import unicodedata

from trifold.media.transcripts.timed.sound_words import BESIDE, ROLES, SENTENCE, SOUNDS

MOST_WORDS = 8
MOST_NAMES = 3
_UNNAMED = SOUNDS | BESIDE | SENTENCE
_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)?")
_PHRASES = re.compile(  # which hold no word of a sound alone
    r"(?:speaks?|speaking|spricht|parle|parla|habla)(?: in)?(?: [^\W\d_]+){1,2}|speakers? changes?|"
    r"no (?:speech|sound|audio|dialogue)(?: detected)?|"
    r"(?:video|audio|recording|playback|tape|clip|aufnahme|aufzeichnung) "
    r"(?:starts?|begins?|ends?|stops?|plays|playing|paused|beginnt|endet)|"
    r"(?:end|start|beginning|ende|beginn|anfang|fin|fine) (?:of|der|des|de|della) (?:the |la |l')?"
    r"(?:recording|transcript|interview|video|audio|tape|playback|aufnahme|aufzeichnung|gesprächs|"
    r"interviews|transkripts|enregistrement|grabación|entrevista|registrazione)"
)
_PAUSE = re.compile(r"\d{1,3}(?:[.,]\d{1,2})? ?(?:s|secs?|seconds?|sek|sekunden?)\.?")  # (3 s)
_ALONE = re.compile(r"\d{1,2}\.\d")  # (1.5), a pause where it is all of a line
_CLOCKS = re.compile(r"\d{1,3}(?::\d{1,2}){1,2}(?:[.,]\d{1,3})?")
_ASTERISKS = r"(?<![\w*])\*[^*\n]{1,60}\*(?![\w*])"
BRACKETS = re.compile(
    r"\(\([^()]{0,80}\)\)|\[\[[^\[\]]{0,120}\]\]|〔[^〔〕]{0,80}〕|\{[^\W\d_][^{}\\:\n]{1,40}\}|#[^#\W\d][^#\n]{1,40}#|"
    rf"\[[^\[\]]{{0,120}}\]|\([^()]{{0,80}}\)|［[^［］]{{0,80}}］|（[^（）]{{0,80}}）|【[^【】]{{0,80}}】"
    rf"|<[a-zA-Z_]{{3,20}}>|{_ASTERISKS}"
)


def is_sound(bracket: str, *, after: str = "", alone: bool = False, opens: bool = False) -> bool:
    """True when a bracket with its marks names a sound or a gap, False when it may be speech.

    Args:
        bracket: such as ``[Music]``, ``(laughs)``, ``*sighs*``.
        after: what follows; a colon makes the bracket the label of a speaker.
        alone: whether it is all that its line holds.
        opens: whether the text begins with it and goes on: ``[MIRA]`` may then be who speaks,
            which only the whole transcript tells.
    """
    if opens and may_name(bracket):
        return False
    inside = unicodedata.normalize("NFC", bracket[1:-1])
    if bracket[0] == "(" and (
        _PAUSE.fullmatch(inside.strip()) or (alone and _ALONE.fullmatch(inside.strip()))
    ):
        return True
    timeless = _CLOCKS.sub(" ", inside)
    words = _WORD.findall(timeless.casefold().replace("’", "'"))
    if after.lstrip()[:1] != ":" and _PHRASES.fullmatch(" ".join(words)):
        return True
    if after.lstrip()[:1] == ":" or (words and words[0] in ROLES and len(words) <= 2):
        return bool(words) and set(words) <= SOUNDS
    if not words:
        return _says_nothing(inside, timeless, bracket)
    if len(words) > MOST_WORDS:
        return False
    named = bool(SOUNDS.intersection(words))
    if bracket[0] in "[［【〔":
        by_custom = _in_capitals(timeless) or (alone and _describes(timeless))
        return by_custom or (named and not SENTENCE.intersection(words))
    return named and SOUNDS.union(BESIDE).issuperset(words)


def may_name(bracket: str) -> bool:
    """Whether capitals in square brackets, by custom a sound, may be a name: ``[MIRA VOGEL]``."""
    words = _WORD.findall(bracket.casefold())
    named = 0 < len(words) <= MOST_NAMES and not _UNNAMED.intersection(words)
    return bracket[:1] == "[" and named and _in_capitals(bracket[1:-1])


def _says_nothing(inside: str, timeless: str, bracket: str) -> bool:
    """``[ __ ]``, ``(...)``, ``[00:12]``; but not ``[1]`` or ``(5)`` or ``*``."""
    if bracket[0] in "*{#":
        return False
    return not any(c.isalnum() for c in timeless) or inside.startswith("_")


def _describes(inside: str) -> bool:
    """A few words in small letters, such as ``bats screeching``; names have capitals."""
    words = _WORD.findall(inside)
    if SENTENCE.intersection(word.casefold() for word in words):
        return False
    padded = inside[:1] == inside[-1:] == " "
    return len(words) > 1 and (padded or words[-1][0].islower())


def _in_capitals(inside: str) -> bool:
    letters = [c for c in inside if c.isalpha()]
    return (len(letters) >= 3 and all(c.isupper() for c in letters)) or inside.startswith("_")
