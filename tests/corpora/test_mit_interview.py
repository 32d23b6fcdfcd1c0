"""The layout of MIT Interview: whose words count, what is asked, two sessions of a person."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from tests.corpora.twin_factory import publish
from trifold.corpora.mock.mit_interview import ASKED
from trifold.corpora.readers.mit_interview.dialogue import (
    QUESTIONS,
    answers_of,
    own_turns,
    question_in,
)
from trifold.corpora.readers.mit_interview.reader import read_mit_interview
from trifold.corpora.readers.mit_interview.tables import ACOUSTIC, FACIAL
from trifold.corpora.splits import k_folds
from trifold.errors import CorpusError, InputError
from trifold.psychometrics.reliability.studies.retest import retest_study
from trifold.studies.folders import from_corpus, read_run
from trifold.training.results.numbers import write_predictions

DIALOGUE = "|".join(
    [
        "(door)  Sit.",
        "Interviewer: Was the train on time?",
        "Interviewee: Nearly.",
        "Interviewer: Say something  anything  about yourself.",
        "Interviewee: Well  uhm  I row (laughs) a lot.",
        "Interviewer:  Aha",
        "Interveiwee: And sing.",
        "in a choir too",
        "Interviewer: Which voice?",
        "Interviewee: Alto.",
        "Interviewer: Lovely! When did you show leadership?",
        "Interviewee: I led it.",
        "Interviewer: What would you like to change  if anything  in yourself?",
        "Interviewee: Nothing",
        "Interviewer: And otherwise?",
        "Interviewee: Grit.",
        "Interviewer: Once more to the team  what was hard?",
        "Interviewee: Us.",
        "Interviewer: Why would you get the job?",
        "Interviewee: I care.",
    ]
)


def words_by_hand(dialogue: str) -> list[str]:
    """The interviewee's words by one expression that knows the two labels and nothing else."""
    kept, mine = [], False
    for part in dialogue.split("|"):
        label = re.match(r"\s*(Interview\w*|Interveiw\w*):", part)
        mine = label[1].endswith("ee") if label else mine
        words = part[label.end() :] if label else part
        kept += re.sub(r"\[.*?\]|\(.*?\)", " ", words).split() if mine else []
    return kept


def spoilt(root: Path, name: str, change) -> Path:
    table = pd.read_csv(root / name, dtype=str, keep_default_na=False)
    change(table).to_csv(root / name, index=False)
    return root


@pytest.fixture(scope="module")
def twin(tmp_path_factory) -> Path:
    return publish("mit_interview", tmp_path_factory.mktemp("mit"))


def test_the_interviewees_words_are_read_to_the_word(twin: Path) -> None:
    corpus = read_mit_interview(twin)
    published = pd.read_csv(twin / "transcripts.csv").set_index("id")["transcript"]
    for clip in corpus.clips:
        assert clip.transcript.text.split() == words_by_hand(published[clip.clip_id])
        assert {segment.speaker for segment in clip.transcript.segments} == {"Interviewee"}


def test_answers_part_the_words_and_lose_none(twin: Path) -> None:
    whole = {clip.clip_id: clip.transcript.segments for clip in read_mit_interview(twin).clips}
    parted: dict[str, list[str]] = {}
    for clip in read_mit_interview(twin, answers="question").clips:
        parted.setdefault(clip.candidate_id, []).extend(s.text for s in clip.transcript.segments)
        assert (clip.question, clip.clip_id) == (
            QUESTIONS[clip.question_id],
            f"{clip.candidate_id}/{clip.question_id}",
        )
    assert parted == {one: [s.text for s in segments] for one, segments in whole.items()}
    assert len(read_mit_interview(twin, answers="question").clips) == 5 * len(whole)


def test_a_dialogue_is_parted_by_what_was_asked_last() -> None:
    found = answers_of(*own_turns(DIALOGUE))
    assert {question: said.text for question, said in found.items()} == {
        "background": "Nearly. Well uhm I row a lot. And sing. in a choir too Alto.",
        "leadership": "I led it.",
        "team": "Us.",
        "weakness": "Nothing Grit.",
        "hiring": "I care.",
    }


@pytest.mark.parametrize("session", ASKED)
@pytest.mark.parametrize("question", QUESTIONS)
def test_questions_are_known_in_both_wordings(session: int, question: str) -> None:
    asked = ASKED[session][question]
    assert question_in(asked) == question_in(asked.upper().replace("  ", " -- ")) == question


@pytest.mark.parametrize("text", ["", "Aha.", "Was the train on time?", "Go on!", "Why?"])
def test_what_asks_nothing_new_is_no_question(text: str) -> None:
    assert question_in(text) is None


@pytest.mark.parametrize("dialogue", ["", "I row.", "Ann: I row.|Bob: Me too.", "|" * 99])
def test_dialogues_without_the_two_labels_are_told_from_others(twin: Path, tmp_path: Path,
                                                               dialogue: str) -> None:  # fmt: skip
    assert own_turns(dialogue) is None
    root = publish("mit_interview", tmp_path)
    spoilt(root, "transcripts.csv", lambda t: t.assign(transcript=[dialogue, *t["transcript"][1:]]))
    corpus = read_mit_interview(root)
    found = {f.check: f.count for f in corpus.findings}
    assert corpus.clips[0].transcript is None  # its measures are read all the same
    assert found["untold_speakers"] == (dialogue != "")
    assert found["missing_transcript"] == 1


