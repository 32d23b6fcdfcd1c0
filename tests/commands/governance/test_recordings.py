"""Which files of a folder are a person's: their recordings and what is called like them."""

from __future__ import annotations

from pathlib import Path

import pytest

from trifold.commands.governance.recordings import Recordings
from trifold.errors import InputError


def made(folder: Path, *names: str) -> Recordings:
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(name.encode())
    return Recordings(folder)


def names(folder: Path) -> set[str]:
    return {path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file()}


def test_what_is_called_like_another_recording_is_that_ones(tmp_path) -> None:
    place = made(tmp_path, "ann.mp4", "ann.vtt", "ann.de.srt", "ann.mp4.json", "ann.b.mp4",
                 "ann.b.vtt", "anna.mp4", "anna.vtt", "notes.txt")  # fmt: skip
    place = Recordings(tmp_path, "file")
    assert place.remove("ann").lines == ("4 files",)
    assert names(tmp_path) == {"ann.b.mp4", "ann.b.vtt", "anna.mp4", "anna.vtt", "notes.txt"}
    assert not place.holds("ann")
    assert place.remove("ann").lines == ()


def test_a_folder_per_person_goes_with_its_last_file(tmp_path) -> None:
    place = made(tmp_path, "ann/q1.mp4", "ann/q1.vtt", "ann/q2.mp4", "bob/q1.mp4")
    assert place.remove("ann").lines == ("3 files",)
    assert {path.name for path in tmp_path.iterdir()} == {"bob"}
    assert place.remove("bob").lines == ("1 file",)
    assert not place.holds("bob")  # of an empty folder too


def test_rows_of_the_manifest_go_with_the_files(tmp_path) -> None:
    place = made(tmp_path, "1.mp4", "2.mp4", "1.vtt")
    table = "path,candidate_id\n1.mp4,ann\n2.mp4,bob\n"
    (tmp_path / "manifest.csv").write_text(table)
    place.check()
    assert place.remove("ann").lines == ("2 files", "manifest: 1 row")
    assert names(tmp_path) == {"2.mp4", "manifest.csv"}
    assert (tmp_path / "manifest.csv").read_text() == "path,candidate_id\n2.mp4,bob\n"


def test_a_link_goes_and_what_it_leads_to_stays(tmp_path) -> None:
    (tmp_path / "elsewhere.mp4").write_bytes(b"x")
    place = made(tmp_path / "media", "bob.mp4")
    (tmp_path / "media/ann.mp4").symlink_to(tmp_path / "elsewhere.mp4")
    assert place.remove("ann").lines == ("1 file",)
    assert (tmp_path / "elsewhere.mp4").read_bytes() == b"x"
    assert not (tmp_path / "media/ann.mp4").is_symlink()


def test_a_manifest_that_cannot_be_rewritten_is_refused_first(tmp_path) -> None:
    place = made(tmp_path, "1.mp4")
    (tmp_path / "manifest.json").write_text('[{"path": "1.mp4", "candidate_id": "ann"}]')
    with pytest.raises(InputError, match="take the rows out yourself"):
        place.check()
