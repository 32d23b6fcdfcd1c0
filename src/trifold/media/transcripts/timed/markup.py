r"""Markup of subtitles and captions, told from text that only looks like it.

Only known markup is markup: ``<i>`` goes, ``a < b`` and ``x<y and z>w`` stay, ``{\an8}`` goes and
``{json}`` stays. Every expression stops at the next opening bracket, so it is linear in the text.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator

from trifold.media.transcripts.timed.clock import seconds
from trifold.media.transcripts.timed.sounds import BRACKETS, is_sound, may_name

PLAIN_TAGS = frozenset(  # those of WebVTT, SRT and TTML, without attributes
    """b c center del em i ins nobr rb rp rt ruby s small big strike strong sub sup tt u""".split()  # noqa: SIM905
)
TAGS_WITH_TEXT = frozenset({"v", "lang"})  # ``<v Anna>``: an annotation after a space
TAGS_WITH_ATTRIBUTES = frozenset({"font", "span", "p", "div", "a", "body", "sync", "mark", "q"})
BREAKS = re.compile(r"<br ?/?>|\[br\]|\\N|</(?:p|div|li)>(?=\s?<(?:p|div|li)[ >])", re.IGNORECASE)

_TAG = re.compile(r"</?([A-Za-z]{1,8})((?:[.\s/][^<>]{0,300})?)>")
_READING = re.compile(r"<r[tp]>[^<]{0,100}</r[tp]>", re.IGNORECASE)  # how a character is spoken
_VOICE = re.compile(r"<v(?:\.[^\s<>]{1,80})?(?:\s([^<>]{0,200}))?>|(</v>)", re.IGNORECASE)
_STAMP = re.compile(r"<(\d{1,3}(?::\d{1,2}){1,2}(?:[.,]\d{1,6})?)>")
_TOKEN = re.compile(r"<\|[\w. /-]{1,30}\|>")  # of Whisper: <|en|>, <|0.00|>
_OVERRIDE = re.compile(r"\{\*?\\[^{}]{0,500}\}|\{[yYcCfFsSpPoOhH]:[^{}]{0,60}\}")
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z]{2,31}\d{0,2});")
_INVISIBLE = dict.fromkeys(
    [
        0x00,
        0x1A,
        0xAD,
        0x200B,
        0x200E,
        0x200F,
        *range(0x202A, 0x202F),
        *range(0x2060, 0x206A),
        0xFEFF,
    ]
)
_NOTES = re.compile(r"[♩♪♫♬🎵🎶]\ufe0f?")
_GONE = "\x00"  # where a sound was
_MARKS = ".,;:!?…"
_AROUND = " -–—>"  # what may stand before a sound on its line


def spoken(text: str) -> str:
    """The words of a text: markup, sounds and musical notes gone, white space single."""
    return " ".join(spoken_lines(text))


def spoken_lines(text: str) -> list[str]:
    """The words of a text, line by line; lines without any are left out.

    A bracket may run over a line's end, as in ``[MUSIC⏎PLAYING]``.
    """
    bare = unescape(without_tags(text))
    first = len(bare) - len(bare.lstrip())
    bare = BRACKETS.sub(lambda match: _sound_to_gap(match, first), bare)
    bare = _NOTES.sub(_GONE, bare)
    lines = (" ".join(line.split()) for line in bare.split("\n"))
    return [words for line in lines if (words := _close_gaps(line))]


def without_custom(text: str) -> str:
    """The text without ``[SNEEZES]`` before it, once it is known that nobody is called so."""
    opening = BRACKETS.match(text)
    return text[opening.end() :].lstrip() if opening and may_name(opening.group()) else text


def without_tags(text: str) -> str:
    r"""Tags, override codes and readings gone; ``<br>`` and ``\N`` are line ends."""
    broken = BREAKS.sub("\n", text.translate(_INVISIBLE)).replace("\\h", " ")
    untimed = _TOKEN.sub("", _STAMP.sub("", _OVERRIDE.sub("", _READING.sub("", broken))))
    return _TAG.sub(lambda match: "" if _known(match) else match.group(), untimed)


def unescape(text: str) -> str:
    """HTML entities that end in a semicolon; ``AT&T`` and ``R&D`` are none."""
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda match: html.unescape(match.group()), text).translate(_INVISIBLE)


def voices(text: str, speaker: str | None = None) -> Iterator[tuple[str | None, str]]:
    """Cut a text at ``<v Name>`` and ``</v>``.

    Args:
        text: raw text of a cue.
        speaker: who speaks outside of all voices.

    Yields:
        Speaker and raw text, in order.
    """
    at, now = 0, speaker
    for match in _VOICE.finditer(text):
        yield now, text[at : match.start()]
        named = " ".join(unescape(match.group(1) or "").split())
        at, now = match.end(), named or speaker
    yield now, text[at:]


def stamped(text: str) -> list[tuple[float | None, str]]:
    """Cut a text at time stamps ``<00:01.200>``; the piece before the first has none."""
    pieces: list[tuple[float | None, str]] = []
    at, start = 0, None
    for match in _STAMP.finditer(text):
        pieces.append((start, text[at : match.start()]))
        at, start = match.end(), seconds(match.group(1))
    return [*pieces, (start, text[at:])]


def _known(tag: re.Match[str]) -> bool:
    """Whether ``<name rest>`` is a tag: the name is known and the rest is what it may carry."""
    name, rest = tag.group(1).lower(), tag.group(2)
    if name in TAGS_WITH_TEXT:
        return True
    if name not in PLAIN_TAGS and name not in TAGS_WITH_ATTRIBUTES:
        return False
    return not rest.strip(" /\n\t") or rest[0] == "." or "=" in rest


def _sound_to_gap(match: re.Match[str], first: int) -> str:
    """A sound as a gap, other brackets as they are; ``first`` is where the text begins."""
    text, start, end = match.string, match.start(), match.end()
    after = text[end : end + 3]
    before = f"\n{text[:start]}"[-4:] if start < 4 else text[start - 4 : start]
    alone = not (before.rpartition("\n")[2].strip(_AROUND) + after.partition("\n")[0].strip())
    opens = "\n" not in after and bool(after.strip()) and start <= first
    sound = is_sound(match.group(), after=after, alone=alone and "\n" in before, opens=opens)
    return _GONE if sound else match.group()


def _close_gaps(line: str) -> str:
    """A mark after a sound goes to the word before; what is left without words is nothing."""
    if _GONE not in line:
        return line
    words: list[str] = []
    gap = False
    for word in line.replace(_GONE, f" {_GONE} ").split():
        if gap and words and not word.strip(_MARKS):
            words[-1] += word
        elif word != _GONE:
            words.append(word)
        gap = word == _GONE
    closed = " ".join(words)
    return closed if any(c.isalnum() for c in closed) else ""
