"""Time that hostile text costs grows with its length and no faster, and has a limit everywhere."""

from __future__ import annotations

import time
from contextlib import suppress
from pathlib import Path

import pytest

from tests.scoring.scoring_factory import tiny_bundle
from trifold.contracts import Clip
from trifold.errors import TranscriptError
from trifold.features.store import FeatureStore
from trifold.media.files.views import view_of
from trifold.media.transcripts.reading import parse_transcript
from trifold.people.grouping import group
from trifold.reports.pages import write_report
from trifold.runtime.limits import OutOfTime, time_limit
from trifold.scoring.folder.run import Settings, score_clips

SIZE, TIMES = 25_000, 4  # characters, and how much longer the longer text is
VTT = "WEBVTT\n\n00:00.000 --> 00:01.000\n"
UNITS = ["<a", "<!---->", "<!-- -->", "<?a?>", "<v ", "&a", "[a", "(", "{\\", "1:", "00:01 ", "A: ",
         "*a", "a\n", " ", "\n", "--> ", "nan ", '"', "1.1,", "<?xml ", "[00:01] ",
         "Ann: hi\n"]  # fmt: skip


def cpu_s(text: str) -> float:
    start_s = time.process_time()
    with suppress(TranscriptError):
        parse_transcript(text)
    return time.process_time() - start_s


def is_in_proportion(short: str, long: str, *, factor: float) -> bool:
    """The best of three: a busy machine doubles one reading, what is quadratic fails in all."""
    tries = ((cpu_s(short), cpu_s(long)) for _ in range(3))
    return any(long_s < 0.2 + factor * TIMES * short_s for short_s, long_s in tries)


@pytest.mark.parametrize("head", ["", VTT, "<?xml?>"])
@pytest.mark.parametrize("unit", UNITS)
def test_reading_takes_time_in_proportion(head: str, unit: str) -> None:
    short, long = (head + unit * (n * SIZE // len(unit)) for n in (1, TIMES))
    with time_limit(60.0):
        assert is_in_proportion(short, long, factor=2.5)


def test_brackets_take_time_in_proportion() -> None:
    short, long = ("(a) " * n for n in (50_000, 200_000))
    with time_limit(120.0):
        assert is_in_proportion(short, long, factor=1.6)


@pytest.mark.parametrize("unit", ["a_", "1", "q1_", "_", "as_"])
def test_names_of_any_length_are_told_apart_at_once(unit: str) -> None:
    names = [Path(f"{unit * (50_000 // len(unit))}{n}.mp4") for n in (1, 2)]
    with time_limit(10.0):
        group(names, root="in", candidates="file")
        assert view_of(names[0]).meeting == names[0].stem
        _ = group([Path("ann.mp4"), *names], root="in", candidates="folder")


def test_a_limit_holds_inside_an_expression_and_for_the_report(tmp_path, monkeypatch) -> None:
    def slow(*_: object) -> None:
        while True:
            time.sleep(0.01)

    path = tmp_path / "ann.txt"
    path.write_text("I plan every step of it, then I rest a while.")
    clips = [Clip("a", "ann", None, transcript_path=path)]
    bundle, store = tiny_bundle(tmp_path / "bundle"), FeatureStore(tmp_path / "features")
    quiet = Settings(timeout_s=0.3, progress=False)  # of cached media: in this process
    monkeypatch.setattr("trifold.features.source.read_transcript", slow)
    found = score_clips(clips, bundle, store, tmp_path / "out", settings=quiet)
    assert [row["error_code"] for row in found.answers] == ["TIMED_OUT"]
    page = tmp_path / "out/report.html"
    write_report(found, bundle, page, clips=clips, store=store, timeout_s=0.3)
    assert (tmp_path / "out/candidates/ann.html").is_file()


def test_a_limit_ends_with_its_block() -> None:
    with pytest.raises(OutOfTime), time_limit(0.05):
        time.sleep(1.0)
    with time_limit(0.05):
        pass
    time.sleep(0.1)  # nothing rings
