"""What stands in a cell: nothing, an id, a number.

One definition for folder manifests, ratings, published tables and comparisons.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Sequence
from functools import lru_cache

from trifold.errors import TrifoldError

# what people, spreadsheets, R, pandas and databases write where nothing is known
MISSING = frozenset(
    {
        "",
        "na",
        "n/a",
        "n.a.",
        "#n/a",
        "#na",
        "#nv",
        "n/v",
        "nan",
        "<na>",
        "nat",
        "none",
        "null",
        "-",
        "--",
        "\u2013",
        "\u2014",
        ".",
        "#null!",
        "<null>",
        "(null)",
        "(none)",
        "(blank)",
        "(empty)",
        "undefined",
        "missing",
        "not available",
        "k.a.",
        "k. a.",
        "keine angabe",
        "\\n",
    }
)
_DECLINED = re.compile(
    r"unknown|undisclosed|(?:refused?|declined?)(?: to (?:say|answer|state))?|"
    r"not (?:stated|specified|reported|given|answered|applicable|asked)|"
    r"no (?:answer|response|information)|(?:i )?(?:do not|don'?t) know|"
    r"(?:i )?(?:(?:would )?(?:prefer|rather)|choose|do) not (?:to )?"
    r"(?:say|answer|disclose|state|specify|share|wish to .*|want to .*)(?: .*)?|"
    r"keine (?:angabe|antwort)(?:n)?|unbekannt|wei(?:\u00df|ss) nicht|trifft nicht zu|"
    r"nicht (?:beantwortet|zutreffend)|verweigert|sin respuesta|no sabe|sans r[e\u00e9]ponse",
    re.IGNORECASE,
)
_INVISIBLE = re.compile("[\u200b\u2060\ufeff\u00ad\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_ERROR = re.compile(  # of a spreadsheet
    r"#[^\W\d_][^\W_/]*(?:/0)?[!?]|#{3,}|err:\d{3}", re.IGNORECASE
)
_ROUNDED = re.compile(r"[+-]?\d(?:[.,]\d+)?e\+\d{1,3}", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+(?:[.,]\d*)?|[.,]\d+)(?:[eE][+-]?\d{1,3})?")
_THOUSANDS = re.compile(r"[+-]?[1-9]\d{0,2}([.,])\d{3}")
_QUOTED = re.compile('[\u201c\u201e\u00ab"].*[\u201d\u201c\u00bb"]')  # by a word processor
_LARGE = re.compile(r"[+-]?[1-9]\d{2,}")
_MINUS = dict.fromkeys(map(ord, "\u2212\u2010\u2011\u2013\ufe63\uff0d"), "-")
_SIGNS = _MINUS | {0xFF0B: "+", 0xFF0E: ".", 0xFF0C: ",", 0x066B: ","}
LONG = 64  # characters: nothing is never written so
CODES = frozenset(
    (
        *(9.0, 66.0, 77.0, 88.0, 96.0, 97.0, 98.0, 99.0, 666.0, 777.0, 888.0, 997.0, 998.0, 999.0),
        *(7777.0, 8888.0, 9997.0, 9998.0, 9999.0, 99999.0),
    )
)
_MONTH = r"(?:jan|feb|m[a\u00e4]r|mrz|apr|ma[iy]|jun|jul|aug|sep|o[ck]t|nov|de[cz])[a-z]*\.?"
_DAY = (
    r"(?:\d{4}[-/.]\d{1,2}[-/.]\d{1,2}|\d{1,2}[/.]\d{1,2}[/.](?:\d{4}|\d{2})|"
    rf"\d{{1,2}}-\d{{1,2}}-\d{{4}}|\d{{1,2}}\.?[ -]?{_MONTH}[ ,-]*\d{{2,4}}|"
    rf"(?:[a-z]{{3,9}}, )?{_MONTH} \d{{1,2}}(?:st|nd|rd|th)?,? \d{{4}})"
)
_CLOCK = (
    r"\d{1,2}:\d{2}(?::\d{2}(?:[.,]\d+)?)?(?: ?[ap]\.?m\.?)?(?: ?(?:z|(?:gmt|utc)?[+-]?[\d:]*))?"
)
_SERIAL = r"[34]\d{4}\.\d+"  # days since 1900, as spreadsheets keep a moment
_MOMENT = re.compile(rf"{_DAY}(?:,? |t)?(?:{_CLOCK})?|{_CLOCK}|{_SERIAL}", re.IGNORECASE)


def is_missing(text: str) -> bool:
    """Whether a cell holds nothing, in any of the ways in which tables say so."""
    if len(text) > LONG and not text[:LONG].isspace() and text.isascii():
        return False  # a transcript: no need to look at all of it
    return plain(text).casefold() in MISSING


def is_declined(text: str) -> bool:
    """Whether a cell, or the label of a code, says in words that nobody answered."""
    return _DECLINED.fullmatch(plain(text).replace("\u2019", "'")) is not None


def present(text: str) -> str | None:
    """The text as it stands, or None where the cell holds nothing."""
    return None if is_missing(text) else text


def composed(text: str) -> str:
    """The text with accents stored in one way; names of files keep all else."""
    return unicodedata.normalize("NFC", text)


def plain(text: str) -> str:
    """One line of text as people see it: composed letters, single spaces, nothing invisible.

    Accents may be stored in two ways, and cells may end in spaces of several kinds; neither makes
    another person.
    """
    if text.isascii() and text.isalnum():
        return text  # most cells
    return " ".join(_INVISIBLE.sub("", composed(text)).split())


def printable(text: str) -> str:
    """Text that UTF-8 can hold; bytes of a file name that are none become escapes."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def clean_id(text: str, *, what: str, where: object) -> str:
    """An id as text, see ``plain``.

    Args:
        text: of the cell.
        what: is wanted, e.g. ``an id in column 'candidate_id'``.
        where: to name in the error, e.g. the file, and the row.

    Raises:
        TrifoldError: when it is missing, undecodable, an error of a spreadsheet such as ``#REF!``,
            or was rounded by one.
    """
    found = plain(text)
    if _QUOTED.fullmatch(found):
        found = found[1:-1].strip()
    if is_missing(found):
        raise TrifoldError(expected=what, got=repr(text), where=where)
    if "\ufffd" in found:
        raise TrifoldError(expected=f"{what} in UTF-8", got=repr(found), where=where)
    if _ERROR.fullmatch(found):
        raise TrifoldError(expected=what, got=f"{found!r}, an error of a spreadsheet", where=where)
    if _ROUNDED.fullmatch(found):
        raise TrifoldError(
            expected=f"{what} as text", got=f"{found!r}, which a spreadsheet rounded", where=where
        )
    return found


