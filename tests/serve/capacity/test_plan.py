"""What a plan promises, and how it refuses what it cannot read."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from itertools import pairwise
from pathlib import Path
from textwrap import dedent

import numpy as np
import pytest

from trifold.errors import InputError
from trifold.serve.capacity.command import main
from trifold.serve.capacity.demand import Demand, Machine, Work, read_measured
from trifold.serve.capacity.plan import fewest, planned
from trifold.serve.capacity.report import limits_of
from trifold.serve.settings import Settings

DEMAND = Demand(interviews=2000)
ROOT = Path(__file__).parents[3]


def machines_of(demand: Demand = DEMAND, **machine) -> int:
    return planned(demand, Work(), replace(Machine(), **machine)).machines


@pytest.mark.parametrize("wanted", [1, 2, 17, 400])
@pytest.mark.parametrize("first", [1, 2, 16, 300])
def test_the_fewest_is_found_from_any_start(wanted: int, first: int) -> None:
    assert fewest(lambda n: n >= wanted, first=first) == max(wanted, first)


def test_a_plan_keeps_its_promise_and_one_machine_less_does_not() -> None:
    plan = planned(DEMAND, Work(), Machine(cores=4))
    assert plan.worst.wait_s[1] <= 60
    assert plan.machines > 1
    tight = planned(DEMAND, Work(), Machine(cores=4, wait_s=plan.worst.wait_s[1] * 0.999))
    assert tight.machines > plan.machines


def test_more_to_do_needs_no_fewer_machines() -> None:
    assert machines_of(cores=4) <= machines_of(replace(DEMAND, interviews=4000), cores=4)
    assert machines_of(replace(DEMAND, recognise=False), cores=4) < machines_of(cores=4)
    assert machines_of(cores=4, wait_s=3600) <= machines_of(cores=4, wait_s=1)
    assert machines_of(replace(DEMAND, profile="even"), cores=4) <= (
        machines_of(replace(DEMAND, profile="deadline"), cores=4)
    )


def test_memory_bounds_the_workers() -> None:
    assert Machine(cores=16, memory_gib=8).workers == 4
    with pytest.raises(InputError, match=r"at least 3.5 GiB and one core, got 3 GiB, 16 cores"):
        _ = Machine(memory_gib=3).workers


def test_shares_above_are_those_of_drawn_lengths() -> None:
    from trifold.serve.capacity.simulation import drawn_lengths

    lengths = drawn_lengths(15, 0.5, 200_000, np.random.default_rng(0))
    for minutes in (5, 15, 40):
        expected = (lengths > minutes).mean()
        assert Demand().share_above(minutes) == pytest.approx(expected, abs=0.005)
    assert Demand(spread=0).share_above(14) == 1 - Demand(spread=0).share_above(15) == 1


def test_limits_are_told_where_they_are_met_and_nowhere_else() -> None:
    plan = planned(replace(DEMAND, minutes=20), Work(), Machine())
    said = " ".join(limits_of(plan, Settings()))
    for name in ("max_seconds=240", "max_request_mib=128"):
        assert name in said
    wide = Settings(max_seconds=2000, max_request_mib=1000, max_waiting=199, max_held_mib=19000)
    assert list(limits_of(plan, wide)) == []


def test_what_was_measured_takes_the_place_of_what_is_published(tmp_path: Path) -> None:
    path = tmp_path / "load.json"
    path.write_text(json.dumps({"minute_s": 3.0, "requests": 12}))
    assert read_measured(path) == Work(minute_s=3.0)
    for text in ("{", "[1]", "{}", '{"minute_s": -1}', '{"minute_s": "x"}', '{"minute_s": NaN}'):
        path.write_text(text)
        with pytest.raises(InputError, match=r"load\.json: expected .*seconds"):
            read_measured(path)


def test_a_profile_may_be_a_file(tmp_path: Path) -> None:
    path = tmp_path / "hours.txt"
    path.write_text("0 " * 12 + "\n" + "1 " * 12)
    hours = Demand(interviews=120, peak=1, profile=str(path)).by_hour()
    assert hours == [0.0] * 12 + [10.0] * 12
    path.write_text("1 2 3")
    with pytest.raises(InputError, match=r"hours\.txt: expected 24 numbers.*got 3 numbers"):
        Demand(profile=str(path)).by_hour()


@pytest.mark.parametrize(
    ("word", "said"),
    [
        ("interviews=none", "interviews: expected a number, got 'none'"),
        ("interviews=0", "interviews: expected more than 0, got 0"),
        ("interviews=1e9", "expected 1 to 10000000 interviews on the busiest day"),
        ("seed=1.5", "seed: expected a whole number, got 1.5"),
        ("seed=-1", "seed: expected at least 0, got -1"),
        ("minutes=-3", "minutes: expected more than 0, got -3"),
        ("spread=nan", "spread: expected at least 0, got nan"),
        ("cores=1.5", "cores: expected a whole number, got 1.5"),
        ("recognise=yes", "recognise: expected true or false, got 'yes'"),
        ("profile=night", "expected even, day, deadline or a file of 24 numbers"),
        ("intervews=3", "interviews"),
        ("measured=gone.json", "gone.json: expected a JSON object of seconds"),
    ],
)
def test_bad_words_are_refused_in_one_line(word: str, said: str, capsys) -> None:
    assert main([word]) == 2
    error = capsys.readouterr().err
    assert said in error
    assert len(error.splitlines()) == 1


def test_work_of_nothing_is_no_plan(capsys) -> None:
    assert main(["request_s=0", "minute_s=0", "recognition_s=0"]) == 2
    assert "request_s, minute_s: expected seconds of work above 0" in capsys.readouterr().err


PAGE = (ROOT / "docs/how-to/capacity.md").read_text(encoding="utf-8")
SHOWN = [
    (words, dedent(output))
    for words, output in re.findall(
        r"^ *\$ trifold serve capacity (.*)\n((?:(?! *```).*\n)*)", PAGE, re.M
    )
]


@pytest.mark.parametrize(("words", "output"), SHOWN)
def test_the_page_shows_what_the_command_prints(words: str, output: str, capsys) -> None:
    assert main(words.split()) == 0
    assert capsys.readouterr().out == output


def test_the_page_shows_some() -> None:
    assert len(SHOWN) >= 2


def test_hours_of_the_table_on_the_page_are_in_order() -> None:
    """Rows of more interviews a day have more machines."""
    rows = re.findall(r"^\| ([\d,]+) \|.*\| (\d+) \|$", PAGE, re.M)
    numbers = [(int(n.replace(",", "")), int(machines)) for n, machines in rows]
    assert all(a < b and m <= k for (a, m), (b, k) in pairwise(numbers))
