"""Names from strangers: whatever they are, files stay in their folder and can be seen."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from trifold.bundle.description import DESCRIPTION
from trifold.errors import InputError
from trifold.studio.recordings import models
from trifold.studio.recordings.names import LONGEST_BYTES, is_media, numbered, safe_path

ODD = st.sampled_from(
    ["..", ".", "/", "\\", "\x00", "\n", "\u202e", "con", "~", ":", "a" * 300, "é"]
)
NAMES = st.lists(ODD | st.characters(), max_size=10).map("".join)


@settings(max_examples=60, deadline=None)
@given(NAMES, st.sampled_from([".mp4", ".VTT", ".wav"]))
@example("../../../etc/passwd", ".mp4")
@example("C:\\Users\\ann\\..\\..\\q1", ".mp4")
@example("/etc/cron.d/x", ".mp4")
@example("e\u0301/\ud800", ".wav")
def test_a_file_stays_below_its_folder_whatever_it_is_called(name: str, suffix: str) -> None:
    try:
        path = safe_path(f"{name}{suffix}")
    except InputError:
        return
    root = Path("/srv/project/recordings")
    assert (root / path).resolve().is_relative_to(root)
    assert ".." not in path.parts
    assert not path.is_absolute()
    for part in path.parts:
        assert not part.startswith(".")
        assert part == unicodedata.normalize("NFC", part).strip()
        assert len(part.encode()) <= LONGEST_BYTES
        assert not {unicodedata.category(c) for c in part} & {"Cc", "Cs"}
    assert safe_path(str(path)) == path


def test_folders_and_accents_stay_as_they_were_given() -> None:
    assert str(safe_path("Runde 2/Zoe\u0308/Frage 1.mp4")) == "Runde 2/Zo\u00eb/Frage 1.mp4"
    assert str(safe_path("./ann//q1.webm")) == "ann/q1.webm"


@pytest.mark.parametrize("name", ["x.exe", "notes.html", "q1", "", "..", ".mp4", "mp4", "a/b/"])
def test_other_kinds_are_refused(name: str) -> None:
    with pytest.raises(InputError, match="expected a recording or a transcript"):
        safe_path(name)


def test_a_second_file_of_a_name_is_numbered_and_of_the_same_kind() -> None:
    path = safe_path("ann/q1.mp4")
    assert str(numbered(path, 2)) == "ann/q1 (2).mp4"
    assert is_media(path)
    assert not is_media(safe_path("ann/q1.vtt"))


def test_models_are_known_by_the_file_that_bundles_have() -> None:
    assert models.DESCRIPTION == DESCRIPTION
