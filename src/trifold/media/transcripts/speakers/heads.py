"""Places in a text that look like a speaker's label: ``Robin:``, ``>> ROBIN:``, ``[Speaker 1]``."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from trifold.media.transcripts.speakers.label_words import (
    is_bare_role,
    is_role,
    opens_a_remark,
    words_of,
)

MOST_CHARACTERS = 45
MOST_WORDS = 5

# what ends a label: ``Robin: Yes``, ``Robin:Yes``, ``Robin - Yes``, ``Interviewer. How?``
_COLON = re.compile(r":(?=[\s*_]|$)|：")
_COLON_GLUED = re.compile(r":(?=[^\W\d_])")
_DASH = re.compile(r"\s[–—-]\s")
_STOP = re.compile(r"[.,]\s+|\s?[|>»→=;~]\s")  # full stop and comma behind a role alone
# what stands around one: bullets and chevrons before it, ``[Robin] Yes``, ``I. How?``, ``Robin:**``
_LEAD = re.compile(r"[\s\-–—•*_#>»]*")
_BOXED = re.compile(r"[\s\-–—•*>»]*[\[(<{]([^\[\](){}<>:：\n]{1,40})[\])>}](?=\s)")
_DOTTED = re.compile(r"[\s*_>]{0,4}([A-Z]\d{0,2})[*_]{0,2}\.[*_]{0,2}\s+(?=\S)")
_AFTER = re.compile(r"[*_]{1,3}(?=\s|$)")
_SYMBOLS = re.compile(r"[\u2190-\u2bff\U0001f000-\U0001faff]+")  # arrows, shapes, emoji
# where the sentence before a colon begins
_SENTENCE_END = re.compile(r"[.!?…;\"”»)\]*]\s+|[。！？」』]")
_NO_END = re.compile(  # titles and initials, which belong to a name; dashes, which may
    r"(?:\b(?:dr|prof|mr|mrs|ms|mme|hr|fr|st|sr|jr|med|dipl|ing|int|m)|\b[^\W\d_])\.\s+"
    r"|[–—>-]\s+",
    re.IGNORECASE,
)
_CAPITAL = re.compile(r"(?<=\s)[^\W\d_a-z]")
# how names are written: ``Robin (Guest)``, a caller's number or address, ``Q`` and ``P1``
_DETAIL = re.compile(r"(?:^|(?<=\s))[\[(]([^\[\]()]*)[\])]\s*")
_NAME = re.compile(r"[^\W\d_][\w .,'’´`/&|()@+·・\[\]-]*")
_PHONE = re.compile(r"\+?\d[\d ()/.x*-]{5,20}\d")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_CODE = re.compile(r"(?:[^\W\d_]{1,2}\d{0,2}|[^\W\d_]{1,3}\d{1,2})\.?")
# the word before a name, or a role, that is spoken of: ``so I told Robin: …``, ``my recruiter: …``
_BEFORE_MENTIONED_NAME = re.compile(
    r"told|asked|tell|ask|said|say|hi|hey|hello|dear|the|an?|to|with|for|by"
)
_BEFORE_MENTIONED_ROLE = re.compile(r"told|asked|my|our|the|an?|dear")
_NUMBERED = re.compile(r"\d{1,2}")
_ACCOUNTS = ("host", "guest")  # in brackets, roles in a meeting service and not in the interview
_PARTICLE = re.compile(
    r"d[aeiou]|do?s|del|della|van|von|der|den|zu[mr]?|te[nr]|l[ae]|el|al|bint?i?|ibn|ben|y|e|und|"
    r"of|and|af|av|na"
)


class Head(NamedTuple):
    """A stretch that may be a label.

    Attributes:
        begin: where the label begins, with what leads to it (dashes, chevrons).
        end: where speech goes on.
        label: the name as written, without brackets around it.
        form: ``colon`` (at the beginning of a sentence), ``run on`` (within one), ``chained``
            (right behind another colon), ``glued`` (no space behind the colon), ``boxed``,
            ``dash`` or ``stop``.
        at_start: True at the beginning of the text.
    """

    begin: int
    end: int
    label: str
    form: str
    at_start: bool


def heads_in(text: str) -> Iterator[tuple[Head, ...]]:
    """For each place that may end a label the readings of it, the likeliest first.

    Linear in the text: a colon looks back by a label's length at most.
    """
    yield from _opening(text)
    done = 0
    for colon in _COLON.finditer(text):
        readings = tuple(_before(text, colon, done))
        if readings:
            yield readings
        done = colon.end()


@lru_cache(maxsize=4096)
def key_of(label: str) -> str:
    """The key of a label, which its spellings share: ``ROBIN :`` and ``Robin``."""
    return " ".join(words_of(bare(label)))


def bare(label: str) -> str:
    """The label without details in brackets, ``Robin (Guest)``, unless they name the role."""
    label = _SYMBOLS.sub("", label).strip()
    details = _DETAIL.findall(label)
    rest = " ".join(_DETAIL.sub(" ", label).split())
    said = [d for d in details if d.isdigit() or (is_role(d) and d.casefold() not in _ACCOUNTS)]
    return f"{rest} ({said[0]})" if rest and said and not is_role(rest) else rest or label


@lru_cache(maxsize=4096)
def looks_like_name(label: str) -> bool:
    """Whether a label is written as names are: capitals, particles, no word of a remark."""
    plain = "".join(sign for sign in bare(label) if unicodedata.category(sign)[0] != "M")
    if _EMAIL.fullmatch(plain) or _PHONE.fullmatch(plain):
        return True
    if not _NAME.fullmatch(plain) or opens_a_remark(plain):
        return False
    words = plain.replace(",", " ").split()
    if any(word.isdigit() for word in words[:-1]) or (words[-1].isdigit() and len(words[-1]) > 2):
        return False  # a date
    return all(_starts_like_name(word) for word in words) and not words[-1].islower()


def is_code(label: str) -> bool:
    """Whether a label is an initial or a code: ``Q``, ``P1``."""
    return _CODE.fullmatch(label) is not None and not label[:1].islower()


def is_counted(label: str) -> bool:
    """Whether a label is an initial, a code or a bare number."""
    return is_code(label) or _NUMBERED.fullmatch(label) is not None


def runs_on(head: Head, text: str) -> bool:
    """Whether a label within a sentence may be one: a role or full name that nobody mentions."""
    before = text[max(0, head.begin - MOST_CHARACTERS) : head.begin].split()[-1:]
    mention = _BEFORE_MENTIONED_ROLE if is_bare_role(head.label) else _BEFORE_MENTIONED_NAME
    is_mentioned = mention.fullmatch("".join(before).casefold().strip(",\"'“‘(")) is not None
    is_full = is_role(head.label) or len(head.label.split()) > 1
    return is_full and head.label[:1].isupper() and not is_mentioned


def opens_with_label(line: str) -> bool:
    """Whether a line begins with what looks like a label and a colon, whatever the others do."""
    if ":" not in line[: 2 * MOST_CHARACTERS] and "：" not in line[: 2 * MOST_CHARACTERS]:
        return False
    opening = next(heads_in(line[: 2 * MOST_CHARACTERS].strip()), ())
    return any(
        head.at_start
        and head.form in ("colon", "glued")
        and (is_role(head.label) or looks_like_name(head.label))
        for head in opening
    )


def speaker_of(line: str) -> str | None:
    """The name that a line consists of; None where it is more, or speech."""
    text = " ".join(line.strip(" \t:：*_#>|-–—").split())
    if text[:1] in {"[", "(", "<"} and text[-1:] in "])>":
        text = text[1:-1].strip()
    if not text or len(text) > 60 or len(text.split()) > 6 or text[-1] in "!?,;…":
        return None
    return bare(text) if is_role(text) or looks_like_name(text) or is_code(text) else None


def _starts_like_name(word: str) -> bool:
    first = word.lstrip("(&/+-|'’")[:1]
    return not word.islower() or not first.islower() or _PARTICLE.fullmatch(word) is not None


def _opening(text: str) -> Iterator[tuple[Head, ...]]:
    """Labels in brackets, before a dash, or with a glued colon count at the very start only."""
    boxed = _BOXED.match(text)
    if boxed:
        yield (Head(0, boxed.end(), boxed[1].strip(), "boxed", True),)
        return
    dotted = _DOTTED.match(text)
    if dotted:
        yield (Head(0, dotted.end(), dotted[1], "dotted", True),)
    window = text[: MOST_CHARACTERS + 1]
    lead = _lead_end(window, 0)
    colon = _COLON.search(window)
    if colon and looks_like_name(window[lead : colon.start()].strip()):
        return  # dashes within it are part of the name
    for form, mark in (("glued", _COLON_GLUED), ("dash", _DASH), ("stop", _STOP)):
        found = mark.search(window, lead)
        label = window[lead : found.start()].strip() if found else ""
        is_loose = mark is _STOP and found is not None and found[0][:1] not in ".,"
        if found and _fits(label) and (mark is not _STOP or is_loose or is_bare_role(label)):
            yield (Head(0, found.end(), label, form, True),)


def _before(text: str, colon: re.Match[str], done: int) -> Iterator[Head]:
    """Readings of the words before a colon: from sentence ends first, then from any word."""
    floor = max(done, colon.start() - MOST_CHARACTERS - 8)
    window = text[floor : colon.start()]
    after = _AFTER.match(text, colon.end())
    end = after.end() if after else colon.end()
    within = [found.start() for found in _CAPITAL.finditer(window)][-MOST_WORDS:]
    begins = _sentence_begins(window, is_whole=floor == done, is_first=not done)
    for begin, form in [*begins, *((word, "run on") for word in within)]:
        label = _unwrapped(window[_lead_end(window, begin) :])
        if _fits(label):
            at_start = floor + begin < MOST_CHARACTERS and not text[: floor + begin].strip()
            yield Head(floor + begin, end, label, form, at_start)


def _sentence_begins(window: str, *, is_whole: bool, is_first: bool) -> list[tuple[int, str]]:
    """Where the sentence before a colon may begin, and the form of a head that begins there."""
    weak = {found.end() for found in _NO_END.finditer(window)}
    ends = {found.end() for found in _SENTENCE_END.finditer(window)} - weak
    last = max(ends, default=0)
    begins = [(begin, "colon") for begin in sorted(weak) if begin > last]
    if ends:
        return [(last, "colon"), *begins]
    return [(0, "colon" if is_first else "chained"), *begins] if is_whole else begins


def _lead_end(text: str, begin: int) -> int:
    found = _LEAD.match(text, begin)
    return found.end() if found else begin


def _unwrapped(label: str) -> str:
    """Without the brackets or asterisks that are around the whole of it."""
    label = label.strip("*_ \t\n")
    inner = label[1:-1]
    is_whole = label[:1] in "[({<" and label[-1:] in "])}>" and not set(inner) & set("[](){}<>")
    return inner.strip() if is_whole and label else label


def _fits(label: str) -> bool:
    return 0 < len(label) <= MOST_CHARACTERS and len(label.split()) <= MOST_WORDS
