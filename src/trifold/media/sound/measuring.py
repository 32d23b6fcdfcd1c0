"""What there is to choose from in a file's sound, told by the process that opens it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from trifold.contracts import Array
from trifold.media.container.contents import streams_of
from trifold.media.container.facts import SOUND, FileFacts
from trifold.media.container.file import MediaFile
from trifold.media.container.opening import one_threaded, open_media
from trifold.media.container.tracks import audio_streams
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.levels import ChannelLevels, measure_levels

MOST_TRACKS = 32  # that are looked at


def measure_sound(
    media: MediaFile, kept: DecodedSound, *, track: int | None
) -> tuple[FileFacts, dict[int, ChannelLevels]]:
    """The tracks of a file, and their levels where there is something to choose.

    Args:
        media: the file.
        kept: gets what is decoded of a short recording.
        track: index of the only one that is looked at; None looks at all.

    Raises:
        DecodeError: when the file cannot be opened.
    """
    kept.forget()  # what is decoded again is not to stand there twice
    with open_media(media) as container:
        found = [s for s in audio_streams(container) if track in (None, s.index)][:MOST_TRACKS]
        looked_at = {stream.index for stream in found}
        of_sound = FileFacts(streams_of(container)).of(SOUND)
        facts = FileFacts([stream for stream in of_sound if stream.index in looked_at])
        if not found or (len(found) == 1 and found[0].codec_context.channels == 1):
            return facts, {}
        for stream in found:
            one_threaded(stream)
        return facts, measure_levels(media, container, found, decoded=kept)


def packed(levels: Mapping[int, ChannelLevels]) -> tuple[list[list[float]], list[Array]]:
    """Levels as numbers and arrays, for the way between processes."""
    numbers = [[index, one.n_samples, one.start_s] for index, one in levels.items()]
    arrays = []
    for one in levels.values():
        energies = np.concatenate(one.energies) if one.energies else np.zeros((0, one.n_channels))
        arrays += [one.products, energies]
    return numbers, arrays


def unpacked(numbers: object, arrays: Sequence[Array]) -> dict[int, ChannelLevels]:
    """Levels from what ``packed`` gave.

    Raises:
        ValueError: where that is something else.
    """
    if not isinstance(numbers, list) or len(arrays) != 2 * len(numbers):
        raise ValueError("no levels")
    found = {}
    for told, products, energies in zip(numbers, arrays[::2], arrays[1::2], strict=True):
        index, n_samples, start_s = told
        if type(index) is not int or type(n_samples) is not int:
            raise ValueError("no numbers of samples")
        if not isinstance(start_s, int | float):
            raise ValueError("no start")
        if energies.ndim != 2 or products.shape != (energies.shape[1],) * 2:
            raise ValueError("levels of other channels than products")
        found[index] = ChannelLevels(products, [energies], n_samples, float(start_s))
    return found
