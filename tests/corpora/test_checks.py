"""The checks that every reader makes, one by one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from trifold.contracts import Clip, Finding, Segment, Transcript
from trifold.corpora.checks import (
    Listing,
    audit,
    missing_media,
    people_in_two,
    unlabelled,
    word_count,
)
from trifold.errors import InputError

LONG = " ".join(f"word{i}" for i in range(30))


def clip(name: str, **settings) -> Clip:
    person = name.split("/")[0]
    return Clip(**{"clip_id": name, "candidate_id": person, "path": None, "transcript": LONG + name}
                | settings)  # fmt: skip


def counts(findings: list[Finding]) -> dict[str, int]:
    return {finding.check: finding.count for finding in findings}


def test_a_clean_corpus_finds_nothing_and_says_what_was_looked_at() -> None:
    clips = [clip("a/1", question_id="q1"), clip("a/2", question_id="q2"), clip("b/1")]
    kept, findings = audit(clips)
    assert kept == clips
    assert set(counts(findings)) == {
        "missing_media", "nothing_there", "missing_transcript", "unreadable_transcript",
        "near_empty", "retakes", "copied_words", "shared_media",
    }  # fmt: skip
    assert not any(counts(findings).values())


@pytest.mark.parametrize(
    ("policy", "stay"), [("keep", ["a/1", "a/2", "a/3", "b/1"]), ("first", ["a/1", "a/3", "b/1"]),
                         ("last", ["a/2", "a/3", "b/1"])],
)  # fmt: skip
def test_retakes_by_policy(policy: str, stay: list[str]) -> None:
    clips = [clip("a/1", question_id="q1"), clip("a/2", question_id="q1"),
             clip("a/3", question_id="q2"), clip("b/1", question_id="q1")]  # fmt: skip
    kept, findings = audit(clips, retakes=policy)
    assert [c.clip_id for c in kept] == stay
    assert counts(findings)["retakes"] == 1


def test_answers_of_one_person_are_retakes_also_where_each_is_a_candidate() -> None:
    clips = [
        clip(f"a/{i}", candidate_id=f"a/{i}", person_id="a", question="Why?") for i in range(3)
    ]
    kept, findings = audit(clips, retakes="last")
    assert [c.clip_id for c in kept] == ["a/2"]
    assert counts(findings)["retakes"] == 2


def test_answers_without_a_question_are_no_retakes() -> None:
    assert counts(audit([clip("a/1"), clip("a/2")])[1])["retakes"] == 0


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (None, None),
        ("", 0),
        ("I don't know, sorry.", 4),
        ("[00:00 - 00:03] Yes.\n[00:03 - 00:05] No.", 2),
        ("[00:05 - 00:03] Backwards.", 1),
        ('{"segments": [{"text": "cut o', -1),
        (LONG, 30),
        (LONG * 9, 6),  # long ones are not counted out
        (Transcript((Segment("one two"), Segment("three")), "vtt"), 3),
    ],
)
def test_words_are_counted_without_their_times(said, words) -> None:
    assert word_count(clip("a/1", transcript=said)) == words


def test_near_empty_answers_can_be_left_out(tmp_path: Path) -> None:
    short = tmp_path / "short.vtt"
    short.write_text("WEBVTT\n\n00:00.000 --> 00:01.000\nI do not know.\n")
    clips = [clip("a/1", transcript="Well, no."), clip("b/1"),
             clip("c/1", transcript=None, transcript_path=short)]  # fmt: skip
    kept, findings = audit(clips, near_empty="drop")
    assert [c.clip_id for c in kept] == ["b/1"]
    assert counts(findings)["near_empty"] == 2
    assert audit(clips)[0] == clips


def test_copies_between_people_are_found_in_text_and_in_files(tmp_path: Path) -> None:
    for name in ("x", "y", "z"):
        (tmp_path / f"{name}.txt").write_text((LONG + "\n") * 3 + ("." if name == "z" else ","))
    files = [clip(f"{n}/1", transcript=None, transcript_path=tmp_path / f"{n}.txt")
             for n in ("x", "y", "z")]  # fmt: skip
    text = [clip("a/1", transcript=LONG), clip("b/1", transcript=LONG.upper()),
            clip("a/2", transcript="Thank you."), clip("b/2", transcript="Thank you."),
            clip("c/1"), clip("c/2", transcript=LONG + "c/1")]  # fmt: skip
    found = next(f for f in audit([*files, *text])[1] if f.check == "copied_words")
    assert found.count == 4  # x and y, a and b; short answers and one's own words are no copies
    assert found.examples == ("x/1", "y/1", "a/1")


def test_missing_media_leave_words_measures_or_nothing(tmp_path: Path) -> None:
    (tmp_path / "there.mp4").touch()
    gone = tmp_path / "gone.mp4"
    clips = [clip("a/1", path=tmp_path / "there.mp4", transcript=None), clip("b/1", path=gone),
             clip("c/1", path=gone, transcript=None),
             clip("d/1", path=gone, transcript=None, measures={"pitch": 1.0})]  # fmt: skip
    kept, finding = missing_media(clips)
    assert [(c.clip_id, c.path) for c in kept] == [
        ("a/1", tmp_path / "there.mp4"), ("b/1", None), ("d/1", None),
    ]  # fmt: skip
    assert str(finding) == (
        "3 of 4 media files are not there (1 answers left out, the others go on as text): "
        "b/1, c/1, d/1"
    )


def test_answers_with_nothing_in_them_are_left_out() -> None:
    clips = [clip("a/1"), clip("b/1", transcript=None), clip("c/1", transcript=None,
             measures={"pitch": 1.0})]  # fmt: skip
    kept, findings = audit(clips)
    assert [c.clip_id for c in kept] == ["a/1", "c/1"]
    assert counts(findings)["nothing_there"] == 1


def test_a_listing_knows_files_from_folders_and_reads_each_folder_once(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").touch()
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "link.mp4").symlink_to(tmp_path / "a.mp4")
    (tmp_path / "dangling.mp4").symlink_to(tmp_path / "none")
    exists = Listing()
    assert [exists(tmp_path / name) for name in ("a.mp4", "link.mp4", "folder.mp4", "dangling.mp4")
            ] == [True, True, False, False]  # fmt: skip
    (tmp_path / "late.mp4").touch()
    assert not exists(tmp_path / "late.mp4")
    assert not exists(tmp_path / "nowhere" / "a.mp4")


def test_shared_media_and_people_in_two_splits() -> None:
    clips = [clip("a/1", path=Path(__file__)), clip("b/1", path=Path(__file__)), clip("c/1")]
    official = {"a/1": "train", "a/2": "test", "b/1": "train", "c/1": "val"}
    clips.append(clip("a/2"))
    clips = [replace(c, candidate_id=c.clip_id, person_id=c.clip_id[0]) for c in clips]
    found = counts(audit(clips, official=official)[1])
    assert found["shared_media"] == 2
    assert found["people_in_two_splits"] == 1
    assert people_in_two(official, clips).examples == ("a",)


def test_unlabelled_candidates_and_unknown_policies() -> None:
    found = unlabelled({"a": np.array([1.0, np.nan]), "b": np.full(2, np.nan)})
    assert (found.count, found.total, found.examples) == (1, 2, ("b",))
    with pytest.raises(InputError, match="expected near_empty among keep, drop, got 'maybe'"):
        audit([clip("a/1")], near_empty="maybe")
    with pytest.raises(InputError, match="expected retakes among keep, first, last, got 'best'"):
        audit([clip("a/1")], retakes="best")
