"""Encoders leave the machine to others."""

from __future__ import annotations

import contextlib
import os
import threading
from pathlib import Path

import av
import pytest

from trifold.runtime.priority import own_priority

TASKS = Path("/proc/self/task")
if not TASKS.is_dir():
    pytest.skip("priorities of threads are of Linux alone", allow_module_level=True)


def priorities(threads: set[str]) -> set[tuple[int, int]]:
    return {
        (os.sched_getscheduler(int(one)), os.sched_getparam(int(one)).sched_priority)
        for one in threads
    }


def test_an_encoder_of_av1_has_the_priority_of_who_calls(tmp_path: Path) -> None:
    """Opened by root as it is, over forty threads and the caller would be at real-time priority."""
    own = priorities({"0"})
    with av.open(str(tmp_path / "x.mkv"), "w") as container:
        stream = container.add_stream("libsvtav1", rate=15, options={"preset": "10"})
        stream.width, stream.height, stream.pix_fmt = 96, 64, "yuv420p"
        before = set(os.listdir(TASKS))
        with own_priority():
            stream.codec_context.open()
        started = set(os.listdir(TASKS)) - before
        assert len(started) > 4
        assert priorities({"0", *started}) == own


@pytest.mark.skipif(os.geteuid() != 0, reason="only root may take more")
@pytest.mark.parametrize("fails", [False, True])
def test_what_is_done_within_is_undone_also_after_an_error(fails: bool) -> None:
    own, ended = priorities({"0"}), threading.Event()
    thread = threading.Thread(target=ended.wait)
    with contextlib.suppress(KeyError), own_priority():
        os.sched_setscheduler(0, os.SCHED_FIFO, os.sched_param(1))
        thread.start()
        if fails:
            raise KeyError
    assert priorities({"0", str(thread.native_id)}) == own
    ended.set()