def number_text(value: float) -> str:
    """A number as text, the shortest that gives it back; whole ones without a point."""
    if value != value:
        return ""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


@lru_cache(maxsize=4096)  # ratings repeat
def number(text: str) -> float | None:
    """A number with a decimal point or comma; None where the text is not one for certain.

    Digits and signs of any script count; hexadecimal, underscores, per cent, fractions, dates,
    true and false, infinity and grouped thousands do not.
    """
    written = _digits(plain(text).translate(_SIGNS))
    if not _NUMBER.fullmatch(written):
        return None
    value = float(written.replace(",", "."))
    return value if math.isfinite(value) else None


def decimal_mark(texts: list[str]) -> str | None:
    """The mark, point or comma, that numbers of these cells use for decimals beyond doubt."""
    marks = set()
    for text in texts:
        written = plain(text)
        if number(written) is not None and not _THOUSANDS.fullmatch(written):
            marks |= {mark for mark in ".," if mark in written}
    return marks.pop() if len(marks) == 1 else None


def may_be_thousands(cells: Sequence[str], mark: str | None) -> frozenset[str]:
    """Those cells of a column in which ``4.200`` may mean four thousand.

    Args:
        cells: of the column.
        mark: that decimals are written with, where it is known; then ``4.200`` with the other one
            is doubtful. Beside whole numbers of three digits or more it is with either.
    """
    found = {cell: match[1] for cell in cells if (match := _THOUSANDS.fullmatch(plain(cell)))}
    large = any(_LARGE.fullmatch(plain(cell)) for cell in cells) if found else False
    return frozenset(c for c, own in found.items() if large or (mark is not None and own != mark))


def looks_like_code(value: float) -> bool:
    """Whether a number off its scale may stand for a missing one, as 99 does in surveys."""
    return abs(value) in CODES


def is_moment(text: str) -> bool:
    """Whether a cell holds a date or a time of day, also as the number that spreadsheets keep."""
    return len(text) <= LONG and _MOMENT.fullmatch(plain(text)) is not None


def _digits(text: str) -> str:
    if text.isascii():
        return text
    return "".join(str(unicodedata.decimal(c)) if c.isdecimal() else c for c in text)
