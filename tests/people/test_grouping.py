"""Whose answers files are: told to the person, or refused."""

from __future__ import annotations

from pathlib import PurePath

import pytest

from trifold.errors import InputError
from trifold.people.grouping import group, summary

TOLD = [  # files below a folder "autumn", and their people
    ("ann.mp4 bob.mp4 eve.mp4", "ann bob eve"),
    ("person0.mp4 person1.mp4", "person0 person1"),
    ("P01.mp4 P02.mp4 101.mp4", "P01 P02 101"),
    ("IMG_1.mov IMG_2.mov", "IMG_1 IMG_2"),
    ("ann/q1.mp4 ann/q2.mp4 bob/q1.mp4", "ann ann bob"),
    ("ann/Answer_1.mp4 ann/Answer_2.mp4", "ann ann"),
    ("001/q1.mp4 001/q2.mp4 002/q1.mp4", "001 001 002"),
    ("1042/q1.mp4 1043/q1.mp4", "1042 1043"),
    ("ann/intro.mp4 ann/goals.mp4 bob/intro.mp4 bob/goals.mp4", "ann ann bob bob"),
    ("ann/q1_goals.mp4 ann/q2_goals.mp4 ann/q3_end.mp4", "ann ann ann"),
    ("ann/q1.mp4 ann/q1_take2.mp4", "ann ann"),
    ("ann/ann_intro.mp4 ann/ann_goals.mp4", "ann ann"),
    ("ann/IMG_1.mov ann/IMG_2.mov", "ann ann"),
    ("ann/2026-11-03_10-22.mkv ann/2026-11-03_10-41.mkv", "ann ann"),
    ("ann/video.mp4 bob/interview.mp4", "ann bob"),
    ("Newton/q1.mp4 Newton/q2.mp4 Valentina/q1.mp4", "Newton Newton Valentina"),
    ("vids/ann.mp4 vids/bob.mp4", "ann bob"),
    ("recordings/ann/q1.mp4 recordings/ann/q2.mp4 recordings/bob/q1.mp4", "ann ann bob"),
    ("export/media/ann/q1.mp4 export/media/bob/q1.mp4", "ann bob"),
    ("ann/video/q1.mp4 ann/video/q2.mp4 bob/video/q1.mp4", "ann ann bob"),
    ("ann/q1/video.mp4 ann/q2/video.mp4 bob/q1/video.mp4", "ann ann bob"),
    ("ann_q1.mp4 ann_q2.mp4 bob_q1.mp4", "ann ann bob"),
    ("li-question-1.mp4 li-question-2.mp4", "li li"),
    ("q1.mp4 q2.mp4 q3.mp4", "autumn autumn autumn"),
    ("ann.mp4 more/q1.mp4 more/q2.mp4", "ann more more"),
]
AMBIGUOUS = [
    "2026-11/person0.mp4 2026-11/person1.mp4 2026-11/person2.mp4",
    "2026-11/ann.mp4 2026-12/ann.mp4",
    "Nov 2026/ann.mp4 Nov 2026/bob.mp4",
    "batch1/ann.mp4 batch2/bob.mp4",
    "JobA/ann.mp4 JobA/bob.mp4 JobB/eve.mp4",
    "berlin/ann.mp4 berlin/bob.mp4",
    "berlin/P01.mp4 berlin/P02.mp4 munich/P01.mp4 munich/P02.mp4",
    "berlin/01_ann.mp4 berlin/02_bob.mp4",
    "berlin/ann_q1.mp4 berlin/ann_q2.mp4 berlin/bob_q1.mp4",
    "berlin/q1_ann.mp4 berlin/q2_ann.mp4 berlin/q1_bob.mp4",
    "berlin/ann/q1.mp4 berlin/bob/q1.mp4 munich/eve/q1.mp4",
    "ann_1.mp4 ann_2.mp4 bob_1.mp4 bob_2.mp4",
    "q1_ann.mp4 q2_ann.mp4 q1_bob.mp4",
    "video1.mp4 video2.mp4 video3.mp4",
]


def people(files: str, root: str = "autumn", candidates: str = "auto") -> list[str]:
    paths = [PurePath(file) for file in files.replace("Nov 2026", "Nov\0").split(" ")]
    paths = [PurePath(str(path).replace("Nov\0", "Nov 2026")) for path in paths]
    return list(group(paths, root=root, candidates=candidates).people)


@pytest.mark.parametrize(("files", "expected"), TOLD)
def test_names_tell_people(files: str, expected: str) -> None:
    assert people(files) == expected.split()


@pytest.mark.parametrize("files", AMBIGUOUS)
def test_what_names_do_not_tell_is_refused_with_the_way_out(files: str) -> None:
    with pytest.raises(InputError, match="expected to know whose answers these are: say candid"):
        people(files)
    n = len(files.replace("Nov 2026", "Nov").split())
    assert len(set(people(files, candidates="file"))) == n
    assert 1 <= len(set(people(files, candidates="folder"))) <= n


@pytest.mark.parametrize("root", ["interviews", "2026-11", "batch 3"])
def test_a_folder_of_answers_that_names_nobody_is_refused(root: str) -> None:
    with pytest.raises(InputError, match=r"names of answers only: q1, q2, which may be one"):
        people("q1.mp4 q2.mp4", root=root)


def test_people_of_folders_that_are_called_alike_are_told_apart() -> None:
    files = "berlin/ann/q1.mp4 munich/ann/q1.mp4 munich/bob/q1.mp4"
    assert people(files, candidates="folder") == ["berlin/ann", "munich/ann", "munich/bob"]
    assert people("a/q1.mp4 b/q1.mp4", candidates="file") == ["a/q1", "b/q1"]


def test_an_unknown_setting_is_refused() -> None:
    with pytest.raises(InputError, match="among auto, file, folder, manifest, got 'all'"):
        people("ann.mp4", candidates="all")


def test_one_line_says_who_has_how_many() -> None:
    ids = ["ann", "ann", "bob", "bob", "eve"]
    line = "3 candidates, 5 files: ann (2), bob (2), eve (1)"
    assert summary(ids) == line
    assert summary(ids, rule="a person per folder") == f"{line}; a person per folder"
    assert summary(["ann"]) == "1 candidate, 1 file: ann (1)"
    assert summary([f"p{i}" for i in range(300)]).endswith("p7 (1), and 292 more")
