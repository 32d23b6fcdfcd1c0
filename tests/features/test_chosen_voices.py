"""Which voice of one channel is the candidate's, where somebody said when the candidate speaks."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.dialogues import CANDIDATE, INTERVIEWER, Dialogue, dialogue, film
from trifold.codes import Code
from trifold.contracts import Chosen, Clip
from trifold.encoders.voices.teller import VoiceTurns
from trifold.errors import InputError
from trifold.features.source import Source
from trifold.features.turns.chosen import voice_at
from trifold.features.turns.step import kept_turns
from trifold.features.turns.told import turns_of
from trifold.features.words import with_words

EVEN = ((1, 4.0), (0, 4.5), (1, 4.0), (0, 4.0))  # nobody speaks most


@pytest.fixture(scope="module")
def said() -> Dialogue:
    return dialogue(EVEN, seed=1)


@pytest.fixture(scope="module")
def mixed(said: Dialogue, tmp_path_factory: pytest.TempPathFactory) -> Path:
    return film(tmp_path_factory.mktemp("mixed") / "talk.wav", said)


@pytest.fixture(scope="module")
def teller() -> VoiceTurns:
    return VoiceTurns()


def middle(said: Dialogue, who: int) -> float:
    return next((a + b) / 2 for w, a, b in said.turns if w == who)


def chosen(path: Path, *moments: float, **more: object) -> Clip:
    return Clip("a", "a", path, chosen=Chosen(voice_at=moments), **more)


def share(spans: tuple[tuple[float, float], ...], where: np.ndarray) -> float:
    """Of the hundredths of seconds in which ``where`` holds, those within the spans."""
    times = np.arange(len(where)) / 100
    return float(np.any([(times >= a) & (times < b) for a, b in spans], axis=0)[where].mean())


@pytest.mark.parametrize("who", [CANDIDATE, INTERVIEWER])
def test_the_voice_that_speaks_then_is_read_and_the_other_left_out(
    who: int, said: Dialogue, mixed: Path, teller: VoiceTurns
) -> None:
    found = turns_of(chosen(mixed, middle(said, who)), teller)
    assert found.told_by == "choice"
    assert share(found.others, said.said_by(1 - who)) > 0.8
    assert share(found.others, said.said_by(who)) < 0.05
    assert "what was chosen by hearing was read" in found.remarks[Code.SPEAKER]


def test_one_person_whose_voice_was_split_is_read_whole(
    said: Dialogue, mixed: Path, teller: VoiceTurns, tmp_path: Path
) -> None:
    clip = chosen(mixed, *(middle(said, who) for who in (CANDIDATE, INTERVIEWER)))
    found = kept_turns(clip, teller, tmp_path)
    assert (found.told_by, found.others, len(found.voices)) == ("choice", (), 2)
    assert "nothing was left out" in found.remarks[Code.SPEAKER]
    assert kept_turns(clip, teller, tmp_path) == found
    other = kept_turns(chosen(mixed, middle(said, CANDIDATE)), teller, tmp_path)
    assert other.others  # another choice is another answer, also where one is kept


def test_a_moment_at_which_nobody_speaks_leaves_it_open(mixed: Path, teller: VoiceTurns) -> None:
    found = turns_of(chosen(mixed, 3600.0), teller)
    assert (found.told_by, found.others) == ("", ())
    assert "none of them at 3600 s; all of it was read" in found.remarks[Code.SEVERAL_SPEAKERS]


def test_labels_that_say_otherwise_are_a_doubt(
    said: Dialogue, mixed: Path, teller: VoiceTurns
) -> None:
    labels = {"transcript": said.vtt(labels=True)}
    against = chosen(mixed, middle(said, INTERVIEWER), **labels)
    found = turns_of(against, teller)
    assert found.told_by == "labels"
    assert Code.SEVERAL_SPEAKERS in Source(Clip("a", "a", mixed, turns=found, **labels)).remarks
    assert turns_of(chosen(mixed, middle(said, CANDIDATE), **labels), teller).remarks == {}


def test_each_on_a_channel_can_be_chosen_by_a_moment_too(
    said: Dialogue, teller: VoiceTurns, tmp_path: Path
) -> None:
    apart = film(tmp_path / "apart.wav", said, apart=True)
    found = turns_of(chosen(apart, middle(said, INTERVIEWER)), teller)
    assert (found.told_by, found.channel, found.others) == ("choice", (0, 1), ())
    both = chosen(apart, middle(said, INTERVIEWER), middle(said, CANDIDATE))
    assert "of which one alone can be read" in turns_of(both, teller).remarks[Code.SEVERAL_SPEAKERS]


@pytest.mark.parametrize(("moment", "voice"), [
    (1.0, 0), (2.4, 0), (2.7, 1), (4.0, 1), (5.0, None),
])  # fmt: skip
def test_the_nearest_turn_within_half_a_second_is_meant(moment: float, voice: int | None) -> None:
    assert voice_at(moment, [[(0.0, 2.0), (6.0, 7.0)], [(3.0, 4.2)]]) == voice


def test_a_choice_without_anything_that_tells_voices_apart_is_refused(
    mixed: Path, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match=r"expected voices=packaged or settings.*got voices=none"):
        with_words([chosen(mixed, 1.0)], encoders={}, recogniser=None, transcripts=tmp_path)
