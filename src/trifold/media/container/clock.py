"""One clock for a file whose time stamps jump: restarted, joined, paused or broken recordings.

Streams of a file are told apart by their packets, but they were recorded together: where all of
them start anew, as at the seam of two joined recordings, sound and picture go on together from the
end of what was longer. A jump of one stream alone is its own matter.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

RESTART_S = 1.0  # a step back by more is a new start: two recordings joined, or a chained stream
LONGEST_SILENCE_S = 600.0  # a jump ahead over more, without anything heard or seen, is no time
LONGEST_DARK_S = 6 * 3600.0  # cameras and microphones are off for so long while others go on
TOGETHER_S = 10.0  # by which streams may be apart in the order of a file
USUAL_FRAME_S = 1 / 25  # of what carries neither a time nor a duration


class Seam(NamedTuple):
    """Where the stamps of a stream start anew.

    Attributes:
        stamp_s: first stamp behind it.
        zero_s: stamp of time 0 from there on.
    """

    stamp_s: float
    zero_s: float


class Clock:
    """Turns the stamps of one stream into times that run on.

    Where stamps jump, times go on as the file's ``Timeline`` says, else from where they were.

    Args:
        zero_s: stamp of time 0; None takes the first.
        seams: of this stream; asked where stamps jump, as that costs another look at the file.
    """

    def __init__(
        self, zero_s: float | None, *, seams: Callable[[], Sequence[Seam]] | None = None
    ) -> None:
        self._zero_s, self._look = zero_s, seams
        self._seams: list[Seam] | None = None  # to come, the next one last
        self._latest_s = 0.0
        self.end_s = 0.0  # of all that was seen

    def time(self, stamp_s: float | None, duration_s: float) -> float:
        """Seconds from the start of what carries this stamp; without one it follows the last."""
        time_s = self.end_s if stamp_s is None else self._since_zero(stamp_s)
        self._latest_s = max(self._latest_s, time_s)
        self.end_s = max(self.end_s, time_s + max(0.0, duration_s))
        return time_s

    def _since_zero(self, stamp_s: float) -> float:
        if self._zero_s is None:
            self._zero_s = stamp_s
        time_s = stamp_s - self._zero_s
        if not self._latest_s - RESTART_S <= time_s <= self.end_s + LONGEST_SILENCE_S:
            self._zero_s = self._zero_after(stamp_s, self._zero_s)
        return stamp_s - self._zero_s

    def _zero_after(self, stamp_s: float, zero_s: float) -> float:
        """Stamp of time 0 from a jump on."""
        if self._seams is None and self._look is not None:
            self._seams = list(reversed(self._look()))
        if self._seams and abs(self._seams[-1].stamp_s - stamp_s) <= RESTART_S:
            return self._seams.pop().zero_s
        ahead_s = stamp_s - zero_s - self.end_s
        if self._look is not None and LONGEST_SILENCE_S < ahead_s <= LONGEST_DARK_S:
            return zero_s  # other streams went on meanwhile
        return stamp_s - self.end_s


@dataclass
class _Part:
    """Of a file, between two seams; stamps of all its streams."""

    first_s: float
    end_s: float


@dataclass
class _Stretch:
    """Of a stream, between two seams.

    Attributes:
        part: number of the part of the file.
        stamp_s: first stamp of the order of decoding.
        first_s: stamp of what is shown first.
        latest_s: last stamp.
        end_s: stamp at which what was seen ends.
        left_s: end of the file's part before when this stream left it.
    """

    part: int
    stamp_s: float
    first_s: float
    latest_s: float
    end_s: float
    left_s: float


@dataclass
class Timeline:
    """The clock of all streams of a file, from the stamps of their packets in its order.

    Attributes:
        zero_s: stamp of time 0.
    """

    zero_s: float
    _parts: list[_Part] = field(default_factory=list)
    _streams: dict[int, list[_Stretch]] = field(default_factory=dict)

    def add(
        self, stream: int, stamp_s: float | None, shown_s: float | None, length_s: float
    ) -> None:
        """Note the next packet of a stream.

        Args:
            stream: its index.
            stamp_s: in the order of decoding; None follows the last.
            shown_s: when it is shown; None where that is not another.
            length_s: of what it holds.
        """
        stretches = self._streams.setdefault(stream, [])
        now = stretches[-1] if stretches else None
        if stamp_s is None:
            stamp_s = self.zero_s if now is None else now.end_s
        shown_s = stamp_s if shown_s is None else shown_s
        if now is None:
            now = self._enter(stretches, max(0, len(self._parts) - 1), stamp_s, shown_s)
        elif not self._follows(now, stamp_s):
            now = self._enter(stretches, now.part + 1, stamp_s, shown_s)
        now.latest_s = max(now.latest_s, stamp_s)
        now.end_s = max(now.end_s, shown_s + max(0.0, length_s))
        part = self._parts[now.part]
        part.end_s = max(part.end_s, now.end_s)

    def _follows(self, now: _Stretch, stamp_s: float) -> bool:
        longest_s = min(self._parts[now.part].end_s + LONGEST_SILENCE_S, now.end_s + LONGEST_DARK_S)
        return now.latest_s - RESTART_S <= stamp_s <= longest_s

    def _enter(
        self, stretches: list[_Stretch], number: int, stamp_s: float, shown_s: float
    ) -> _Stretch:
        if number == len(self._parts):
            self._parts.append(_Part(shown_s, shown_s))
        part = self._parts[number]
        if abs(shown_s - part.first_s) <= TOGETHER_S:
            part.first_s = min(part.first_s, shown_s)
        left_s = self._parts[number - 1].end_s if number else 0.0
        stretches.append(_Stretch(number, stamp_s, shown_s, stamp_s, shown_s, left_s))
        return stretches[-1]

    def seams(self, stream: int) -> list[Seam]:
        """Where the stamps of a stream start anew, in the order of the file."""
        return self._placed(stream)[0][1:]

    def end_s(self, stream: int) -> float:
        """When the last of a stream ends."""
        return self._placed(stream)[1]

    def _placed(self, stream: int) -> tuple[list[Seam], float]:
        """Where the stretches of a stream begin, and when the last of them ends."""
        zeros_s = self._zeros_s()
        placed: list[Seam] = []
        end_s, shared = 0.0, True  # behind a jump of its own, it is not where the others are
        for stretch in self._streams.get(stream, ()):
            zero_s = zeros_s[stretch.part]
            if not placed and abs(stretch.first_s - zero_s) > LONGEST_DARK_S:
                zero_s = stretch.stamp_s
            elif placed:
                shared = shared and self._is_shared(stretch)
                zero_s = zero_s if shared else stretch.stamp_s - end_s
            placed.append(Seam(stretch.stamp_s, zero_s))
            end_s = max(end_s, stretch.end_s - zero_s)
        return placed, end_s

    def _is_shared(self, stretch: _Stretch) -> bool:
        """Whether the other streams started anew there too, or had ended."""
        went_on_s = self._parts[stretch.part - 1].end_s - stretch.left_s
        apart_s = abs(stretch.first_s - self._parts[stretch.part].first_s)
        return went_on_s <= TOGETHER_S and apart_s <= TOGETHER_S

    def _zeros_s(self) -> list[float]:
        """Stamp of time 0 in each part of the file."""
        zeros_s = [self.zero_s]
        for before, part in zip(self._parts, self._parts[1:], strict=False):
            zeros_s.append(part.first_s - (before.end_s - zeros_s[-1]))
        return zeros_s
