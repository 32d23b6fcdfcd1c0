"""Bytes become text: by their marks, else as UTF-8, else by a guess that is said."""

from __future__ import annotations

import codecs
import contextlib
import gzip
import io
import os
import unicodedata
import zipfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.factories.timing import ends_within
from trifold.media.transcripts.text.decoding import LARGEST_MB, text_of

ENGLISH = "First I ask what matters, then I sort it.\n"
ACCENTS = "Ich würde gern größere Pläne führen – “wirklich”.\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-32"])
def test_a_byte_order_mark_decides(encoding: str) -> None:
    assert text_of(ACCENTS.encode(encoding)) == (ACCENTS, None)


@pytest.mark.parametrize(
    ("mark", "encoding"), [(codecs.BOM_UTF16_BE, "utf-16-be"), (codecs.BOM_UTF32_BE, "utf-32-be")]
)
def test_big_endian_marks_decide_too(mark: bytes, encoding: str) -> None:
    assert text_of(mark + ACCENTS.encode(encoding)) == (ACCENTS, None)


@pytest.mark.parametrize("encoding", ["utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be"])
@pytest.mark.parametrize("text", [ENGLISH, ACCENTS, "Я люблю работать, и это видно.\n" * 3])
def test_wide_characters_without_a_mark_are_known_by_their_zeros(encoding: str, text: str) -> None:
    assert text_of(text.encode(encoding)) == (text, None)


@pytest.mark.parametrize("text", [ENGLISH, ACCENTS, "面试官：请介绍一下你自己。", "", " \n"])
def test_utf8_needs_no_remark(text: str) -> None:
    assert text_of(text.encode()) == (text, None)


@pytest.mark.parametrize("bad", [b"\xff", b"\xc3", b"\xe2\x82", b"\x96"])
def test_a_bad_byte_costs_itself_and_is_said(bad: bytes) -> None:
    whole = "Größere Pläne für später, dann Feierabend".encode()
    text, remark = text_of(whole.replace(b"dann", b"da" + bad + b"nn"))
    assert text == "Größere Pläne für später, da\ufffdnn Feierabend"
    assert remark == "1 bad byte in UTF-8 replaced"


def test_a_bad_byte_between_words_is_no_word() -> None:
    text, _ = text_of("Größere Pläne ".encode() + b"\x96 dann Feierabend")
    assert text.split() == ["Größere", "Pläne", "dann", "Feierabend"]


@pytest.mark.parametrize(
    ("encoding", "text"),
    [
        ("cp1252", "naïve café"),
        ("cp1252", "It’s my “rule” – plan first."),
        ("cp1252", "That costs 50 €."),
        ("cp1252", "J’ai été élève à l’école, où ça va."),
        ("cp1252", "Então não há opção, señor."),
        ("cp1252", "In meetings I knit Mützen and grow Gemüse."),
        ("cp1251", "In meetings I knit шапки and grow овощи."),
        ("cp1251", "Люблю тишину и чай."),
        ("koi8_r", "In meetings I knit шапки and grow овощи."),
        ("mac_roman", "In meetings I knit Mützen and grow Gemüse."),
        ("mac_roman", "It’s my “rule” – plan first."),
        ("cp1250", "Zawsze pytam, co jest ważne, żeby zdążyć."),
        ("cp1250", "Řeším věci v klidu, když mám čas."),
        ("cp1253", "Μου αρέσει η ησυχία και το τσάι."),
        ("cp1254", "Çayı ve sessizliği seviyorum, işim düzenli."),
        ("cp1255", "אני אוהב שקט ותה"),
        ("cp1256", "أحب الهدوء والشاي في العمل"),
        ("gb18030", "我喜欢安静，也喜欢和大家一起工作。"),
        ("big5", "我喜歡安靜，也喜歡和大家一起工作。"),
        ("cp932", "私は静かな朝が好きです。"),
        ("euc_jp", "私は静かな朝が好きです。"),
        ("cp949", "저는 조용한 아침을 좋아합니다."),
    ],
)
@pytest.mark.parametrize("before", ["", ENGLISH * 30])
def test_older_encodings_are_guessed_and_said(encoding: str, text: str, before: str) -> None:
    assert text_of((before + text).encode(encoding)) == (
        before + text,
        f"not UTF-8: read as {encoding}",
    )


def test_line_ends_of_every_system_are_one() -> None:
    text, _ = text_of("a\r\nb\rc\r\r\nd\u2028e\x85f\x0cg\n".encode())
    assert text == "a\nb\nc\nd\ne\nf\ng\n"


