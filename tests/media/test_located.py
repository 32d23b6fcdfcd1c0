"""Files of a table are found however it writes them, or are not there; never another's."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.media.files.folder import survey
from trifold.media.files.located import Locator


def files(root: Path, *names: str) -> None:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()


@pytest.mark.parametrize(
    ("cell", "file"),
    [
        ("my%20videos/ann%201.mp4", "my videos/ann 1.mp4"),
        ("\u201cann.mp4\u201d", "ann.mp4"),
        ("'ann.mp4'", "ann.mp4"),
        ("<ann.mp4>", "ann.mp4"),
        ("file:///{root}/ann #1?.mp4", "ann #1?.mp4"),
        ("file://localhost/{root}/ann%20%231.mp4", "ann #1.mp4"),
        ("ann", "ann.mp4"),
        ("videos\\ANN", "videos/ann.MOV"),
        ("100%25.mp4", "100%25.mp4"),
        ("100%25.mp4", "100%.mp4"),
    ],
)
def test_the_file_that_is_meant(tmp_path: Path, cell: str, file: str) -> None:
    files(tmp_path, file)
    locator = Locator(tmp_path)
    assert locator.find(cell.format(root=str(tmp_path).lstrip("/"))) == tmp_path / file
    assert locator.notes == []


def test_what_is_written_goes_before_what_is_meant(tmp_path: Path) -> None:
    files(tmp_path, "a%201.mp4", "a 1.mp4", "b", "b.mp4")
    assert Locator(tmp_path).find("a%201.mp4").name == "a%201.mp4"
    assert Locator(tmp_path).find("b").name == "b"


@pytest.mark.parametrize("names", [("ann.mp4", "ann.mov"), ("ann.txt",), ()])
def test_a_name_without_suffix_means_one_recording_or_none(tmp_path: Path, names) -> None:
    files(tmp_path, *names)
    assert Locator(tmp_path).find("ann") == tmp_path / "ann"


@pytest.mark.parametrize(
    ("cell", "file"),
    [
        ("C:\\Users\\me\\study\\videos\\ann.mp4", "videos/ann.mp4"),
        ("C:\\Users\\me\\study\\ann.mp4", "ann.mp4"),
        ("/home/me/study/ann/q1.mp4", "recordings/ann/q1.mp4"),
        ("/videos/ann.mp4", "videos/ann.mp4"),
        ("ann.mp4", "videos/ann.mp4"),
    ],
)
def test_a_folder_that_moved(tmp_path: Path, cell: str, file: str) -> None:
    files(tmp_path, file)
    locator = Locator(tmp_path, [cell])
    assert locator.find(cell) == tmp_path / file
    assert locator.notes == [
        f"1 file found in another folder than the table says: '{cell}' is {file}"
    ]


@pytest.mark.parametrize(
    ("cell", "others", "there"),
    [
        ("/data/bob/q1.mp4", ["/data/ann/q1.mp4"], ["ann/q1.mp4"]),  # another person's answer
        ("/data/bob/q1.mp4", [], ["ann/q1.mp4"]),
        ("bob/q1.mp4", [], ["ann/q1.mp4"]),
        ("redacted/ann.mp4", [], ["raw/ann.mp4"]),
        ("ann.mp4", [], ["2025/ann.mp4", "2026/ann.mp4"]),
        ("/ann.mp4", [], ["videos/ann.mp4"]),  # that folder is here, and the file is not
        ("ann.mp4", [], [".trash/ann.mp4"]),
    ],
)
def test_a_file_that_is_not_there_is_nobody_elses(tmp_path, cell, others, there) -> None:
    files(tmp_path, *there)
    locator = Locator(tmp_path, [cell, *others])
    assert not locator.find(cell).exists()
    assert locator.notes == []


@pytest.mark.parametrize("name", ["Manifest.CSV", "MANIFEST.csv", "Metadata.csv"])
def test_tables_of_a_folder_are_found_in_capitals(tmp_path: Path, name: str) -> None:
    files(tmp_path, "1.mp4", "2.mp4")
    (tmp_path / name).write_text("path,candidate_id\n1.mp4,ann\n2.mp4,ann\n")
    assert {clip.candidate_id for clip in survey(tmp_path).clips} == {"ann"}


def test_a_table_that_is_nearly_called_a_manifest_is_said(tmp_path: Path) -> None:
    files(tmp_path, "1.mp4", "2.mp4")
    (tmp_path / "manifest (1).csv").write_text("path,candidate_id\n1.mp4,ann\n2.mp4,ann\n")
    found = survey(tmp_path)
    assert "manifest (1).csv is not read: a manifest is called manifest.csv" in found.lines
