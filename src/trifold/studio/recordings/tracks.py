"""Which sound track, picture and voices of a recording somebody chose as the candidate's."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
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
    before = recording.audio_track, recording.audio_channel
    known = sound_choices(recording.quality)
    if value and value not in known:
        raise InputError(expected=f"a sound track among {', '.join(known) or 'none'}", got=value)
    track, _, channel = value.partition(":")
    _choose(
        recording,
        audio_track=int(track) if track else None,
        audio_channel=int(channel) if channel else None,
    )
    if (recording.audio_track, recording.audio_channel) != before:
        recording.voice_at = []  # who spoke then was heard on another track


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


def choose_voices(recording: Recording, values: Sequence[str]) -> None:
    """Take over at which seconds of those that were offered the candidate speaks; none: not said.

    Raises:
        InputError: when no voice was offered by one of them.
    """
    offered = [voice["at"] for voice in recording.quality.get("voices", [])]
    known = {str(at): at for at in [*offered, *recording.voice_at]}
    for value in values:
        if value not in known:
            listed = ", ".join(known) or "none"
            raise InputError(expected=f"a moment of a voice among {listed}", got=value)
    _choose(recording, voice_at=sorted({known[value] for value in values}))


def _choose(recording: Recording, **values: int | list[float] | None) -> None:
    if any(getattr(recording, name) != value for name, value in values.items()):
        for name, value in values.items():
            setattr(recording, name, value)
        recording.state = "new"  # the card is of what is read


def choice_of(recording: Recording) -> Chosen | None:
    """What somebody chose, as clips have it."""
    found = tracks_chosen(recording)._replace(voice_at=tuple(recording.voice_at) or None)
    return None if found == Chosen() else found


def tracks_chosen(recording: Recording) -> Chosen:
    """Likewise, without the voices in a channel, as players show it."""
    return Chosen(recording.audio_track, recording.audio_channel, recording.video_track)


def choice_cells(recording: Recording) -> dict[str, str]:
    """Likewise, as the columns of a manifest; empty where nobody chose."""
    cells = {name: str(value or "") for name, value in tracks_chosen(recording)._asdict().items()}
    return cells | {"voice_at": "; ".join(map(str, recording.voice_at))}
