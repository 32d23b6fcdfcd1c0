"""Folders and manifests as people really keep them: everybody is there, once."""

from __future__ import annotations

import unicodedata
from pathlib import Path

import pytest

from tests.media.test_folder import touch
from tests.tables.table_factory import FORMATS, write_rows
from trifold.contracts import Clip
from trifold.errors import InputError
from trifold.media.files.folder import scan, survey
from trifold.media.files.located import Locator
from trifold.media.files.views import one_recording

HEADER = ["path", "candidate_id", "question"]
ROWS = [["ann/q1.mp4", "ann", "Why?"], ["ann/q2.mp4", "ann", "NA"], ["bob/q1.mp4", "bob", "Who?"]]


def by_person(clips: list[Clip]) -> dict[str, int]:
    counts: dict[str, int] = {}
    for clip in clips:
        counts[clip.candidate_id] = counts.get(clip.candidate_id, 0) + (clip.left_out is None)
    return counts


def manifest(folder: Path, text: str) -> Path:
    (folder / "manifest.csv").write_text(text, encoding="utf-8")
    return folder


@pytest.mark.parametrize("kind", FORMATS)
def test_a_manifest_of_any_format(tmp_path: Path, kind: str) -> None:
    touch(tmp_path, *(row[0] for row in ROWS))
    clips = scan(write_rows(tmp_path, kind, HEADER, ROWS))
    assert by_person(clips) == {"ann": 2, "bob": 1}
    assert [clip.question for clip in clips] == ["Why?", None, "Who?"]
    assert [clip.path for clip in clips] == [tmp_path / row[0] for row in ROWS]


