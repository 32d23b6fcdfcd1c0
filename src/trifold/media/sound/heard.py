"""What there is to choose from in a file's sound: the channels of its tracks that differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import takewhile
from pathlib import Path

import numpy as np

from trifold.contracts import Array
from trifold.media.container.facts import SOUND, StreamFacts
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound.activity import WINDOW_S, with_speech
from trifold.media.sound.channel import read_channel
from trifold.media.sound.levels import LISTENED_S, ChannelLevels

MOST_VOICES = 8  # that are listened to
NOTHING = 1e-7  # mean square (-70 dB): dither and the hum of an open plug
ALIKE = 0.9  # correlation of two channels that carry the same, apart from their level
SPOKEN = 0.5  # probability of speech


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


@dataclass(frozen=True)
class Heard:
    """The channels of a file.

    Attributes:
        only: track and channel where there is nothing to choose; channel None for a track of one.
        channels: that may be the candidate's, at least two; none where there is nothing to choose.
        numbers: indices of the tracks in the file, in order.
    """

    only: tuple[int | None, int | None] = (None, None)
    channels: Sequence[Channel] = ()
    numbers: Sequence[int] = ()


def hear(path: Path, *, track: int | None = None, decoder: Decoder | None = None) -> Heard:
    """What there is to choose from; files with one track of one channel are not decoded for that.

    Args:
        path: the media file.
        track: index of the only one that is looked at; None looks at all.
        decoder: of the file; it keeps what it decodes of a short recording.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    decoder = decoder or Decoder(path)
    found, levels = decoder.levels(track=track)
    streams = found.of(SOUND)
    if not streams:
        return Heard()
    if len(streams) == 1 and streams[0].channels == 1:
        return Heard((streams[0].index, None))
    places = _places(levels, streams)
    several = {s.index for s in streams if s.channels > 1}
    if len(places) < 2:
        stream, channel = places[0] if places else (streams[0].index, 0)
        return Heard((stream, channel if stream in several else None))
    numbers = sorted(s.index for s in streams)
    return Heard(channels=_listen(decoder, places, levels, streams), numbers=numbers)


def is_titled(path: Path, stream: int | None) -> bool:
    """Whether a track says of itself that it is the candidate's, beside others.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    streams = Decoder(path).streams().of(SOUND)
    return len(streams) > 1 and any(s.index == stream and s.standing > 0 for s in streams)


def _places(
    levels: Mapping[int, ChannelLevels], streams: Sequence[StreamFacts]
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
    decoder: Decoder,
    places: Sequence[tuple[int, int]],
    levels: Mapping[int, ChannelLevels],
    streams: Sequence[StreamFacts],
) -> list[Channel]:
    flagged = [s.index for s in streams if s.is_default]
    default = flagged[0] if len(flagged) == 1 else None  # of several, none says more than another
    known = {s.index: s for s in streams}
    speech = {place: _speech(decoder, place) for place in places}
    n = max(len(heard) for heard in speech.values())
    return [
        Channel(
            place=place,
            energies=levels[place[0]].envelope(place[1], n),
            speech=np.pad(speech[place], (0, n - len(speech[place]))),
            standing=known[place[0]].standing,
            default=place[0] == default,
            has_channels=known[place[0]].channels > 1,
        )
        for place in places
    ]


def _speech(decoder: Decoder, place: tuple[int, int]) -> Array:
    """(n,) True in windows where somebody speaks in one channel."""
    stream, channel = place
    whole = read_channel(decoder.path, stream=stream, channel=channel, decoder=decoder)
    chunks = takewhile(lambda chunk: chunk.start_s < LISTENED_S, whole)
    heard = [c.speech >= SPOKEN for c in with_speech(chunks) if c.speech is not None]
    return np.concatenate(heard) if heard else np.zeros(0, bool)
