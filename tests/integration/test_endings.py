"""How commands end: stopped, with nothing scored, with nowhere to write; real processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.factories.media import write_interview
from tests.scoring.scoring_factory import tiny_bundle

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parents[2]
PATIENCE_S = 240
GOES_ON = "stopped; the same command goes on where it stopped"
PLAIN = """
import sys, time
from trifold.runtime.endings import closing, run_plain
from trifold.errors import InputError

def work(words):
    if words[0] == "wait":
        try:
            print("working", file=sys.stderr, flush=True)
            time.sleep(60)
        finally:
            print("closed", flush=True)
    if words[0] == "wrong":
        raise InputError(expected="this", got="that\\nand more")
    if words[0] == "many":
        return range(100_000)
    return [open(words[1], "w").name]

run_plain(work, "How to use it.")
"""


def begin(*command: str) -> subprocess.Popen[str]:
    """In a process group of its own, as a shell starts it."""
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, stdout=subprocess.PIPE, text=True,
                            stderr=subprocess.PIPE, start_new_session=True)  # fmt: skip


def until(process: subprocess.Popen[str], words: str) -> None:
    """Read what a process says until it says this."""
    end_s = time.monotonic() + PATIENCE_S
    said = []
    while time.monotonic() < end_s:
        line = process.stderr.readline()  # type: ignore[union-attr]
        said.append(line)
        if words in line:
            return
        if not line:
            break
    process.kill()
    pytest.fail(f"never said {words!r}: {said}")


def stopped(process: subprocess.Popen[str], number: int = signal.SIGINT) -> tuple[int, str, str]:
    """Stop it as a terminal does (the whole group) or as a system does; all of it must be gone."""
    if number == signal.SIGINT:
        os.killpg(process.pid, number)
    else:
        process.send_signal(number)
    out, err = process.communicate(timeout=60)
    end_s = time.monotonic() + 20
    while _alive(process.pid):
        assert time.monotonic() < end_s, "workers are left"
        time.sleep(0.2)
    return process.returncode, out, err


def _alive(group: int) -> list[str]:
    """Processes of a group that are no zombies."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, _, of = path.read_text().rpartition(")")[2].split()[:3]
        except (OSError, ValueError):
            continue
        if int(of) == group and state != "Z":
            found.append(path.parent.name)
    return found


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_stop_closes_what_is_open_and_is_one_line(number: int, code: int) -> None:
    process = begin("-c", PLAIN, "wait")
    until(process, "working")
    assert stopped(process, number) == (code, "closed\n", "stopped\n")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (["write", "/proc/none/x"], 2, "error: /proc/none/x: No such file or directory\n"),
        (["wrong"], 2, "error: expected this, got that and more\n"),
        (["--help"], 0, ""),
    ],
)
def test_errors_are_one_line(words: list[str], code: int, said: str) -> None:
    done = subprocess.run([sys.executable, "-c", PLAIN, *words], cwd=ROOT, text=True,
                          capture_output=True)  # fmt: skip
    assert (done.returncode, done.stderr) == (code, said)
    assert done.stdout == ("How to use it.\n" if words == ["--help"] else "")


def test_a_reader_that_has_heard_enough_is_no_error() -> None:
    process = begin("-c", PLAIN, "many")
    process.stdout.readline()
    process.stdout.close()
    assert process.stderr.read() == ""
    assert process.wait(30) == 141


