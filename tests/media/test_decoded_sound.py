"""Sound that was kept from looking at a file is the sound that decoding gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import voice
from tests.factories.recordings import Track, record
from trifold.media.container.file import MediaFile, media_file
from trifold.media.container.probe import probe
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound import decoded as kept
from trifold.media.sound.channel import read_channel
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.measuring import measure_sound
from trifold.media.sound.waveform import waveform

SOUND = voice(2.0)


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stereo") / "a.m4a"
    return record(path, tracks=[Track([SOUND, 0.5 * SOUND])])


def samples(media: MediaFile, decoded: DecodedSound) -> np.ndarray:
    settings = {"stream": None, "channel": 0, "sample_rate_hz": 8000, "chunk_s": 10.0}
    return np.concatenate(list(waveform(media, decoded, **settings)))


def test_kept_frames_give_the_samples_that_decoding_gives_again_and_again(stereo: Path) -> None:
    decoded = DecodedSound()
    with media_file(stereo) as media:
        measure_sound(media, decoded, track=None)
        assert decoded.frames(0)
        for _ in range(2):
            np.testing.assert_array_equal(samples(media, decoded), samples(media, DecodedSound()))


def test_a_longer_recording_is_decoded_anew(stereo: Path, monkeypatch) -> None:
    monkeypatch.setattr(kept, "MOST_SAMPLES", 1000)
    decoded = DecodedSound()
    with media_file(stereo) as media:
        measure_sound(media, decoded, track=None)
        assert decoded.frames(0) is None
        np.testing.assert_array_equal(samples(media, decoded), samples(media, DecodedSound()))


def test_frames_of_a_file_that_was_not_looked_at_to_its_end_are_not_taken(stereo: Path) -> None:
    decoded, partly = DecodedSound(), DecodedSound()
    with media_file(stereo) as media:
        measure_sound(media, decoded, track=None)
    partly.add(0, (decoded.frames(0) or [])[0])
    assert partly.frames(0) is None


def test_what_is_looked_at_twice_is_kept_once(stereo: Path) -> None:
    decoded = DecodedSound()
    with media_file(stereo) as media:
        for track in (None, 0):
            measure_sound(media, decoded, track=track)
        np.testing.assert_array_equal(samples(media, decoded), samples(media, DecodedSound()))


def test_a_decoder_that_looked_gives_what_another_gives(stereo: Path) -> None:
    looked = Decoder(stereo)
    probe(stereo, decoder=looked)
    ours, others = (
        [chunk.samples for chunk in read_channel(stereo, channel=0, decoder=decoder)]
        for decoder in (looked, None)
    )
    looked.forget()
    for again in (ours, [c.samples for c in read_channel(stereo, channel=0, decoder=looked)]):
        np.testing.assert_array_equal(np.concatenate(again), np.concatenate(others))