@pytest.mark.parametrize(
    "text",
    [
        "path, candidate_id\nv/1.mp4, ann\nv/2.mp4, bob\nv/3.mp4, ann\n",
        "Path,Candidate_ID\nv/1.mp4,ann\nv/2.mp4,bob\nv/3.mp4,ann\n",
        "File Name;Participant\nv/1.mp4;ann\nv/2.mp4;bob\nv/3.mp4;ann\n",
        "video,candidate\nv/1.mp4,ann \nv/2.mp4,\u00a0bob\nv/3.mp4,Ann\n",
        "path,candidate_id,\nv/1.mp4,ann,\nv/2.mp4,bob,\nv/3.mp4,ann,\n",
    ],
)
def test_one_column_names_people_however_it_is_written(tmp_path: Path, text: str) -> None:
    assert by_person(scan(manifest(tmp_path, text))) == {"ann": 2, "bob": 1}


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("path,candidat_id\n1.mp4,ann\n", "got 'candidat_id': rename it or remove it"),
        ("path,name\n1.mp4,ann\n", "expected a column 'candidate_id', got 'name': rename it or"),
        ("path,candidate_id\n1.mp4,ann\n2.mp4,\n", "'candidate_id' in row 3, got ''"),
        ("path,candidate_id\n1.mp4,NA\n", "'candidate_id' in row 2, got 'NA'"),
        ("path,candidate_id\n1.mp4,1.23457E+19\n", "as text, got '1.23457E.19', which a spreads"),
        ("path\nv/ann.mp4\nv/bob.mp4\n", "expected to know whose answers these are"),
        ("path,candidate,person\n1.mp4,a,b\n", "got 'candidate' and 'person'"),
    ],
)
def test_nobody_is_merged_where_the_table_is_unclear(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(InputError, match=message):
        scan(manifest(tmp_path, text))


def test_spellings_of_one_person_are_joined_and_said(tmp_path: Path) -> None:
    accents = [unicodedata.normalize(form, "José") for form in ("NFC", "NFD")]
    text = f"path,candidate_id\n1.mp4,{accents[0]}\n2.mp4,{accents[1]}\n3.mp4,JOSÉ\n"
    found = survey(manifest(tmp_path, text))
    assert by_person(list(found.clips)) == {"José": 3}
    assert found.lines == (
        "1 candidate, 3 files: José (3); as the manifest says",
        "'JOSÉ' and 'José' are read as one: 'José'",
    )


@pytest.mark.parametrize("written", ["ann\\q1.mp4", "ann/Q1.MP4", " ann/q1.mp4 ", "./ann/q1.mp4",
                                     "ANN/q1.mp4", '"ann/q1.mp4"', "{uri}", "{full}"])  # fmt: skip
def test_a_cell_finds_its_file(tmp_path: Path, written: str) -> None:
    touch(tmp_path, "ann/q1.mp4")
    file = tmp_path / "ann/q1.mp4"
    cell = written.format(uri=file.as_uri(), full=file)
    assert Locator(tmp_path).find(cell).samefile(file)


def test_a_cell_that_fits_two_files_or_none_stays_as_it_is(tmp_path: Path) -> None:
    touch(tmp_path, "a.mp4", "A.mp4")
    assert Locator(tmp_path).find("A.MP4") == tmp_path / "A.MP4"
    assert Locator(tmp_path).find("gone\\b.mp4") == tmp_path / "gone/b.mp4"
    assert Locator(tmp_path).find("~nobody-is-called-so/b.mp4").name == "b.mp4"
    assert Locator(tmp_path).find("x" * 5000).parent == tmp_path


def test_accents_that_are_stored_apart_find_their_file(tmp_path: Path) -> None:
    touch(tmp_path, unicodedata.normalize("NFD", "José q1.mp4"))
    (clip,) = scan(manifest(tmp_path, "path,candidate_id\nJosé q1.mp4,José\n"))
    assert clip.path is not None
    assert clip.path.is_file()


def test_a_file_is_a_person_too(tmp_path: Path) -> None:
    touch(tmp_path, "ann.mp4", "bob.mp4", "ann.vtt")
    found = survey(tmp_path / "ann.mp4")
    assert found.lines == ("1 candidate, 1 file: ann (1); a person per file",)
    assert [(c.clip_id, c.transcript_path) for c in found.clips] == [("ann", tmp_path / "ann.vtt")]


def test_a_setting_says_what_names_do_not(tmp_path: Path) -> None:
    touch(tmp_path, "2026-11/ann.mp4", "2026-11/bob.mp4")
    with pytest.raises(InputError, match="say candidates=file"):
        scan(tmp_path)
    assert by_person(scan(tmp_path, candidates="file")) == {"ann": 1, "bob": 1}
    assert by_person(scan(tmp_path, candidates="folder")) == {"2026-11": 2}
    with pytest.raises(InputError, match=r"expected a manifest \(manifest.csv or the like\)"):
        scan(tmp_path, candidates="manifest")
    manifest(tmp_path, "path,candidate_id\n2026-11/ann.mp4,x\n2026-11/bob.mp4,x\n")
    assert by_person(scan(tmp_path)) == {"x": 2}
    assert by_person(scan(tmp_path, candidates="file")) == {"ann": 1, "bob": 1}


def test_transcripts_beside_the_videos_folder_make_nobody(tmp_path: Path) -> None:
    touch(tmp_path, "vids/ann.mp4", "vids/bob.mp4", "transcripts/ann.vtt", "transcripts/bob.vtt")
    assert by_person(scan(tmp_path)) == {"ann": 1, "bob": 1}


@pytest.mark.parametrize(
    "content", ["date,camera\n2024-01-05,A\n", "path\nother.mp4\n", "\0\0\0", "a,b\n1,2,3\n", ""]
)
@pytest.mark.parametrize("where", ["metadata.csv", "videos/metadata.csv"])
def test_a_table_of_something_else_is_ignored_and_said(tmp_path: Path, where, content) -> None:
    touch(tmp_path, "videos/ann.mp4", "videos/bob.mp4")
    (tmp_path / where).write_text(content)
    found = survey(tmp_path / "videos")
    assert by_person(list(found.clips)) == {"ann": 1, "bob": 1}
    assert len([line for line in found.lines if "metadata.csv" in line and "ignored" in line]) == 1


def test_files_that_may_be_meant_are_named(tmp_path: Path) -> None:
    touch(tmp_path, "ann.mp4", "notes.pages", "b.mp4.part", "ann.vtt", ".DS_Store")
    assert survey(tmp_path).lines[1:] == (
        "1 recording not fetched, or not to the end: b.mp4.part (nobody is scored by these)",
        "1 file ignored: notes.pages",
    )


@pytest.mark.parametrize(
    ("transcripts", "strays"),
    [
        (["q1.vtt", "q1.srt", "q2.en.vtt", "q2_captions.sbv"], []),  # also those that are not taken
        (["Q1.VTT", "transcripts/q2.vtt", "transcripts/q1.srt"], []),
        (["q3.vtt", "q1.vtt"], ["q3.vtt"]),
        (["transcript.vtt"], ["transcript.vtt"]),  # of which of the two?
        (["q1-draft.srt", "q2-new.TextGrid", "notes.txt"], ["q1-draft.srt", "q2-new.TextGrid"]),
    ],
)
def test_transcripts_of_no_recording_are_named(tmp_path: Path, transcripts, strays) -> None:
    touch(tmp_path, "q1.mp4", "q2.mp4", *transcripts)
    found = survey(tmp_path)
    said = [line for line in found.lines if "of no recording" in line]
    noun = "transcript" if len(strays) == 1 else "transcripts"
    names = f"{len(strays)} {noun} of no recording, by the names: {', '.join(strays)}"
    assert said == ([f"{names} (called as the recording is, it is read: q1.vtt beside q1.mp4)"]
                    if strays else [])  # fmt: skip


def test_people_behind_links_are_there_once(tmp_path: Path) -> None:
    store = touch(tmp_path / "store", "ann/q1.mp4", "ann/q2.mp4", "eve.mp4")
    (store / "ann/q1.mp4").write_bytes(b"1")
    folder = touch(tmp_path / "in", "bob/q1.mp4")
    (folder / "ann").symlink_to(store / "ann", target_is_directory=True)
    (folder / "eve.mp4").symlink_to(store / "eve.mp4")
    (folder / "gone.mp4").symlink_to(store / "gone.mp4")
    (folder / "bob/q9.mp4").symlink_to(folder / "bob/q1.mp4")
    (folder / "bob/up").symlink_to(folder, target_is_directory=True)
    found = survey(folder, links="all")
    assert by_person(list(found.clips)) == {"ann": 2, "bob": 1, "eve": 1, "gone": 1}
    (copy,) = [clip for clip in found.clips if clip.left_out]
    assert (copy.clip_id, copy.left_out) == (
        "bob/q9",
        ("SAME_FILE", "the same file as bob/q1.mp4, which is taken"),
    )
    assert "1 file counted once: links to files in here" in found.lines


def test_a_person_is_not_lost_to_another_with_the_same_file(tmp_path: Path) -> None:
    touch(tmp_path, "ann/q1.mp4", "eve/notes.txt")
    (tmp_path / "eve/q1.mp4").symlink_to(tmp_path / "ann/q1.mp4")
    assert by_person(scan(tmp_path)) == {"ann": 1, "eve": 0}


VIEWS = [  # files of one folder; the one that is taken of each recording
    ("GMT1_Recording_gallery_1920x1080.mp4 GMT1_Recording_avo_1280x720.mp4 GMT1_Recording.m4a "
     "GMT1_Recording_1920x1080.mp4", "GMT1_Recording_avo_1280x720.mp4"),
    ("GMT1_Recording_gallery_640x360.mp4 GMT1_Recording.m4a",
     "GMT1_Recording_gallery_640x360.mp4"),
    ("GMT1_as_640x360.mp4 GMT1_gvo_640x360.mp4 GMT2_as_640x360.mp4",
     "GMT1_as_640x360.mp4 GMT2_as_640x360.mp4"),
    ("audio_only.m4a zoom_0.mp4", "zoom_0.mp4"),
    ("video1234.mp4 audio1234.m4a", "video1234.mp4"),
    ("ann.mp4 ann.wav ann.m4a bob.mp4", "ann.mp4 bob.mp4"),
    ("ann.mov ann.mp4", "ann.mov"),
    ("ann_gallery.mp4 ann_speaker_view.mp4", "ann_speaker_view.mp4"),
    ("ann_1920x1080.mp4 ann_640x360.mp4", "ann_1920x1080.mp4"),
    ("shared_screen_with_speaker_view.mp4 gallery_view.mp4 audio_only.m4a",
     "shared_screen_with_speaker_view.mp4"),
    ("thomas.mp4 thomas_as.mp4", "thomas.mp4 thomas_as.mp4"),
    ("q1.mp4 q2.mp4", "q1.mp4 q2.mp4"),
]  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), VIEWS)
def test_views_of_one_meeting_are_one_answer(tmp_path: Path, files: str, expected: str) -> None:
    paths = [tmp_path / name for name in files.split()]
    others = one_recording(paths)
    assert sorted(p.name for p in paths if p not in others) == sorted(expected.split())
    assert {path.name for path in others.values()} <= set(expected.split())


