"""A child gives what this process would decode; one that dies is the matter of its file."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.media import face_frames, voice, write_media
from tests.factories.recordings import Track, record
from trifold.contracts import Clip, Frame, TokenSequence
from trifold.encoders.base import VideoEncoder
from trifold.errors import DecodeError, DecoderLostError, InputError, NoMemoryError, TrifoldError
from trifold.features.clip import extract_clips
from trifold.features.store import FeatureStore
from trifold.media.container.forms import PICTURES, SOUNDS
from trifold.media.container.probe import probe
from trifold.media.decoder import children
from trifold.media.decoder.decoder import Decoder
from trifold.media.decoder.handle import RELIABLE
from trifold.media.decoder.operations import Step
from trifold.media.picture.frames import read_frames
from trifold.media.sound.channel import read_channel
from trifold.media.sound.choice import voices_apart
from trifold.media.sound.stream import read_audio
from trifold.runtime.sandbox.mode import OFF, REQUIRE, TRY, check_mode, use_mode

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="children are made on Linux")


@pytest.fixture(scope="module")
def clip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("media") / "a.mp4"
    return write_media(path, images=face_frames(2.0), audio=voice(2.0))


class Watching(VideoEncoder):
    """Reads the mean of each picture."""

    frame_rate_hz, max_side_px, dim, fingerprint = 10.0, 320, 1, "watching"

    def encode(self, frames: Iterable[Frame]) -> TokenSequence:
        seen = [(frame.image.mean(), frame.time_s) for frame in frames]
        values, times = np.array(seen, np.float32).reshape(-1, 2).T
        return TokenSequence(values[:, None], times, times + 0.1, self.modality, "watching")


@pytest.fixture
def modes() -> Iterator[None]:
    yield
    use_mode(TRY)


def everything(path: Path) -> list[object]:
    """All that is ever read of a file, as bytes and numbers."""
    found: list[object] = [probe(path)]
    found += [(c.start_s, c.samples.tobytes()) for c in read_audio(path)]
    voices = [replace(v, energies=v.energies.tobytes(), speech=0) for v in voices_apart(path)]
    if probe(path).has_video:
        frames = [*read_frames(path, frame_rate_hz=5, max_side_px=160), *read_frames(path)]
        found += [(f.time_s, f.image.shape, f.image.tobytes()) for f in frames]
    return [*found, *voices]


FORMS = {
    "h264.mp4": {"images": face_frames(1.0), "audio": voice(2.0)},
    "vp8.mkv": {"images": face_frames(1.0), "audio": voice(2.0), "video_codec": "mpeg4"},
    "plain.wav": {"audio": voice(2.0), "audio_codec": "pcm_s16le"},
}


@pytest.mark.parametrize("name", [*FORMS, "stereo.m4a"])
def test_a_child_gives_what_this_process_would(name: str, tmp_path: Path, modes: None) -> None:
    path = tmp_path / name
    if name in FORMS:
        write_media(path, **FORMS[name])
    else:
        record(path, tracks=[Track([voice(2.0), voice(2.0, seed=1)]), Track([voice(1.0)])])
    use_mode(REQUIRE)
    apart = everything(path)
    use_mode(OFF)
    assert apart == everything(path)


def test_an_error_is_that_of_this_process(tmp_path: Path, modes: None) -> None:
    (tmp_path / "a.mp4").write_bytes(b"no media at all " * 99)
    said = []
    for mode in (REQUIRE, OFF):
        use_mode(mode)
        with pytest.raises(DecodeError) as caught:
            probe(tmp_path / "a.mp4")
        said.append(str(caught.value))
    assert said[0] == said[1]
    assert said[0].startswith(f"{tmp_path}/a.mp4: expected a media file that can be opened")


def processes(parent: int) -> list[int]:
    listed = Path(f"/proc/{parent}/task/{parent}/children").read_text().split()
    return [int(pid) for pid in listed]


def server() -> int:
    return RELIABLE.start()._process.pid


@pytest.mark.parametrize(
    ("number", "error"), [(signal.SIGSEGV, DecoderLostError), (signal.SIGKILL, NoMemoryError)]
)
def test_a_child_that_dies_is_an_error_of_its_file_alone(
    clip: Path, number: signal.Signals, error: type[TrifoldError]
) -> None:
    decoder, other = Decoder(clip), Decoder(clip)
    other.streams()
    before = set(processes(server()))
    frames = read_frames(clip, decoder=decoder)
    next(frames)
    (pid,) = set(processes(server())) - before
    os.kill(pid, number)
    with pytest.raises(error):
        list(frames)
    assert other.streams() == decoder.streams()  # a new child where there is none any more


def test_a_server_that_dies_is_replaced(clip: Path) -> None:
    Decoder(clip).streams()
    os.kill(server(), signal.SIGKILL)
    assert Decoder(clip).streams()


def test_children_end_with_those_who_asked(clip: Path) -> None:
    frames = read_frames(clip, decoder=(decoder := Decoder(clip)))
    next(frames)
    begun = set(processes(server()))
    assert begun
    frames.close()  # in the middle of an answer
    del decoder
    assert gone(begun)
    waiting = [Decoder(clip) for _ in range(children.MOST_ALIVE + 4)]
    assert all(one.streams() for one in waiting)
    assert len(processes(server())) <= children.MOST_ALIVE + 1


def gone(pids: set[int]) -> bool:
    until_s = time.monotonic() + 10
    while time.monotonic() < until_s:
        if not pids & set(processes(server())):
            return True
        time.sleep(0.01)
    return False


def test_two_questions_at_a_time_are_answered_apart(clip: Path) -> None:
    decoder = Decoder(clip)
    pictures, sounds = read_frames(clip, decoder=decoder), read_audio(clip, decoder=decoder)
    times = [next(pictures).time_s]
    heard = [next(sounds).samples.tobytes(), *(chunk.samples.tobytes() for chunk in sounds)]
    times += [frame.time_s for frame in pictures]
    assert times == [frame.time_s for frame in read_frames(clip)]
    assert heard == [chunk.samples.tobytes() for chunk in read_audio(clip)]


def test_more_questions_at_a_time_than_children_wait_are_all_answered(clip: Path) -> None:
    """None that is at work is ended, nor one that was only just made."""
    together = [read_audio(clip, chunk_s=0.032) for _ in range(children.MOST_ALIVE + 4)]
    for first in zip(*together, strict=True):
        assert len({chunk.samples.tobytes() for chunk in first}) == 1


@pytest.mark.parametrize("kind", ["float64", "float32"])
def test_sound_and_pictures_of_another_kind_are_no_answer(
    clip: Path, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = Step({"time_s": 0.0}, [np.zeros((2, 2, 3), kind)])
    monkeypatch.setattr(Decoder, "_ask", lambda *_, **__: iter([said]))
    with pytest.raises(DecoderLostError, match="said what it must not"):
        list(read_frames(clip))
    with pytest.raises(DecoderLostError, match="said what it must not"):
        list(read_channel(clip))


def test_a_child_has_nothing_of_its_owner(clip: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TRIFOLD_TEST_SECRET", "x")
    RELIABLE.end()
    decoder = Decoder(clip)
    decoder.streams()
    (pid,) = processes(server())
    assert b"SECRET" not in Path(f"/proc/{server()}/environ").read_bytes()
    status = Path(f"/proc/{pid}/status").read_text()
    assert "NoNewPrivs:\t1" in status
    assert "Seccomp:\t2" in status
    if os.geteuid():  # what others of the account may not look into
        with pytest.raises(PermissionError):
            list(Path(f"/proc/{pid}/fd").iterdir())
        return
    opened = {os.readlink(link) for link in Path(f"/proc/{pid}/fd").iterdir()}
    assert {name for name in opened if name.startswith("/")} == {"/dev/null", str(clip)}
    assert len(opened) == 3  # and its line


def test_what_takes_too_long_is_a_row_and_the_next_file_is_read(
    clip: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Some kilobytes that take minutes: a still of 16 million pixels, over and over."""
    monkeypatch.setattr(children, "CPU_S", 1)
    monkeypatch.setattr(children, "BYTES_PER_CPU_S", 1 << 40)
    monkeypatch.setattr(children, "PATIENCE", 600)  # the machine may be busy
    bomb = tmp_path / "bomb.mov"
    with av.open(str(bomb), "w") as container:
        stream = container.add_stream("png", rate=10)
        stream.width, stream.height, stream.pix_fmt = 4000, 4000, "rgb24"
        (content,) = [bytes(packet) for packet in stream.encode(av.VideoFrame(4000, 4000, "rgb24"))]
        for number in range(60):
            packet = av.Packet(content)
            packet.pts = packet.dts = number
            packet.time_base, packet.stream = Fraction(1, 10), stream
            packet.is_keyframe = True
            container.mux(packet)
    clips = [Clip("q1", "ann", bomb), Clip("q2", "ann", clip)]
    encoders = {"face": Watching()}
    records = extract_clips(clips, encoders, FeatureStore(tmp_path / "store"))
    assert [record.error_code for record in records] == ["OUT_OF_TIME", None]


def test_codecs_are_those_of_a_list(tmp_path: Path) -> None:
    """What nobody sends is not decoded: a picture of an old workstation, in a form that is."""
    path = tmp_path / "a.mov"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("sgi", rate=5)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "rgb24"
        for number in range(5):
            frame = av.VideoFrame(64, 64, "rgb24")
            frame.pts = number
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with av.open(str(path)) as container:
        assert next(container.decode(video=0)).width == 64  # what would happen without the list
    with pytest.raises(DecodeError, match="expected an audio or video stream, got neither"):
        probe(path)


def test_every_codec_of_the_list_is_one() -> None:
    known = set()
    for name in av.codecs_available:
        try:
            known.add(av.Codec(name, "r").canonical_name)
        except av.codec.codec.UnknownCodecError:
            continue
    assert set(f"{PICTURES},{SOUNDS}".split(",")) <= known


def test_modes_that_cannot_be_had_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(InputError, match="modes of sandbox among require, try, off, got 'on'"):
        check_mode("on")
    monkeypatch.setattr(sys, "platform", "darwin")
    check_mode(TRY)
    with pytest.raises(InputError, match="expected Linux for sandbox=require"):
        check_mode(REQUIRE)
