"""From the bytes of a file to its text: encodings, damage, and what is no text at all."""

from __future__ import annotations

import codecs
import re
import unicodedata

from trifold.media.transcripts.text.encodings import likeliest

LARGEST_MB = 50
MOST_LOST = 0.001  # share of NULs that are damage; with more of them it is no text

_MARKS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),  # before UTF-16, whose mark begins the same way
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")
_SAVE = "save it as text or .docx"
_SIGNATURES = (
    (rb"\{\\rtf", f"an RTF document: {_SAVE}"),
    (rb"%PDF-", f"a PDF document: {_SAVE}"),
    (rb"\xd0\xcf\x11\xe0", f"an old Office document (.doc, .xls): {_SAVE}"),
    (rb"PK\x03\x04|PK\x05\x06", "a zip archive or an office document that is not .docx"),
    (rb"\x1f\x8b|BZh\d|\xfd7zXZ|7z\xbc\xaf|Rar!\x1a|\x28\xb5\x2f\xfd", "a packed archive"),
    (rb"\x1a\x45\xdf\xa3|RIFF....|OggS|fLaC|ID3[\x02-\x04]|FLV\x01", "a recording"),
    (rb"....ftyp|\xff[\xe2\xe3\xf2\xf3\xfa\xfb][\x10-\xef]|\x00\x00\x01[\xb3\xba]", "a recording"),
    (rb"\x89PNG|\xff\xd8\xff|GIF8[79]a|II\*\x00|MM\x00\*", "a picture"),
    (rb"SQLite format 3|bplist0|PAR1|\x7fELF|MZ\x90\x00|\xca\xfe\xba\xbe", "a binary file"),
)
_BINARY = re.compile(b"|".join(b"(%b)" % pattern for pattern, _ in _SIGNATURES), re.DOTALL)
_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:(?><!--.{0,2000}?-->)\s*)*+<(?:!doctype\s+html|html)\b", re.I
)
_RTF = re.compile(r"\s*\{\\rtf")