def test_measures_are_those_of_the_interview_whatever_the_order(tmp_path: Path) -> None:
    root = publish("mit_interview", tmp_path)
    before = {clip.clip_id: clip.measures for clip in read_mit_interview(root).clips}
    for name in ("audio.csv", "face.csv", "transcripts.csv"):
        spoilt(root, name, lambda t: t[::-1])
    after = {clip.clip_id: clip.measures for clip in read_mit_interview(root).clips}
    assert after == before
    assert list(before["pp3"]) == [*ACOUSTIC, *FACIAL]
    table = pd.read_csv(root / "audio.csv").set_index("id")
    assert before["pp3"]["a74"] == table.loc["pp3", "a74"]


def test_a_person_is_in_one_fold_and_has_two_sessions(twin: Path) -> None:
    corpus = read_mit_interview(twin)
    people = [corpus.people[interview] for interview in corpus.labels]
    assert corpus.sessions == {i: str(i.count("p")) for i in corpus.labels}
    for train, test in k_folds(people, folds=5, seed=0):
        assert not {people[row] for row in train} & {people[row] for row in test}
    assert all(people.count(person) == 2 for person in people)


def test_studies_read_both_sessions_from_the_corpus_and_from_a_run(
    twin: Path, tmp_path: Path
) -> None:
    corpus = read_mit_interview(twin)
    labels = np.array(list(corpus.labels.values()))
    people = [corpus.people[interview] for interview in corpus.labels]
    write_predictions(
        tmp_path / "predictions.csv", list(corpus.labels), labels + 1.0, labels,
        corpus.schema.names, splits=["test"] * len(labels), people=people,
        sessions=corpus.sessions,
    )  # fmt: skip
    by_hand = np.corrcoef(labels[:, 0].reshape(-1, 2).T)[0, 1]
    for scores, source in ((from_corpus(corpus), "rating"), (read_run(tmp_path), "member:0")):
        study = retest_study(scores.frame, source=source, fewest=3)["overall"]
        assert (study.pearson.n, study.pearson.estimate) == (10, pytest.approx(by_hand))


def test_a_run_without_sessions_has_no_column_of_them(tmp_path: Path) -> None:
    table = write_predictions(
        tmp_path / "predictions.csv", ["a"], np.ones((1, 1)), np.ones((1, 1)), ["calm"],
        splits=["test"], people=["a"], sessions={},
    )  # fmt: skip
    assert list(pd.read_csv(table)) == [
        "candidate_id", "person_id", "split", "repeat", "calm", "calm_rated",
    ]  # fmt: skip


def test_a_subset_is_read_and_what_is_not_rated_is_left_out(tmp_path: Path) -> None:
    root = publish("mit_interview", tmp_path)
    whole = read_mit_interview(root)
    spoilt(root, "ratings.csv", lambda t: t[t["person"] != "2"])
    corpus = read_mit_interview(root)
    assert set(whole.labels) - set(corpus.labels) == {"p2", "pp2"}
    found = next(f for f in corpus.findings if f.check == "unrated")
    assert (found.count, found.action) == (2, "left out")


@pytest.mark.parametrize(
    ("name", "change", "message"),
    [
        ("audio.csv", lambda t: t[1:], "expected measures of 'p1', got no row"),
        ("audio.csv", lambda t: t.drop(columns="a74"), "expected a column 'a74'"),
        ("face.csv", lambda t: t.replace({"abs_yaw": {t["abs_yaw"][0]: "left"}}),
         "expected a number in column 'abs_yaw', got 'left' in row 2"),
        ("transcripts.csv", lambda t: t.assign(person="1"), "expected one interview per session"),
        ("face.csv", lambda t: t.replace({"person": {"1": "99"}}),
         "expected 'p1' of person 1, session 1, got person 99, session 1"),
        ("ratings.csv", lambda t: t.replace({"id": {"pp1": "p1"}}), "expected each candidate once"),
        ("ratings.csv", lambda t: t.replace({"session": {"2": ""}}),
         "expected person and session of 'pp1', got none"),
        ("ratings.csv", lambda t: t.assign(Calm="7.5"), "expected 1 to 7 in column 'Calm'"),
    ],
)  # fmt: skip
def test_refuses_another_layout(tmp_path: Path, name: str, change, message: str) -> None:
    root = spoilt(publish("mit_interview", tmp_path), name, change)
    with pytest.raises(CorpusError, match=re.escape(message)) as caught:
        read_mit_interview(root)
    assert name in str(caught.value)


def test_refuses_an_unknown_setting(twin: Path) -> None:
    with pytest.raises(InputError, match=r"expected answers among interview, question, got 'turn'"):
        read_mit_interview(twin, answers="turn")


def test_turned_ratings_are_told(tmp_path: Path) -> None:
    root = publish("mit_interview", tmp_path, people=40)
    turn = lambda t: t.assign(NotStressed=(8 - t["NotStressed"].astype(float)).round(6))  # noqa: E731
    assert _label_names(root) == ()
    assert [name.split(":")[0] for name in _label_names(spoilt(root, "ratings.csv", turn))] == [
        "NotStressed and Calm"
    ]


def _label_names(root: Path) -> tuple[str, ...]:
    return next(f for f in read_mit_interview(root).findings if f.check == "label_names").examples
