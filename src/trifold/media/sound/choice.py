"""Which channel of which track of a file is the candidate's voice, and whether others speak too.

A track that says whose it is counts most, then whether anybody speaks in it, then the default flag,
then how much is spoken. Of the channels of a track one is read, never a sum of several: the same
voice on both of two channels, on one of them or upside down on one keeps its own level.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path
from typing import NamedTuple

import numpy as np
from av.audio.stream import AudioStream

from trifold.contracts import Array
from trifold.media.container.opening import open_media
from trifold.media.container.tracks import audio_streams, only_default, standing
from trifold.media.sound.activity import WINDOW_S, with_speech
from trifold.media.sound.channel import read_channel
from trifold.media.sound.levels import LISTENED_S, ChannelLevels, measure_levels
from trifold.media.sound.voices import same_voice

MOST_TRACKS, MOST_VOICES = 16, 8  # that are looked at and listened to
NOTHING = 1e-7  # mean square (-70 dB): dither and the hum of an open plug
ALIKE = 0.9  # correlation of two channels that carry the same, apart from their level
SPEAKS_S, SPEAKS_SHARE = 0.5, 0.1  # less speech, also beside another channel's, is none
MUCH = 0.8  # of the most: channels with so much speech have the same right
SPOKEN = 0.5  # probability of speech
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


@dataclass(frozen=True)
class Channel:
    """One channel that may be the candidate's.

    Attributes:
        place: stream index and channel.
        energies: (n,) mean squares per window on the file's clock.
        speech: (n,) True where somebody speaks.
        standing: what the track says of itself: 1 the candidate's, -1 somebody else's, else 0.
        default: True for the only track that is flagged so.
        has_channels: whether the track has several.
    """

    place: tuple[int, int]
    energies: Array
    speech: Array
    standing: int
    default: bool
    has_channels: bool = False

    @property
    def speech_s(self) -> float:
        """Seconds of speech."""
        return float(self.speech.sum()) * WINDOW_S


def choose_sound(path: Path) -> Sound:
    """Find the channel to read; files with one track of one channel are not decoded for that.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    heard = _heard(path)
    if isinstance(heard, Sound):
        return heard
    voices, numbers = heard
    chosen = _best(voices)
    remark = _remark(chosen, voices, numbers)
    stream, channel = chosen.place
    return Sound(stream, channel if chosen.has_channels else None, remark)


def voices_apart(path: Path) -> list[Channel]:
    """The channels that carry different voices, the one that is read first; one where none do.

    What one channel hears of another's voice does not count as its own speech.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    heard = _heard(path)
    if isinstance(heard, Sound):
        return []
    chosen = _best(heard[0])
    others: list[Channel] = []
    for voice in sorted(heard[0], key=lambda voice: -voice.speech_s):
        if voice is not chosen and _speaks(voice, 0.0) and not _same(chosen, voice):
            others += [] if any(_same(known, voice) for known in others) else [voice]
    apart = [chosen, *others]
    loudest = np.argmax([_loud(voice) for voice in apart], axis=0)
    return [replace(v, speech=v.speech & (loudest == k)) for k, v in enumerate(apart)]


def is_titled(path: Path, stream: int | None) -> bool:
    """Whether a track says of itself that it is the candidate's, beside others.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    with open_media(path) as container:
        streams = audio_streams(container)
        return len(streams) > 1 and any(s.index == stream and standing(s) > 0 for s in streams)


def _heard(path: Path) -> Sound | tuple[list[Channel], list[int]]:
    """What there is to choose from, and the numbers of all tracks; the sound where nothing is."""
    with open_media(path) as container:
        streams = audio_streams(container)[:MOST_TRACKS]
        if not streams:
            return Sound(None)
        if len(streams) == 1 and streams[0].codec_context.channels == 1:
            return Sound(streams[0].index)
        levels = measure_levels(container, streams)
        places = _places(levels, streams)
        several = {s.index for s in streams if s.codec_context.channels > 1}
        if len(places) < 2:
            stream, channel = places[0] if places else (streams[0].index, 0)
            return Sound(stream, channel if stream in several else None)
        return _listen(path, places, levels, streams), sorted(s.index for s in streams)


def _loud(voice: Channel) -> Array:
    """(n,) energies over those of the channel's own speech: microphones differ in level."""
    own = voice.energies[voice.speech]
    return voice.energies / max(float(np.median(own)) if len(own) else 1.0, 1e-12)


def _places(
    levels: Mapping[int, ChannelLevels], streams: Sequence[AudioStream]
) -> list[tuple[int, int]]:
    """Channels that are not silent and of each track not the same as a louder one."""
    found: list[tuple[float, tuple[int, int]]] = []
    for stream in streams:
        if stream.index not in levels:
            continue
        powers, likeness = levels[stream.index].powers(), levels[stream.index].likeness()
        kept: list[int] = []
        half_dbs = np.round(20 * np.log10(powers + NOTHING))  # of equals the first
        for channel in np.argsort(-half_dbs, kind="stable").tolist():
            if powers[channel] > NOTHING and all(likeness[channel, k] < ALIKE for k in kept):
                kept.append(channel)
                found.append((float(powers[channel]), (stream.index, channel)))
    loudest = sorted(found, key=lambda one: -one[0])[:MOST_VOICES]
    return sorted(place for _, place in loudest)


def _listen(
    path: Path,
    places: Sequence[tuple[int, int]],
    levels: Mapping[int, ChannelLevels],
    streams: Sequence[AudioStream],
) -> list[Channel]:
    default = only_default(streams)
    standings = {s.index: standing(s) for s in streams}
    several = {s.index for s in streams if s.codec_context.channels > 1}
    speech = {place: _speech(path, place) for place in places}
    n = max(len(heard) for heard in speech.values())
    return [
        Channel(
            place=place,
            energies=levels[place[0]].envelope(place[1], n),
            speech=np.pad(speech[place], (0, n - len(speech[place]))),
            standing=standings[place[0]],
            default=place[0] == default,
            has_channels=place[0] in several,
        )
        for place in places
    ]


def _speech(path: Path, place: tuple[int, int]) -> Array:
    """(n,) True in windows where somebody speaks in one channel."""
    stream, channel = place
    whole = read_channel(path, stream=stream, channel=channel)
    chunks = takewhile(lambda chunk: chunk.start_s < LISTENED_S, whole)
    heard = [c.speech >= SPOKEN for c in with_speech(chunks) if c.speech is not None]
    return np.concatenate(heard) if heard else np.zeros(0, bool)


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
