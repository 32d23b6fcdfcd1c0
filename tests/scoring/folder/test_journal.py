"""Whatever is cut off, what was written down whole is taken up, and only by the same run."""

from __future__ import annotations

import json
import os
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from trifold.contracts import Clip, Segment, Transcript
from trifold.errors import InputError
from trifold.scoring.folder.journal import NAME, Journal, key_of
from trifold.scoring.outcome import ScoredCandidate

HEAD = {"bundle_id": "b"}
PEOPLE = {
    f"key{i}": ScoredCandidate([{"clip_id": f"p{i}", "n": i / 3}], {"candidate_id": f"Zoë {i}\n"})
    for i in range(5)
}


def write(folder: Path, head=HEAD) -> bytes:
    with Journal(folder, head) as journal:
        for key, scored in PEOPLE.items():
            journal.append(key, scored)
            assert journal.read(key) == scored
    return (folder / NAME).read_bytes()


def found(folder: Path, head=HEAD) -> dict[str, ScoredCandidate]:
    with Journal(folder, head) as journal:
        return {key: journal.read(key) for key in PEOPLE if key in journal}


def test_everything_is_taken_up(tmp_path: Path) -> None:
    write(tmp_path)
    assert found(tmp_path) == PEOPLE


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_cut_at_any_byte_costs_the_cut_person_and_those_behind(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("cut")
    whole = write(folder)
    cut = data.draw(st.integers(0, len(whole)))
    (folder / NAME).write_bytes(whole[:cut])
    lines = whole[:cut].count(b"\n")
    assert list(found(folder)) == list(PEOPLE)[: max(0, lines - 1)]
    with Journal(folder, HEAD) as journal:  # going on ends with the same bytes
        for key, scored in PEOPLE.items():
            if key not in journal:
                journal.append(key, scored)
    assert (folder / NAME).read_bytes() == whole


@given(st.data())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_a_changed_byte_is_never_believed(tmp_path_factory, data) -> None:
    folder = tmp_path_factory.mktemp("flip")
    whole = bytearray(write(folder))
    place = data.draw(st.integers(0, len(whole) - 1))
    whole[place] ^= 1 << data.draw(st.integers(0, 7))
    (folder / NAME).write_bytes(whole)
    again = found(folder)
    assert all(again[key] == PEOPLE[key] for key in again)
    assert len(again) < len(PEOPLE)


def test_another_model_or_setting_starts_anew(tmp_path: Path) -> None:
    write(tmp_path)
    assert found(tmp_path, {"bundle_id": "other"}) == {}
    assert found(tmp_path) == {}


def test_a_tidy_journal_has_the_order_asked_for_and_leaves_out_who_may_fare_better(
    tmp_path: Path,
) -> None:
    write(tmp_path)
    died = ScoredCandidate([{"error_code": "WORKER_DIED"}], {"error_code": "NOTHING_USABLE"})
    with Journal(tmp_path, HEAD) as journal:
        journal.append("dead", died)
        journal.tidy(["key4", "dead", "key2"])
    lines = (tmp_path / NAME).read_bytes().splitlines()
    assert [json.loads(line.partition(b" ")[2])["key"] for line in lines[1:]] == ["key4", "key2"]
    assert found(tmp_path) == {key: PEOPLE[key] for key in ("key2", "key4")}


def test_one_run_at_a_time(tmp_path: Path) -> None:
    with Journal(tmp_path, HEAD), pytest.raises(InputError, match="expected one run at a time"):
        Journal(tmp_path, HEAD).__enter__()
    assert found(tmp_path) == {}


def test_nan_is_refused(tmp_path: Path) -> None:
    with Journal(tmp_path, HEAD) as journal, pytest.raises(ValueError, match="JSON compliant"):
        journal.append("x", ScoredCandidate([], {"n": float("nan")}))


def test_keys_change_with_all_that_could_change_a_row(tmp_path: Path) -> None:
    media, words = tmp_path / "a.mp4", tmp_path / "a.vtt"
    media.write_bytes(b"media")
    words.write_text("words")
    clip = Clip("a", "p", media, transcript_path=words, question="Why?")
    spoken = Transcript((Segment("Hi", 0, 1),), "asr")
    variants = [
        clip, replace(clip, candidate_id="q"), replace(clip, question="Who?"),
        replace(clip, transcript="Hi"), replace(clip, transcript=spoken),
        replace(clip, transcript=replace(spoken, segments=(Segment("Hi", 0, 2),))),
        replace(clip, path=tmp_path / "gone.mp4"), replace(clip, path=Path("a\0b")),
        replace(clip, measures={"x": 1.0}),
    ]  # fmt: skip
    keys = [key_of((variant,)) for variant in variants]
    assert len(set(keys)) == len(variants)
    assert key_of((clip,)) == keys[0]
    assert key_of((clip, clip)) != keys[0]
    for path in (media, words):
        os.utime(path, ns=(1, 1))
        assert key_of((clip,)) not in keys
        keys.append(key_of((clip,)))


def test_lines_can_be_read_by_people(tmp_path: Path) -> None:
    lines = write(tmp_path).splitlines()
    assert json.loads(lines[1].partition(b" ")[2])["answers"] == PEOPLE["key0"].answers