def test_other_views_have_rows_of_their_own(tmp_path: Path) -> None:
    touch(tmp_path, "ann/m_gallery_1920x1080.mp4", "ann/m_avo_640x360.mp4", "bob.mp4", "bob.wav")
    clips = scan(tmp_path)
    assert by_person(clips) == {"ann": 1, "bob": 1}
    assert {c.clip_id: c.left_out for c in clips} == {
        "ann/m_avo_640x360": None,
        "ann/m_gallery_1920x1080": (
            "OTHER_VIEW",
            "another view of m_avo_640x360.mp4, which is taken",
        ),
        "bob": None,
        "bob.wav": ("OTHER_VIEW", "another view of bob.mp4, which is taken"),
    }


def test_a_manifest_may_list_two_views_of_an_answer(tmp_path: Path) -> None:
    text = "path,candidate_id\nm_gallery_1920x1080.mp4,ann\nm_avo_640x360.mp4,ann\nb.mp4,bob\n"
    assert by_person(scan(manifest(tmp_path, text))) == {"ann": 1, "bob": 1}


def test_nothing_is_read_out_of_a_name(tmp_path: Path) -> None:
    touch(tmp_path, "a::1.mp4", "a::2.mp4")
    clips = scan(tmp_path, candidates="file")
    assert {clip.person for clip in clips} == {"a::1", "a::2"}
    text = "path,candidate_id\na::1.mp4,a::1\na::2.mp4,a\n"
    assert by_person(scan(manifest(tmp_path, text))) == {"a::1": 1, "a": 1}
