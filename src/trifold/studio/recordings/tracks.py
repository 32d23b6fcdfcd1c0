"""Which sound track and picture of a recording somebody chose as the candidate's."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from trifold.contracts import Chosen
from trifold.errors import InputError
from trifold.studio.database.projects import Recording


def sound_choices(quality: Mapping[str, Any]) -> list[str]:
    """What forms may send as the candidate's sound: ``2``, a track, or ``2:1``, a channel of it."""
    found = list[str]()
    for track in quality.get("tracks", {}).get("sounds", []):
        channels = range(1, track["channels"] + 1) if track["channels"] > 1 else ()
        found += [str(track["number"]), *(f"{track['number']}:{one}" for one in channels)]
    return found


def choose_sound(recording: Recording, value: str) -> None:
    """Take over what a form says of the sound.

    Raises:
        InputError: when the recording has no such track or channel.
    """
    known = sound_choices(recording.quality)
    if value and value not in known:
        raise InputError(expected=f"a sound track among {', '.join(known) or 'none'}", got=value)
    track, _, channel = value.partition(":")
    _choose(
        recording,
        audio_track=int(track) if track else None,
        audio_channel=int(channel) if channel else None,
    )


def choose_picture(recording: Recording, value: str) -> None:
    """Take over what a form says of the picture.

    Raises:
        InputError: when the recording has no such picture.
    """
    pictures = recording.quality.get("tracks", {}).get("pictures", [])
    known = [str(one["number"]) for one in pictures]
    if value and value not in known:
        raise InputError(expected=f"a picture among {', '.join(known) or 'none'}", got=value)
    _choose(recording, video_track=int(value) if value else None)


def _choose(recording: Recording, **values: int | None) -> None:
    if any(getattr(recording, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(recording, name, value)
        recording.state = "new"  # the card is of what is read


def choice_of(recording: Recording) -> Chosen | None:
    """What somebody chose, as clips have it."""
    found = Chosen(*(getattr(recording, name) for name in Chosen._fields))
    return None if found == Chosen() else found
