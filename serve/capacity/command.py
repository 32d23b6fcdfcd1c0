"""``trifold serve capacity interviews=10000``: machines for so many interviews a day.

The busiest day is simulated: interviews come at random by the hour, each keeps one worker busy for
as long as it is, and machines take turns. Settings: ``interviews`` (10000, on a usual day),
``minutes=15`` of media each, ``spread=0.5`` (standard deviation of the minutes over their mean),
``peak=1.5`` (times as many on the busiest day), ``profile=day`` (hours: also ``even``,
``deadline`` or a file of 24 numbers), ``recognise=true``, ``mbit_s=1`` of the recordings and
``keep_days=30`` of storage elsewhere; ``cores=16`` and ``memory_gib=64`` of a machine,
``worker_gib=1.5``, ``wait_s=60`` (95 % of each hour's interviews begin within that), ``spare=1``
machine; ``measured=FILE`` (what ``python -m benchmarks.serving_load`` wrote on your machine, in the
place of those that are assumed), or one by one ``request_s``, ``minute_s`` and ``recognition_s``;
``seed=0``. ``max_seconds``, ``max_request_mib``, ``max_waiting``, ``max_held_mib`` and
``caller_percent`` are those of ``trifold serve start``, for the last lines, which tell what gives
first. Writes nothing.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any, TypeVar

from trifold.errors import InputError
from trifold.runtime.endings import code_of, run_main, values_of
from trifold.serve.capacity.demand import Demand, Machine, Work, read_measured
from trifold.serve.capacity.plan import planned
from trifold.serve.capacity.report import limits_of, lines_of
from trifold.serve.settings_text import is_on, settings_of

KINDS = (Demand, Work, Machine)
LIMITS = ("max_seconds", "max_request_mib", "max_waiting", "max_held_mib", "caller_percent")
NAMES = [field.name for kind in KINDS for field in fields(kind)]
WORK = {field.name for field in fields(Work)}
MAY_BE_0 = {"spread", "keep_days", "spare", "wait_s", "seed"} | WORK
Record = TypeVar("Record", Demand, Work, Machine)


def main(arguments: list[str]) -> int:
    """Print the plan, and the limits that it comes to."""
    return code_of(_lines, arguments, usage=__doc__ or "")


def _lines(arguments: list[str]) -> Iterator[str]:
    given = values_of(arguments, [*NAMES, *LIMITS, "measured", "seed"])
    settings = settings_of({name: given.pop(name) for name in LIMITS if name in given})
    measured = given.pop("measured", None)
    seed = int(_value("seed", 0, given.pop("seed", "0")))
    work = read_measured(Path(measured)) if measured else Work()
    demand, work = replaced(Demand(), given), replaced(work, given)
    plan = planned(demand, work, replaced(Machine(), given), seed=seed)
    yield from lines_of(plan)
    for line in limits_of(plan, settings):
        yield f"limit      {line}"


def replaced(record: Record, given: Mapping[str, str]) -> Record:
    """A record with those of the given texts that are its own.

    Raises:
        InputError: when a value is no number, or too small.
    """
    own = {field.name: getattr(record, field.name) for field in fields(record)}
    changed: dict[str, Any] = {n: _value(n, own[n], given[n]) for n in own if n in given}
    return replace(record, **changed)


def _value(name: str, default: object, text: str) -> str | bool | int | float:
    if isinstance(default, str):
        return text
    if isinstance(default, bool):
        return is_on(name, text)
    number = _number(name, text)
    if isinstance(default, int) and number != int(number):
        raise InputError(expected="a whole number", got=text, where=name)
    return int(number) if isinstance(default, int) else number


def _number(name: str, text: str) -> float:
    try:
        number = float(text)
    except ValueError as error:
        raise InputError(expected="a number", got=repr(text), where=name) from error
    enough = number >= 0 if name in MAY_BE_0 else number > 0
    if not (enough and math.isfinite(number)):
        least = "at least 0" if name in MAY_BE_0 else "more than 0"
        raise InputError(expected=least, got=text, where=name)
    return number


if __name__ == "__main__":
    run_main(main)
