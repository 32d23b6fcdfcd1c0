"""What people say about recordings; it holds against the names of files from then on."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from trifold.errors import InputError
from trifold.studio.database.projects import Recording
from trifold.studio.previews.keeping import forget_preview
from trifold.studio.recordings.names import one_line
from trifold.studio.recordings.people import People
from trifold.studio.recordings.tracks import (
    choice_of,
    choose_picture,
    choose_sound,
    choose_voices,
    tracks_chosen,
)

BY_HAND = "left out by hand"
LONGEST_QUESTION = 2000
MOST_ANSWERS = 9999


def correct(
    session: Session, project_id: str, form: Mapping[str, object], *, folder: Path
) -> list[str]:
    """Take over what a form says of recordings; returns the ids of those that it changed.

    Args:
        session: that writes.
        project_id: of the project.
        form: with a field ``recording`` for each, and for its ID ``whose-ID``, ``position-ID``,
            ``question-ID``, ``speaker-ID``, ``sound-ID``, ``picture-ID``; where ``shown-ID`` is
            there, the tick ``used-ID``; and where ``voices-ID`` is there, ticks ``voice-ID``.
        folder: of the project, in which previews lie.

    Raises:
        InputError: for a recording of another project, or a value that makes no sense.
    """
    people, changed = People(session, project_id), []
    for recording_id in dict.fromkeys(_all_of(form, "recording")):
        recording = of_project(session, project_id, recording_id)
        before, chosen = _said(recording), tracks_chosen(recording)
        for name, take in TAKEN.items():
            value = form.get(f"{name}-{recording_id}")
            if isinstance(value, str):
                take(recording, one_line(value), people)
        if f"voices-{recording_id}" in form and tracks_chosen(recording) == chosen:
            choose_voices(recording, _all_of(form, f"voice-{recording_id}"))
        if f"shown-{recording_id}" in form:  # a tick that is not there says no
            _use(recording, f"used-{recording_id}" in form)
        if _said(recording) != before:
            recording.by_hand = True
            changed.append(recording.id)
        if tracks_chosen(recording) != chosen:  # a preview sounds as what is read
            forget_preview(folder, recording.path)
    session.flush()
    people.forget_empty()
    return changed


def of_project(session: Session, project_id: str, recording_id: str) -> Recording:
    """A recording, if it is of this project.

    Raises:
        InputError: when it is not.
    """
    found = session.scalar(
        select(Recording).where(Recording.id == recording_id, Recording.project_id == project_id)
    )
    if found is None:
        raise InputError(expected="a recording of this project", got=recording_id)
    return found


def _all_of(form: Mapping[str, object], name: str) -> list[str]:
    """Every value of a field that a form may have several times."""
    return [str(one) for one in form.getlist(name)] if hasattr(form, "getlist") else []


def _said(recording: Recording) -> tuple[object, ...]:
    return (
        recording.candidate_id,
        recording.position,
        recording.question,
        recording.speaker,
        recording.left_out,
        choice_of(recording),
    )


def _whose(recording: Recording, value: str, people: People) -> None:
    recording.candidate_id = people.named(value).id if value else None


def _position(recording: Recording, value: str, people: People) -> None:
    if not value:
        return
    if not (value.isascii() and value.isdecimal() and 1 <= int(value) <= MOST_ANSWERS):
        raise InputError(expected=f"a place of 1 to {MOST_ANSWERS}", got=repr(value))
    recording.position = int(value)


def _question(recording: Recording, value: str, people: People) -> None:
    if len(value) > LONGEST_QUESTION:
        raise InputError(
            expected=f"a question of at most {LONGEST_QUESTION} characters", got=f"{len(value)}"
        )
    recording.question = value


def _speaker(recording: Recording, value: str, people: People) -> None:
    if value != recording.speaker:
        recording.speaker = value[:200]
        recording.state = "new"  # the card is of the candidate's turns


def _sound(recording: Recording, value: str, people: People) -> None:
    choose_sound(recording, value)


def _picture(recording: Recording, value: str, people: People) -> None:
    choose_picture(recording, value)


def _use(recording: Recording, used: bool) -> None:
    if used and recording.left_out:
        recording.left_out = ""
    elif not used and not recording.left_out:
        recording.left_out = BY_HAND


TAKEN: dict[str, Callable[[Recording, str, People], None]] = {
    "whose": _whose,
    "position": _position,
    "question": _question,
    "speaker": _speaker,
    "sound": _sound,
    "picture": _picture,
}
