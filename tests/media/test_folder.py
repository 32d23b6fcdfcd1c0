"""Every way in which people keep interviews on disk."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.factories.media import face_frames, voice, write_media
from trifold.errors import InputError
from trifold.media.container.probe import probe
from trifold.media.files.folder import natural_key, scan


def touch(root: Path, *names: str) -> Path:
    for name in names:
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).touch()
    return root


def ids(path: Path) -> list[tuple[str, str]]:
    return [(clip.candidate_id, clip.clip_id) for clip in scan(path)]


def test_flat_folder_in_natural_order(tmp_path: Path) -> None:
    touch(tmp_path, "b10.MP4", "b2.webm", "Änne.mov", "b2.vtt", "notes.md", ".hidden.mp4")
    assert ids(tmp_path) == [("b2", "b2"), ("b10", "b10"), ("Änne", "Änne")]
    assert scan(tmp_path)[0].transcript_path == tmp_path / "b2.vtt"


def test_nested_folder_is_one_candidate_per_subfolder(tmp_path: Path) -> None:
    touch(tmp_path, "ann/a2.mp4", "ann/a10.mp4", "bob/only.wav", "bob/deep/er.mkv")
    assert ids(tmp_path) == [
        ("ann", "ann/a2"),
        ("ann", "ann/a10"),
        ("bob", "bob/deep/er"),
        ("bob", "bob/only"),
    ]


def test_a_folder_around_all_candidates_is_no_candidate(tmp_path: Path) -> None:
    touch(tmp_path, "export/media/ann/a1.mp4", "export/media/ann/a2.mp4", "export/media/bob/b1.mp4")
    assert ids(tmp_path) == [("ann", "ann/a1"), ("ann", "ann/a2"), ("bob", "bob/b1")]
    assert ids(tmp_path / "export/media/ann") == [("a1", "a1"), ("a2", "a2")]


def test_the_only_candidate_is_no_wrapper(tmp_path: Path) -> None:
    touch(tmp_path, "ann/a1.mp4", "ann/deep/a2.mp4")
    assert ids(tmp_path) == [("ann", "ann/a1"), ("ann", "ann/deep/a2")]


@pytest.mark.parametrize("suffix", ["csv", "jsonl"])
def test_manifest(tmp_path: Path, suffix: str) -> None:
    touch(tmp_path, "media/x.mp4", "media/y.mp4", "media/y.srt")
    rows = [
        {"path": "media/x.mp4", "candidate_id": "p1", "clip_id": "p1-1", "question": "Why, then?",
         "transcript": "[00:00 - 00:02] Because.", "score": 3},
        {"path": "media/y.mp4", "candidate_id": "p1", "clip_id": "", "question": "",
         "transcript": "", "score": None},
    ]  # fmt: skip
    path = tmp_path / f"manifest.{suffix}"
    if suffix == "jsonl":
        path.write_text("\n".join(map(json.dumps, rows)))
    else:
        lines = ["path,candidate_id,clip_id,question,transcript,score"]
        lines += ['media/x.mp4,p1,p1-1,"Why, then?",[00:00 - 00:02] Because.,3']
        lines += ["media/y.mp4,p1,,,,"]
        path.write_bytes("\ufeff".encode() + "\r\n".join(lines).encode())
    first, second = scan(tmp_path)
    assert (first.candidate_id, first.clip_id, first.question) == ("p1", "p1-1", "Why, then?")
    assert first.transcript == "[00:00 - 00:02] Because."
    assert (second.clip_id, second.question) == ("media/y", None)
    assert second.transcript_path == tmp_path / "media/y.srt"
    assert scan(path) == [first, second]


def test_published_metadata_beside_the_videos_names_people_and_words(tmp_path: Path) -> None:
    touch(tmp_path, "videos/v1.mp4", "videos/v2.mp4")
    row = {"id": "1", "file_name": "videos/v1.mp4", "user_no": "90", "question": "How?",
           "question_id": "56", "transcript": "[00:00 - 00:03] Well."}  # fmt: skip
    (tmp_path / "metadata.jsonl").write_text(json.dumps(row))
    listed, other = scan(tmp_path / "videos")
    assert (listed.clip_id, listed.candidate_id, listed.question_id) == ("1", "90", "56")
    assert (other.clip_id, other.candidate_id) == ("v2", "v2")


def test_a_listed_file_that_is_missing_stays(tmp_path: Path) -> None:
    (tmp_path / "manifest.csv").write_text("path\ngone.mp4\n")
    assert [clip.clip_id for clip in scan(tmp_path)] == ["gone"]


def test_links_to_folders_do_not_loop(tmp_path: Path) -> None:
    touch(tmp_path, "ann/a.mp4")
    (tmp_path / "ann/loop").symlink_to(tmp_path, target_is_directory=True)
    assert ids(tmp_path) == [("ann", "ann/a")]


@pytest.mark.parametrize(
    ("files", "content", "message"),
    [
        ((), None, r"expected media files \(.*\.mp4.*\), got none"),
        (("a.txt",), None, "expected media files"),
        ((), "title,question\nx,y\n", "expected a column 'path', got columns title, question"),
        ((), "path\n", "expected at least one row, got none"),
        ((), "", "expected a readable table"),
        ((), "path,clip_id\na.mp4,1\nb.mp4,1\n", "a.mp4 and b.mp4 are both '1'"),
    ],
)
def test_what_is_wrong_is_named(tmp_path: Path, files, content, message) -> None:
    touch(tmp_path, *files)
    if content is not None:
        (tmp_path / "manifest.csv").write_text(content)
    with pytest.raises(InputError, match=message):
        scan(tmp_path)


def test_missing_folder_and_unknown_table(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="expected a folder or manifest of media, got nothing"):
        scan(tmp_path / "nowhere")
    touch(tmp_path, "a.yaml")
    with pytest.raises(InputError, match=r"expected a manifest \(.csv, .tsv, .xlsx, .*\), got a.y"):
        scan(tmp_path / "a.yaml")


def test_natural_key_orders_numbers_by_value() -> None:
    assert sorted(["a10", "a2", "B1", "a"], key=natural_key) == ["a", "a2", "a10", "B1"]


def test_probe_reads_the_header(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.mp4", images=face_frames(2), audio=voice(2))
    info = probe(path)
    assert info.duration_s == pytest.approx(2, abs=0.1)
    assert (info.has_audio, info.has_video, info.width_px, info.height_px) == (True, True, 320, 240)
    assert info.frame_rate_hz == pytest.approx(15, rel=0.01)
    sound = probe(write_media(tmp_path / "a.m4a", audio=voice(1)))
    assert (sound.has_audio, sound.has_video, sound.width_px) == (True, False, None)


def test_a_manifest_of_transcripts_needs_no_media(tmp_path: Path) -> None:
    table = tmp_path / "said.csv"
    table.write_text("candidate_id,question,transcript\nann,Why?,Because.\nann,How?,So.\n")
    first, second = scan(table)
    assert (first.candidate_id, first.path, first.transcript) == ("ann", None, "Because.")
    assert (first.clip_id, second.clip_id) == ("ann/1", "ann/2")
    table.write_text("question,transcript\nWhy?,Because.\n")
    with pytest.raises(InputError, match="expected a column 'path'"):
        scan(table)
