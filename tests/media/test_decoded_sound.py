"""Sound that was kept from looking at a file is the sound that decoding gives."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.media import voice
from tests.factories.recordings import Track, record
from trifold.media.container.probe import probe
from trifold.media.sound import decoded as kept
from trifold.media.sound.channel import read_channel
from trifold.media.sound.decoded import DecodedSound

SOUND = voice(2.0)


@pytest.fixture(scope="module")
def stereo(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("stereo") / "a.m4a"
    return record(path, tracks=[Track([SOUND, 0.5 * SOUND])])


def samples(path: Path, decoded: DecodedSound | None = None) -> np.ndarray:
    chunks = read_channel(path, channel=0, sample_rate_hz=8000, decoded=decoded)
    return np.concatenate([chunk.samples for chunk in chunks])


def test_kept_frames_give_the_samples_that_decoding_gives_again_and_again(stereo: Path) -> None:
    decoded = DecodedSound()
    probe(stereo, decoded=decoded)
    assert decoded.frames(0)
    for _ in range(2):
        np.testing.assert_array_equal(samples(stereo, decoded), samples(stereo))


def test_a_longer_recording_is_decoded_anew(stereo: Path, monkeypatch) -> None:
    monkeypatch.setattr(kept, "MOST_SAMPLES", 1000)
    decoded = DecodedSound()
    probe(stereo, decoded=decoded)
    assert decoded.frames(0) is None
    np.testing.assert_array_equal(samples(stereo, decoded), samples(stereo))


def test_frames_of_a_file_that_was_not_looked_at_to_its_end_are_not_taken(stereo: Path) -> None:
    decoded = DecodedSound()
    probe(stereo, decoded=decoded)
    partly = DecodedSound()
    partly.add(0, (decoded.frames(0) or [])[0])
    assert partly.frames(0) is None
