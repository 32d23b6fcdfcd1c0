"""What one request may cost: declared sizes, wall time, memory; playlists are no media."""

from __future__ import annotations

import subprocess
import sys
import time
from contextlib import suppress
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest

from tests.factories.media import voice, write_media
from trifold.contracts import Clip
from trifold.errors import DecodeError
from trifold.features.store import hash_file
from trifold.media.container.opening import open_media
from trifold.runtime.limits import OutOfTime, time_limit
from trifold.scoring.in_memory import MemoryStore, media_info
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.limits import check_media


def test_declared_length_and_size_are_bounded(tmp_path: Path) -> None:
    images = [np.zeros((48, 64, 3), dtype=np.uint8)] * 30
    clip = Clip("q1", "ann", write_media(tmp_path / "a.mp4", images=images, frame_rate_hz=15))
    assert check_media([clip, clip], Settings()) == pytest.approx(4.0, abs=0.2)
    with pytest.raises(Problem, match="at most 1 s per file, got 2") as raised:
        check_media([clip], Settings(max_duration_s=1))
    assert (raised.value.status, raised.value.code) == (413, "MEDIA_TOO_LONG")
    with pytest.raises(Problem, match="at most 3071 pixels, got 64 x 48") as raised:
        check_media([clip], Settings(max_pixels=3071))
    assert (raised.value.code, raised.value.field) == ("PICTURE_TOO_LARGE", "q1")


def test_headers_looked_at_are_kept_for_the_scoring(tmp_path: Path) -> None:
    """By content: another file's are its own, and a store that saw none tells none."""
    clip = Clip("q1", "ann", write_media(tmp_path / "a.wav", audio=voice(1.0)))
    other = write_media(tmp_path / "b.wav", audio=voice(2.0))
    store = MemoryStore()
    seconds = check_media([clip], Settings(), store)
    kept = store.get_info(hash_file(tmp_path / "a.wav"))
    assert kept == media_info(clip)
    assert kept is not None
    assert seconds == kept.duration_s
    assert store.get_info(hash_file(other)) is None
    with pytest.raises(Problem, match=r"at most 0\.5 s"):
        check_media([clip], Settings(max_duration_s=0.5), store)


def test_a_picture_bomb_is_refused_by_its_header(tmp_path: Path) -> None:
    """Some kilobytes that would decode to 192 MB a frame."""
    path = tmp_path / "bomb.mp4"
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mjpeg", rate=1)
        stream.width, stream.height, stream.pix_fmt = 16000, 8000, "yuvj420p"
        for second in range(2):  # a single picture is no video, and is never decoded
            frame = av.VideoFrame(16000, 8000, "yuvj420p")
            frame.pts, frame.time_base = second, Fraction(1, 1)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    with pytest.raises(Problem, match="got 16000 x 8000"):
        check_media([Clip("q1", "ann", path)], Settings())


def test_what_cannot_be_opened_is_left_to_scoring(tmp_path: Path) -> None:
    (tmp_path / "a.mp4").write_bytes(b"nothing")
    assert check_media([Clip("q1", "ann", tmp_path / "a.mp4")], Settings()) == 0.0


def test_playlists_open_no_other_file(tmp_path: Path) -> None:
    """FFmpeg's ``concat`` and HLS formats read the files that they name, whatever their suffix."""
    write_media(tmp_path / "other.wav", audio=voice(1.0), audio_codec="pcm_s16le")
    lists = {
        "concat.mp4": "ffconcat version 1.0\nfile 'other.wav'\n",
        "hls.mp4": "#EXTM3U\n#EXT-X-TARGETDURATION:9\n#EXTINF:1,\nother.wav\n#EXT-X-ENDLIST\n",
    }
    for name, text in lists.items():
        (tmp_path / name).write_text(text)
        with pytest.raises(DecodeError), open_media(tmp_path / name):
            pass
    with av.open(str(tmp_path / "concat.mp4")) as container:
        assert container.format.name == "concat"  # what would happen without the guard


def test_time_runs_out_even_where_exceptions_are_caught() -> None:
    start_s = time.monotonic()

    def stubborn() -> None:
        with time_limit(0.2):
            while time.monotonic() < start_s + 5:
                with suppress(Exception):
                    sum(range(1000))

    with pytest.raises(OutOfTime):
        stubborn()
    assert time.monotonic() < start_s + 4


def test_time_that_does_not_run_out_leaves_no_alarm() -> None:
    with time_limit(0.1):
        pass
    time.sleep(0.2)


def test_memory_beyond_the_bound_is_an_error_and_not_a_dead_process() -> None:
    code = """
import numpy as np
from trifold.serve.worker.limits import bound_memory
bound_memory(256)
try:
    np.ones(1 << 27)
except MemoryError:
    print("refused")
print(np.ones(1 << 20).sum() == 1 << 20)
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3],
                          capture_output=True, text=True, check=True)  # fmt: skip
    assert done.stdout.split() == ["refused", "True"]
