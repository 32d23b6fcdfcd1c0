"""Which files of a folder are recordings: by suffix, and by content where source code shares it."""

from __future__ import annotations

import pytest

from trifold.media.files.folder import scan, survey
from trifold.media.files.suffixes import (
    AUDIO_SUFFIXES,
    MEDIA_SUFFIXES,
    VIDEO_SUFFIXES,
    is_recording,
)

PEOPLE_USE = (
    ".mp4", ".m4v", ".mov", ".webm", ".mkv", ".avi", ".mpg", ".mpeg", ".m2v", ".vob", ".wmv",
    ".asf", ".3gp", ".3g2", ".mts", ".m2ts", ".ts", ".flv", ".f4v", ".ogv", ".mxf", ".dv",
    ".qt", ".divx", ".wav", ".mp3", ".m4a", ".m4b", ".aac", ".flac", ".ogg", ".oga", ".opus",
    ".wma", ".aif", ".aiff", ".aifc", ".caf", ".weba", ".mka", ".amr", ".ac3", ".au", ".w64",
    ".3ga", ".qta", ".mpeg4", ".mpga", ".dav", ".lrv",
)  # fmt: skip
NO_RECORDINGS = (
    ".txt", ".vtt", ".srt", ".json", ".csv", ".xlsx", ".pdf", ".docx", ".png", ".jpg", ".gif",
    ".zip", ".py", ".js",
)  # fmt: skip


@pytest.mark.parametrize("suffix", PEOPLE_USE)
def test_what_people_record_with_is_found(tmp_path, suffix):
    (tmp_path / f"ann{suffix.upper()}").write_bytes(b"\0" * 8)
    assert [clip.candidate_id for clip in scan(tmp_path)] == ["ann"]


@pytest.mark.parametrize("suffix", NO_RECORDINGS)
def test_other_files_are_not(tmp_path, suffix):
    assert not is_recording(tmp_path / f"ann{suffix}")


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("bob.mp4.crdownload", True),
        ("Unconfirmed 493.crdownload", True),
        ("bob.WEBM.part", True),
        (".bob.mov.icloud", True),
        ("notes.pdf.part", False),
        (".notes.pdf.icloud", False),
        ("._ann.mp4", False),
    ],
)
def test_what_was_not_fetched_whole_is_said_and_nobody(tmp_path, name, said):
    (tmp_path / "ann.mp4").write_bytes(b"\0")
    (tmp_path / name).write_bytes(b"\0")
    found = survey(tmp_path)
    assert [clip.candidate_id for clip in found.clips] == ["ann"]
    line = f"1 recording not fetched, or not to the end: {name} (nobody is scored by these)"
    assert (line in found.lines) == said


def test_suffixes_are_lower_case_with_a_dot_and_of_one_kind():
    assert all(s.startswith(".") and s == s.lower() for s in MEDIA_SUFFIXES)
    assert not VIDEO_SUFFIXES & AUDIO_SUFFIXES


@pytest.mark.parametrize(
    "content",
    [b"export const answer = 42;\n", "// größer\n".encode() * 500, "é".encode() * 3000, b"G" * 600],
    ids=["typescript", "accents", "a character cut by the sniff", "letters of the sync byte"],
)
def test_source_code_is_no_recording(tmp_path, content):
    path = tmp_path / "ann.ts"
    path.write_bytes(content)
    assert not is_recording(path)


@pytest.mark.parametrize(
    "content",
    [b"", (b"\x47\x40\x00\x10" + b"\xff" * 184) * 10, b"\x00\x00\x00\x01" + b"\x47" * 188],
    ids=["empty", "transport stream", "with time stamps"],
)
def test_a_transport_stream_is(tmp_path, content):
    path = tmp_path / "ann.TS"
    path.write_bytes(content)
    assert is_recording(path)
    assert is_recording(tmp_path / "gone.ts")  # its row will say so
