"""A part of a recording encoded anew: that part changes, and nothing else."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.media import face_frames, voice, write_media
from trifold.errors import DecodeError
from trifold.robustness.recoding import PictureCode, SoundCode, with_pictures, with_sound
from trifold.robustness.transcoding import Kind, samples_of, transcode


@pytest.fixture(scope="module")
def recording(tmp_path_factory) -> Path:
    """Two seconds at 30 frames a second, as cameras record them."""
    path = tmp_path_factory.mktemp("recoding") / "a.mp4"
    images = face_frames(2.0, rate_hz=30)
    return write_media(path, images=images, audio=voice(2.0), frame_rate_hz=30)


def pictures(path: Path) -> list[tuple[float, int, np.ndarray]]:
    """Seconds, degrees turned, and pixels of each frame."""
    with av.open(str(path)) as container:
        return [(float(f.time), f.rotation, f.to_ndarray(format="rgb24"))
                for f in container.decode(video=0)]  # fmt: skip


def test_a_code_changes_the_picture_and_leaves_times_and_sound(recording, tmp_path: Path) -> None:
    found = with_pictures(recording, tmp_path, {"good": PictureCode(18), "bad": PictureCode(45)})
    before = pictures(recording)
    loss = []
    for name in ("good", "bad"):
        after = pictures(found[name])
        assert [t for t, _, _ in after] == pytest.approx([t for t, _, _ in before], abs=1e-4)
        loss.append(np.mean([np.abs(a[2].astype(int) - b[2]).mean()
                             for a, b in zip(after, before, strict=True)]))  # fmt: skip
        np.testing.assert_array_equal(samples_of(found[name])[0], samples_of(recording)[0])
    assert 0 < loss[0] < loss[1]


def test_files_of_one_pass_are_those_of_a_pass_each(recording, tmp_path: Path) -> None:
    codes = {"a": PictureCode(30), "b": PictureCode(40), "c": PictureCode(20, rate_hz=25.0)}
    (tmp_path / "alone").mkdir()
    together = with_pictures(recording, tmp_path, codes)
    for name, code in codes.items():
        alone = with_pictures(recording, tmp_path / "alone", {name: code})[name]
        for one, other in zip(pictures(together[name]), pictures(alone), strict=True):
            assert one[0] == other[0]
            np.testing.assert_array_equal(one[2], other[2])


def test_at_a_rate_each_picture_stands_until_the_next(recording, tmp_path: Path) -> None:
    (path,) = with_pictures(recording, tmp_path, {"a": PictureCode(18, rate_hz=25.0)}).values()
    times_s = [t for t, _, _ in pictures(path)]
    assert times_s == pytest.approx([k / 25 for k in range(len(times_s))], abs=1e-4)
    assert len(times_s) == 50


def test_a_turned_picture_stays_turned(recording, tmp_path: Path) -> None:
    turned = tmp_path / "turned.mp4"
    with av.open(str(recording)) as reading, av.open(str(turned), "w") as writing:
        copy = writing.add_stream_from_template(reading.streams.video[0])
        copy.set_display_rotation(90)
        for packet in reading.demux(video=0):
            if packet.dts is not None:
                packet.stream = copy
                writing.mux(packet)
    assert pictures(turned)[0][1] != 0
    (path,) = with_pictures(turned, tmp_path, {"a": PictureCode(18)}).values()
    assert pictures(path)[0][1] == pictures(turned)[0][1]


def test_a_code_of_the_sound_leaves_the_picture(recording, tmp_path: Path) -> None:
    path = with_sound(recording, tmp_path / "s", SoundCode("libopus", layout="both", bps=16_000))
    for one, other in zip(pictures(path), pictures(recording), strict=True):
        np.testing.assert_array_equal(one[2], other[2])
    with av.open(str(path)) as container:
        assert container.streams.audio[0].channels == 2
    assert len(samples_of(path)[0]) / samples_of(path)[1] == pytest.approx(2.0, abs=0.1)


def test_what_is_not_there_cannot_be_encoded(recording, tmp_path: Path) -> None:
    heard = write_media(tmp_path / "heard.m4a", audio=voice(1.0))
    seen = write_media(tmp_path / "seen.mp4", images=face_frames(0.5))
    with pytest.raises(DecodeError, match=r"heard.*a recording with a picture"):
        with_pictures(heard, tmp_path, {"a": PictureCode(18)})
    with pytest.raises(DecodeError, match=r"seen.*a recording with sound"):
        with_sound(seen, tmp_path / "s", SoundCode("aac"))
    (tmp_path / "no.mp4").write_bytes(b"no recording")
    with pytest.raises(DecodeError, match=r"no\.mp4: expected a media file that can be opened"):
        with_pictures(tmp_path / "no.mp4", tmp_path, {"a": PictureCode(18)})


def test_a_whole_recording_keeps_its_rate(recording, tmp_path: Path) -> None:
    path = transcode(recording, tmp_path / "x.mp4", Kind(".mp4", "libx264", "aac"))
    times_s = [t for t, _, _ in pictures(path)]
    assert times_s == pytest.approx([t for t, _, _ in pictures(recording)], abs=1e-3)