def test_what_nobody_sees_is_gone_and_accents_are_composed() -> None:
    raw = unicodedata.normalize("NFD", "caf\u00e9 zero\u200bwidth soft\u00adhyphen \x1b\ufeffend")
    assert text_of(raw.encode())[0] == "café zerowidth softhyphen end"


def test_joiners_stay_where_they_are_spelling() -> None:
    assert text_of("می\u200cخواهم a\u200cb".encode())[0] == "می\u200cخواهم ab"


def _zip() -> bytes:
    held = io.BytesIO()
    with zipfile.ZipFile(held, "w") as archive:
        archive.writestr("a.txt", "words")
    return held.getvalue()


@pytest.mark.parametrize(
    ("raw", "named"),
    [
        (b"{\\rtf1\\ansi words}", "an RTF document: save it as text or .docx"),
        (b"\xef\xbb\xbf {\\rtf1 words}", "an RTF document: save it as text or .docx"),
        (b"%PDF-1.7\n%\xe2\xe3", "a PDF document"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "an old Office document"),
        (_zip(), "a zip archive or an office document that is not .docx"),
        (gzip.compress(b"words " * 90, mtime=0), "a packed archive"),
        (b"\x00\x00\x00\x20ftypisom" + bytes(90), "a recording"),
        (b"RIFF\x24\x08\x00\x00WAVEfmt ", "a recording"),
        (b"\x89PNG\r\n\x1a\n", "a picture"),
        (b"\n<!DOCTYPE html><html><body>words</body></html>", "an HTML page"),
        ("<?xml version='1.0'?>\n<html>w</html>".encode("utf-16"), "an HTML page"),
        (b"words\x00\x01\x02words", "binary content"),
        (bytes(range(256)) * 40, "binary content"),
    ],
)
def test_what_is_no_text_is_refused_by_name(raw: bytes, named: str) -> None:
    with pytest.raises(ValueError, match=f"expected text, got {named}"):
        text_of(raw)


def test_one_zero_byte_in_a_long_text_costs_itself() -> None:
    assert text_of((ENGLISH * 100).encode() + b"\x00" + ENGLISH.encode())[0] == ENGLISH * 101


def test_padding_with_zeros_is_no_text() -> None:
    assert text_of((ENGLISH * 100).encode() + bytes(200)) == (ENGLISH * 100, None)


def test_a_huge_file_is_refused_with_the_limit() -> None:
    with pytest.raises(ValueError, match=rf"expected at most {LARGEST_MB} MB of text, got 50\.0"):
        text_of(b"a" * (LARGEST_MB * 1_000_000 + 1))


@settings(deadline=None)  # machines are shared
@given(st.binary(max_size=400) | st.text(max_size=200).map(lambda text: text.encode("utf-16")))
def test_any_bytes_are_text_or_refused(raw: bytes) -> None:
    with contextlib.suppress(ValueError):
        text, _ = text_of(raw)
        assert "\r" not in text
        assert "\x00" not in text
        assert unicodedata.is_normalized("NFC", text)


@pytest.mark.parametrize(
    "raw",
    [
        *(b"\r" * 200_000, b"\xff" * 200_000, b"a\xe9 " * 70_000, b"a\x00" * 100_000),
        *(bytes(range(128, 256)) * 1600, b"<!-- " * 40_000, b"\xff\xfe" + b"\xd8" * 200_000),
        *(b"\xc3(" * 100_000, b" " * 200_000, os.urandom(200_000)),
    ],
)
def test_time_is_bounded(raw: bytes) -> None:
    def read() -> None:
        with contextlib.suppress(ValueError):
            text_of(raw)

    assert ends_within(1, read)


def test_text_that_was_encoded_twice_is_read_as_meant() -> None:
    for old in ("cp1252", "latin-1"):
        raw = "Ich würde größere Pläne führen.\n".encode().decode(old).encode()
        assert text_of(raw)[1] == "encoded twice as UTF-8: read as meant"
        assert text_of(raw)[0] == "Ich würde größere Pläne führen.\n"
    assert text_of("Ã or Â are letters.\n".encode()) == ("Ã or Â are letters.\n", None)


def test_japanese_of_seven_bits() -> None:
    text = "最初にロープを水に浸します。\n"
    assert text_of(text.encode("iso-2022-jp")) == (text, "read as iso2022_jp")


def test_an_end_of_empty_bytes_is_said() -> None:
    found = text_of(ENGLISH.encode() + bytes(5000))
    assert found == (ENGLISH, "its end is empty bytes: it may be cut off")
