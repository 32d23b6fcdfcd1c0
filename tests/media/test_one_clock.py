"""Sound and picture of a file keep to one clock, however its stamps jump; so does its length."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.factories.marked_media import Moved, flashes_s, tones_s, unmoved, write_marked
from trifold.media.container.clock import LONGEST_DARK_S, Clock, Seam, Timeline
from trifold.media.container.probe import probe
from trifold.media.decoder.decoder import Decoder
from trifold.media.sound.stream import read_audio
from trifold.media.sound.voices import WINDOW_S

FRAME_S = 0.1


def shifted(by_s: float, from_s: float = -1.0) -> Moved:
    return lambda time_s: time_s + by_s * (time_s >= from_s)


@pytest.mark.parametrize(
    ("suffix", "pause_s", "second_s"),
    [
        (".mkv", 30.0, 33.0),
        (".mp4", 30.0, 33.0),
        (".mkv", 700.0, 3.0),  # neither seen nor heard for so long: no time of the recording
        (".webm", 700.0, 3.0),
        (".mp4", 700.0, 703.0),  # states how long each picture stays
    ],
)
def test_a_pause_parts_nothing(
    tmp_path: Path, suffix: str, pause_s: float, second_s: float
) -> None:
    moved = shifted(pause_s, from_s=2.0)
    path = write_marked(tmp_path / f"a{suffix}", seen=moved, heard=moved)
    assert flashes_s(path) == pytest.approx([1.0, second_s], abs=FRAME_S)
    assert tones_s(path) == pytest.approx([1.0, second_s], abs=FRAME_S)
    assert probe(path).duration_s == pytest.approx(second_s + 1, abs=FRAME_S)


def test_one_of_two_that_is_off_for_long_comes_back_in_time(tmp_path: Path) -> None:
    """As a microphone that was muted while the camera went on, with few pictures."""
    path = write_marked(tmp_path / "a.mkv", seen=lambda t: 250 * t, heard=shifted(650.0, 2.0))
    assert tones_s(path) == pytest.approx([1.0, 653.0], abs=FRAME_S)
    assert flashes_s(path) == pytest.approx([250.0, 750.0], abs=FRAME_S)


def test_one_that_begins_long_after_the_other_is_late(tmp_path: Path) -> None:
    path = write_marked(tmp_path / "a.mkv", seen=lambda t: 250 * t, heard=shifted(650.0))
    assert tones_s(path) == pytest.approx([651.0, 653.0], abs=FRAME_S)


def test_joined_recordings_whose_sound_is_shorter_stay_together(tmp_path: Path) -> None:
    part = write_marked(tmp_path / "part.ts", heard_seconds=3.6)
    joined = tmp_path / "a.ts"
    joined.write_bytes(part.read_bytes() * 4)
    seen, heard = flashes_s(joined), tones_s(joined)
    assert len(seen) == 8
    assert seen == pytest.approx(heard, abs=FRAME_S)
    assert probe(joined).duration_s == pytest.approx(16.0, abs=4 * FRAME_S)


def squeezed(time_s: float) -> float:
    """Over .6 s of sound, stamps hardly go on."""
    return time_s if time_s < 0.3 else max(0.3 + 0.05 * (time_s - 0.3), time_s - 0.6)


@pytest.mark.parametrize(("moved", "last_s"), [(squeezed, 5.4), (shifted(0.6, from_s=0.3), 6.6)])
def test_sound_of_which_there_is_more_or_less_than_time_goes_back_to_its_stamps(
    tmp_path: Path, moved: Moved, last_s: float
) -> None:
    path = write_marked(tmp_path / "a.webm", heard=moved, seconds=8.0)
    assert tones_s(path)[-1] == pytest.approx(last_s, abs=FRAME_S)
    assert flashes_s(path) == pytest.approx([1.0, 3.0, 6.0], abs=1e-3)


def test_stamps_that_come_in_bursts_cost_no_sound(tmp_path: Path) -> None:
    def bursts(time_s: float) -> float:
        return 0.3 * (time_s // 0.3) + 0.1 * (time_s % 0.3)

    heard = []
    for name, moved in (("even", unmoved), ("uneven", bursts)):
        path = write_marked(tmp_path / f"{name}.webm", seen=None, heard=moved, seconds=8.0)
        samples = np.concatenate([chunk.samples for chunk in read_audio(path)])
        heard.append(int((np.abs(samples) > 0.08).sum()))
    assert heard[1] == pytest.approx(heard[0], rel=0.01)


def test_a_recording_that_starts_at_a_later_stamp_is_whole(tmp_path: Path) -> None:
    path = write_marked(tmp_path / "a.mkv", seen=shifted(50.0), heard=shifted(50.0))
    info = probe(path)
    assert not info.remarks
    assert (info.duration_s, info.declared_s) == pytest.approx((4.0, 4.0), abs=FRAME_S)
    assert tones_s(path) == pytest.approx([1.0, 3.0], abs=FRAME_S)


def test_what_is_attached_is_none_of_the_recording(tmp_path: Path) -> None:
    def attach(target: Any) -> None:
        target.add_attachment("cover.png", "image/png", PIXEL)

    path = write_marked(tmp_path / "a.mkv", beside=attach)
    info = probe(path)
    assert not info.remarks
    assert info.has_video
    assert flashes_s(path) == pytest.approx([1.0, 3.0], abs=1e-3)


PIXEL = bytes.fromhex(
    "89504e470d0a1a0a0000000d4948445200000001000000010800000000"
    "3a7e9b550000000a49444154789c63600000000200014873c4180000000049454e44ae426082"
)


def test_a_jump_of_one_stream_alone_is_its_own() -> None:
    """A stamp that makes no sense, then the right ones again: the other stream stays as it is."""
    timeline = Timeline(0.0)
    for n in range(1000):
        timeline.add(0, n * 0.1, None, 0.1)
        timeline.add(1, 1e7 if n == 500 else n * 0.1, None, 0.1)
    assert timeline.seams(0) == []
    assert timeline.end_s(0) == pytest.approx(100.0)
    assert timeline.end_s(1) == pytest.approx(100.0, abs=0.3)
    assert len(timeline.seams(1)) == 2


def test_a_clock_gives_the_times_of_the_timeline() -> None:
    timeline = Timeline(10.0)
    for stamps_s in ((10.0, 10.0), (11.0, 10.5), (12.0, None), (5.0, 5.0), (6.0, 5.5)):
        for stream, (stamp_s, length_s) in enumerate(zip(stamps_s, (1.0, 0.5), strict=True)):
            if stamp_s is not None:
                timeline.add(stream, stamp_s, None, length_s)
    clock = Clock(10.0, seams=lambda: timeline.seams(1))
    assert [clock.time(stamp_s, 0.5) for stamp_s in (10.0, 10.5, 5.0, 5.5)] == [0.0, 0.5, 3.0, 3.5]
    assert clock.end_s == timeline.end_s(1)


@pytest.mark.parametrize(("ahead_s", "time_s"), [(LONGEST_DARK_S, LONGEST_DARK_S + 1), (1e6, 1.0)])
def test_only_a_gap_that_can_be_is_believed(ahead_s: float, time_s: float) -> None:
    clock = Clock(0.0, seams=list[Seam])
    clock.time(0.0, 1.0)
    assert clock.time(1.0 + ahead_s, 1.0) == time_s


def test_stamps_without_jumps_ask_for_nothing() -> None:
    def never() -> list[Seam]:
        raise AssertionError

    clock = Clock(0.0, seams=never)
    assert [clock.time(unmoved(stamp_s), 1.0) for stamp_s in (0.0, 0.5, 3.0)] == [0.0, 0.5, 3.0]


def test_energies_stand_where_the_sound_is(tmp_path: Path) -> None:
    """Tracks of a call pause: nothing is sent while nobody speaks."""
    moved = shifted(2.0, from_s=2.0)
    path = write_marked(tmp_path / "a.mka", seen=None, heard=moved, beside=another_track)
    facts, levels = Decoder(path).levels(track=None)
    assert len(facts.streams) == 2
    loud = np.flatnonzero(levels[1].envelope(0, 187) > 1e-3) * WINDOW_S
    assert loud.min() == pytest.approx(1.0, abs=0.07)
    assert loud.max() == pytest.approx(5.2, abs=0.07)


def another_track(target: Any) -> None:
    """One that nobody is heard in, so that there is something to choose."""
    target.add_stream("pcm_s16le", rate=16000, layout="mono")
