"""Whose words count: the candidate's where something says who that is, else nobody's alone."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from trifold.codes import Code
from trifold.contracts import Segment, Transcript
from trifold.errors import TranscriptError
from trifold.media.transcripts.speakers.candidate import of_candidate, words_by_speaker


def talk(*turns: tuple[str | None, str]) -> Transcript:
    return Transcript(tuple(Segment(text, speaker=name) for name, text in turns), "vtt")


def asked(other: str | None, candidate: str | None) -> Transcript:
    return talk((other, "Shall we begin?"), (candidate, "I plan my day."), (other, "Thank you."))


@pytest.mark.parametrize(
    ("other", "candidate", "speaker", "candidate_id"),
    [
        ("Interviewer", "Candidate", None, None),
        ("Interviewer", "Robin Sample", None, None),
        ("Interviewer 1", "Interviewee", None, None),
        ("Anna Frey", "Bewerberin", None, None),
        ("Frage", "Antwort", None, None),
        ("Q", "A", None, None),
        ("I", "B", None, None),
        ("Recruiter (Firm)", "SPEAKER_01", None, None),
        ("Hiring Manager", "Speaker 2", None, None),
        ("面试官", "候选人", None, None),
        ("Anna Frey", "Robin Sample", "Robin Sample", None),
        ("Anna Frey", "Robin Sample", "robin  sample", None),
        ("Anna Frey", "Robin Sample", "Robin", None),
        ("Anna Frey", "robin.sample@firm.example", "Robin Sample", None),
        ("SPEAKER_00", "SPEAKER_01", "SPEAKER_01", None),
        ("SPEAKER_00", "SPEAKER_01", "*_01", None),
        ("Candidate", "Robin Sample", "Robin Sample", None),  # said beats what labels say
        ("Anna Frey", "Robin Sample", None, "robin_sample"),
        ("Anna Frey", "Robin Sample", None, "2026-11-03 Sample, Robin"),
        ("Anna Frey", "José", None, "Jos\u0065\u0301"),
        ("c41", "C42", None, "c42"),
    ],
)
def test_who_the_candidate_is(other, candidate, speaker, candidate_id) -> None:
    found = of_candidate(asked(other, candidate), speaker=speaker, candidate_id=candidate_id)
    assert found.text == "I plan my day."
    assert f"words of '{candidate}' are taken" in found.remarks[Code.SPEAKER]
    assert f"'{other}' (5 words)" in found.remarks[Code.SPEAKER]


@pytest.mark.parametrize(
    ("other", "candidate", "candidate_id"),
    [
        ("SPEAKER_00", "SPEAKER_01", "person1"),
        ("Speaker 1", "Speaker 2", "1"),
        ("Anna Frey", "Robin Sample", "c42"),
        ("Candidate 1", "Candidate 2", None),
        ("Anna Lee", "Ann Lee", "Lee"),
        ("A", "B", None),
        (None, "Robin Sample", None),
    ],
)
def test_where_nothing_says_it_all_words_stay_and_the_code_is_set(
    other, candidate, candidate_id
) -> None:
    said = asked(other, candidate)
    found = of_candidate(said, candidate_id=candidate_id)
    assert found.segments == said.segments
    assert "speaker=NAME or a column 'speaker'" in found.remarks[Code.SEVERAL_SPEAKERS]
    assert "(5 words)" in found.remarks[Code.SEVERAL_SPEAKERS]


def test_without_labels_or_with_one_speaker_nothing_changes() -> None:
    for said in (talk((None, "I plan.")), talk(("Robin Sample", "I plan."), ("Robin Sample", "I"))):
        assert of_candidate(said) == said
    unlabelled = talk((None, "I plan."))
    assert of_candidate(unlabelled, speaker="Robin") == unlabelled


def test_a_heading_before_the_only_speaker_is_left_out_and_said() -> None:
    said = talk((None, "Transcript"), ("Robin Sample", "I plan my day and I like to do so a lot."))
    found = of_candidate(said)
    assert found.text.startswith("I plan my day")
    assert "left out: nobody named (1 words)" in found.remarks[Code.SPEAKER]


@pytest.mark.parametrize(
    ("speaker", "message"),
    [
        ("Eve", "expected a speaker 'Eve', got 'Anna Lee', 'Ann Lee'"),
        ("Lee", "expected one speaker 'Lee', got 'Anna Lee', 'Ann Lee'"),
        ("x*", "expected a speaker 'x\\*', got 'Anna Lee', 'Ann Lee'"),
    ],
)
def test_a_name_that_is_nobody_or_two_people_is_refused(speaker: str, message: str) -> None:
    with pytest.raises(TranscriptError, match=message):
        of_candidate(asked("Anna Lee", "Ann Lee"), speaker=speaker)


def test_a_pattern_may_mean_several_labels_of_one_person() -> None:
    said = talk(("ROBIN phone", "One."), ("Anna", "Two."), ("Robin laptop", "Three."))
    assert of_candidate(said, speaker="robin*").text == "One. Three."


NAMES = st.sampled_from([None, "Anna", "Interviewer", "Candidate", "SPEAKER_00", "Robin", "A", "Q"])


@given(st.lists(st.tuples(NAMES, st.text(min_size=1, max_size=9)), max_size=8), st.text(max_size=9))
def test_words_are_kept_in_order_and_are_never_anothers_without_a_word(turns, person) -> None:
    said = talk(*turns)
    found = of_candidate(said, candidate_id=person)
    rest = iter(said.segments)
    assert all(segment in rest for segment in found.segments)  # a subsequence
    several = len(words_by_speaker(found)) > 1
    assert not several or Code.SEVERAL_SPEAKERS in found.remarks or found == said
    assert (found == said) or found.remarks
    assert of_candidate(found, candidate_id=person).segments == found.segments


@pytest.mark.parametrize(
    ("person", "name"),
    [
        ("jose_nunez", "José Núñez"),
        ("juergen_mueller", "Jürgen Müller"),
        ("jurgen_muller", "Jürgen Müller"),
        ("JoseNunez", "Nunez, Jose"),
        ("participant_7", "Participant 7"),
        ("o.lind@mail.example", "Lind"),
    ],
)
def test_an_id_may_spell_a_name_in_its_own_way(person: str, name: str) -> None:
    talk = (Segment("How?", speaker="Ines Berg"), Segment("I soak it.", speaker=name))
    assert of_candidate(Transcript(talk, "txt"), candidate_id=person).text == "I soak it."
    assert (
        Code.SEVERAL_SPEAKERS
        in of_candidate(Transcript(talk, "txt"), candidate_id="eva_lindner").remarks
    )
