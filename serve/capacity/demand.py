"""What comes, what it takes and what is there to do it: three records of a capacity plan."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from trifold.errors import InputError

HOURS, MINUTE_S, MBIT, MIB = 24, 60.0, 1e6, 1 << 20
# shares of a day by hour; assumptions, to be replaced by a file of one's own
PROFILES = {
    "even": (1.0,) * HOURS,
    "day": (0.5,) * 6 + (1, 2, 4, 5, 6, 6, 6, 6, 6, 6, 7, 7, 8, 8, 7, 6, 4, 2),
    "deadline": (0.5,) * 6 + (1, 1, 2, 3, 3, 3, 3, 4, 4, 4, 5, 6, 7, 9, 12, 14, 12, 4),
}


@dataclass(frozen=True)
class Demand:
    """Interviews that come.

    Attributes:
        interviews: on a usual day; each is one request.
        minutes: of media of one interview, in the mean.
        spread: standard deviation of the minutes as a share of their mean.
        peak: how many times as many come on the busiest day.
        profile: hours of the day: ``even``, ``day``, ``deadline``, or a file of 24 numbers.
        mbit_s: of the recordings.
        recognise: whether speech is recognised, as nobody sends transcripts.
        keep_days: that recordings are kept elsewhere, for storage; the endpoint keeps none.
    """

    interviews: float = 10_000
    minutes: float = 15.0
    spread: float = 0.5
    peak: float = 1.5
    profile: str = "day"
    mbit_s: float = 1.0
    recognise: bool = True
    keep_days: float = 30.0

    @property
    def mib(self) -> float:
        """Size of one interview's recordings."""
        return self.minutes * MINUTE_S * self.mbit_s * MBIT / 8 / MIB

    def share_above(self, minutes: float) -> float:
        """Share of interviews that have more minutes: lengths are log-normal."""
        if not self.spread or minutes <= 0:
            return float(self.minutes > minutes)
        variance = math.log1p(self.spread**2)
        distance = math.log(minutes / self.minutes) + variance / 2
        return math.erfc(distance / math.sqrt(2 * variance)) / 2

    def by_hour(self) -> list[float]:
        """Expected arrivals of each hour of the busiest day.

        Raises:
            InputError: when the file of the profile is not 24 numbers.
        """
        shares = PROFILES.get(self.profile) or _shares(Path(self.profile))
        return [self.interviews * self.peak * share / sum(shares) for share in shares]


@dataclass(frozen=True)
class Work:
    """Seconds of one core; how the defaults come about says ``docs/how-to/capacity.md``.

    Attributes:
        request_s: of a request, whatever its length.
        minute_s: of a minute of media at 640×480 and 30 frames a second.
        recognition_s: of recognising a minute of speech.
    """

    request_s: float = 0.1
    minute_s: float = 7.8
    recognition_s: float = 6.7

    def of(self, demand: Demand) -> tuple[float, float]:
        """Seconds of a request, and of each minute of media in it."""
        return self.request_s, self.minute_s + demand.recognise * self.recognition_s


@dataclass(frozen=True)
class Machine:
    """One machine of many alike.

    Attributes:
        cores: each has one worker, where the memory allows.
        memory_gib: of the machine.
        worker_gib: at the most, a long recording and recognition included.
        wait_s: 95 % of each hour's interviews begin within that.
        spare: machines more than are needed, for one that fails or is being renewed.
    """

    cores: int = 16
    memory_gib: float = 64.0
    worker_gib: float = 1.5
    wait_s: float = 60.0
    spare: int = 1

    @property
    def workers(self) -> int:
        """One per core, as far as the memory goes; two gibibytes are for all else.

        Raises:
            InputError: where it is not enough for one.
        """
        fit = int((self.memory_gib - 2) // self.worker_gib)
        if min(self.cores, fit) < 1:
            need = f"{self.worker_gib + 2:g} GiB and one core"
            raise InputError(
                expected=f"at least {need}", got=f"{self.memory_gib:g} GiB, {self.cores} cores"
            )
        return min(self.cores, fit)


def read_measured(path: Path) -> Work:
    """Seconds that ``python -m benchmarks.serving_load`` measured.

    Raises:
        InputError: when the file is not what that writes.
    """
    names = [field.name for field in fields(Work)]
    try:
        facts: Any = json.loads(path.read_text(encoding="utf-8"))
        given = {name: float(facts[name]) for name in names if name in dict(facts)}
    except (OSError, ValueError, TypeError) as error:
        raise InputError(expected="a JSON object of seconds", got=str(error), where=path) from error
    if not given or not all(0 <= seconds < float("inf") for seconds in given.values()):
        raise InputError(expected=f"seconds for {', '.join(names)}", got=str(given), where=path)
    return Work(**given)


def _shares(path: Path) -> list[float]:
    try:
        shares = [float(word) for word in path.read_text(encoding="utf-8").split()]
    except (OSError, ValueError) as error:
        known = ", ".join(PROFILES)
        raise InputError(
            expected=f"{known} or a file of 24 numbers", got=str(error), where="profile"
        ) from error
    if len(shares) != HOURS or min(shares) < 0 or not 0 < sum(shares) < float("inf"):
        got = f"{len(shares)} numbers, least {min(shares, default=0):g}"
        raise InputError(expected="24 numbers, one of an hour, none below 0", got=got, where=path)
    return shares