@pytest.fixture(scope="module")
def interviews(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("interviews")
    first = write_interview(folder / "p0", "answer", seconds=2.0)
    for n in range(1, 16):
        for suffix in (".mp4", ".vtt"):
            target = folder / f"p{n}" / f"answer{suffix}"
            target.parent.mkdir(exist_ok=True)
            content = first.with_suffix(suffix).read_bytes()
            target.write_bytes(content + (bytes(n) if suffix == ".mp4" else b""))
    return folder


def test_a_stopped_extraction_says_how_to_go_on(interviews: Path, tmp_path: Path) -> None:
    process = begin("-m", "src.extract", f"input={interviews}", "workers=2",
                    f"paths.features={tmp_path}/f")  # fmt: skip
    until(process, "features ")
    code, out, err = stopped(process)
    assert (code, out) == (130, "")
    assert [line for line in err.splitlines() if not line.startswith("features ")] == [GOES_ON]


def test_a_stopped_scoring_goes_on(shell, interviews: Path, tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "run", media=True)
    command = ["-m", "src.score", f"input={interviews}", f"bundle={tmp_path}/run", "workers=2",
               f"out={tmp_path}/o", f"paths.features={tmp_path}/f", "report=false"]  # fmt: skip
    process = begin(*command)
    until(process, "/16 people, ")
    code, out, err = stopped(process, signal.SIGTERM)
    assert code == 143
    assert out.startswith("16 candidates, 16 files: ")
    assert len(out.splitlines()) == 1
    assert [line for line in err.splitlines() if not line.startswith("scored ")] == [GOES_ON]
    again = shell.python(*command)
    assert again.returncode == 0, again.stderr
    assert "\n16 of 16 files scored" in again.stdout
    assert "p1" not in again.stderr.replace(str(tmp_path), "").replace(str(interviews), "")


def endless_training(folder: Path, *settings: str) -> subprocess.Popen[str]:
    return begin("-m", "src.train", "corpora=geometric", "encoders=geometric", "folds=2",
                 "corpora.candidates=60", "network=trifold_small", "learner.folds=2",
                 "trainer.max_epochs=100000", "learner.patience=100000", f"out={folder}/run",
                 f"paths.features={folder}/f", *settings)  # fmt: skip


def test_training_says_where_it_is_and_stops(tmp_path: Path) -> None:
    process = endless_training(tmp_path)
    until(process, "training fold 1/2 inner fold 1/2 epoch ")
    code, _, err = stopped(process)
    assert code == 130
    assert err.splitlines()[-1] == GOES_ON
    assert "Traceback" not in err


def test_training_in_several_processes_stops_with_all_of_them(tmp_path: Path) -> None:
    process = endless_training(tmp_path, "workers=2")
    until(process, "training")
    work = tmp_path / "run/folds/work"
    while len(list(work.glob("seed0-fold?/fold0/checkpoints/last.ckpt"))) < 2:
        until(process, "training fold 1/2, ")  # a line every few seconds
    code, _, err = stopped(process, signal.SIGTERM)
    assert code == 143
    said = [line for line in err.splitlines() if not line.startswith("training")]
    assert said == [GOES_ON]
    assert not work.exists()


def test_a_stop_while_it_loads_is_one_line() -> None:
    process = begin("-m", "src.train", "corpora=geometric", "encoders=geometric", "out=never")
    until(process, "loading …")
    code, out, err = stopped(process)
    assert (code, out, err) == (130, "", f"{GOES_ON}\n")


def test_nothing_scored_ends_with_three_and_says_why(shell, tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "run", media=True)
    folder = tmp_path / "R&D (März), ${x}"
    folder.mkdir()
    (folder / "empty.mp4").touch()
    done = shell.python("-m", "src.score", f"input={folder}", f"bundle={tmp_path}/run",
                        f"out={tmp_path}/it's #1", f"paths.features={tmp_path}/f=1",
                        "progress=false")  # fmt: skip
    assert done.returncode == 3
    assert done.stderr == ""
    people, first, second, *paths = done.stdout.splitlines()
    assert people == "1 candidate, 1 file: empty (1); a person per file"
    assert first == "0 of 1 files scored"
    assert second.startswith("1 not readable: DECODE_ERROR (no media file, empty, or cut off")
    assert f"{tmp_path}/it's #1/report.html" in paths
    assert all(Path(path).is_file() for path in paths)


def test_a_place_that_cannot_be_written_is_one_line(shell, tmp_path: Path) -> None:
    tiny_bundle(tmp_path / "run")
    done = shell.python("-m", "src.export", f"run={tmp_path}/run", "out=/proc/none/bundle")
    assert done.returncode == 2
    assert done.stderr.count("\n") <= 2
    assert "Traceback" not in done.stderr
