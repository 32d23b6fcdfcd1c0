"""Which channel of which track of a file is the candidate's voice, and whether others speak too.

A track that says whose it is counts most, then whether anybody speaks in it, then the default flag,
then how much is spoken. Of the channels of a track one is read, never a sum of several: the same
voice on both of two channels, on one of them or upside down on one keeps its own level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import NamedTuple

import numpy as np

from trifold.contracts import Array
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound.heard import Channel, hear
from trifold.media.sound.voices import same_voice

SPEAKS_S, SPEAKS_SHARE = 0.5, 0.1  # less speech, also beside another channel's, is none
MUCH = 0.8  # of the most: channels with so much speech have the same right
SIDES = ("left", "right")


class Sound(NamedTuple):
    """What is read of a file's sound.

    Attributes:
        stream: index of the track in the file; None where there is no sound.
        channel: of the track; None where it has only one.
        remark: one line on other voices, empty where there is none.
    """

    stream: int | None
    channel: int | None = None
    remark: str = ""


def choose_sound(path: Path, *, track: int | None = None, decoder: Decoder | None = None) -> Sound:
    """Find the channel to read; files with one track of one channel are not decoded for that.

    Args:
        path: the media file.
        track: index of the one that somebody chose; None takes any.
        decoder: of the file; it keeps what it decodes of a short recording for who reads it next.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    heard = hear(path, track=track, decoder=decoder)
    if not heard.channels:
        return Sound(*heard.only)
    chosen = _best(heard.channels)
    remark = _remark(chosen, heard.channels, heard.numbers)
    stream, channel = chosen.place
    return Sound(stream, channel if chosen.has_channels else None, remark)


def voices_apart(path: Path, *, track: int | None = None) -> list[Channel]:
    """The channels that carry different voices, the one that is read first; one where none do.

    What one channel hears of another's voice does not count as its own speech.

    Args:
        path: the media file.
        track: index of the one that somebody chose; None takes all.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    channels = hear(path, track=track).channels
    if not channels:
        return []
    chosen = _best(channels)
    others: list[Channel] = []
    for voice in sorted(channels, key=lambda voice: -voice.speech_s):
        if voice is not chosen and _speaks(voice, 0.0) and not _same(chosen, voice):
            others += [] if any(_same(known, voice) for known in others) else [voice]
    apart = [chosen, *others]
    loudest = np.argmax([_loud(voice) for voice in apart], axis=0)
    return [replace(v, speech=v.speech & (loudest == k)) for k, v in enumerate(apart)]


def _loud(voice: Channel) -> Array:
    """(n,) energies over those of the channel's own speech: microphones differ in level."""
    own = voice.energies[voice.speech]
    return voice.energies / max(float(np.median(own)) if len(own) else 1.0, 1e-12)


def _best(voices: Sequence[Channel]) -> Channel:
    """The one to read; of equals the first."""
    most_s = max(voice.speech_s for voice in voices)

    def claim(voice: Channel) -> tuple[int, bool, bool, bool]:
        speaks = _speaks(voice, most_s)
        much = voice.speech_s >= MUCH * most_s
        return (voice.standing if speaks else -2, speaks, voice.default, much)

    first = max(voices, key=claim)
    own = [v for v in voices if v.place[0] == first.place[0]]  # channels of that track
    longest = max(own, key=lambda v: v.speech_s)
    able = [v for v in own if v.speech_s >= MUCH * longest.speech_s and _same(v, longest)]
    return max(able, key=lambda v: float(v.energies @ v.speech))


def _same(one: Channel, other: Channel) -> bool:
    spoken = one.speech | other.speech
    return one is other or same_voice(one.energies, other.energies, spoken)


def _speaks(voice: Channel, most_s: float) -> bool:
    return voice.speech_s >= max(SPEAKS_S, SPEAKS_SHARE * most_s)


def _remark(chosen: Channel, voices: Sequence[Channel], numbers: Sequence[int]) -> str:
    """One line on other voices than the chosen, unless tracks say whose they are.

    Args:
        chosen: one of the voices.
        voices: of all tracks.
        numbers: indices of the tracks in the file, in order.
    """
    others = [
        other
        for other in voices
        if other is not chosen
        and _speaks(other, 0.0)
        and not _is_known(chosen, other)
        and not _same(chosen, other)
    ]
    if not others:
        return ""
    stream, channel = chosen.place
    if all(other.place[0] == stream for other in others):
        return _remark_on_channels(channel, [other.place[1] for other in others])
    why = "default" if chosen.default else "the one with most speech"
    return (
        f"{len(numbers)} audio tracks with different voices; track"
        f" {numbers.index(stream) + 1} ({why}) was read"
    )


def _is_known(chosen: Channel, other: Channel) -> bool:
    """Whether titles say that one is the candidate and the other is not."""
    apart = chosen.place[0] != other.place[0]
    return apart and chosen.standing > other.standing


def _remark_on_channels(chosen: int, others: Sequence[int]) -> str:
    if {chosen, *others} == {0, 1}:
        said = "left and right channel carry different voices"
        return f"{said}; the {SIDES[chosen]}, where more is spoken, was read"
    numbers = ", ".join(str(channel + 1) for channel in sorted({chosen, *others}))
    said = f"channels {numbers} carry different voices"
    return f"{said}; channel {chosen + 1}, where more is spoken, was read"
