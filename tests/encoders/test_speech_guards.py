"""Guards against what nobody said: silence, loops, endings out of nothing."""

from __future__ import annotations

import pytest

from trifold.encoders.speech_to_text.guards import Guards, longest_loop, without_invented_endings
from trifold.encoders.speech_to_text.onsets import from_onsets
from trifold.encoders.speech_to_text.recordings import Attempt, Word

SAID = (
    "I would first ask what exactly went wrong, then write down three things that I can change "
    "by myself, and talk to my team about the rest. Very, very important: no blame."
)


def words(text: str, *, probability: float = 0.9, duration_s: float = 0.3) -> list[Word]:
    return [Word(w, i * 0.5, i * 0.5 + duration_s, probability) for i, w in enumerate(text.split())]


def attempt(text: str, **facts: float) -> Attempt:
    return Attempt(words=tuple(words(text)), **facts)


@pytest.mark.parametrize(
    ("text", "times"),
    [("", 0), ("we plan", 1), ("no no no no", 4), ("so we so we so we go", 3),
     ("Thank you. Thank you. Thank you, thank you!", 4), ("a b c a b c", 2)],
)  # fmt: skip
def test_loops_are_counted(text: str, times: int) -> None:
    assert longest_loop(text.split()) == times


def test_guards_let_ordinary_speech_pass() -> None:
    guards = Guards()
    assert not guards.is_repetitive(attempt(SAID, compression=1.4))
    assert guards.is_repetitive(attempt(SAID, compression=2.5))
    assert guards.is_repetitive(attempt("yes yes yes yes yes"))
    assert guards.is_silence(Attempt(no_speech=0.9, log_probability=-1.5))
    assert not guards.is_silence(Attempt(no_speech=0.9, log_probability=-0.5))  # sure of its words
    assert not guards.is_silence(Attempt(no_speech=0.3, log_probability=-1.5))


@pytest.mark.parametrize("kept", ["", "No blame.", SAID])
@pytest.mark.parametrize(
    "odd", [{"probability": 0.05}, {"duration_s": 0.01}, {"duration_s": 4.0}], ids=str
)
def test_endings_out_of_nothing_are_dropped(kept: str, odd: dict) -> None:
    invented = words("Thank you for watching.", **odd)
    again = words("Bye.", **odd)
    assert without_invented_endings([*words(kept), *invented, *again]) == tuple(words(kept))


def test_endings_that_were_said_stay() -> None:
    said = words(f"{SAID} Thank you for watching.")
    assert without_invented_endings(said) == tuple(said)
    one_odd = [*said[:-1], said[-1]._replace(probability=0.1)]
    assert without_invented_endings(one_odd) == tuple(one_odd)
    inside = [*words("Odd.", probability=0.01), *said]
    assert without_invented_endings(inside) == tuple(inside)  # endings alone


def test_a_word_after_a_pause_begins_when_the_voice_does() -> None:
    said = [Word("project.", 4.1, 5.0, 0.9), Word("We", 5.0, 5.0, 0.9), Word("met", 5.0, 5.4, 0.9)]
    moved = from_onsets(said, [1.0, 4.8])
    assert [(w.start_s, w.end_s) for w in moved] == [(4.1, 4.8), (4.8, 5.0), (5.0, 5.4)]


@pytest.mark.parametrize("onsets", [[], [1.0], [4.6], [4.0], [5.2]], ids=str)
def test_words_far_from_an_onset_stay(onsets: list[float]) -> None:
    said = [Word("project.", 4.1, 5.0, 0.9), Word("We", 5.0, 5.1, 0.9)]
    expected = said if onsets != [4.0] else [said[0]._replace(start_s=4.0), said[1]]
    assert from_onsets(said, onsets) == expected
