"""Bytes of a text table to text: by its mark, as UTF-8, or by a guess that is said."""

from __future__ import annotations

import codecs

MARKS = (  # UTF-32 first: its mark starts with UTF-16's
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
GUESS = "cp1252"


def decode(data: bytes) -> tuple[str, str]:
    """The text and its encoding.

    UTF-16 is told without a mark too, by zeros at every other place. What is not UTF-8 is read as
    Windows-1252; where most of it is UTF-8, as where two files were joined, only the bytes that are
    not are replaced.

    Raises:
        ValueError: when it is binary, or not in the encoding that its mark announces.
    """
    marked = next((name for mark, name in MARKS if data.startswith(mark)), None)
    encoding = marked or _unmarked(data)
    text = data.decode(encoding, "replace" if encoding == "utf-8" else "strict")
    text = text.removeprefix("\ufeff")
    if "\0" in text:
        raise ValueError("binary data (a zero byte)")
    return text, encoding


def _unmarked(data: bytes) -> str:
    start = data[:4096]
    if len(start) >= 4 and b"\0" in start:
        zeros = [start[i::2].count(0) / max(1, len(start[i::2])) for i in (0, 1)]
        if max(zeros) > 0.4 and min(zeros) < 0.1:
            return "utf-16-le" if zeros[1] > zeros[0] else "utf-16-be"
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return "utf-8" if _mostly_utf8(data) else _guess(data)
    return "utf-8"


def _mostly_utf8(data: bytes) -> bool:
    """Whether there are more letters of several bytes than bytes that fit nowhere."""
    text = data.decode("utf-8", "replace")
    wrong = text.count("\ufffd")
    return sum(c > "\x7f" for c in text) - wrong > wrong


def _guess(data: bytes) -> str:
    """Windows-1252, or Latin-1 where bytes stand in it that Windows leaves free."""
    try:
        data.decode(GUESS)
    except UnicodeDecodeError:
        return "latin-1"
    return GUESS