_LINE_ENDS = re.compile("\r{1,3}\n|\r|[\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
_INVISIBLE = re.compile(
    "[\x00-\x08\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u2064\u2066-\u206f\ufe00-\ufe0f\ufeff\ufff9-\ufffb\ufffe\uffff]"
)
_JOINERS = re.compile(
    "(?<![\u0590-\U0010ffff])[\u200c\u200d]"
)  # part of Persian and Indic spelling
_LOST_ALONE = re.compile("(?<!\\S)\ufffd+(?!\\S)")

_JAPANESE = b"\x1b$"  # how iso-2022-jp begins Japanese
LEAST_TWICE = 2  # letters that were encoded twice, from which it is no accident
_TWICE = re.compile("[\u00c2-\u00f4][\u0080-\u00bf\u0152-\u2122]")

_QUOTED = re.compile(r'"(?:WEBVTT|\d{1,6}\s*\n\s*\d{1,3}:|\d{1,3}:\d\d)')  # a quote before cues


def text_of(raw: bytes) -> tuple[str, str | None]:
    r"""Decode a transcript and tidy its characters.

    Args:
        raw: the whole file.

    Returns:
        The text, with ``\n`` at line ends, in normal form C and without characters that nobody
        sees; and one line for people where the encoding was guessed or bytes were lost.

    Raises:
        ValueError: when it is too large, or no text.
    """
    if len(raw) > LARGEST_MB * 1_000_000:
        raise ValueError(f"expected at most {LARGEST_MB} MB of text, got {len(raw) / 1e6:.1f} MB")
    _refuse_binary(raw)
    text, remark = _decoded(raw)
    if _RTF.match(text):
        raise ValueError(f"expected text, got an RTF document: {_SAVE}")
    if _PAGE.match(text):
        raise ValueError("expected text, got an HTML page: save its transcript as text")
    return tidied(text), remark


def tidied(text: str) -> str:
    r"""The same words with ``\n`` line ends, composed accents and no invisible characters."""
    text = _JOINERS.sub("", _INVISIBLE.sub("", _LINE_ENDS.sub("\n", text)))
    return unicodedata.normalize("NFC", _LOST_ALONE.sub(" ", text))


def _refuse_binary(raw: bytes) -> None:
    found = _BINARY.match(raw)
    if found:
        raise ValueError(f"expected text, got {_SIGNATURES[(found.lastindex or 1) - 1][1]}")


def _decoded(raw: bytes) -> tuple[str, str | None]:
    for mark, encoding in _MARKS:
        if raw.startswith(mark):
            return _with_losses(raw[len(mark) :], encoding)
    filled = raw.rstrip(b"\x00")
    if filled and len(raw) - len(filled) > 1 and b"\x00" not in filled:
        text, remark = _narrow(filled)
        is_long = len(raw) - len(filled) > len(raw) / 8
        return text, remark or ("its end is empty bytes: it may be cut off" if is_long else None)
    if b"\x00" in raw:
        wide = _wide_encoding(raw)
        if wide is not None:
            return _with_losses(raw, wide)
        if raw.count(0) > MOST_LOST * len(raw):
            raise ValueError("expected text, got binary content")
    return _narrow(raw)


def _with_losses(raw: bytes, encoding: str) -> tuple[str, str | None]:
    """Decode; every byte that makes no sense costs itself."""
    try:
        return raw.decode(encoding), None
    except UnicodeDecodeError:
        text = raw.decode(encoding, errors="replace")
        lost = text.count("\ufffd")
        return text, f"{lost} bad byte{'s' if lost > 1 else ''} in {encoding.upper()} replaced"


def _wide_encoding(raw: bytes) -> str | None:
    """UTF-16 or UTF-32 without a mark, by where its zero bytes stand; None where it is neither."""
    sample = raw[: 4 * (min(len(raw), 200_000) // 4)] or raw
    found = {name: _plain_share(sample, name) for name in _WIDE}
    best = max(found, key=lambda name: found[name])
    return best if found[best] > 0.05 else None


def _plain_share(sample: bytes, encoding: str) -> float:
    """Share of spaces, digits and stops, which every script uses; 0 where it reads as noise."""
    text = sample.decode(encoding, errors="replace")
    letters = sum(c.isalnum() or c.isspace() for c in text)
    if letters < 0.7 * len(text) or "\ufffd" in text[:-1] or "\x00" in text:
        return 0.0
    return sum(c in " \n\r\t,.:0123456789" for c in text) / max(1, len(text))


def _narrow(raw: bytes) -> tuple[str, str | None]:
    """UTF-8, UTF-8 with damage, or a guess among older encodings."""
    try:
        if _JAPANESE in raw:
            return raw.decode("iso2022_jp"), "read as iso2022_jp"
        return _once_encoded(raw.decode("utf-8"))
    except UnicodeDecodeError:
        text, remark = _with_losses(raw, "utf-8")
    good = sum(c > "\x7f" and c != "\ufffd" for c in text)
    if good >= text.count("\ufffd"):
        return text, remark
    guessed, encoding = likeliest(raw)
    control = sum(unicodedata.category(c) == "Cc" and not c.isspace() for c in guessed[:100_000])
    if control > 0.02 * len(guessed[:100_000]):
        raise ValueError("expected text, got binary content")
    return guessed, f"not UTF-8: read as {encoding}"


def _once_encoded(text: str) -> tuple[str, str | None]:
    """``größer`` of ``grÃ¶ÃŸer``: UTF-8 that was taken for Windows-1252 and encoded again."""
    if len(_TWICE.findall(text)) < LEAST_TWICE:
        return text, None
    try:
        raw = b"".join(c.encode("cp1252" if c > "\xff" else "latin-1") for c in text)
        return raw.decode("utf-8"), "encoded twice as UTF-8: read as meant"
    except UnicodeError:
        return text, None


def unwrapped(text: str) -> str:
    """The text of a cell of a table or a string of a program: line ends written out, in quotes."""
    if "\n" not in text.strip() and text.count("\\n") > 1:
        text = text.replace("\\r\\n", "\n").replace("\\n", "\n")
    quoted = text.strip()
    if _QUOTED.match(quoted) and quoted[-1] == '"':
        text = quoted[1:-1].replace('""', '"')
    return text
