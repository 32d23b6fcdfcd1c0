"""Uploads live as long as their request; paths lead nowhere but below the root."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.serve.serve_factory import wanted
from trifold.serve.access.identity import Caller
from trifold.serve.problems import Problem
from trifold.serve.settings import Settings
from trifold.serve.worker.folders import sweep, workspace
from trifold.serve.worker.parsing.asked import AnswerRequest
from trifold.serve.worker.workspace import below, clips_of

ANN = Caller("ann", media="ann")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    folder = tmp_path / "root"
    (folder / "ann").mkdir(parents=True)
    (folder / "ann" / "q1.mp4").write_bytes(b"x")
    (tmp_path / "secret.mp4").write_bytes(b"x")
    (folder / "out.mp4").symlink_to(tmp_path / "secret.mp4")
    (folder / "in.mp4").symlink_to(folder / "ann" / "q1.mp4")
    os.mkfifo(folder / "pipe.mp4")
    return folder


def test_files_below_the_root_are_found(root: Path) -> None:
    for path in ("ann/q1.mp4", "./ann/../ann/q1.mp4", "in.mp4"):
        assert below(str(root), path, "path").read_bytes() == b"x"


@pytest.mark.parametrize(
    "path",
    ["../secret.mp4", "ann/../../secret.mp4", "out.mp4", "pipe.mp4", "ann", "", ".", "none.mp4",
     "/etc/passwd", "ann/q1.mp4\0", "a" * 5000, "ann/q1.mp4/x", "~/x", "file:///etc/passwd",
     "http://127.0.0.1/x.mp4", "concat:ann/q1.mp4|ann/q1.mp4"],
)  # fmt: skip
def test_other_paths_are_refused_alike(root: Path, path: str) -> None:
    with pytest.raises(
        Problem, match=r"^expected a file in the media folder of this caller$"
    ) as raised:
        below(str(root), path, "path")
    assert (raised.value.status, raised.value.code) == (400, "PATH_REFUSED")


def test_absolute_paths_are_refused_even_below_the_root(root: Path) -> None:
    with pytest.raises(Problem, match="in the media folder"):
        below(str(root), str(root / "ann/q1.mp4"), "path")


def test_an_answer_is_a_file_or_a_path_and_never_one_of_both(root: Path) -> None:
    settings = Settings(media_root=str(root))
    both = AnswerRequest("media_1", media=b"x", path="q1.mp4")
    with (
        workspace(settings) as folder,
        pytest.raises(Problem, match="a media file or a path, got both"),
    ):
        clips_of(wanted(both), folder, settings, ANN)


def test_without_a_root_there_are_no_paths() -> None:
    with pytest.raises(Problem) as raised:
        below("", "a.mp4", "path")
    assert raised.value.status == 403


def test_a_workspace_ends_with_its_block_also_after_an_error(tmp_path: Path) -> None:
    settings = Settings(work_dir=str(tmp_path))
    answer = AnswerRequest("media_1", media=b"abc", transcript=b"WEBVTT\n")

    def interrupted() -> None:
        with workspace(settings) as folder:
            (clip,) = clips_of(wanted(answer), folder, settings, ANN)
            assert clip.path is not None
            assert clip.path.read_bytes() == b"abc"
            assert folder.stat().st_mode & 0o777 == 0o700
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert list(tmp_path.iterdir()) == []


def test_names_of_candidates_never_reach_the_disk(tmp_path: Path) -> None:
    settings = Settings(work_dir=str(tmp_path))
    answer = AnswerRequest("media_1", media=b"abc", clip_id="../../evil")
    with workspace(settings) as folder:
        (clip,) = clips_of(wanted(answer, candidate_id="../evil"), folder, settings, ANN)
        assert [p.name for p in folder.iterdir()] == ["media_1"]
        assert (clip.clip_id, clip.candidate_id) == ("../../evil", "../evil")


def test_a_full_disk_is_503_and_nothing_is_written(tmp_path: Path) -> None:
    settings = Settings(work_dir=str(tmp_path), min_free_mib=1 << 40)
    with pytest.raises(Problem) as raised, workspace(settings) as folder:
        clips_of(wanted(AnswerRequest("media_1", media=b"abc")), folder, settings, ANN)
    assert (raised.value.status, raised.value.headers) == (503, {"Retry-After": "5"})
    assert list(tmp_path.iterdir()) == []


def test_folders_of_killed_workers_are_swept_and_others_kept(tmp_path: Path) -> None:
    settings = Settings(work_dir=str(tmp_path))
    code = f"""
import os, signal
from trifold.serve.settings import Settings
from trifold.serve.worker.folders import workspace
with workspace(Settings(work_dir={str(tmp_path)!r})) as folder:
    (folder / "media_1").write_bytes(b"abc")
    os.kill(os.getpid(), signal.SIGKILL)
"""
    subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[3], check=False)
    with workspace(settings) as mine:
        assert len(list(tmp_path.iterdir())) == 2
        assert sweep(settings) == 1
        assert list(tmp_path.iterdir()) == [mine]


def test_a_folder_is_swept_also_where_its_number_lives_on_and_never_while_it_is_made(
    tmp_path: Path,
) -> None:
    """Of a container before this one, whose processes had the same numbers; and against a race."""
    settings = Settings(work_dir=str(tmp_path))
    (tmp_path / f"trifold-request-{os.getpid()}-abc").mkdir()
    assert sweep(settings) == 1
    code = f"""
from trifold.serve.worker.folders import sweep
from trifold.serve.settings import Settings
while True:
    sweep(Settings(work_dir={str(tmp_path)!r}))
"""
    sweeper = subprocess.Popen([sys.executable, "-c", code], cwd=Path(__file__).parents[3])
    try:
        for _ in range(300):
            with workspace(settings) as folder:
                (folder / "media_1").write_bytes(b"abc")
                assert (folder / "media_1").read_bytes() == b"abc"
    finally:
        sweeper.kill()
        sweeper.wait()


def test_folders_that_others_of_trifold_made_are_not_swept(tmp_path: Path, monkeypatch) -> None:
    """Scoring from Python and the panel keep theirs beside those of requests."""
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    made = [tempfile.mkdtemp(prefix=prefix) for prefix in ("trifold-", "trifold-panel-")]
    assert sweep(Settings()) == 0
    assert all(Path(folder).is_dir() for folder in made)


def test_words_alone_need_room_too(tmp_path: Path) -> None:
    settings = Settings(work_dir=str(tmp_path), min_free_mib=1 << 40)
    with pytest.raises(Problem) as raised, workspace(settings) as folder:
        clips_of(wanted(AnswerRequest("answer_1", transcript=b"I plan.")), folder, settings, ANN)
    assert (raised.value.status, raised.value.code) == (503, "DISK_FULL")


def test_a_transcript_arrives_as_it_was_sent(tmp_path: Path) -> None:
    settings = Settings(work_dir=str(tmp_path))
    answer = AnswerRequest("media_1", transcript=b"Gr\xfc\xdfe\r\n", speaker="Ann")
    with workspace(settings) as folder:
        (clip,) = clips_of(wanted(answer), folder, settings, ANN)
        assert clip.transcript_path is not None
        assert clip.transcript_path.read_bytes() == b"Gr\xfc\xdfe\r\n"
        assert clip.speaker == "Ann"
