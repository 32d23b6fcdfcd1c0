"""Texts, kinds of content and numbers that break forms."""

from __future__ import annotations

from benchmarks.sound_forms import NAME

BOUNDARY = "----trifold"
FORM, PARTS = "application/x-www-form-urlencoded", "multipart/form-data"
CHARSETS = (
    "utf-8",
    "unicode_escape",
    "raw_unicode_escape",
    "utf-7",
    "utf-16",
    "idna",
    "none",
    "\0",
)
KINDS = (FORM, PARTS, "application/json", "text/plain", "", f"{FORM}; charset=unicode_escape",
         "application/offset+octet-stream", "multipart/mixed; boundary=x",
         f"{PARTS}; boundary=")  # fmt: skip
TEXTS = (
    "", " ", "1", "0", "-1", "7", "1e309", "NaN", "9" * 30, "9" * 5000, "true", "null", "[]", "٣",
    "²",
    NAME, "administrator", "rater", "auto", "folder", "pairs", "interview", "hiring", "left", "?",
    "a\0b", "\0", "\x1b[2J", "\r\nSet-Cookie: a=b", "\u202e\u200b\ufeff", "\ud800",
    "\U0001f9ff" * 50,
    "' OR 1=1 --", "'; DROP TABLE accounts; --", "{{7*7}}", "${7*7}", "%(x)s%d%%", "{0.__class__}",
    "<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "A" * 3000, "x" * 300 + ".mp4",
    "../../studio.sqlite3", "..\\..\\log.jsonl", "/etc/passwd", "q1.mp4", "a/b/q1.webm", "c001",
    "2026-02-30", "2026-11-29", "9999-12-31", "0001-01-01", "eu", "csv,{}", "=cmd|' /C calc'!A0",
)  # fmt: skip
RAW = (
    b"%ED%A0%80",
    b"%FF%FE",
    b"%00",
    b"%",
    b"%u0041",
    b"\xff\xfe",
    b"\xed\xa0\x80",
    b"&&==;;",
    b"+%2",
)
LENGTHS = ("0", "1", "11", "-1", "1e3", "9" * 15, "9" * 40, "abc", "", "٣", "5.0")
