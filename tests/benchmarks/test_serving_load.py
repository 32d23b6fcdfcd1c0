"""The load run at its smallest: what it measures is there, and it ends well."""

from __future__ import annotations

import json
import threading

import pytest

from benchmarks import serving_load
from benchmarks.encoders import write_clip
from benchmarks.serving_load import Answered, compared, drawn, main, taken_s
from tests.serve.serve_factory import free_ports, write_tiny_bundle
from trifold.errors import InputError
from trifold.serve.capacity.demand import read_measured


def test_arrivals_come_at_their_rate_and_alike_for_one_seed() -> None:
    arrivals = drawn(5.0, 400.0, "3")
    assert arrivals == drawn(5.0, 400.0, "3") == sorted(arrivals)
    assert len(arrivals) == 2000
    assert arrivals[-1] == pytest.approx(400, rel=0.1)
    assert len(drawn(0.01, 1.0, None)) == 1


def test_waits_are_compared_with_those_of_the_queue(capsys) -> None:
    """Three at once at one worker that takes a second for each: they wait 0, 1 and 2 s."""
    answers = [Answered(0.0, 1.0 + wait, 1.0, "scored") for wait in (0.0, 1.0, 2.0)]
    found = compared([*answers, Answered(0.0, 9.0, 0.0, "OVERLOADED")], workers=1)
    assert found["waited_mean_s"] == found["simulated_mean_s"] == 1
    assert found["requests"] == 3
    assert found["busy"] == 1
    assert compared([Answered(0.0, 1.0, 0.0, "TIMEOUT")], workers=1) == {}


class Answers:
    """In the place of a caller: answers with these codes in turn."""

    def __init__(self, *codes: str) -> None:
        self._codes = iter(codes)

    def send(self, content: bytes, words: str) -> Answered:
        return Answered(0.0, 0.5, 0.4, next(self._codes))


def test_seconds_of_a_clip_that_is_not_scored_are_none(tmp_path) -> None:
    clip = tmp_path / "clip.mp4"
    clip.write_bytes(b"x")
    assert taken_s(Answers("scored", "scored", "scored"), clip) == 0.5
    with pytest.raises(InputError, match=r"clip\.mp4: expected scores of the clip, got OUT_OF"):
        taken_s(Answers("scored", "OUT_OF_TIME", "scored"), clip)


@pytest.mark.slow
def test_a_short_run_measures_and_leaves_nothing(tmp_path, monkeypatch, capsys) -> None:
    bundle, out = write_tiny_bundle(tmp_path / "bundle"), tmp_path / "load.json"
    clip = write_clip(tmp_path / "clip.mp4", 2)
    monkeypatch.setattr(serving_load, "PORT", free_ports())
    monkeypatch.setattr(serving_load, "has_recogniser", lambda: False)
    monkeypatch.setattr(serving_load, "TRIES", 1)
    before = threading.active_count()
    words = [f"bundle={bundle}", f"clip={clip}", f"out={out}"]
    code = main([*words, "minutes=0.1", "workers=1", "load=0.5"])
    said = capsys.readouterr().out
    assert code == 0, said
    assert said.count("cannot tell: run longer") >= 2
    facts = json.loads(out.read_text())
    assert facts["requests"] >= 1
    assert read_measured(out).minute_s > 0
    assert {name.split()[0] for name in facts["memory_mib"]} == {"gateway", "child"}
    assert threading.active_count() <= before
