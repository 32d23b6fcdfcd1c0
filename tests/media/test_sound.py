"""Whose voice is read of several tracks and channels, at what level, and what is said of others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from tests.factories.recordings import (
    Codec,
    Track,
    candidate,
    interviewer,
    mono,
    pictures,
    record,
)
from trifold.encoders.audio.stream import Tally
from trifold.media.container.file import MediaFile
from trifold.media.container.probe import probe
from trifold.media.sound.activity import with_speech
from trifold.media.sound.channel import read_channel
from trifold.media.sound.choice import choose_sound
from trifold.media.sound.decoded import DecodedSound
from trifold.media.sound.measuring import measure_sound
from trifold.media.sound.stream import read_audio

SECONDS = 6.0
NOISE = (1e-3 * np.random.default_rng(0).standard_normal(int(16000 * SECONDS))).astype(np.float32)
SILENCE = np.zeros_like(NOISE)


def quality(path: Path) -> dict[str, float]:
    tally = Tally()
    for _ in tally.watch(with_speech(read_audio(path))):
        pass
    return tally.quality()


@pytest.fixture(scope="module")
def alone(tmp_path_factory) -> dict[str, float]:
    """What a mono recording of the candidate gives."""
    path = tmp_path_factory.mktemp("alone") / "a.m4a"
    return quality(record(path, tracks=[Track(mono(candidate()))]))


def in_a_room(samples: np.ndarray, *, late_s: float = 0.0) -> np.ndarray:
    """As a second, distant microphone hears it."""
    generator = np.random.default_rng(1)
    n = 4800
    echo = generator.standard_normal(n) * 10 ** (-3 * np.arange(n) / n)
    heard = np.convolve(samples, echo / np.sqrt(np.square(echo).sum()))[: len(samples)]
    late = np.roll(heard, round(late_s * 16000))
    return (0.5 * late + 1e-3 * generator.standard_normal(len(late))).astype(np.float32)


LAYOUTS = {
    "both": lambda v: [v, v],
    "left": lambda v: [v, SILENCE],
    "right": lambda v: [SILENCE, v],
    "antiphase": lambda v: [v, -v],
    "panned": lambda v: [0.3 * v, v],
    "one with noise": lambda v: [NOISE, v],
    "with its echo": lambda v: [v, in_a_room(v)],
    "5.1 centre": lambda v: [0.1 * v, 0.1 * v, v, SILENCE, SILENCE, SILENCE],
}


@pytest.mark.parametrize("layout", LAYOUTS)
def test_one_voice_keeps_its_own_level_on_any_channels(tmp_path: Path, alone, layout) -> None:
    samples = np.stack(LAYOUTS[layout](candidate())).astype(np.float32)
    path = record(tmp_path / "a.m4a", tracks=[Track(samples)])
    found = quality(path)
    assert found["level_db"] == pytest.approx(alone["level_db"], abs=0.3)
    assert found["clipped_fraction"] == 0
    assert found["speech_s"] == pytest.approx(alone["speech_s"], abs=0.35)
    assert not probe(path).remarks


def test_the_same_loud_voice_on_both_channels_is_not_clipped(tmp_path: Path) -> None:
    loud = 0.95 * candidate() / np.abs(candidate()).max()
    path = record(tmp_path / "a.wav", tracks=[Track(np.stack([loud, loud]), "pcm_s16le")])
    assert quality(path)["clipped_fraction"] == 0


def silent_first(voice: np.ndarray) -> list[Track]:
    return [Track(mono(SILENCE)), Track(mono(voice))]


TRACKS = {
    "silent first": silent_first,
    "noise first": lambda v: [Track(mono(NOISE), default=True), Track(mono(v), default=False)],
    "same voice twice": lambda v: [Track(mono(v)), Track(mono(0.9 * v))],
    "a second microphone, late": lambda v: [Track(mono(v)), Track(mono(in_a_room(v, late_s=0.2)))],
    "titled": lambda v: [
        Track(mono(interviewer()), title="Interviewer", default=True),
        Track(mono(v), title="Candidate", default=False),
    ],
    "music beside it": lambda v: [
        Track(mono(interviewer()), title="Desktop audio"), Track(mono(v), title="Mic")
    ],
}  # fmt: skip


@pytest.mark.parametrize("layout", TRACKS)
def test_the_candidates_track_is_read(tmp_path: Path, alone, layout) -> None:
    path = record(tmp_path / "a.mkv", tracks=TRACKS[layout](candidate()))
    found = quality(path)
    assert found["level_db"] == pytest.approx(alone["level_db"], abs=0.5)
    assert found["speech_s"] == pytest.approx(alone["speech_s"], abs=0.35)
    assert not probe(path).remarks


def dialogue() -> tuple[np.ndarray, np.ndarray]:
    """Question and answer: the other is silent meanwhile."""
    asked, said = interviewer()[: 16000 * 3], candidate()
    return np.pad(asked, (0, len(said))), np.pad(said, (len(asked), 0))


def test_two_people_on_two_channels_are_told(tmp_path: Path) -> None:
    asked, said = dialogue()
    path = record(tmp_path / "a.m4a", tracks=[Track(np.stack([asked, said]))])
    info = probe(path)
    assert info.remarks["SEVERAL_SPEAKERS"] == (
        "left and right channel carry different voices; the right, where more is spoken, was read"
    )
    assert (info.audio_stream, info.audio_channel) == (0, 1)


@pytest.mark.parametrize(("name", "codec"), [("a.ts", "aac"), ("a.flv", "libmp3lame")])
def test_also_where_an_encoder_puts_something_before_the_first_picture(
    tmp_path: Path, name: str, codec: str
) -> None:
    tracks = [Track(np.stack(dialogue()), codec, 44100)]
    seen = Codec("mpeg2video" if name == "a.ts" else "flv1", rate_hz=25)
    info = probe(record(tmp_path / name, shown=pictures(), codec=seen, tracks=tracks))
    assert "SEVERAL_SPEAKERS" in info.remarks
    assert info.audio_channel == 1


def test_also_where_a_sound_card_adds_an_offset_to_both(tmp_path: Path) -> None:
    samples = np.stack(dialogue()) + np.float32(0.2)
    info = probe(record(tmp_path / "a.wav", tracks=[Track(samples, "pcm_s16le", 16000)]))
    assert "SEVERAL_SPEAKERS" in info.remarks
    assert info.audio_channel == 1


@pytest.mark.parametrize("crosstalk", [0.1, 0.3])
def test_also_where_each_microphone_hears_the_other(tmp_path: Path, crosstalk: float) -> None:
    asked, said = dialogue()
    both = np.stack([asked + crosstalk * said, said + crosstalk * asked])
    path = record(tmp_path / "a.m4a", tracks=[Track(both)])
    assert "SEVERAL_SPEAKERS" in probe(path).remarks


def test_two_people_on_two_tracks_are_told(tmp_path: Path) -> None:
    asked, said = dialogue()
    tracks = [Track(mono(asked), default=False), Track(mono(said), default=True)]
    info = probe(record(tmp_path / "a.mkv", tracks=tracks))
    assert info.audio_stream == 1
    assert info.remarks["SEVERAL_SPEAKERS"] == (
        "2 audio tracks with different voices; track 2 (default) was read"
    )


def test_a_mix_beside_the_candidate_alone_is_told(tmp_path: Path) -> None:
    asked, said = dialogue()
    path = record(tmp_path / "a.mkv", tracks=[Track(mono(asked + said)), Track(mono(said))])
    assert "SEVERAL_SPEAKERS" in probe(path).remarks


def test_the_last_of_many_tracks_is_found(tmp_path: Path) -> None:
    """As mixing desks write them: a track for every plug."""
    tracks = [Track(mono(SILENCE), "pcm_s16le", 16000)] * 23
    tracks.append(Track(mono(candidate()), "pcm_s16le", 16000))
    assert probe(record(tmp_path / "a.mkv", tracks=tracks)).audio_stream == 23


def test_one_track_of_one_channel_is_not_decoded_to_choose(tmp_path: Path, monkeypatch) -> None:
    path = record(tmp_path / "a.m4a", tracks=[Track(mono(candidate()))])
    monkeypatch.delattr("trifold.media.sound.measuring.measure_levels")
    with path.open("rb") as opened:
        media = MediaFile(opened.fileno(), path.suffix, path.stat().st_size)
        _, levels = measure_sound(media, DecodedSound(), track=None)
    assert not levels
    found = choose_sound(path)
    assert (found.stream, found.channel, found.remark) == (0, None, "")


def test_a_channel_is_read_as_it_is(tmp_path: Path) -> None:
    samples = np.stack([candidate(), 0.5 * interviewer()])
    path = record(tmp_path / "a.wav", tracks=[Track(samples, "pcm_s16le", 16000)])
    for channel in (0, 1):
        read = np.concatenate([c.samples for c in read_channel(path, stream=0, channel=channel)])
        np.testing.assert_allclose(read, samples[channel], atol=1e-4)
